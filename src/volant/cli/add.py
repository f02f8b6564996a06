"""``volant add``: recordings in."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ._options import as_json, opened, reading, with_lake
from ._say import document, note, progress
from ._stop import telling

if TYPE_CHECKING:
    from volant.api import Lake
    from volant.intake import Added


@click.command("add")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@reading
@click.option("--origin", type=click.Path(path_type=Path), help="TOML: where these come from, and the body's limits.")
@click.option("--policy", type=click.Path(path_type=Path), help="Gate policy (default: every check's own limits).")
@click.option("--propose", is_flag=True, help="Print a mapping for these files and add nothing.")
@with_lake
@as_json
def command(paths: tuple[str, ...], propose: bool, lake: str | None, json: bool, **said: Any) -> None:
    """Read recordings, screen them frame by frame and remember them.

    PATH is a file, a folder, a glob or s3://bucket/prefix; formats bid for what they find. Repeating adds nothing, and
    what was interrupted goes on. What is wrong becomes facts: nothing is thrown away.
    """
    if propose:
        from ._propose import propose as print_mapping

        print_mapping(paths, json, **said)
        return
    way: dict[str, int] = {}
    with opened(lake, make=True) as memory, progress("adding") as tick, telling(lambda: _stopped(way, memory)):

        def far(uri: str, done: int) -> None:
            way[uri] = done
            tick(done, None, uri.rpartition("/")[2])

        added = memory.add(*paths, progress=far, **said)
    if json:
        document(_plain(added))
    else:
        _print(added)
    if added.refused and not added.added:
        sys.exit(1)


def _stopped(way: Mapping[str, int], memory: Lake) -> str:
    """How far adding got. Every batch that was counted is a durable commit of its own."""
    if not way:
        return "Stopped before anything was added. Give the same command again."
    last = list(way)[-1]
    return (
        f"Stopped: {sum(way.values())} episodes of {len(way)} sources are kept, the last {way[last]} of them from "
        f"{last}; the lake is at version {memory.version}. The same command again goes on from there."
    )


def _plain(added: Added) -> dict[str, object]:
    return {
        "added": added.added,
        "known": added.known,
        "unchanged": added.unchanged,
        "frames": added.frames,
        "seconds": added.seconds,
        "verdicts": {name: count for name, count in sorted(added.verdicts.items()) if count},
        "formats": dict(sorted(added.formats.items())),
        "refused": added.refused,
        "ignored": [str(path) for path in added.ignored],
        "version": added.version,
    }


def _print(added: Added) -> None:
    told = ", ".join(f"{count} {name}" for name, count in sorted(added.verdicts.items()) if count)
    from_where = ", ".join(f"{count} from {name}" for name, count in sorted(added.formats.items()))
    click.echo(
        f"{len(added.added)} episodes added ({added.frames} frames, {added.seconds:.1f} s)"
        + (f": {told}" if told else "")
        + f". The lake is at version {added.version}."
    )
    if from_where:
        click.echo(f"Read: {from_where}.")
    if added.known:
        click.echo(f"{added.known} were known already.")
    if added.unchanged:
        click.echo(f"{added.unchanged} sources are unchanged since they were added.")
    if added.ignored:
        note(f"{len(added.ignored)} files belong to no format, such as {added.ignored[0]}.")
    if added.refused:
        note(f"{len(added.refused)} sources could not be read to the end:")
        for refusal in added.refused:
            kept = f" ({refusal.episodes} episodes before that are kept)" if refusal.episodes else ""
            note(f"  {refusal.uri}: {refusal.why}{kept}")
