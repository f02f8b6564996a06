"""``volant rare``: episodes that are like no other."""

from __future__ import annotations

import click

from ._options import as_json, opened, with_lake
from ._say import document, progress, table


@click.command("rare")
@click.option("-k", "count", type=click.IntRange(min=1), default=20, show_default=True, help="So many.")
@click.option("--space", default="motion", show_default=True, help="The embedding to look in.")
@with_lake
@as_json
def command(*, count: int, space: str, lake: str | None, json: bool) -> None:
    """List the episodes that lie farthest from their tenth nearest other one, the most alone first.

    Rare is not good: a fault is rare too. Look at them (`volant view`) before you ask for more of the kind.
    """
    with opened(lake) as memory, progress("Embedding") as tick:
        found = memory.rare(count, space=space, progress=tick)
    if json:
        document({"space": space, "rare": found})
        return
    table([
        {"id": one.id[:12], "distance": round(one.distance, 4), "task": one.task, "scene": one.scene,
         "embodiment": one.embodiment, "operator": one.operator}
        for one in found
    ])  # fmt: skip
