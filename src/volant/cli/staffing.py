"""``volant staffing``: how many robots a person can watch."""

from __future__ import annotations

from typing import Any

import click

from ._options import as_json
from ._say import document, note, table


@click.command("staffing")
@click.option("--robots", type=click.IntRange(1, 1 << 20), default=50, help="Robots in the fleet (default: 50).")
@click.option("--operators", type=click.IntRange(1, 1 << 20), default=1, help="People who help them (default: 1).")
@click.option("--per-hour", type=float, default=60.0, help="Operations a robot does in an hour of work (default: 60).")
@click.option(
    "--share", type=click.FloatRange(0, 1), default=0.04, help="Share of them that need help (default: 0.04)."
)
@click.option("--seconds", type=float, default=30.0, help="Mean time a person is busy with one robot (default: 30).")
@click.option("--availability", type=float, default=0.9, help="Share of robots that should be at work (default: 0.9).")
@click.option("--simulate", is_flag=True, help="Also live through fleets event by event, and compare.")
@click.option("--seed", type=int, default=0, help="Seed of the simulated fleets (default: 0).")
@as_json
def command(json: bool, simulate: bool, seed: int, **given: Any) -> None:
    """How many robots a person can watch: the machine-repair queue M/M/c//N.

    The inputs are yours (assumed); `volant pilot` measures them. Robots that wait for help stand still. Of the
    simulated intervals one in twenty misses the formula.
    """
    from volant.deploy.queue import Crew, load, needed, simulated, watchable

    robots, operators, wanted = given["robots"], given["operators"], given["availability"]
    crew = Crew(robots, operators, given["per_hour"] * given["share"], given["seconds"])
    formula = load(robots, operators, crew.ratio)
    hours = max(40.0, 500 * crew.handling / 3600)
    lived = {e.name: e for e in simulated(crew, hours=hours, seed=seed)} if simulate else {}
    units = {"availability": "share", "busy": "share", "queue": "robots", "wait": "handling times"}
    rows = [
        {"figure": name, "formula": getattr(formula, name), "unit": unit}
        | ({"simulated": lived[name].value, "low": lived[name].low, "high": lived[name].high} if name in lived else {})
        for name, unit in units.items()
    ]
    most, few = watchable(operators, crew.ratio, wanted), needed(robots, crew.ratio, wanted)
    if json:
        document(
            {
                "crew": crew,
                "formula": formula,
                "simulated": list(lived.values()),
                "wanted": wanted,
                "robots": most,
                "operators": few or None,
            }
        )
        return
    table(rows)
    note(f"{operators} operator(s) keep {most} robots at {wanted:.0%} availability or better.")
    enough = f"need {few} operator(s)" if few else "cannot be kept so available: one robot alone needs too much help"
    note(f"{robots} robots at {wanted:.0%} {enough}.")
    note(
        "Inputs (assumed): {per_hour:g} operations/h, {share:.2%} of them need help, {seconds:g} s each.".format(
            **given
        )
    )
