"""A mapping file to start from: what a recording's streams look like, as TOML that a person corrects."""

from __future__ import annotations

import json as text
from pathlib import Path
from typing import Any

import click

from volant.core import UNKNOWN, Episode, Stream

from ._say import document

__all__ = ["propose", "proposal"]


def propose(paths: tuple[str, ...], json: bool, **said: Any) -> None:
    """Print the mapping of the first episode under each path; nothing is added."""
    from volant import api
    from volant.core.errors import NotFound

    found = []
    for path in paths:
        for episode in api.read(Path(path).expanduser(), format=said.get("format", ""), limit=1):
            found.append((path, proposal(episode, path)))
            break
    if not found:
        raise NotFound("There is no episode to propose a mapping for.")
    if json:
        document({"proposals": [{"path": path, "mapping": toml} for path, toml in found]})
    else:
        click.echo("\n".join(toml for _, toml in found), nl=False)


def proposal(episode: Episode, path: str) -> str:
    """The mapping that changes nothing, with a remark on everything that a person should say."""
    lines = [
        f"# What {_remark(path)} holds: {len(episode.streams)} streams, {episode.seconds:.1f} s.",
        "# Correct it, save it, give it to `volant add --mapping FILE`. Units that nobody stated are never guessed.",
        'keep = "all"  # or "listed": leave out what is not named below',
    ]
    if episode.task:
        lines.append(f"task = {_quoted(episode.task)}")
    for stream in episode.streams:
        lines += ["", *_table(stream)]
    return "\n".join(lines) + "\n"


def _table(stream: Stream) -> list[str]:
    signal = stream.signal
    lines = [
        f"[signals.{_quoted(stream.name)}]  # {len(stream)} x {signal.dtype}{list(signal.shape)}",
        f"kind = {_quoted(signal.kind.value)}",
    ]
    for key, value in (("unit", signal.unit), ("frame", signal.frame)):
        if value == UNKNOWN:
            lines.append(f'# {key} = "..."  # nobody stated it')
        else:
            lines.append(f"{key} = {_quoted(value)}")
    if signal.hz:
        lines.append(f"hz = {signal.hz:g}")
    elif len(stream) > 1:
        lines.append(f"# hz = {stream.rate:.4g}  # measured, not declared")
    if signal.dims:
        lines.append(f"dims = [{', '.join(_quoted(dim) for dim in signal.dims)}]")
    return lines


def _quoted(words: str) -> str:
    """A TOML basic string."""
    return text.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")


def _remark(words: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in words)
