"""Whether one of two is better where both were tried in the same places."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue

__all__ = ["mcnemar", "paired_difference", "sign_flip"]

Floats = npt.NDArray[np.float64]

_EXACT = 16
"""Up to so many differences that are not zero, all ways to turn their signs are counted (65,536)."""
_DRAWS = 20_000


def mcnemar(wins: int, losses: int, *, sides: int = 2) -> float:
    """p-value that as many or more pairs go one way by chance (McNemar 1947, exact binomial on the discordant pairs).

    ``wins`` are pairs in which only the second succeeded, ``losses`` those in which only the first did; pairs that
    agree say nothing. One-sided: the second is better.
    """
    from scipy.special import bdtrc

    discordant = wins + losses
    if not discordant:
        return 1.0
    many = max(wins, losses) if sides == 2 else wins
    tail = float(bdtrc(many - 1, discordant, 0.5)) if many > 0 else 1.0
    return min(1.0, tail * sides)


def paired_difference(wins: int, losses: int, n: int, level: float = 0.95) -> tuple[float, float, float]:
    """Second's share of successes less the first's, with its interval (Bonett and Price 2012, adjusted Wald)."""
    from scipy.special import ndtri

    if n < 1 or wins + losses > n:
        raise BadValue(f"{wins} and {losses} discordant pairs of {n} cannot be.")
    gain, loss = (wins + 1) / (n + 2), (losses + 1) / (n + 2)
    middle = gain - loss
    half = float(ndtri((1 + level) / 2) * np.sqrt((gain + loss - middle**2) / (n + 2)))
    return (wins - losses) / n, max(-1.0, middle - half), min(1.0, middle + half)


def sign_flip(differences: npt.ArrayLike, *, seed: int = 0) -> float:
    """Two-sided p-value that paired differences centre on zero, by turning their signs (Fisher 1935).

    Exact for up to 16 differences that are not zero, else from 20,000 seeded draws, the observed one counted.
    """
    given = np.asarray(differences, np.float64)
    moved = given[given != 0]
    if not len(moved):
        return 1.0
    seen = abs(float(moved.sum()))
    edge = seen - 1e-9 * float(np.abs(moved).sum())
    if len(moved) <= _EXACT:
        sums = np.zeros(1)
        for size in moved:
            sums = np.concatenate([sums + size, sums - size])
        return float((np.abs(sums) >= edge).mean())
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(0, _DRAWS, 1000):  # a thousand at a time: memory stays small for any number of pairs
        turned = rng.integers(0, 2, (1000, len(moved)), np.int8) * 2.0 - 1.0
        hits += int((np.abs(turned @ moved) >= edge).sum())
    return (hits + 1) / (_DRAWS + 1)
