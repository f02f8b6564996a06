"""Tests and intervals that stay valid however often one looks: wealth of bets that nobody can win under the null.

Wealth starts at 1 and is a martingale, or less, where the null holds; by Ville's inequality it then ever reaches
1 / alpha with a probability of at most alpha. So one may look after each trial and stop whenever enough is known.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue

__all__ = ["bounded_mean", "log_savi", "log_wealth", "p_values", "paired_wealth"]

Floats = npt.NDArray[np.float64]


def log_savi(first: npt.ArrayLike, second: npt.ArrayLike) -> Floats:
    """Log evidence after each pair of independent trials that the second arm succeeds more often than the first.

    Turner and Gruenwald 2023, blocks of one and one: likelihood of the pair under the estimates so far (beta priors
    (1, 2) and (2, 1)) over that under the nearest pair of shares for which the null ``p1 <= p0`` holds. Arrays of
    truths along the last axis. Valid where the two of a pair are independent or go together; where one fails
    *because* the other succeeds, use ``paired_wealth``.
    """
    a, b = np.asarray(first, np.bool_), np.asarray(second, np.bool_)
    seen = np.arange(a.shape[-1])
    p0 = (np.cumsum(a, axis=-1) - a + 1) / (seen + 3)
    p1 = (np.cumsum(b, axis=-1) - b + 2) / (seen + 3)
    null = (p0 + p1) / 2
    gain = _log_likelihood(a, p0) + _log_likelihood(b, p1) - _log_likelihood(a, null) - _log_likelihood(b, null)
    found: Floats = np.cumsum(np.where(p0 >= p1, 0.0, gain), axis=-1)
    return found


def paired_wealth(differences: npt.ArrayLike) -> Floats:
    """Log evidence after each pair that the mean difference is above zero; differences lie in -1 to 1.

    Bets of every size c between 0 and 1, equally weighted: the mean over c of the product of ``1 + c d``. Valid
    whatever ties the two of a pair together, for success (-1, 0, 1) and for partial credit alike, as long as each
    pair is a fresh draw. Arrays along the last axis.
    """
    d = np.asarray(differences, np.float64)
    if d.size and float(np.abs(d).max()) > 1 + 1e-12:
        raise BadValue("Paired differences must lie between -1 and 1.", do="Divide by the largest possible one.")
    return _mixed(np.cumsum(np.log1p(_sizes() * d[..., None]), axis=-2))


def log_wealth(x: npt.ArrayLike, mean: float) -> float:
    """Log evidence of all numbers ``x`` in 0 to 1 that their mean is above ``mean``; factors ``1 - c + c x / mean``."""
    given = np.asarray(x, np.float64)
    return float(_mixed(np.log1p(_sizes() * (given[..., None] / mean - 1)).sum(axis=-2)))


def bounded_mean(x: npt.ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Interval of the mean of numbers in 0 to 1 that holds at every n at once, without any assumption on their shape.

    All means against which betting (``log_wealth``, in both directions) has not won ``2 / (1 - level)``: a confidence
    sequence as in Waudby-Smith and Ramdas 2024, with a uniform mixture of bets. 0 to 1 where there are no numbers.
    """
    given = np.asarray(x, np.float64)
    if given.size and not (float(given.min()) >= -1e-12 and float(given.max()) <= 1 + 1e-12):
        raise BadValue("The numbers must lie between 0 and 1.")
    most = float(np.log(2 / (1 - level)))
    return _edge(given, most), 1.0 - _edge(1.0 - given, most)


def p_values(log_evidence: npt.ArrayLike) -> Floats:
    """Anytime-valid p-values: one over the most evidence so far, at most 1."""
    found: Floats = np.exp(-np.maximum.accumulate(np.maximum(np.asarray(log_evidence, np.float64), 0.0), axis=-1))
    return found


def _edge(x: Floats, most: float) -> float:
    """The smallest mean that is not yet ruled out; evidence falls as the mean rises, so halving finds it."""
    if not x.size:
        return 0.0
    low, high = 0.0, float(np.clip(x.mean(), 0.0, 1.0))
    for _ in range(50):
        middle = (low + high) / 2
        if middle <= 0 or log_wealth(x, middle) >= most:
            low = middle
        else:
            high = middle
        if high - low < 1e-6:
            break
    return low


def _log_likelihood(y: npt.NDArray[np.bool_], p: Floats) -> Floats:
    found: Floats = np.where(y, np.log(p), np.log1p(-p))
    return found


def _mixed(logs: Floats) -> Floats:
    """Log of the weighted mean of the wealths of all bet sizes (last axis)."""
    top = logs.max(axis=-1, keepdims=True)
    found: Floats = np.log((np.exp(logs - top) * _weights()).sum(axis=-1)) + top[..., 0]
    return found


@cache
def _nodes() -> tuple[Floats, Floats]:
    """Bet sizes and weights of Gauss and Legendre on 0 to 1: exact for products of up to 63 factors."""
    x, w = np.polynomial.legendre.leggauss(32)
    return (x + 1) / 2, w / 2


def _sizes() -> Floats:
    return _nodes()[0]


def _weights() -> Floats:
    return _nodes()[1]
