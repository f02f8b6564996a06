"""``volant plan``: what to collect next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ._options import as_json, opened, with_lake
from ._say import document, note, table

if TYPE_CHECKING:
    from volant.core import Order
    from volant.plan import Cell


@click.command("plan")
@click.option(
    "--budget", type=click.FloatRange(min=1), default=3000, show_default=True, help="Operator steps to spend."
)
@click.option("--strategy", default="planner", show_default=True, help="planner, uniform, count-greedy, factory.")
@click.option("--explain", is_flag=True, help="Say why, and how sure each promise is.")
@with_lake
@as_json
def command(*, budget: float, strategy: str, explain: bool, lake: str | None, json: bool) -> None:
    """Order what brings the most success for its price, from what the wheel has measured; and grade past orders.

    Every order names task, region, source, count, price and the gain in mean success that it promises.
    """
    from volant import plan
    from volant.stations import ledger, planned_by

    with opened(lake) as memory:
        turns = ledger(memory.store)
        cells, orders, how = planned_by(memory.store, budget=budget, strategy=strategy)
    graded = plan.calibration(plan.grades(turns))
    rows = [_row(order, cells, explain=explain) for order in orders]
    if json:
        document({"orders": rows, "grades": plan.grades(turns), "calibration": graded})
        return
    table(rows)
    spent = sum(order.price for order in orders)
    click.echo(f"{sum(order.count for order in orders)} episodes for {spent:,.0f} of {budget:,.0f} {how.currency}")
    for estimate in graded:
        note(f"earlier orders: {estimate}")


def _row(order: Order, cells: Sequence[Cell], *, explain: bool) -> dict[str, object]:
    from volant import plan

    row: dict[str, object] = {
        "task": order.task,
        "region": order.scene,
        "source": order.variation,
        "count": order.count,
        "price": order.price,
        "promised": order.promised,
    }
    if explain:
        gain = plan.promise(order, cells)
        row |= {"task_gain": gain.value, "low": gain.low, "high": gain.high, "why": plan.why(order, cells)}
    return row
