"""Between which values a proportion lies: Wilson's interval, Clopper and Pearson's, and one that may be peeked at."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue

__all__ = ["Z95", "binomial_sequence", "clopper_pearson", "median_interval", "wilson"]

Z95 = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""


def wilson(hits: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Wilson score interval of a proportion (Wilson 1927); 0 to 1 where there are no trials."""
    if n <= 0:
        return 0.0, 1.0
    share = hits / n
    middle = share + z * z / (2 * n)
    half = z * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return max(0.0, (middle - half) / (1 + z * z / n)), min(1.0, (middle + half) / (1 + z * z / n))


def clopper_pearson(hits: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a proportion (Clopper and Pearson 1934), from quantiles of the beta distribution.

    It holds the true share at least ``level`` of the time whatever the share is; 0 to 1 where there are no trials.
    """
    from scipy.special import betaincinv

    _counted(hits, n, level)
    tail = (1 - level) / 2
    low = float(betaincinv(hits, n - hits + 1, tail)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1, n - hits, 1 - tail)) if hits < n else 1.0
    return low, high


def binomial_sequence(hits: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Interval of a proportion that holds at every n at once, so that one may look after each trial and stop at will.

    All shares p whose mixture likelihood ratio ``B(h+1, n-h+1) / (p^h (1-p)^(n-h))`` with a uniform mixture stays
    below ``1 / (1 - level)`` (Ville's inequality; Robbins 1970).
    """
    from scipy.optimize import brentq
    from scipy.special import betaln, xlog1py, xlogy

    _counted(hits, n, level)
    if n == 0:
        return 0.0, 1.0
    most, mixed = -np.log1p(-level), float(betaln(hits + 1, n - hits + 1))

    def over(p: float) -> float:
        return float(mixed - xlogy(hits, p) - xlog1py(n - hits, -p) - most)

    share = hits / n
    low = float(brentq(over, 1e-300, share)) if hits > 0 else 0.0
    high = float(brentq(over, share, 1 - 1e-16)) if hits < n else 1.0
    return low, high


def median_interval(x: npt.ArrayLike, level: float = 0.95) -> tuple[float, float] | None:
    """Interval of the median between two of the numbers in order (binomial; no assumption on their shape).

    ``None`` where there are too few numbers for the level: six are needed for 95 %.
    """
    from scipy.special import bdtr

    ordered = np.sort(np.asarray(x, np.float64))
    n = len(ordered)
    outside = np.asarray(bdtr(np.arange(n, dtype=np.float64), n, 0.5))  # below the k-th number lies the median
    below = int(np.searchsorted(outside, (1 - level) / 2, side="right")) - 1
    return None if below < 0 else (float(ordered[below]), float(ordered[n - 1 - below]))


def _counted(hits: float, n: float, level: float) -> None:
    if not 0 <= hits <= n:
        raise BadValue(f"{hits:g} of {n:g} is no count of successes.")
    if not 0 < level < 1:
        raise BadValue(f"A confidence level of {level:g} is not between 0 and 1.")
