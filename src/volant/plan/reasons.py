"""Why an order is made: what was measured in its cell, and what the curves that allow it promise."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.estimate import Estimate
from ..core.order import Order
from ..statistics.intervals import wilson
from .needs import Cell, believed

__all__ = ["promise", "why"]


def why(order: Order, cells: Sequence[Cell]) -> str:
    """One sentence for people: the cell's last evaluation with its n, and what else of the task is known."""
    cell = _cell(order, cells)
    if cell is None or not cell.history:
        return "never evaluated: anything may be learnt here"
    mine, whole, wins, trials = cell.history[-1]
    low, high = wilson(wins, trials)
    return (
        f"{wins:g} of {trials} succeed ({low:.0%} to {high:.0%}) with {mine:g} demonstrations here, {whole:g} in all; "
        f"{order.price / order.count:,.0f} {order.currency} an episode"
    )


def promise(order: Order, cells: Sequence[Cell]) -> Estimate:
    """What the order's episodes alone add to success in its task: posterior mean and central 90 % interval."""
    mine = [cell for cell in cells if cell.task == order.task]
    found, n = believed(mine)
    low, high = found.interval(n, order.count)
    trials = sum(entry[3] for cell in mine for entry in cell.history)
    group, method = order.task, "posterior over logit-log curves, 90 %"
    return Estimate(
        "gain in the task", found.gain(n, order.count), "success", trials, low, high, "measured", method, group
    )


def _cell(order: Order, cells: Sequence[Cell]) -> Cell | None:
    return next((cell for cell in cells if (cell.task, cell.region) == (order.task, order.scene)), None)
