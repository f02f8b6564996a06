"""What the planner knows of each cell, and which orders bring the most success for their price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..core.errors import BadValue
from ..core.order import Order
from .curves import Curve, Point, curve

__all__ = ["FAILING", "Cell", "Planning", "Source", "believed", "effective", "orders"]

BY = "planner@2"
FAILING = "half where the policy fails"
"""How an order ends that asks for environments in which the last policy failed, and for as many that are just new."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who can make experience and at what price: ``price`` a single episode costs, in the planning's currency.

    ``worth`` is how many plain demonstrations one of its episodes counts for; ``how`` that was made: measured,
    cited or assumed.
    """

    name: str
    price: float
    worth: float = 1.0
    how: str = "assumed"


@dataclass(frozen=True, slots=True)
class Cell:
    """One task in one region: demonstrations there and every evaluation of it.

    ``share`` is the cell's part of the task's deployment (regions of one task sum to 1), ``count`` demonstrations in
    it, ``history`` one entry an evaluation: (demonstrations in the cell, in the whole task, wins, trials).
    ``prices`` overrides a source's price where this cell's episodes are longer or shorter.
    """

    task: str
    region: str
    count: float
    share: float
    history: tuple[tuple[float, float, float, int], ...] = ()
    prices: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Planning:
    """How to plan: ``budget`` in ``currency``, orders of ``lot`` episodes and more, and how far cells help each other.

    ``transfer`` is the part of a demonstration that counts for the other regions of its task (0: regions are
    strangers, 1: only the task's total counts); ``borrow`` the part of a trial in another region of the task that
    counts as one here, when the curve of a region is judged.
    """

    budget: float
    lot: int = 2
    transfer: float = 0.5
    borrow: float = 0.75
    currency: str = "operator steps"
    embodiment: str = ""


@dataclass(slots=True)
class _Need:
    cell: Cell
    curve: Curve
    before: float
    """Effective demonstrations that there are."""
    n: float
    """The same with what was ordered so far."""
    taken: dict[str, int] = field(default_factory=dict)


def orders(cells: Sequence[Cell], sources: Sequence[Source], how: Planning) -> tuple[Order, ...]:
    """Orders within the budget, the largest expected gain for its price first.

    Each step takes the cell, source and lot whose expected gain in mean success (over tasks, by deployment share) for
    its price is largest; lots of several sizes are compared, because a curve may rise only after a while. Ends when
    nothing affordable is left.
    """
    if not cells or not sources:
        raise BadValue("There is nothing to plan: no cells or no sources.", do="Collect a few episodes of each task.")
    if any(source.price <= 0 or source.worth <= 0 for source in sources):
        raise BadValue("A source is free or worth nothing.", do="Give every source a price and a worth above 0.")
    needs = [_Need(cell, found, n, n) for cell in cells for found, n in (believed(cell, cells, how),)]
    tasks = tuple(dict.fromkeys(cell.task for cell in cells))
    left = how.budget
    offers = {task: _offers(needs, task, sources, how) for task in tasks}
    while True:
        best = max(
            (offer for many in offers.values() for offer in many if offer.price <= left + 1e-9),
            key=lambda offer: offer.rate,
            default=None,
        )
        if best is None:
            break
        need, source = best.need, best.source
        need.taken[source.name] = need.taken.get(source.name, 0) + how.lot
        left -= how.lot * _price(need.cell, source)
        for other, part in _touched(needs, need, how):
            other.n += part * how.lot * source.worth
        offers[need.cell.task] = _offers(needs, need.cell.task, sources, how)
    return _written(needs, sources, how, len(tasks))


@dataclass(frozen=True, slots=True)
class _Offer:
    """So many episodes of one source in one cell: what they cost, and the expected gain for each unit of it."""

    need: _Need
    source: Source
    price: float
    rate: float


def _offers(needs: Sequence[_Need], task: str, sources: Sequence[Source], how: Planning) -> list[_Offer]:
    made: list[_Offer] = []
    for need in needs:
        if need.cell.task == task:
            for source in sources:
                for size in (how.lot, 4 * how.lot, 12 * how.lot):
                    price = size * _price(need.cell, source)
                    made.append(_Offer(need, source, price, _gain(needs, need, size * source.worth, how) / price))
    return made


def believed(cell: Cell, cells: Sequence[Cell], how: Planning) -> tuple[Curve, float]:
    """The curve of a cell, from its own trials and in part from the task's others, and how far along it stands."""
    points = [
        Point(effective(mine, whole, how.transfer), part * wins, part * trials)
        for other in cells
        if other.task == cell.task and (part := 1.0 if other.region == cell.region else how.borrow)
        for mine, whole, wins, trials in other.history
    ]
    whole = sum(other.count for other in cells if other.task == cell.task)
    return curve(points), effective(cell.count, whole, how.transfer)


def effective(mine: float, whole: float, transfer: float) -> float:
    """Demonstrations that count in a region: its own, and a part of those in the task's other regions."""
    return mine + transfer * (whole - mine)


def _price(cell: Cell, source: Source) -> float:
    return cell.prices.get(source.name, source.price)


def _touched(needs: Sequence[_Need], there: _Need, how: Planning) -> list[tuple[_Need, float]]:
    return [
        (need, 1.0 if need is there else how.transfer)
        for need in needs
        if need.cell.task == there.cell.task and (need is there or how.transfer > 0)
    ]


def _gain(needs: Sequence[_Need], there: _Need, more: float, how: Planning) -> float:
    return sum(need.cell.share * need.curve.gain(need.n, part * more) for need, part in _touched(needs, there, how))


def _written(needs: Sequence[_Need], sources: Sequence[Source], how: Planning, tasks: int) -> tuple[Order, ...]:
    """The lots of each cell and source as one order, with what it promises on its own."""
    known = {source.name: source for source in sources}
    made: list[Order] = []
    for need in needs:
        for name, count in sorted(need.taken.items()):
            alone = [replace(other, n=other.before) for other in needs if other.cell.task == need.cell.task]
            there = next(one for one in alone if one.cell is need.cell)
            promised = _gain(alone, there, count * known[name].worth, how) / tasks
            price = count * _price(need.cell, known[name])
            made.append(
                Order(
                    need.cell.task,
                    need.cell.region,
                    how.embodiment,
                    f"{name}, {FAILING}" if need.cell.history else name,
                    count,
                    promised,
                    price,
                    BY,
                    "success",
                    how.currency,
                )
            )
    return tuple(sorted(made, key=lambda order: (-order.promised / order.price, order.task, order.scene)))
