"""All curves of one form that the measurements allow, each with its weight; and what several forms say together.

A grid is laid over a form's numbers and narrowed to where the likelihood is. The noise of a score is quasi-binomial,
``var = phi s (1 - s) / trials`` with ``phi`` unknown (McCullagh and Nelder 1989, chapter 9): scaled inverse chi-square
prior, integrated out, so noise has Student's tails. Where trials are not stated a score is taken to be as noisy as one
of 50 trials, give or take, which the scatter about the curve then corrects. No random numbers are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .forms import Form, form

__all__ = ["Curves", "Measured", "Mixture", "posterior", "quantiles"]

Floats = npt.NDArray[np.float64]
ASSUMED_TRIALS = 50.0
_PRIOR = 3.0
"""Strength of the prior of the noise, in points."""
_STEEP = (-2.0, 9.0)
"""Slopes over the measured range, in straight coordinates: from falling scores to e^-9 of the gap left."""
_NODES = 21


@dataclass(frozen=True, eq=False, slots=True)
class Measured:
    """A learning curve as it was measured: score (0 to 1) at ``n``, and trials behind each score (0: not stated)."""

    n: Floats
    score: Floats
    trials: Floats

    def before(self, held: int) -> Measured:
        """The same without the last ``held`` points."""
        return Measured(self.n[:-held], self.score[:-held], self.trials[:-held])

    def __len__(self) -> int:
        return len(self.n)


@dataclass(frozen=True, eq=False, slots=True)
class Curves:
    """Curves of one form: straight coordinates ``a - slope (x - middle) / reach`` above a floor; weights sum to one."""

    kind: Form
    a: Floats
    slope: Floats
    floor: Floats
    weights: Floats
    middle: float
    reach: float
    spread: Floats
    freedom: float

    def gap(self, n: npt.ArrayLike) -> Floats:
        """The gap of every curve at every ``n``: [n, curves]."""
        x = (self.kind.bend(np.atleast_1d(np.asarray(n, np.float64))) - self.middle) / self.reach
        return _gap(self.kind, x, self.a, self.slope, self.floor)

    def reaching(self, gap: float) -> Floats:
        """The n at which every curve falls to ``gap``; infinite where it never does."""
        above = np.clip(gap - self.floor, 1e-300, None)
        y = self.kind.straight(above)
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            x = (self.a - y) / self.slope * self.reach + self.middle
            found = self.kind.unbend(np.minimum(np.maximum(x, 0.0 if self.kind.bend is np.sqrt else -700.0), 700.0))
        return np.where((gap > self.floor) & (self.slope > 0), found, np.inf)


def posterior(name: str, seen: Measured) -> Curves:
    """Every curve of a form on a grid with its weight, given what was measured (at least two different n)."""
    kind = form(name)
    x = kind.bend(seen.n)
    middle, reach = float(x.mean()), float(np.ptp(x))
    across = (x - middle) / reach
    least = float(np.clip(1 - seen.score.max(), 0.01, 0.99))
    floors = np.linspace(0.0, max(0.02, min(0.95, 1.05 * least)), 14) if kind.floor else np.zeros(1)
    low, high = (float(v) for v in kind.straight(np.asarray([2e-3, 0.998])))
    boxes = [(low, high), _STEEP if kind.straight(np.asarray([0.5]))[0] != 0.5 else (-1.0, 2.0)]
    for last in (False, False, True):
        fine = 40 if last else 28
        a, slope, floor = (
            one.ravel()
            for one in np.meshgrid(np.linspace(*boxes[0], fine), np.linspace(*boxes[1], fine), floors, indexing="ij")
        )
        log, spread = _log_likelihood(seen, _gap(kind, across, a, slope, floor))
        near = log > log.max() - 9.0
        boxes = [_around(values[near], box, fine) for values, box in zip((a, slope), boxes, strict=True)]
    weights = np.exp(log - log.max())
    keep = weights > 1e-5
    total = weights[keep].sum()
    return Curves(
        kind,
        a[keep],
        slope[keep],
        floor[keep],
        weights[keep] / total,
        middle,
        reach,
        spread[keep],
        _PRIOR + len(seen),
    )


def _gap(kind: Form, x: Floats, a: Floats, slope: Floats, floor: Floats) -> Floats:
    straight = a[None] - slope[None] * x[:, None]
    with np.errstate(over="ignore"):
        return np.asarray(np.clip(floor[None] + kind.back(straight), 0.0, 1.0), np.float64)


def _log_likelihood(seen: Measured, gap: Floats) -> tuple[Floats, Floats]:
    """Log likelihood of every curve with the noise integrated out, and the noise (phi) that each curve implies."""
    known = seen.trials > 0
    trials = np.where(known, seen.trials, ASSUMED_TRIALS)
    unit = _variance(gap) / trials[:, None]
    squares = (np.square(1 - seen.score[:, None] - gap) / unit).sum(axis=0)
    freedom = _PRIOR + len(seen)
    log = -0.5 * np.log(unit).sum(axis=0) - 0.5 * freedom * np.log(_PRIOR + squares)
    return log, (_PRIOR + squares) / freedom


def _variance(gap: Floats) -> Floats:
    held = np.clip(gap, 0.01, 0.99)
    return np.asarray(held * (1 - held), np.float64)


def _around(values: Floats, box: tuple[float, float], fine: int) -> tuple[float, float]:
    step = (box[1] - box[0]) / (fine - 1)
    return max(box[0], float(values.min()) - step), min(box[1], float(values.max()) + step)


@dataclass(frozen=True, eq=False, slots=True)
class Mixture:
    """Several forms with the share that each is given."""

    parts: tuple[Curves, ...]
    shares: Floats

    def __len__(self) -> int:
        return len(self.parts)

    def weights(self) -> Floats:
        """Weight of every curve of every form, in the order of the parts."""
        return np.concatenate([part.weights * share for part, share in zip(self.parts, self.shares, strict=True)])

    def score(self, n: npt.ArrayLike) -> Floats:
        """Mean score at ``n``."""
        return np.asarray(
            1 - sum(share * (part.gap(n) @ part.weights) for part, share in zip(self.parts, self.shares, strict=True)),
            np.float64,
        )

    def interval(self, n: float, level: float) -> tuple[float, float]:
        """Central interval of the curve itself at ``n``, no noise of measuring in it."""
        scores = np.concatenate([1 - part.gap(n)[0] for part in self.parts])
        low, high = quantiles(scores, self.weights(), ((1 - level) / 2, (1 + level) / 2))
        return low, high

    def prediction(self, n: float, level: float, trials: float = 0.0) -> tuple[float, float]:
        """Central interval of a score that will be measured at ``n``, with ``trials`` behind it (0: as assumed)."""
        values, weights = [], []
        for part, share in zip(self.parts, self.shares, strict=True):
            gap = part.gap(n)[0]
            noise = np.sqrt(part.spread * _variance(gap) / (trials or ASSUMED_TRIALS))
            values.append(np.clip(1 - gap[:, None] + noise[:, None] * _student(part.freedom)[None], 0.0, 1.0).ravel())
            weights.append(np.repeat(part.weights * share / _NODES, _NODES))
        low, high = quantiles(np.concatenate(values), np.concatenate(weights), ((1 - level) / 2, (1 + level) / 2))
        return low, high

    def log_density(self, seen: Measured) -> Floats:
        """Log density of every part at measured scores, summed over them: how well each foretold them."""
        made = []
        for part in self.parts:
            gap = part.gap(seen.n)
            trials = np.where(seen.trials > 0, seen.trials, ASSUMED_TRIALS)[:, None]
            scale = np.sqrt(part.spread[None] * _variance(gap) / trials)
            z = (1 - seen.score[:, None] - gap) / scale
            density = np.exp(-0.5 * (part.freedom + 1) * np.log1p(np.square(z) / part.freedom)) / scale
            made.append(float(np.log(np.maximum(density @ part.weights, 1e-12)).sum()))
        return np.asarray(made, np.float64)

    def reaching(self, score: float, levels: Sequence[float]) -> tuple[tuple[float, ...], float]:
        """Quantiles of the n at which the score is reached, and the share of curves that never reach it."""
        found = np.concatenate([part.reaching(1 - score) for part in self.parts])
        weights = self.weights()
        return quantiles(found, weights, levels), float(weights[~np.isfinite(found)].sum())


def _student(freedom: float) -> Floats:
    from scipy.special import stdtrit

    return np.asarray(stdtrit(freedom, (np.arange(_NODES) + 0.5) / _NODES), np.float64)


def quantiles(values: Floats, weights: Floats, levels: Sequence[float]) -> tuple[float, ...]:
    """Weighted quantiles; infinite values come last."""
    order = np.argsort(values)
    mass = np.cumsum(weights[order])
    places = np.searchsorted(mass, np.asarray(levels) * mass[-1])
    return tuple(float(values[order[min(place, len(order) - 1)]]) for place in places)
