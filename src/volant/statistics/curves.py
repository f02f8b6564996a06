"""How success grows with demonstrations: every curve of one family that the measurements allow, with its weight.

The family is the saturating logit-log form ``s(n) = c n^k / (n^k + h^k)``: ``h`` demonstrations reach half of the
ceiling ``c``, ``k`` is the slope. All of a grid of (h, k, c) are kept and weighed by the binomial likelihood of what
was measured, so an expected gain carries all the doubt there is, and a task that was hardly measured stays open.
The prior is assumed: half of the ceiling at 12 demonstrations, give or take a factor of 4.5 (twelve Meta-World tasks
that were looked at lay between 2 and 24).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..core.acting import Floats
from ..core.errors import BadValue

__all__ = ["Curve", "Point", "curve"]

_HALVES = np.geomspace(1.0, 4000.0, 36)
_SLOPES = np.array([0.6, 0.9, 1.3, 1.8, 2.5, 3.5, 5.0])
_CEILINGS = np.array([0.25, 0.5, 0.7, 0.85, 0.95, 1.0])
_PRIOR_HALF = np.exp(-0.5 * (np.log(_HALVES / 12.0) / 1.5) ** 2)
_PRIOR_SLOPE = np.array([0.08, 0.15, 0.20, 0.22, 0.17, 0.12, 0.06])
_PRIOR_CEILING = np.array([0.03, 0.05, 0.07, 0.15, 0.30, 0.40])


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement: with ``n`` demonstrations, ``wins`` of ``trials`` succeeded."""

    n: float
    wins: float
    trials: int


@dataclass(frozen=True, eq=False, slots=True)
class Curve:
    """Curves (h, k, c) with their posterior weights, which sum to one."""

    halves: Floats
    slopes: Floats
    ceilings: Floats
    weights: Floats
    points: tuple[Point, ...] = field(default=())

    def success(self, n: float) -> Floats:
        """Success of every curve at ``n`` demonstrations."""
        return _hill(np.asarray(n, np.float64), self.halves, self.slopes, self.ceilings)

    def expected(self, n: float) -> float:
        """Posterior mean of success at ``n`` demonstrations."""
        return float(self.weights @ self.success(n))

    def gain(self, n: float, more: float) -> float:
        """Posterior mean of what ``more`` demonstrations on top of ``n`` add to success."""
        return float(self.weights @ (self.success(n + more) - self.success(n)))

    def interval(self, n: float, more: float, level: float = 0.9) -> tuple[float, float]:
        """Central posterior interval of that gain."""
        gains = self.success(n + more) - self.success(n)
        order = np.argsort(gains)
        mass = np.cumsum(self.weights[order])
        low, high = np.searchsorted(mass, ((1 - level) / 2, (1 + level) / 2))
        last = len(order) - 1
        return float(gains[order[min(low, last)]]), float(gains[order[min(high, last)]])


def curve(points: Sequence[Point]) -> Curve:
    """The posterior over curves given measurements, newer and older alike; without any, the prior.

    A point in which more succeeded than were tried is refused.
    """
    for point in points:
        if point.trials < 0 or not 0 <= point.wins <= point.trials or point.n < 0:
            raise BadValue(f"{point.wins:g} of {point.trials} at {point.n:g} demonstrations cannot be.")
    h, k, c = (grid.ravel() for grid in np.meshgrid(_HALVES, _SLOPES, _CEILINGS, indexing="ij"))
    prior = np.multiply.outer(_PRIOR_HALF, np.outer(_PRIOR_SLOPE, _PRIOR_CEILING)).ravel()
    log = np.log(prior / prior.sum())
    for point in points:
        p = np.clip(_hill(np.asarray(point.n, np.float64), h, k, c), 0.005, 0.995)
        log = log + point.wins * np.log(p) + (point.trials - point.wins) * np.log1p(-p)
    weights = np.exp(log - log.max())
    return Curve(h, k, c, weights / weights.sum(), tuple(points))


def _hill(n: Floats, h: Floats, k: Floats, c: Floats) -> Floats:
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(c / (1.0 + np.exp(k * (np.log(h) - np.log(n)))), np.float64)
