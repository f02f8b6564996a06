"""How many kinds there are, seen and unseen: estimators from counts per kind."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..statistics.intervals import Z95

__all__ = ["ace", "chao1", "good_turing", "hill"]

Counts = npt.NDArray[np.int64]
RARE = 10
"""Kinds seen at most so often say something of the unseen (Chao and Lee 1992)."""
MANY = 1000
"""From so many kinds on, intervals of Hill numbers come from the delta method: 400 draws would take minutes."""


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


def ace(counts: Counts) -> tuple[float, float, float] | None:
    """Kinds by sample coverage of the rare ones, ``S_abund + S_rare / C + f1 / C * g^2`` (Chao and Lee 1992).

    95 % log-normal interval by the delta method over the counts of counts (Chao, Ma and Yang 1993). ``None`` where
    every rare kind was seen once: then nothing is known of how much of them was covered.
    """
    rare = counts[counts <= RARE]
    f = np.bincount(rare, minlength=RARE + 1)[1:].astype(np.float64)
    abundant, seen = float((counts > RARE).sum()), float(len(counts))
    value = _ace(f, abundant)
    if value is None:
        return None
    unseen = value - seen
    if unseen <= 1e-9:
        return seen, seen, seen
    slope = np.zeros(RARE + 1)
    for place in range(RARE):
        step = np.zeros(RARE)
        step[place] = h = 1e-4 * max(1.0, f[place])
        more, less = _ace(f + step, abundant), _ace(np.maximum(f - step, 0), abundant)
        slope[place] = ((more or value) - (less or value)) / (h + min(h, f[place]))
    slope[RARE] = 1.0
    kinds = np.append(f, abundant)
    variance = float(slope**2 @ kinds - (slope @ kinds) ** 2 / value)
    factor = float(np.exp(Z95 * np.sqrt(np.log1p(max(variance, 0.0) / unseen**2))))
    return value, seen + unseen / factor, seen + unseen * factor


def _ace(f: npt.NDArray[np.float64], abundant: float) -> float | None:
    times = np.arange(1, RARE + 1)
    n, kinds = float(times @ f), float(f.sum())
    if n <= 0:
        return abundant
    covered = 1 - f[0] / n
    if covered <= 0 or n <= 1:
        return None
    spread = max(0.0, kinds / covered * float((times * (times - 1)) @ f) / (n * (n - 1)) - 1)
    return float(abundant + kinds / covered + f[0] / covered * spread)


def hill(counts: Counts, order: int) -> tuple[float, float, float]:
    """Effective number of kinds of an order (Hill 1973) with a 95 % percentile bootstrap of 400 seeded draws.

    From 1,000 kinds on the interval is the delta method's: of the entropy for order 1, of ``sum p^2`` for order 2;
    order 0 is what was seen.
    """
    if len(counts) < 2:
        return float(len(counts)), float(len(counts)), float(len(counts))
    ordered = np.sort(counts)
    n = int(ordered.sum())
    if len(ordered) >= MANY:
        return _delta(ordered / n, n, order)
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


def _delta(shares: npt.NDArray[np.float64], n: int, order: int) -> tuple[float, float, float]:
    value = _hill(shares, order)
    if order == 0:
        return value, value, value
    if order == 1:
        logs = np.log(shares)
        deviation = value * float(np.sqrt(max(0.0, shares @ logs**2 - (shares @ logs) ** 2) / n))
    else:
        power = float(np.sum(shares**order))
        spread = order**2 * max(0.0, float(np.sum(shares ** (2 * order - 1))) - power**2)
        deviation = value / (order - 1) / power * float(np.sqrt(spread / n))
    return value, max(1.0, value - Z95 * deviation), value + Z95 * deviation
