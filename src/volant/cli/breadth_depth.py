"""``volant breadth-depth``: many environments once, or few of them often; ``volant experiment breadth`` by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ._options import as_json
from .experiment import experimented


@click.command("breadth-depth")
@click.argument("place", metavar="WORLD/TASK")
@click.option("--budget", type=click.IntRange(4, 4096), default=64, show_default=True, help="Demonstrations in all.")
@click.option("--trials", type=click.IntRange(1, 5000), default=50, show_default=True, help="Held-out trials a policy.")
@click.option("--seeds", type=click.IntRange(1, 100), default=3, show_default=True, help="Repetitions.")
@click.option("--source", default="careful", show_default=True, help="Who demonstrates (an operator's name).")
@click.option("--seed", "first_seed", type=click.IntRange(min=0), default=0, show_default=True, help="The first seed.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="A folder for breadth.md and breadth.svg.")
@as_json
def command(place: str, *, out: Path | None, json: bool, **how: Any) -> None:
    """Spend the same number of demonstrations on breadth and on depth, and compare held-out success.

    \b
      volant breadth-depth metaworld/push-v3 --budget 64
    """
    experimented("breadth", place, out=out, json=json, how=how)
