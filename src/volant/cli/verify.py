"""``volant verify``: every byte against its digest."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ._options import as_json, opened, with_lake
from ._say import document, note


@click.command("verify")
@click.argument("publication", required=False, type=click.Path(path_type=Path), metavar="[PUBLICATION]")
@click.option("--deep", is_flag=True, help="Also make every episode's id anew, reading every sample and picture.")
@click.option(
    "--accept-loss", "accept", is_flag=True, help="Go on from what is left where acknowledged commits are gone."
)
@with_lake
@as_json
def command(publication: Path | None, *, deep: bool, accept: bool, lake: str | None, json: bool) -> None:
    """Re-hash everything: the lake, or a publication against its manifest. Exits with 1 where something differs.

    The lake also remembers which version it acknowledged last; where it no longer holds that, it opens for nobody else
    until it is restored from a copy, or until --accept-loss writes the loss into its log.
    """
    problems: list[dict[str, Any]]
    if publication is not None:
        if accept:
            raise click.UsageError("--accept-loss is for a lake; a publication is made again.")
        from volant.publish import verify

        manifest, differences = verify(publication)
        problems = [{"what": what, "place": str(publication), "episodes": ()} for what in differences]
        said: dict[str, object] = {"files": len(manifest.files), "bytes": manifest.size}
        what = str(publication)
    else:
        with opened(lake, rescue=True) as memory:
            if accept:
                memory.accept_loss()
            found, what = memory.verify(deep=deep), str(memory.place)
        problems = [asdict(problem) for problem in found.problems]
        said = {"episodes": found.episodes, "segments": found.segments, "media": found.media, "bytes": found.bytes}
    if json:
        document({"what": what, "ok": not problems, **said, "problems": problems})
    else:
        for problem in problems:
            hit = f" ({len(problem['episodes'])} episodes are hit)" if problem["episodes"] else ""
            note(f"{problem['place']}: {problem['what']}{hit}")
        told = ", ".join(f"{count} {name}" for name, count in said.items())
        click.echo(f"{what}: {told} looked at, " + (f"{len(problems)} problems." if problems else "all sound."))
    sys.exit(1 if problems else 0)
