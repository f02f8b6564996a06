"""Orders graded afterwards: what was promised against what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..core.estimate import Estimate
from ..core.turn import Turn
from ..statistics.intervals import wilson

__all__ = ["Grade", "calibration", "grades"]


@dataclass(frozen=True, slots=True)
class Grade:
    """One task's orders of one turn: promised and seen gain in its share of mean success, and the latter's interval."""

    turn: int
    task: str
    promised: float
    seen: float
    low: float
    high: float
    price: float

    @property
    def kept(self) -> bool:
        """Whether the promise lies inside the interval of what was seen."""
        return self.low <= self.promised <= self.high


def grades(turns: Sequence[Turn]) -> tuple[Grade, ...]:
    """For every turn but the first, each task that was ordered: the promise against the change of success.

    The interval is that of a difference of two proportions (Newcombe's hybrid of Wilson intervals, 90 %), divided by
    the number of tasks as promises are.
    """
    made: list[Grade] = []
    for before, after in pairwise(turns):
        then, now = before.by_task(), after.by_task()
        for task in sorted({order.task for order in after.orders}):
            mine = [order for order in after.orders if order.task == task]
            if task in then and task in now and then[task][1] and now[task][1]:
                seen, low, high = _difference(*then[task], *now[task])
                promised, price = sum(o.promised for o in mine), sum(o.price for o in mine)
                scale = 1 / len(now)
                made.append(Grade(after.number, task, promised, seen * scale, low * scale, high * scale, price))
    return tuple(made)


def calibration(graded: Sequence[Grade]) -> tuple[Estimate, ...]:
    """How good promises were: their bias, and the share of them inside the interval of what came."""
    if not graded:
        return ()
    error = np.array([grade.promised - grade.seen for grade in graded])
    half = 1.645 * error.std(ddof=1) / np.sqrt(len(error)) if len(error) > 1 else None
    mean, kept = float(error.mean()), float(np.mean([grade.kept for grade in graded]))
    low, high = (None, None) if half is None else (mean - float(half), mean + float(half))
    return (
        Estimate("promise minus gain", mean, "success", len(graded), low, high, method="mean of orders, normal 90 %"),
        Estimate("promises inside the interval", kept, "share", len(graded), method="90 % interval of what was seen"),
    )


def _difference(w1: int, n1: int, w2: int, n2: int, z: float = 1.645) -> tuple[float, float, float]:
    p1, p2 = w1 / n1, w2 / n2
    l1, u1 = wilson(w1, n1, z)
    l2, u2 = wilson(w2, n2, z)
    d = p2 - p1
    return d, d - float(np.hypot(p2 - l2, u1 - p1)), d + float(np.hypot(u2 - p2, p1 - l1))
