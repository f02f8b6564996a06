"""How many trials it takes: to tell two shares apart, to know one share well, and what so many trials can tell."""

from __future__ import annotations

import math

from ..core.errors import BadValue
from .intervals import clopper_pearson

__all__ = ["detectable", "pairs", "per_arm", "within"]


def per_arm(first: float, second: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Trials per arm to tell two shares apart, two-sided (z test with pooled variance under the null).

    ``(z_a sqrt(2 m (1-m)) + z_b sqrt(p (1-p) + q (1-q)))^2 / (p-q)^2`` with m the mean of p and q; round it up.
    """
    if not (0 <= first <= 1 and 0 <= second <= 1) or first == second:
        raise BadValue(f"Shares of {first:g} and {second:g} cannot be told apart.", do="Give two shares in 0 to 1.")
    middle = (first + second) / 2
    null = _z(1 - alpha / 2) * math.sqrt(2 * middle * (1 - middle))
    real = _z(power) * math.sqrt(first * (1 - first) + second * (1 - second))
    return ((null + real) / (second - first)) ** 2


def pairs(difference: float, discordant: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Pairs to find a difference of shares where so large a share of the pairs disagree (Connor 1987).

    Trials on the same environments disagree less than separate ones, which is what pairing saves.
    """
    if not 0 < abs(difference) <= discordant <= 1:
        raise BadValue(
            f"A difference of {difference:g} needs at least as many discordant pairs, not {discordant:g}.",
            do="Give a share of discordant pairs between the difference and 1.",
        )
    null = _z(1 - alpha / 2) * math.sqrt(discordant)
    real = _z(power) * math.sqrt(discordant - difference**2)
    return ((null + real) / difference) ** 2


def detectable(share: float, trials: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest second share above ``share`` that so many trials per arm find; above 1 where none is found."""
    low, high = share, 1.0
    if share >= 1 or per_arm(share, 1.0, alpha=alpha, power=power) > trials:
        return math.inf
    for _ in range(60):
        middle = (low + high) / 2
        if middle == share or per_arm(share, middle, alpha=alpha, power=power) > trials:
            low = middle
        else:
            high = middle
    return high


def within(share: float, half: float, level: float = 0.95) -> int:
    """Trials until the exact interval around a share is at most twice ``half`` wide."""
    if not (0 <= share <= 1 and 0 < half < 0.5):
        raise BadValue(f"An interval of {half:g} to both sides of {share:g} cannot be asked for.")
    low, high = 1, 2
    while _width(share, high, level) > 2 * half:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _width(share, middle, level) <= 2 * half else (middle, high)
    return high


def _width(share: float, n: int, level: float) -> float:
    low, high = clopper_pearson(share * n, n, level)
    return high - low


def _z(p: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(p))
