"""Ways to spend a budget on collection: the planner, and what it has to beat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..core.errors import NotFound, suggest
from ..core.order import Order
from .needs import Cell, Planning, Source, orders

__all__ = ["REPEATED", "STRATEGIES", "strategy"]

REPEATED = "repeated"
"""How an order ends that asks for the environments that are there already."""

Strategy = Callable[[Sequence[Cell], Sequence[Source], Planning], tuple[Order, ...]]


def uniform(cells: Sequence[Cell], sources: Sequence[Source], how: Planning) -> tuple[Order, ...]:
    """The same money for every task, its regions in turn, new environments each time, the first source only."""
    counts = [0] * len(cells)
    tasks = tuple(dict.fromkeys(cell.task for cell in cells))
    mine = {task: [i for i, cell in enumerate(cells) if cell.task == task] for task in tasks}
    prices = {task: _price(cells[there[0]], sources[0]) for task, there in mine.items()}
    each, left = how.budget / len(tasks), how.budget
    wanted = {task: int(each / prices[task] + 1e-9) for task in tasks}
    left -= sum(wanted[task] * prices[task] for task in tasks)
    for task in sorted(tasks, key=lambda task: -(each / prices[task] % 1)):  # what was cut off, while it lasts
        if prices[task] <= left + 1e-9:
            wanted[task] += 1
            left -= prices[task]
    for task, there in mine.items():
        for _ in range(wanted[task]):
            counts[min(there, key=lambda i: (cells[i].count + counts[i], i))] += 1
    return _plain(cells, sources[0], counts, how, "uniform@2")


def greedy(cells: Sequence[Cell], sources: Sequence[Source], how: Planning) -> tuple[Order, ...]:
    """Always one more episode where there are fewest, until the budget is spent: what a coverage dashboard suggests."""
    have = [cell.count for cell in cells]
    counts, left = [0] * len(cells), how.budget
    while True:
        can = [i for i in range(len(cells)) if _price(cells[i], sources[0]) <= left + 1e-9]
        if not can:
            return _plain(cells, sources[0], counts, how, "count-greedy@1")
        least = min(can, key=lambda i: (have[i] + counts[i], i))
        counts[least] += 1
        left -= _price(cells[least], sources[0])


def factory(cells: Sequence[Cell], sources: Sequence[Source], how: Planning) -> tuple[Order, ...]:
    """The same money for every task, always in the environments that are there already: volume without diversity."""
    return tuple(
        Order(
            o.task,
            o.scene,
            o.embodiment,
            f"{o.variation}, {REPEATED}",
            o.count,
            0.0,
            o.price,
            "factory@1",
            o.gain,
            o.currency,
        )
        for o in uniform(cells, sources, how)
    )


def frozen(_: Sequence[Cell], __: Sequence[Source], ___: Planning) -> tuple[Order, ...]:
    """Nothing more is collected: the control that shows what time and luck alone bring."""
    return ()


STRATEGIES: Mapping[str, Strategy] = {
    "planner": orders,
    "uniform": uniform,
    "count-greedy": greedy,
    "factory": factory,
    "frozen": frozen,
}


def strategy(name: str) -> Strategy:
    """The strategy of that name."""
    if name not in STRATEGIES:
        raise NotFound(f"No strategy is called {name!r}.", instead=suggest(name, STRATEGIES))
    return STRATEGIES[name]


def _price(cell: Cell, source: Source) -> float:
    return cell.prices.get(source.name, source.price)


def _plain(cells: Sequence[Cell], source: Source, counts: Sequence[int], how: Planning, by: str) -> tuple[Order, ...]:
    """Orders without a promise: these strategies do not know what they buy."""
    return tuple(
        Order(
            cell.task,
            cell.region,
            how.embodiment,
            source.name,
            n,
            0.0,
            n * _price(cell, source),
            by,
            "success",
            how.currency,
        )
        for cell, n in zip(cells, counts, strict=True)
        if n > 0
    )
