"""How often something happens per unit of exposure, and between which values that lies."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue

__all__ = ["batch_mean", "poisson", "student", "student_half"]

Array = npt.NDArray[np.float64]


def poisson(events: int, exposure: float, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of events per unit of exposure (Garwood 1936), from quantiles of the gamma distribution."""
    from scipy.special import gammaincinv

    if events < 0 or not 0 < level < 1:
        raise BadValue(f"{events} events at a level of {level:g} make no rate.")
    if exposure <= 0:
        return 0.0, math.inf
    tail = (1 - level) / 2
    low = float(gammaincinv(events, tail)) if events else 0.0
    return low / exposure, float(gammaincinv(events + 1, 1 - tail)) / exposure


def student_half(n: int, spread: float, level: float = 0.95) -> float:
    """Half the width of Student's interval of a mean of ``n`` values (two at least) with this standard deviation."""
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, (1 + level) / 2)) * spread / math.sqrt(n)


def student(values: Array, level: float = 0.95) -> tuple[float, float]:
    """Student's interval of a mean; infinitely wide for less than two values."""
    if len(values) < 2:
        return -math.inf, math.inf
    half = student_half(len(values), float(values.std(ddof=1)), level)
    mean = float(values.mean())
    return mean - half, mean + half


def batch_mean(series: Array, batches: int = 10, level: float = 0.95) -> tuple[float, float]:
    """Interval of the mean of a series whose samples depend on each other, by the method of batch means.

    The series is cut into batches that are long beside that dependence; their means count as independent.
    """
    if len(series) < 2 * batches:
        return -math.inf, math.inf
    return student(np.array([float(part.mean()) for part in np.array_split(series, batches)]), level)
