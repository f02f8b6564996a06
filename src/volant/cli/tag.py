"""``volant tag``: names for versions."""

from __future__ import annotations

import click

from ._options import as_json, opened, with_lake
from ._say import document, note, table


@click.command("tag")
@click.argument("name", required=False)
@click.argument("version", required=False, type=click.IntRange(min=0))
@with_lake
@as_json
def command(name: str | None, version: int | None, lake: str | None, json: bool) -> None:
    """Name a version of the lake (the newest unless said); without a name, list the names there are."""
    with opened(lake) as memory:
        if name:
            memory.tag(name, version)
        tags = dict(memory.store.tags())
    if json:
        document({"tags": tags})
    elif name:
        click.echo(f"{name} is version {tags[name]}.")
    elif tags:
        table([{"tag": key, "version": value} for key, value in sorted(tags.items())])
    else:
        note("There are no tags yet.")
