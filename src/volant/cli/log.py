"""``volant log``: what happened."""

from __future__ import annotations

import click

from ._options import as_json, limit, opened, with_lake
from ._say import document, moment, note, plain, table


@click.command("log")
@limit(20)
@with_lake
@as_json
def command(limit: int, lake: str | None, json: bool) -> None:
    """Show what happened to the lake, newest first: every commit is a version."""
    with opened(lake) as memory:
        commits = [plain(commit) for commit in memory.store.log()]
        total = memory.version
    rows = sorted((row for row in commits if isinstance(row, dict)), key=lambda row: -int(row["version"]))
    shown = rows[: limit or len(rows)]
    if json:
        document({"version": total, "commits": shown})
        return
    for row in shown:
        row["at"] = moment(int(row["at"]))
        row["counts"] = ", ".join(f"{count} {what}" for what, count in row["counts"].items())
        row["tags"] = ", ".join(row["tags"])
    if not shown:
        note("Nothing happened yet.")
        return
    table(shown)
    if len(shown) < len(rows):
        note(f"{len(shown)} of {len(rows)}; use --limit to see more.")
