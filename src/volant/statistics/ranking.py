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
    centre = np.eye(k) - 1 / k
    spread = Z95 * np.sqrt(np.diag(centre @ np.linalg.inv(_curvature(games, value)) @ centre))
    value = value - value.mean()
    return Strengths(value, value - spread, value + spread, round(games.sum() / 2), "Bradley-Terry; 95 % by curvature")


def duels(scores: npt.ArrayLike) -> Floats:
    """Wins ``[K, K]`` of K rivals that were all tried in the same T places, ``scores[T, K]``; equal scores are ties."""
    given = np.asarray(scores, np.float64)
    better = (given[:, :, None] > given[:, None, :]).sum(axis=0) + 0.5 * (given[:, :, None] == given[:, None, :]).sum(0)
    np.fill_diagonal(better, 0.0)
    return np.asarray(better, np.float64)


def league(scores: npt.ArrayLike) -> Strengths:
    """Strengths of K rivals from ``scores[T, K]`` in the same T places, with intervals that know of the places.

    A place that is hard is hard for all, so duels in it are not independent: what each place adds to the slope of
    the likelihood is summed first, and its spread over places gives the interval (sandwich variance, t with T - 1).
    """
    from scipy.special import stdtrit

    given = np.asarray(scores, np.float64)
    if given.ndim != 2 or given.shape[0] < 2 or given.shape[1] < 2:
        raise BadValue("A league needs scores of at least two rivals in at least two places.")
    places, k = given.shape
    value = _fit(duels(given))
    odds = 1 / (1 + np.exp(value[None, :] - value[:, None]))
    won = (given[:, :, None] > given[:, None, :]) + 0.5 * (given[:, :, None] == given[:, None, :])
    slopes = ((won - odds) * (1 - np.eye(k))).sum(axis=2)
    slopes -= slopes.mean(axis=0)
    bent = (np.eye(k) - 1 / k) @ np.linalg.inv(_curvature(np.full((k, k), float(places)) * (1 - np.eye(k)), value))
    spread = np.sqrt(np.diag(bent @ (slopes.T @ slopes) @ bent.T) * places / (places - 1))
    half = float(stdtrit(places - 1, 0.975)) * spread
    value = value - value.mean()
    method = f"Bradley-Terry; 95 % over {places} environments"
    return Strengths(value, value - half, value + half, places * k * (k - 1) // 2, method)


def _fit(wins: Floats) -> Floats:
    """Log strengths: Newton's steps on the likelihood with the half duels against an average rival of strength 0."""
    games, value = wins + wins.T, np.zeros(len(wins))
    for _ in range(60):
        odds = 1 / (1 + np.exp(value[None, :] - value[:, None]))
        alone = 1 / (1 + np.exp(-value))
        slope = wins.sum(axis=1) + _SHRINK - (games * odds).sum(axis=1) - 2 * _SHRINK * alone
        step = np.linalg.solve(_curvature(games, value), slope)
        value = value + step / max(1.0, float(np.abs(step).max()))
        if float(np.abs(step).max()) < 1e-10:
            break
    return value


def _curvature(games: Floats, value: Floats) -> Floats:
    """Minus the second derivative of the log likelihood: what so many duels tell of the strengths."""
    odds, alone = 1 / (1 + np.exp(value[None, :] - value[:, None])), 1 / (1 + np.exp(-value))
    weight = games * odds * (1 - odds)
    found: Floats = np.diag(weight.sum(axis=1) + 2 * _SHRINK * alone * (1 - alone)) - weight
    return found


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
