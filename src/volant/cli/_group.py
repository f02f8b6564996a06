"""The list of verbs, known without importing any of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

__all__ = ["VERBS", "Verbs", "cli"]

VERBS = {
    "turn": "Turn the whole wheel on a simulated fleet, and draw what came of it.",
    "add": "Read recordings, screen them and remember them.",
    "check": "Screen recordings without storing anything.",
    "episodes": "List the episodes of the lake.",
    "show": "Show everything known of one episode.",
    "facts": "Ask the facts a question in SQL.",
    "view": "Look at one episode: plots, pictures, findings.",
    "gate": "Judge all episodes again, from facts alone.",
    "review": "Look at episodes as people: a queue, decisions, agreement, sampling plans.",
    "measure": "Print figures of the lake, with intervals.",
    "similar": "List the episodes that are most like one.",
    "duplicates": "List episodes that repeat each other, or leak between selections.",
    "rare": "List the episodes that are like no other.",
    "report": "Write one page: what came in, what is wrong, what is covered.",
    "worlds": "Show where experience can be made: tasks, horizons, regions, experts.",
    "record": "Record live: a robot, a simulator or a log as a client of a server.",
    "collect": "Make experience in a world: episodes by an expert, a person or a policy.",
    "curate": "Choose the episodes that a budget is best spent on, each with its reason.",
    "mix": "Weigh groups of episodes in batches: n^0.43, group DRO, or swept; who loses by it.",
    "select": "Freeze a question into a selection.",
    "publish": "Write a selection as a dataset, with manifest and card.",
    "train": "Teach a policy by a selection.",
    "evaluate": "Try a policy in held-out environments, alone or against another.",
    "diff": "Show what differs between versions, tags, selections or publications.",
    "log": "Show what happened to the lake, newest first.",
    "tag": "Name a version of the lake, or list the names.",
    "verify": "Re-hash everything, in the lake or in a publication.",
    "tidy": "Seal, compact and clean the lake's storage.",
    "export": "Write the lake's tables for other tools.",
    "pilot": "Let a policy drive a fleet, with people on call.",
    "staffing": "Say how many robots a person can watch.",
    "plan": "Order what to collect next, and grade earlier orders.",
    "scenario": "Play fleets in several futures, from stated inputs; a page with sliders.",
    "claims": "Hold claims with numbers against what follows from stated inputs.",
    "ledger": "Show the wheel's own history, or make a turn again and compare.",
    "forecast": "Say how much data, time and money a score takes.",
    "cost": "Reckon a ledger of costs: by hour, accepted hour, combination, point of success.",
    "share": "Show who contributed how much, and write pay statements.",
    "experiment": "Measure what the field argues about: breadth, take-overs, failures, mixtures, repetition.",
    "breadth-depth": "Compare many environments once with few of them often, at equal budget.",
    "serve": "Serve the lake: pages, API and live intake in one process.",
    "token": "Make, list and revoke keys for machines.",
    "user": "Make and change accounts of people.",
    "audit": "Show who did what on the served lake, and prove that nobody edited it.",
    "new": "Write a plug-in of your own that passes the laws.",
    "conform": "Run the laws for a plug-in.",
    "formats": "Show which formats can be read and written, and what they lose.",
}
"""Each verb and the one line that says what it does; the module of the same name holds the command."""

EPILOG = "Every verb answers --help, and --json for machines. Exit codes: 0 done, 1 refused with a reason, 2 misuse."


class Verbs(click.Group):
    """A group that knows its verbs by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in the order of the work."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, imported now."""
        if cmd_name not in VERBS:
            return None
        command = import_module(f"volant.cli.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that was meant; a near name is suggested."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from volant.core.errors import suggest

            raise click.UsageError(f"No verb is called {args[0]!r}. {suggest(args[0], VERBS)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs and their lines, without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; where the reader of our output went away, end quietly as a shell's own tools do."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            from ._top import hush

            ctx.exit(hush())

    def main(self, args: Sequence[str] | None = None, *rest: Any, **more: Any) -> NoReturn:
        """Run one command line and exit with the code that says how it ended. Refusals become words or JSON."""
        words = list(sys.argv[1:] if args is None else args)
        from ._top import say_refusal

        more["standalone_mode"] = False
        try:
            code = super().main(words, *rest, **more)
        except click.exceptions.Exit as stop:
            sys.exit(stop.exit_code)
        except (KeyboardInterrupt, click.Abort) as stop:
            from ._top import say_interrupted

            sys.exit(say_interrupted(stop, words))
        except _refusals() as error:
            sys.exit(say_refusal(error, words))
        sys.exit(code if isinstance(code, int) else 0)


def _refusals() -> tuple[type[BaseException], ...]:
    """What becomes words instead of a traceback; looked up only once something was raised."""
    from volant.core.errors import VolantError

    return (click.ClickException, VolantError, OSError, MemoryError)


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"volant {version('volant')}")
        ctx.exit()


@click.group(
    cls=Verbs, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.option("--lake", metavar="DIR", help="The lake: a folder or s3://... (default: $VOLANT_LAKE, else ./lake).")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.pass_context
def cli(ctx: click.Context, lake: str | None) -> None:
    """Volant: the open flywheel for robots that learn.

    Recordings go in, facts and datasets come out. Start with `volant add PATH`, then `volant episodes`.
    """
    ctx.obj = {"lake": lake}
