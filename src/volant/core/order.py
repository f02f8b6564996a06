"""What to collect next and what it promises; graded afterwards against its promise."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import BadValue

__all__ = ["Order"]


@dataclass(frozen=True, slots=True)
class Order:
    """A request for ``count`` episodes of one cell, with what it promises and costs.

    ``promised`` is the expected gain in the unit named by ``gain`` (for instance success points), ``price`` is for
    the whole order in the unit named by ``currency``, ``by`` the planner and version that says so.
    """

    task: str
    scene: str
    embodiment: str
    variation: str
    count: int
    promised: float
    price: float
    by: str
    gain: str = "success"
    currency: str = "operator steps"

    def __post_init__(self) -> None:
        if self.count < 1:
            raise BadValue(f"An order for {self.count} episodes asks for nothing.")

    def __str__(self) -> str:
        where = " / ".join(part for part in (self.task, self.scene, self.embodiment, self.variation) if part)
        return f"{self.count} x {where}: +{self.promised:g} {self.gain} for {self.price:g} {self.currency} ({self.by})"
