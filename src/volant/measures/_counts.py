"""How many kinds there are, seen and unseen: estimators from counts per kind."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..statistics.intervals import Z95

__all__ = ["chao1", "good_turing", "hill"]

Counts = npt.NDArray[np.int64]


def chao1(counts: Counts) -> tuple[float, float, float]:
    """Lower bound of the number of kinds and its 95 % log-normal interval (Chao 1984, 1987; bias-corrected)."""
    n, seen = int(counts.sum()), len(counts)
    ones, twos = int((counts == 1).sum()), int((counts == 2).sum())
    scale = (n - 1) / n if n else 0.0
    unseen = scale * (ones * ones / (2 * twos) if twos else ones * (ones - 1) / 2)
    if unseen <= 0:
        return float(seen), float(seen), float(seen)
    if twos:
        r = ones / twos
        variance = twos * (scale / 2 * r**2 + scale**2 * r**3 + scale**2 / 4 * r**4)
    else:
        total = seen + unseen
        variance = scale * ones * (ones - 1) / 2 + scale**2 * ones * (2 * ones - 1) ** 2 / 4
        variance -= scale**2 * ones**4 / (4 * total)
    factor = float(np.exp(Z95 * np.sqrt(np.log1p(max(variance, 0.0) / unseen**2))))
    return seen + unseen, seen + unseen / factor, seen + unseen * factor


def good_turing(counts: Counts) -> tuple[float, float, float]:
    """Probability that the next one is of a new kind, ``f1 / n`` (Good 1953), with its 95 % interval (Esty 1983)."""
    n = int(counts.sum())
    ones, twos = int((counts == 1).sum()), int((counts == 2).sum())
    new = ones / n
    half = Z95 * float(np.sqrt(max(0.0, ones * (1 - new) + 2 * twos))) / n
    return new, max(0.0, new - half), min(1.0, new + half)


def hill(counts: Counts, order: int) -> tuple[float, float, float]:
    """Effective number of kinds of an order (Hill 1973) with a 95 % percentile bootstrap of 400 seeded draws."""
    if len(counts) < 2:
        return float(len(counts)), float(len(counts)), float(len(counts))
    ordered = np.sort(counts)
    n = int(ordered.sum())
    draws = np.random.default_rng(0).multinomial(n, ordered / n, size=400)
    low, high = np.quantile([_hill(draw[draw > 0] / n, order) for draw in draws], (0.025, 0.975))
    value = _hill(ordered / n, order)
    return value, min(float(low), value), max(float(high), value)


def _hill(shares: npt.NDArray[np.float64], order: int) -> float:
    if order == 0:
        return float(len(shares))
    if order == 1:
        return float(np.exp(-np.sum(shares * np.log(shares))))
    return float(np.sum(shares**order) ** (1 / (1 - order)))
