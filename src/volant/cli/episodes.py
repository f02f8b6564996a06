"""``volant episodes``: the catalogue."""

from __future__ import annotations

import click

from ._options import as_json, at_version, limit, opened, with_lake
from ._say import document, note, table

SHOWN = ("id", "task", "scene", "embodiment", "seconds", "frames", "verdict", "outcome", "uri")


@click.command("episodes")
@click.option("--where", default="", metavar="SQL", help="A condition, such as \"task = 'stack' and not quarantined\".")
@at_version
@limit(50)
@with_lake
@as_json
def command(where: str, version: int | str | None, limit: int, lake: str | None, json: bool) -> None:
    """List the episodes of the lake, in the order they came."""
    with opened(lake) as memory:
        found = memory.episodes(where, version=version)
        at = memory.version if version is None else version
    total = found.num_rows
    rows = found.slice(0, limit or total).to_pylist()
    if json:
        document({"version": at, "total": total, "episodes": rows})
        return
    if not rows:
        note("No episode answers." if where else "The lake is empty. Add recordings with `volant add PATH`.")
        return
    shown = [
        {**{name: row.get(name) for name in SHOWN}, "id": row["id"][:12], "uri": _short(row.get("uri"))} for row in rows
    ]
    table(shown)
    if len(rows) < total:
        note(f"{len(rows)} of {total}; use --limit to see more.")


def _short(uri: str | None) -> str:
    return (uri or "").rpartition("/")[2]
