"""Whether a simulator ranks policies as reality does: mean maximum rank violation and correlation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue
from .intervals import Z95

__all__ = ["pearson", "rank_violation"]

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


def _both(real: npt.ArrayLike, simulated: npt.ArrayLike, least: int) -> tuple[Floats, Floats]:
    a, b = np.asarray(real, np.float64), np.asarray(simulated, np.float64)
    if a.shape != b.shape or a.ndim != 1 or len(a) < least:
        raise BadValue(f"Two scores for each of at least {least} policies are needed, not {a.shape} and {b.shape}.")
    return a, b
