"""What the planner knows of each cell, and which orders bring the most success for their price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..core.errors import BadValue
from ..core.order import Order
from ..statistics.curves import Curve, Point, curve

__all__ = ["FAILING", "Cell", "Planning", "Source", "believed", "orders"]

BY = "planner@3"
FAILING = "half where the policy fails"
"""How an order ends that asks for environments in which the last policy failed, and for as many that are just new."""
_ABLE = 0.5
"""From this success on it pays to look for failures; below, they are everywhere, and new environments teach more."""


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
    """How to plan: ``budget`` in ``currency``, orders of ``lot`` episodes and more, for one embodiment."""

    budget: float
    lot: int = 2
    currency: str = "operator steps"
    embodiment: str = ""


@dataclass(slots=True)
class _Need:
    """A task: how its success is believed to grow, where it stands, and what was ordered by region and source."""

    task: str
    cells: tuple[Cell, ...]
    curve: Curve
    n: float
    """Demonstrations that there are."""
    able: bool
    """Whether its last policy succeeds often enough to look for its failures."""
    more: float = 0.0
    """What was ordered so far, in demonstrations."""
    taken: dict[tuple[str, str], int] = field(default_factory=dict)


def orders(cells: Sequence[Cell], sources: Sequence[Source], how: Planning) -> tuple[Order, ...]:
    """Orders within the budget, the largest expected gain for its price first.

    Each step takes the task, source and lot whose expected gain in mean success over tasks is largest for its price;
    lots of several sizes are compared, because a curve may rise only after a while. Within a task, demonstrations are
    spread over its regions, more where more trials failed: a curve says how many, not where, and many in one place
    teach little (breadth). Ends when nothing affordable is left.
    """
    if not cells or not sources:
        raise BadValue("There is nothing to plan: no cells or no sources.", do="Collect a few episodes of each task.")
    if any(source.price <= 0 or source.worth <= 0 for source in sources):
        raise BadValue("A source is free or worth nothing.", do="Give every source a price and a worth above 0.")
    tasks = tuple(dict.fromkeys(cell.task for cell in cells))
    needs = [_need(task, tuple(cell for cell in cells if cell.task == task)) for task in tasks]
    left = how.budget
    offers = {need.task: _offers(need, sources, how) for need in needs}
    while True:
        best = max(
            (offer for many in offers.values() for offer in many if offer.price <= left + 1e-9),
            key=lambda offer: offer.rate,
            default=None,
        )
        if best is None:
            break
        need, source = best.need, best.source
        left -= how.lot * _price(need, source)
        need.more += how.lot * source.worth
        _placed(need, source, how.lot)
        offers[need.task] = _offers(need, sources, how)
    return _written(needs, sources, how)


@dataclass(frozen=True, slots=True)
class _Offer:
    """So many episodes of one source for one task: what they cost, and the expected gain for each unit of it."""

    need: _Need
    source: Source
    price: float
    rate: float


def _offers(need: _Need, sources: Sequence[Source], how: Planning) -> list[_Offer]:
    made: list[_Offer] = []
    for source in sources:
        each = _price(need, source)
        for size in (how.lot, 4 * how.lot, 12 * how.lot):
            gain = need.curve.gain(need.n + need.more, size * source.worth)
            made.append(_Offer(need, source, how.lot * each, gain / (size * each)))
    return made


def _need(task: str, cells: tuple[Cell, ...]) -> _Need:
    last = [cell.history[-1] for cell in cells if cell.history]
    wins, trials = sum(entry[2] for entry in last), sum(entry[3] for entry in last)
    found, n = believed(cells)
    return _Need(task, cells, found, n, trials > 0 and wins >= _ABLE * trials)


def believed(cells: Sequence[Cell]) -> tuple[Curve, float]:
    """How success in a task of these cells is believed to grow with all of its demonstrations, and how many there are.

    Trials of all regions and evaluations count.
    """
    points = [Point(whole, wins, trials) for cell in cells for _, whole, wins, trials in cell.history]
    return curve(points), sum(cell.count for cell in cells)


def _price(need: _Need, source: Source) -> float:
    """What one episode costs, on the average over the regions as they are deployed."""
    share = sum(cell.share for cell in need.cells)
    return sum(cell.share * cell.prices.get(source.name, source.price) for cell in need.cells) / share


def _placed(need: _Need, source: Source, count: int) -> None:
    """Spread episodes over the regions: each goes where there are fewest for the part that the region deserves."""
    for _ in range(count):
        ordered = {
            cell.region: sum(n for (region, _), n in need.taken.items() if region == cell.region) for cell in need.cells
        }
        there = min(need.cells, key=lambda cell: (cell.count + ordered[cell.region] + 0.5) / _deserved(cell))
        key = (there.region, source.name)
        need.taken[key] = need.taken.get(key, 0) + 1


def _deserved(cell: Cell) -> float:
    """A region's part of the task's demonstrations: its deployment, up to three times as much where all trials fail."""
    wins, trials = cell.history[-1][2:] if cell.history else (0.0, 0.0)
    return cell.share * (0.5 + (trials - wins + 0.5) / (trials + 1.0))


def _written(needs: Sequence[_Need], sources: Sequence[Source], how: Planning) -> tuple[Order, ...]:
    """What goes to each region and source as one order; a task's promise is shared out by what an order brings."""
    known = {source.name: source for source in sources}
    made: list[Order] = []
    for need in needs:
        promised = need.curve.gain(need.n, need.more) / len(needs) if need.more else 0.0
        for (region, name), count in sorted(need.taken.items()):
            source = known[name]
            price, part = count * _price(need, source), count * source.worth / need.more
            variation = f"{name}, {FAILING}" if need.able else name
            made.append(
                Order(
                    need.task,
                    region,
                    how.embodiment,
                    variation,
                    count,
                    promised * part,
                    price,
                    BY,
                    "success",
                    how.currency,
                )
            )
    return tuple(sorted(made, key=lambda order: (-order.promised / order.price, order.task, order.scene)))
