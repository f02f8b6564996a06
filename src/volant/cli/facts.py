"""``volant facts``: questions in SQL."""

from __future__ import annotations

import click

from ._options import as_json, at_version, limit, opened, with_lake
from ._say import document, note, table


@click.command("facts")
@click.argument("query", required=False, default="SELECT * FROM facts", metavar="[SQL]")
@at_version
@limit(100)
@with_lake
@as_json
def command(query: str, version: int | str | None, limit: int, lake: str | None, json: bool) -> None:
    """Ask the facts a question in SQL.

    Views: episodes (one row per episode), facts (every statement), spans (findings with start and stop), coverage
    (episodes per task and scene). For instance:

    \b
      volant facts "SELECT task, count(*) FROM episodes GROUP BY task"
      volant facts "SELECT key, count(DISTINCT subject) FROM spans GROUP BY key"
    """
    with opened(lake) as memory:
        found = memory.facts(query, version=version)
    total = found.num_rows
    rows = found.slice(0, limit or total).to_pylist()
    if json:
        document({"columns": found.column_names, "total": total, "rows": rows})
        return
    table(rows, columns=found.column_names)
    if len(rows) < total:
        note(f"{len(rows)} of {total}; use --limit to see more.")
