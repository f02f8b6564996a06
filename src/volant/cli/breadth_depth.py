"""``volant breadth-depth``: many environments once, or few of them often; ``volant experiment breadth`` by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ._options import as_json
from .experiment import asked, experimented


@click.command("breadth-depth")
@click.argument("place", metavar="WORLD/TASK")
@asked
@click.option("-o", "--out", type=click.Path(path_type=Path), help="A folder for breadth.md and breadth.svg.")
@as_json
def command(place: str, *, out: Path | None, json: bool, **how: Any) -> None:
    """Spend the same number of demonstrations on breadth and on depth, and compare held-out success.

    \b
      volant breadth-depth metaworld/push-v3 --budget 64
    """
    experimented("breadth", place, out=out, json=json, how=how)
