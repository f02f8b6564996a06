"""``volant view``: one episode to look at."""

from __future__ import annotations

from pathlib import Path

import click

from ._options import as_json, opened, with_lake
from ._say import document


@click.command("view")
@click.argument("episode", metavar="ID")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), default=Path(), help="Folder to write to (default: here)."
)
@click.option("--open", "open_", is_flag=True, help="Open what was written with the system's viewer.")
@with_lake
@as_json
def command(episode: str, out: Path, *, open_: bool, lake: str | None, json: bool) -> None:
    """Look at one episode: plots, pictures and findings as a page, and for Rerun where it is installed."""
    with opened(lake) as memory:
        name = memory.find(episode)
        made = memory.view(name, out)
    if json:
        document({"id": name, "files": [str(path) for path in made]})
    else:
        for path in made:
            click.echo(str(path))
    if open_:
        click.launch(str(made[0]))
