"""``volant turn``: the whole wheel, measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ._options import as_json, now
from ._say import document, note, table

TASKS = "peg-insert-side-v3,pick-place-v3,stick-push-v3,push-v3,button-press-v3,drawer-open-v3"


@click.command("turn")
@click.option("--world", default="metaworld", show_default=True, help="The world (see `volant worlds`).")
@click.option("--tasks", default=TASKS, show_default=True, metavar="A,B", help="Its tasks.")
@click.option("--turns", "count", type=click.IntRange(1, 50), default=3, show_default=True)
@click.option("--budget", type=click.FloatRange(min=1), default=1500, show_default=True, help="Operator steps a turn.")
@click.option(
    "--trials", type=click.IntRange(4, 5000), default=40, show_default=True, help="Held-out trials of a task."
)
@click.option("--robots", type=click.IntRange(0, 1000), default=50, show_default=True, help="Robots of the fleet.")
@click.option("--operators", type=click.IntRange(0, 100), default=1, show_default=True, help="People on call.")
@click.option("--source", default="expert", show_default=True, help="Who demonstrates (an operator's name).")
@click.option(
    "--against", default="uniform,factory,frozen", show_default=True, help="What the planner is compared with; or none."
)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("-o", "--out", type=click.Path(path_type=Path), default=Path("wheel"), show_default=True)
@as_json
def command(*, tasks: str, count: int, against: str, source: str, out: Path, json: bool, **how: Any) -> None:
    """Turn the wheel: collect, screen, train, deploy, evaluate, plan, and again; beside it what it has to beat.

    OUT gets the lake, the checkpoints, wheel.html and wheel.svg. A wheel that was stopped goes on where it was.
    """
    from volant.contest import contest
    from volant.stations import Turning

    names = tuple(name.strip() for name in tasks.split(",") if name.strip())
    turning = Turning(out / "policies", names, operator=source, **how)
    controls = [name.strip() for name in against.split(",") if name.strip() not in ("", "none")]
    made = contest(out, turning, ["planner", *controls], count, clock=now, tell=note)
    rows = [
        {
            "strategy": name,
            "turn": turn.number,
            "episodes": turn.episodes,
            "cost": turn.cost,
            "success": turn.success,
            "trials": sum(trials for _, trials in turn.by_task().values()),
            "asked": turn.asked,
            "operations": turn.operations,
            "record": turn.hash[:12],
        }
        for name, turns in made.wheels.items()
        for turn in turns
    ]
    if json:
        document({"turns": rows, "page": made.page, "picture": made.picture, "minutes": made.minutes})
        return
    table(rows)
    click.echo(f"{made.page} and {made.picture}, in {made.minutes:.1f} minutes")
