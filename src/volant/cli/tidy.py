"""``volant tidy``: the lake's storage put in order."""

from __future__ import annotations

import click

from ._options import as_json, opened, with_lake
from ._say import document, progress

STEPS = ("seal", "compact", "clean")


@click.command("tidy")
@click.option("--seal", "only", flag_value="seal", help="Only move hot episodes and facts into files.")
@click.option("--compact", "only", flag_value="compact", help="Only join small files into large ones.")
@click.option("--clean", "only", flag_value="clean", help="Only remove files that no version needs.")
@with_lake
@as_json
def command(only: str | None, lake: str | None, json: bool) -> None:
    """Seal, compact and clean the lake's storage. No episode and no fact changes; every version stays readable."""
    steps = (only,) if only else STEPS
    gone: list[str] = []
    with opened(lake) as memory, progress("tidying") as tick:
        before = memory.version
        for count, step in enumerate(steps):
            tick(count, len(steps), step)
            made = getattr(memory, step)()
            gone += made if isinstance(made, list) else []
        version = memory.version
    if json:
        document({"steps": steps, "before": before, "version": version, "removed": gone})
        return
    changed = f"version {before} became {version}" if version != before else f"version {version} needed nothing"
    click.echo(f"{', '.join(steps)}: {changed}, {len(gone)} files removed.")
