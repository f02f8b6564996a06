"""``volant publish``: a dataset for others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ._options import as_json, opened, with_lake
from ._say import document, progress
from ._stop import telling


@click.command("publish")
@click.argument("selection", metavar="SELECTION")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT")
@click.option("--format", default="lerobot", show_default=True, help="lerobot, rlds, hdf5, zarr, mcap, parquet ...")
@click.option("--name", default="", help="The set's name (default: the name of OUT).")
@click.option("--licence", default="", help="The licence of the whole, where episodes differ or say nothing.")
@click.option("--robot", default="", help="The robot's name, for formats that ask for one.")
@click.option("--version", default="", metavar="X.Y.Z", help="Semantic version (default: 1.0.0, or what must follow).")
@click.option("--previous", type=click.Path(path_type=Path), help="The publication that this one follows.")
@click.option("--fps", type=click.FloatRange(min=0, min_open=True), help="One rate for formats that know only one.")
@click.option("--reencode", default="", metavar="CODEC", help="Encode pictures anew (av1, h264; rlds: jpeg, png).")
@click.option("--allow-quarantined", "quarantined", is_flag=True, help="Let quarantined episodes pass, knowingly.")
@with_lake
@as_json
def command(selection: str, out: Path, *, lake: str | None, json: bool, **how: Any) -> None:
    """Write a selection as a dataset that the format's official reader opens, with manifest and data card.

    SELECTION is a .sel file, or the hash of a selection that the lake keeps. OUT appears whole or not at all, after
    everything in it was opened again and counted. A publication is never overwritten.
    """
    way = [0, 0]
    with opened(lake) as memory, progress("publishing") as tick, telling(lambda: _stopped(out, *way)):
        picked = memory.selection(selection)
        way[1] = len(picked)

        def far(done: int) -> None:
            way[0] = done
            tick(done, len(picked))

        made = memory.publish(picked, out, progress=far, **how)
    said = made.manifest
    if json:
        document(
            {
                "path": str(made.path),
                "fresh": made.fresh,
                "name": said.name,
                "version": said.version,
                "format": said.format,
                "hash": said.hash,
                "selection": said.selection["hash"],
                "episodes": said.episodes,
                "frames": said.frames,
                "bytes": said.size,
                "files": len(said.files),
                "licence": said.licence,
                "losses": said.losses,
            }
        )
        return
    word = "published" if made.fresh else "is there already, and sound"
    click.echo(
        f"{said.name} {said.version} {word}: {said.episodes} episodes, {said.frames} frames, "
        f"{said.size / 1e6:.1f} MB as {said.format} in {made.path}."
    )
    for loss in said.losses:
        click.echo(f"  known loss: {loss}")


def _stopped(out: Path, done: int, total: int) -> str:
    """How far publishing got. A publication appears whole or not at all."""
    so_far = f"{done} of {total} episodes were written" if done else "nothing was written"
    return f"Stopped: {so_far}, and {out} was not made. The same command again makes it from the start."
