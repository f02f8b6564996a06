"""``volant measure``: figures with intervals."""

from __future__ import annotations

import click

from ._options import as_json, limit, opened, with_lake
from ._say import document, note, table


@click.command("measure")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@limit(200)
@with_lake
@as_json
def command(names: tuple[str, ...], limit: int, lake: str | None, json: bool) -> None:
    """Print figures of the lake: each with its unit, how many it rests on, and its interval.

    Without names, every installed measure. Measures of single episodes become facts (measure/NAME), once each.
    """
    with opened(lake) as memory:
        found = memory.measure(*names)
    shown = found[: limit or len(found)]
    if json:
        document({"total": len(found), "estimates": shown})
        return
    if not shown:
        note("There is nothing to measure yet. Add recordings with `volant add PATH`.")
        return
    table(
        [
            {
                "figure": e.name,
                "group": e.group,
                "value": e.value,
                "low": e.low,
                "high": e.high,
                "unit": e.unit,
                "n": e.n,
                "how": f"{e.how}: {e.method}" if e.method else e.how,
            }
            for e in shown
        ]
    )
    if len(shown) < len(found):
        note(f"{len(shown)} of {len(found)}; use --limit to see more.")
