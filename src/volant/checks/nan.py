"""Numbers that are none."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Floats, Scores, jit, ready, tall

__all__ = ["Nan"]


class Nan:
    """How many values of a sample are NaN or infinite."""

    name = "nan"
    version = "1"
    unit = "values"
    floor = 0.0
    limit = 0.0
    verdict = Verdict.QUARANTINE
    why = "{stream} holds up to {value:.3g} {unit} per sample that are not numbers (NaN or infinite)."
    reach = Reach()

    def applies(self, signal: Signal) -> bool:
        """Anything with floating-point samples, a lidar's aside: no return is a NaN there."""
        return tall(signal) and signal.dtype.startswith("float") and signal.kind != "lidar"

    def scores(self, columns: Columns) -> Scores:
        """Count of values that are not finite."""
        out = np.zeros(len(columns), dtype=np.float32)
        _count(ready(columns)[1], out)
        return out


@jit
def _count(x: Floats, out: Scores) -> None:
    for i in range(x.shape[0]):
        none = 0
        for dim in range(x.shape[1]):
            if not np.isfinite(x[i, dim]):
                none += 1
        out[i] = none
