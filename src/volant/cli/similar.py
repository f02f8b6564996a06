"""``volant similar``: episodes that move, or look, like one."""

from __future__ import annotations

import click

from ._options import as_json, opened, with_lake
from ._say import document, progress, table


@click.command("similar")
@click.argument("what", metavar="ID|FILE")
@click.option("-k", "count", type=click.IntRange(min=1), default=20, show_default=True, help="So many.")
@click.option("--space", default="motion", show_default=True, help="The embedding to look in.")
@with_lake
@as_json
def command(*, what: str, count: int, space: str, lake: str | None, json: bool) -> None:
    """List the episodes nearest to one of the lake (its id, or the beginning of it), or to the first of a file.

    Distances are of the space: in motion, two unlike movements lie about 1 apart, a repetition below 0.15.
    """
    with opened(lake) as memory, progress("Embedding") as tick:
        found = memory.similar(what, count, space=space, progress=tick)
    if json:
        document({"space": space, "similar": found})
        return
    table([
        {"id": one.id[:12], "distance": round(one.distance, 4), "task": one.task, "scene": one.scene,
         "embodiment": one.embodiment, "operator": one.operator}
        for one in found
    ])  # fmt: skip
