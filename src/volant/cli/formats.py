"""``volant formats``: the matrix of what can be read and written."""

from __future__ import annotations

import click

from ._options import as_json
from ._say import document, note, table


@click.command("formats")
@as_json
def command(json: bool) -> None:
    """Show which formats can be read and written, and what a round trip through each loses."""
    from volant import api

    rows = api.formats()
    if json:
        document({"formats": rows})
        return
    table(
        [
            {**row, "writes": "reads, writes" if row["writes"] else "reads", "loses": "; ".join(row["loses"])}
            for row in rows
        ]
    )
    if not rows:
        note("No format is installed.")
