"""How an evaluation is done: one value, stored beside its results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from ..core.errors import BadValue, NotFound, suggest

__all__ = ["SCORES", "Dials", "Evaluating"]

SCORES = ("success", "progress")
"""What an A/B may be decided by: success alone, or partial credit."""


@dataclass(frozen=True, slots=True)
class Evaluating:
    """How many trials, in which environments, and when enough is known.

    ``trials`` environments are drawn by ``seed``, of one ``region`` where named, with physics that deviates by
    ``vary`` (0 to 1). ``level`` is the confidence of intervals, ``alpha`` the rate of false alarms of the A/B, which
    is decided by ``score``. ``sequential`` stops as soon as the A/B is decided. ``lanes`` trials run side by side in
    each process; ``runner`` is where they run. The same settings give the same results, bit for bit.
    """

    trials: int = 200
    seed: int = 0
    region: str = ""
    vary: float = 0.0
    level: float = 0.95
    alpha: float = 0.05
    score: str = "success"
    sequential: bool = False
    lanes: int = 16
    runner: str = "processes"

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise BadValue(f"{self.trials} trials show nothing.", do="Ask for 1 or more; 200 is usual.")
        if self.lanes < 1:
            raise BadValue(f"{self.lanes} lanes cannot live anything.", do="Use 1 or more.")
        if not 0 <= self.vary <= 1:
            raise BadValue(f"Physics cannot vary by {self.vary:g}.", do="Give 0 (nominal) to 1 (all that is allowed).")
        if not (0 < self.level < 1 and 0 < self.alpha < 1):
            raise BadValue("A confidence level and a rate of false alarms lie between 0 and 1.")
        if self.score not in SCORES:
            raise NotFound(f"Nothing is scored by {self.score!r}.", instead=suggest(self.score, SCORES))


class Dials(TypedDict, total=False):
    """The same by name, for calls that set only some; every key means what ``Evaluating`` says."""

    trials: int
    seed: int
    region: str
    vary: float
    level: float
    alpha: float
    score: str
    sequential: bool
    lanes: int
    runner: str
