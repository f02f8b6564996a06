"""Nothing moves: idle stretches in the middle of a demonstration."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Ints, Marks, Scores, jit, ready, tall
from ._names import placed
from ._still import still

__all__ = ["Static"]

_MOST = 8192


class Static:
    """For how long every dimension has stood still, in seconds; at most 8192 samples are counted.

    Still means that over half a second nothing moved by more than two percent of its recent range.
    """

    name = "static"
    version = "1"
    unit = "s"
    floor = 1.0
    limit = 2.5
    verdict = Verdict.REVIEW
    why = "Nothing moves in {stream} for {value:.3g} {unit}."
    reach = Reach(samples=_MOST + 512 + 256 + 2)

    def applies(self, signal: Signal) -> bool:
        """Where a body is; a lone gripper may rest."""
        return tall(signal) and placed(signal) and signal.kind != "gripper" and signal.width >= 3

    def scores(self, columns: Columns) -> Scores:
        """Seconds since the last motion."""
        t, x, cuts = ready(columns)
        out = np.zeros(len(t), dtype=np.float32)
        moving = np.zeros(len(t), dtype=np.uint8)
        lag = int(np.clip(round((columns.signal.hz or 30.0) / 2), 4, 256))
        still(x, cuts, lag, moving)
        _since(t, cuts, moving, lag, out)
        return out


@jit
def _since(t: Ints, cuts: Ints, moving: Marks, lag: int, out: Scores) -> None:
    for run in range(len(cuts) - 1):
        held = 0
        for i in range(cuts[run], cuts[run + 1]):
            held = min(held + 1, 8192) if moving[i] == 0 else 0
            if held and i - cuts[run] >= lag:
                start = max(cuts[run], i - held + 1 - lag)
                out[i] = max(0.0, (t[i] - t[start]) / 1e9)
