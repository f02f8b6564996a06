"""Which of many is best, from who beat whom: strengths after Bradley and Terry, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue
from .intervals import Z95

__all__ = ["Strengths", "bradley_terry", "duels", "league"]

Floats = npt.NDArray[np.float64]

_SHRINK = 0.5
"""Half a win and half a loss against an average rival for each, so that whoever never lost stays finite."""


@dataclass(frozen=True, slots=True, eq=False)
class Strengths:
    """Strength of each in log odds against the average of all (0), with its 95 % interval; ``n`` is how many duels."""

    value: Floats
    low: Floats
    high: Floats
    n: int
    method: str

    def chance(self, one: int, other: int) -> float:
        """Probability that one does better than the other."""
        return float(1 / (1 + np.exp(self.value[other] - self.value[one])))

    @property
    def order(self) -> tuple[int, ...]:
        """Places from the strongest to the weakest."""
        return tuple(np.argsort(-self.value, kind="stable").tolist())


def bradley_terry(wins: npt.ArrayLike) -> Strengths:
    """Strengths of K from ``wins[i, j]``, how often i beat j (ties count half each way); intervals from curvature.

    Bradley and Terry 1952, by the iteration of Zermelo (Hunter 2004). Refused where some never met the others, even
    through third ones. The intervals take duels as independent; ``league`` does not.
    """
    table = np.asarray(wins, np.float64)
    k = len(table)
    if table.shape != (k, k) or k < 2 or bool((table < 0).any()) or bool(np.diag(table).any()):
        raise BadValue("Wins must be a square table of at least two, not negative, with nobody against themselves.")
    games = table + table.T
    _connected(games)
    value = _fit(table)
    odds = 1 / (1 + np.exp(value[None, :] - value[:, None]))
    weight = games * odds * (1 - odds)
    alone = 1 / (1 + np.exp(-value))
    curvature = np.diag(weight.sum(axis=1) + 2 * _SHRINK * alone * (1 - alone)) - weight
    centre = np.eye(k) - 1 / k
    spread = Z95 * np.sqrt(np.diag(centre @ np.linalg.inv(curvature) @ centre))
    value = value - value.mean()
    return Strengths(value, value - spread, value + spread, round(games.sum() / 2), "Bradley-Terry; 95 % by curvature")


def duels(scores: npt.ArrayLike) -> Floats:
    """Wins ``[K, K]`` of K rivals that were all tried in the same T places, ``scores[T, K]``; equal scores are ties."""
    given = np.asarray(scores, np.float64)
    better = (given[:, :, None] > given[:, None, :]).sum(axis=0) + 0.5 * (given[:, :, None] == given[:, None, :]).sum(0)
    np.fill_diagonal(better, 0.0)
    return np.asarray(better, np.float64)


def league(scores: npt.ArrayLike, *, seed: int = 0, draws: int = 400) -> Strengths:
    """Strengths of K rivals from ``scores[T, K]`` in the same T places; intervals by drawing places anew.

    A place that is hard is hard for all, so duels in it are not independent: the places are drawn, not the duels
    (percentile bootstrap, seeded).
    """
    given = np.asarray(scores, np.float64)
    if given.ndim != 2 or given.shape[0] < 2 or given.shape[1] < 2:
        raise BadValue("A league needs scores of at least two rivals in at least two places.")
    rng = np.random.default_rng(seed)
    found = np.empty((draws, given.shape[1]))
    for draw in range(draws):
        value = _fit(duels(given[rng.integers(0, len(given), len(given))]))
        found[draw] = value - value.mean()
    value = _fit(duels(given))
    value = value - value.mean()
    low, high = np.quantile(found, (0.025, 0.975), axis=0)
    method = f"Bradley-Terry; 95 % bootstrap of {len(given)} environments"
    games = len(given) * given.shape[1] * (given.shape[1] - 1) // 2
    return Strengths(value, np.minimum(low, value), np.maximum(high, value), games, method)


def _fit(wins: Floats) -> Floats:
    """Log strengths: Newton's steps on the likelihood with the half duels against an average rival of strength 0."""
    games, value = wins + wins.T, np.zeros(len(wins))
    for _ in range(60):
        odds = 1 / (1 + np.exp(value[None, :] - value[:, None]))
        alone = 1 / (1 + np.exp(-value))
        slope = wins.sum(axis=1) + _SHRINK - (games * odds).sum(axis=1) - 2 * _SHRINK * alone
        weight = games * odds * (1 - odds)
        curvature = np.diag(weight.sum(axis=1) + 2 * _SHRINK * alone * (1 - alone)) - weight
        step = np.linalg.solve(curvature, slope)
        value = value + step / max(1.0, float(np.abs(step).max()))
        if float(np.abs(step).max()) < 1e-10:
            break
    return value


def _connected(games: Floats) -> None:
    reached, front = {0}, [0]
    while front:
        for other in np.flatnonzero(games[front.pop()]).tolist():
            if other not in reached:
                reached.add(other)
                front.append(other)
    if len(reached) < len(games):
        missing = sorted(set(range(len(games))) - reached)
        raise BadValue(
            f"Numbers {missing} never met the others, not even through third ones: nothing ranks them together.",
            do="Add duels between the groups, or rank them apart.",
        )
