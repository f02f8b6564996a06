"""A camera that trembles."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Ints, Scores, jit, ready
from ._looks import is_look, named

__all__ = ["Shake"]


_WINDOW = 16
_OFTEN = 5


class Shake:
    """How far the whole picture is shifted to and fro from frame to frame, at least five times within 16 frames.

    The fifth largest of the turns in fractions of the picture's sides; a turn is the smaller of two successive shifts
    in opposite directions. Panning has none, even where its shift is found in one frame and lost in the next, as
    happens to wrist cameras, whose own fingers stand still while the table rushes by. Fixed and hand-held cameras
    stay below 0.002, a tremble of six pixels in 240 gives 0.015.
    """

    name = "shake"
    version = "2"
    unit = "of the picture"
    floor = 0.004
    limit = 0.006
    verdict = Verdict.REVIEW
    why = "{stream} trembles by {value:.3f} {unit} from frame to frame."
    reach = Reach(samples=_WINDOW + 3)

    def applies(self, signal: Signal) -> bool:
        """Looks of any camera."""
        return is_look(signal)

    def scores(self, columns: Columns) -> Scores:
        """The fifth largest turn of the last 16."""
        _, _, cuts = ready(columns)
        out = np.zeros(len(columns), np.float32)
        for name in ("dx", "dy"):
            _tremble(cuts, named(columns, name), out)
        return out


@jit
def _tremble(cuts: Ints, shift: Scores, out: Scores) -> None:
    largest = np.empty(_OFTEN, np.float32)
    for run in range(len(cuts) - 1):
        a = cuts[run]
        for i in range(a + _WINDOW + 1, cuts[run + 1]):
            largest[:] = 0
            for j in range(i - _WINDOW + 1, i + 1):
                now, before = shift[j], shift[j - 1]
                turn = min(abs(now), abs(before)) if now * before < 0 else np.float32(0)
                place = _OFTEN - 1
                if turn <= largest[place]:
                    continue
                while place > 0 and largest[place - 1] < turn:
                    largest[place] = largest[place - 1]
                    place -= 1
                largest[place] = turn
            out[i] = max(out[i], largest[_OFTEN - 1])
