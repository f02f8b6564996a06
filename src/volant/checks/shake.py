"""A camera that trembles."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Ints, Scores, jit, ready
from ._looks import is_look, named

__all__ = ["Shake"]


_WINDOW = 16


class Shake:
    """How much the motion of the whole picture changes from frame to frame: root mean square over 16 frames.

    In fractions of the picture's sides. Panning is steady and scores nothing; fixed cameras stay below 0.004, a
    hand-held gripper below 0.003, a tremble of eight pixels gives 0.02 to 0.08.
    """

    name = "shake"
    version = "1"
    unit = "of the picture"
    floor = 0.008
    limit = 0.012
    verdict = Verdict.REVIEW
    why = "{stream} trembles by {value:.3f} {unit} from frame to frame."
    reach = Reach(samples=_WINDOW + 3)

    def applies(self, signal: Signal) -> bool:
        """Looks of any camera."""
        return is_look(signal)

    def scores(self, columns: Columns) -> Scores:
        """Root mean square change of the shift."""
        _, _, cuts = ready(columns)
        out = np.zeros(len(columns), np.float32)
        _tremble(cuts, named(columns, "dx"), named(columns, "dy"), out)
        return out


@jit
def _tremble(cuts: Ints, dx: Scores, dy: Scores, out: Scores) -> None:
    for run in range(len(cuts) - 1):
        a = cuts[run]
        for i in range(a + _WINDOW + 1, cuts[run + 1]):
            total = 0.0
            for j in range(i - _WINDOW + 1, i + 1):
                total += (dx[j] - dx[j - 1]) ** 2 + (dy[j] - dy[j - 1]) ** 2
            out[i] = np.sqrt(total / _WINDOW)
