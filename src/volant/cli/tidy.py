"""``volant tidy``: the lake's storage put in order."""

from __future__ import annotations

import click

from ._options import as_json, now, opened, with_lake
from ._say import document, plain, progress


@click.command("tidy")
@click.option("--seal", "only", flag_value="seal", help="Only write hot episodes and facts into sealed segments.")
@click.option("--compact", "only", flag_value="compact", help="Only join small segments into large ones.")
@click.option("--clean", "only", flag_value="clean", help="Only remove files that nothing refers to.")
@with_lake
@as_json
def command(only: str | None, lake: str | None, json: bool) -> None:
    """Seal, compact and clean the lake's storage. No episode and no fact changes; every version stays readable."""
    done: dict[str, object] = {}
    with opened(lake) as memory, progress("tidying") as tick:
        for count, step in enumerate([only] if only else ["seal", "compact", "clean"]):
            tick(count, 1 if only else 3, step)
            done[step] = plain(memory.tidy(step, now()))
        version = memory.version
    if json:
        document({"done": done, "version": version})
        return
    for step, told in done.items():
        click.echo(f"{step}: {told}")
