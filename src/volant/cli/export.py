"""``volant export``: the lake's tables for other tools."""

from __future__ import annotations

from pathlib import Path

import click

from ._options import as_json, at_version, opened, with_lake
from ._say import document


@click.command("export")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT")
@click.option("--format", default="parquet", show_default=True, help="parquet, lance, delta or iceberg.")
@at_version
@with_lake
@as_json
def command(out: Path, format: str, version: int | str | None, lake: str | None, json: bool) -> None:
    """Write the lake's tables to the folder OUT, for any tool that reads them.

    parquet holds what is known (episodes, facts, spans, streams, coverage); lance, delta and iceberg (extra
    volant[exports]) hold the samples as well.
    """
    with opened(lake) as memory:
        rows = memory.export(out, format=format, version=version)
    if json:
        document({"out": str(out), "format": format, "rows": rows})
        return
    told = ", ".join(f"{count} {name}" for name, count in rows.items())
    click.echo(f"{out}: {told}.")
