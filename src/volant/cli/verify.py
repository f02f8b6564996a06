"""``volant verify``: every byte against its digest."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ._options import as_json, opened, with_lake
from ._say import document, note


@click.command("verify")
@click.argument("publication", required=False, type=click.Path(path_type=Path), metavar="[PUBLICATION]")
@with_lake
@as_json
def command(publication: Path | None, lake: str | None, json: bool) -> None:
    """Re-hash everything: the lake, or a publication against its manifest. Exits with 1 where something differs."""
    if publication is not None:
        from volant.publish import verify

        manifest, problems = verify(publication)
        what, counted = str(publication), {"files": len(manifest.files), "bytes": manifest.size}
    else:
        with opened(lake) as memory:
            problems, counted = memory.verify()
            what = str(memory.place)
    if json:
        document({"what": what, "ok": not problems, **counted, "problems": problems})
    else:
        for problem in problems:
            note(problem)
        told = ", ".join(f"{count} {name}" for name, count in counted.items())
        click.echo(f"{what}: {told} hashed, " + (f"{len(problems)} problems." if problems else "all sound."))
    sys.exit(1 if problems else 0)
