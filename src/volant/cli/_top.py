"""The outermost edge: refusals become words and exit codes, and a traceback is never shown unasked."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from types import TracebackType
from typing import NoReturn

import click

from . import _stop
from ._group import cli

__all__ = ["hush", "main", "say_interrupted", "say_refusal"]

_BROKEN_PIPE = 141


def main() -> NoReturn:
    """The ``volant`` program."""
    _stop.listen()
    sys.excepthook = _apologise
    if not os.environ.get("VOLANT_TRACE"):
        sys.unraisablehook = _say_nothing
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    cli.main(prog_name="volant")


def say_refusal(error: BaseException, words: list[str]) -> int:
    """Print what is wrong, what exists instead and what to do; the answer is the exit code."""
    code, name, what, instead, do = _parts(error)
    try:
        _say(words, name, what, instead, do)
    except OSError:
        # Where the answer cannot be written the code is what is left to say it.
        with suppress(OSError):
            click.echo(f"volant: {what}", err=True)
        hush()
    return code


def _say(words: list[str], name: str, what: str, instead: str, do: str) -> None:
    if "--json" in words:
        import json

        said = {"kind": name, "what": what, "instead": instead, "do": do}
        click.echo(json.dumps({"error": {key: text for key, text in said.items() if text}}, ensure_ascii=False))
    else:
        click.echo(" ".join(part for part in (f"volant: {what}", instead, do) if part), err=True)


def say_interrupted(stop: BaseException, words: list[str]) -> int:
    """Somebody pressed Ctrl-C or sent a signal: say how far the work got; the answer is the exit code."""
    what = _stop.told(stop) or "Stopped. What was acknowledged is kept."
    with suppress(OSError):
        if "--json" in words:
            import json

            click.echo(json.dumps({"error": {"kind": "Interrupted", "what": what}}, ensure_ascii=False))
        click.echo(f"\nvolant: {what}", err=True)
    return _stop.code()


def _parts(error: BaseException) -> tuple[int, str, str, str, str]:
    from volant.core.errors import VolantError

    if isinstance(error, VolantError):
        return error.exit_code, type(error).__name__, error.what, error.instead, error.do
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "volant"
        return 2, "Misuse", error.format_message(), "", f"See `{path} --help`."
    if isinstance(error, click.ClickException):
        return error.exit_code, "Misuse", error.format_message(), "", ""
    if isinstance(error, MemoryError):
        return 1, "MemoryError", "There is not enough memory for this.", "", "Close other programs, or use --limit."
    if isinstance(error, OSError):
        place = f" {str(error.filename)!r}" if error.filename else ""
        return 1, "OSError", f"The system refused{place}: {error.strerror or error}.", "", ""
    return 1, type(error).__name__, str(error), "", ""


def _say_nothing(_: object) -> None:
    """What a library could not raise in its own callback (Arrow does so for rows that are no text) is told by us."""


def hush() -> int:
    """Nobody reads our output any more: let Python's last flush go nowhere; the code is that of a broken pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return _BROKEN_PIPE


def _apologise(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A bug of ours: say so shortly; VOLANT_TRACE=1 shows where."""
    if os.environ.get("VOLANT_TRACE"):
        sys.__excepthook__(kind, error, trace)
        return
    if "--json" in sys.argv:
        import json

        do = "Run again with VOLANT_TRACE=1 to see where, and report it."
        click.echo(json.dumps({"error": {"kind": "Bug", "what": f"{kind.__name__}: {error}", "do": do}}))
    click.echo(
        f"volant: Sorry, this is a defect of Volant, not of your data ({kind.__name__}: {error}).\n"
        "Nothing acknowledged is lost. Run again with VOLANT_TRACE=1 to see where it happened, and report it.",
        err=True,
    )
