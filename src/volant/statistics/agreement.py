"""Whether a simulator ranks policies as reality does, or a score as the truth: rank violation and correlations."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from ..core.errors import BadValue
from .intervals import Z95

__all__ = ["kendall", "pearson", "rank_violation", "spearman"]

Floats = npt.NDArray[np.float64]


def rank_violation(real: npt.ArrayLike, simulated: npt.ArrayLike) -> float:
    """MMRV (Li et al. 2024): for each policy the largest real gap to one that the simulator ranks the other way; mean.

    0: every pair is ranked alike. In the unit of the real scores.
    """
    a, b = _both(real, simulated, 2)
    gap = np.abs(a[:, None] - a[None, :])
    turned = (a[:, None] < a[None, :]) != (b[:, None] < b[None, :])
    return float((gap * turned).max(axis=1).mean())


def pearson(real: npt.ArrayLike, simulated: npt.ArrayLike) -> tuple[float, float | None, float | None]:
    """Correlation of two scores of the same policies, with Fisher's 95 % interval where there are at least four."""
    a, b = _both(real, simulated, 2)
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    if scale == 0:
        raise BadValue("Scores that are all the same correlate with nothing.")
    r = float(np.clip(a @ b / scale, -1, 1))
    if len(a) < 4 or abs(r) == 1:
        return r, None, None
    middle, half = np.arctanh(r), Z95 / np.sqrt(len(a) - 3)
    return r, float(np.tanh(middle - half)), float(np.tanh(middle + half))


def spearman(truth: npt.ArrayLike, score: npt.ArrayLike) -> tuple[float, float | None, float | None]:
    """Correlation of ranks, ties sharing their mean rank, with a 95 % interval where there are at least four.

    Fisher's interval with the wider variance ``(1 + r^2 / 2) / (n - 3)`` of Bonett and Wright (2000).
    """
    a, b = _both(truth, score, 2)
    r = float(np.round(pearson(stats.rankdata(a), stats.rankdata(b))[0], 12))
    if len(a) < 4 or abs(r) >= 1:
        return r, None, None
    middle, half = np.arctanh(r), Z95 * np.sqrt((1 + r * r / 2) / (len(a) - 3))
    return r, float(np.tanh(middle - half)), float(np.tanh(middle + half))


def kendall(truth: npt.ArrayLike, score: npt.ArrayLike) -> tuple[float, float | None, float | None]:
    """How much likelier a pair is ranked alike than the other way (tau-b), with a 95 % interval from five values on.

    Fisher's interval with the variance ``0.437 / (n - 4)`` of Fieller, Hartley and Pearson (1957).
    """
    a, b = _both(truth, score, 2)
    tau = float(np.round(stats.kendalltau(a, b).statistic, 12))
    if not np.isfinite(tau):
        raise BadValue("Scores that are all the same are ranked by nothing.")
    if len(a) < 5 or abs(tau) >= 1:
        return tau, None, None
    middle, half = np.arctanh(tau), Z95 * np.sqrt(0.437 / (len(a) - 4))
    return tau, float(np.tanh(middle - half)), float(np.tanh(middle + half))


def _both(real: npt.ArrayLike, simulated: npt.ArrayLike, least: int) -> tuple[Floats, Floats]:
    a, b = np.asarray(real, np.float64), np.asarray(simulated, np.float64)
    if a.shape != b.shape or a.ndim != 1 or len(a) < least:
        raise BadValue(f"Two scores for each of at least {least} policies are needed, not {a.shape} and {b.shape}.")
    return a, b
