"""``volant export``: the lake's tables for other tools."""

from __future__ import annotations

from pathlib import Path

import click

from ._options import as_json, at_version, opened, with_lake
from ._say import document, plain


@click.command("export")
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT")
@click.option("--format", default="parquet", show_default=True, help="parquet, lance, delta or iceberg.")
@at_version
@with_lake
@as_json
def command(out: Path, format: str, version: int | str | None, lake: str | None, json: bool) -> None:
    """Write the lake's tables (episodes, facts, spans, coverage) to OUT, for any tool that reads them."""
    with opened(lake) as memory:
        made = plain(memory.export(out, format=format, version=version))
    if json:
        document({"out": str(out), "format": format, "written": made})
        return
    click.echo(f"{out}: {made}")
