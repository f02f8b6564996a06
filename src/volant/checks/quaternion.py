"""Rotations that are none."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Floats, Ints, Scores, jit, ready, tall
from ._names import quaternions

__all__ = ["Quaternion"]


class Quaternion:
    """How far a quaternion's length is from one."""

    name = "quaternion"
    version = "1"
    unit = "of its length"
    floor = 0.01
    limit = 0.05
    verdict = Verdict.REVIEW
    why = "A quaternion in {stream} is {value:.3g} {unit} away from length one."
    reach = Reach()

    def applies(self, signal: Signal) -> bool:
        """Signals whose names tell of quaternions, and poses of seven numbers."""
        return tall(signal) and signal.dtype.startswith("float") and bool(quaternions(signal))

    def scores(self, columns: Columns) -> Scores:
        """Distance of the norm from one, the worst quaternion of each sample; 0 where it is not finite."""
        t, x, _ = ready(columns)
        out = np.zeros(len(t), dtype=np.float32)
        _norms(x, np.asarray(quaternions(columns.signal), dtype=np.int64), out)
        return out


@jit
def _norms(x: Floats, firsts: Ints, out: Scores) -> None:
    for i in range(x.shape[0]):
        for first in firsts:
            square = 0.0
            for dim in range(first, first + 4):
                square += x[i, dim] * x[i, dim]
            away = abs(np.sqrt(square) - 1.0)
            if np.isfinite(away) and away > out[i]:
                out[i] = away
