"""What a lake reckons with: forecasts, cost, and who contributed how much; methods of ``volant.Lake``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .core import Estimate

if TYPE_CHECKING:
    from .lake import Store
    from .reckon.forecast import Forecast
    from .worth.share import Shares

__all__ = ["cost", "forecast", "share"]


class Lake(Protocol):
    """What is asked of a lake here."""

    store: Store

    def now(self) -> int: ...


def forecast(
    lake: Lake, curve: str | Path | None = None, *, target: float = 0.9, task: str = "", **how: Any
) -> Forecast:
    """Data, hours and money that a score takes, from a CSV (n, score) or the lake's own learning curve.

    ``how``: ``unit`` of n, ``hours_per`` and ``cost_per`` one unit, as for ``volant forecast``.
    """
    from .reckon import forecast as stage
    from .reckon import learning, prices

    stated = how.pop("unit", "")
    points = learning.of_lake(lake.store, task) if curve is None else learning.read_learning(Path(curve), stated)
    return stage.forecast(*prices.asked(points, target, store=lake.store, **how))


def cost(lake: Lake, ledger: str | Path) -> tuple[Estimate, ...]:
    """Cost by raw hour, accepted hour, new combination and point of success of a ledger; told as ``cost/...``."""
    from .reckon import cost as stage
    from .reckon import cost_lake

    book = stage.read_book(Path(ledger))
    made, _ = stage.figures(book, cost_lake.results_of(lake.store, book.results))
    cost_lake.tell(lake.store, book, made, lake.now())
    return made


def share(lake: Lake, by: str = "collector", *, value: str = "") -> Shares:
    """Who contributed how much, by collector, operator, site or country; shares add up to one exactly."""
    from .worth.share import contributions

    return contributions(lake.store, by, value)
