"""``volant report``: the lake as one page."""

from __future__ import annotations

from pathlib import Path

import click

from ._options import as_json, opened, with_lake
from ._say import document


@click.command("report")
@click.option("-o", "--out", type=click.Path(path_type=Path), default=Path("report.html"), show_default=True)
@with_lake
@as_json
def command(out: Path, lake: str | None, json: bool) -> None:
    """Write one self-contained page: what came in, what is wrong, what is covered."""
    with opened(lake) as memory:
        path, version = memory.report(out), memory.version
    if json:
        document({"file": str(path), "version": version, "bytes": path.stat().st_size})
    else:
        click.echo(str(path))
