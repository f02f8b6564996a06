"""``volant breadth-depth``: many environments once, or few of them often."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ._options import as_json
from ._say import document, note, table


@click.command("breadth-depth")
@click.argument("place", metavar="WORLD/TASK")
@click.option("--budget", type=click.IntRange(4, 4096), default=64, show_default=True, help="Demonstrations in all.")
@click.option("--trials", type=click.IntRange(1, 5000), default=50, show_default=True, help="Held-out trials a policy.")
@click.option("--seeds", type=click.IntRange(1, 100), default=3, show_default=True, help="Repetitions.")
@click.option("--source", default="careful", show_default=True, help="Who demonstrates (an operator's name).")
@click.option("--seed", "first_seed", type=click.IntRange(min=0), default=0, show_default=True, help="The first seed.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write the figure here (.svg).")
@as_json
def command(place: str, *, out: Path | None, json: bool, **how: Any) -> None:
    """Spend the same number of demonstrations on breadth and on depth, and compare held-out success.

    \b
      volant breadth-depth metaworld/push-v3 --budget 64
    """
    from volant import charts
    from volant.breadth import Breadth, breadth_depth, figure
    from volant.core.errors import Misuse

    world, slash, task = place.partition("/")
    if not slash or not task:
        raise Misuse(f"{place!r} names no task.", do="Write WORLD/TASK, such as metaworld/push-v3.")
    said = Breadth(world, task, **how)
    splits = breadth_depth(said, tell=note)
    rows: list[dict[str, object]] = [
        {
            "environments": split.environments,
            "each": split.each,
            "success": split.success.value,
            "low": split.success.low,
            "high": split.success.high,
            "trials": split.success.n,
            "by_seed": [wins / split.trials for wins in split.wins],
        }
        for split in splits
    ]
    if out:
        out.write_text(charts.picture(figure(splits, said)), encoding="utf-8")
    if json:
        document({"experiment": said, "splits": rows, "figure": out})
    else:
        for row, split in zip(rows, splits, strict=True):
            row["by_seed"] = " ".join(f"{wins / split.trials:.2f}" for wins in split.wins)
        table(rows)
