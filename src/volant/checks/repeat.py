"""Frames that are repeated while everything moves: the clock runs on, the pictures do not."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Ints, Scores, jit, ready
from ._looks import is_look, named, recent_high

__all__ = ["Repeat"]


_WINDOW = 16


class Repeat:
    """Which share of the recent motion is missing from a frame that shows the one before it again.

    Recent motion is the upper quartile of the last 16 frames, at least 0.3 % of the pixels. A frame that changes by
    less than 3 % of the recent change is repeated; so is one that moves less than a tenth as many pixels as the frame
    before and the frame after it, which is said at the frame after (a codec codes a repeated frame anew at a keyframe).
    After three repeated frames in a row the picture is frozen, which is another finding.
    """

    name = "repeat"
    version = "1"
    unit = "1"
    floor = 0.5
    limit = 0.85
    verdict = Verdict.REVIEW
    why = "{stream} shows a frame again while the scene moves: {value:.2f} of the motion is missing."
    reach = Reach(samples=_WINDOW + 4)

    def applies(self, signal: Signal) -> bool:
        """Looks of any camera."""
        return is_look(signal)

    def scores(self, columns: Columns) -> Scores:
        """Missing share of the recent motion, 0 to 1."""
        _, _, cuts = ready(columns)
        change, moved = named(columns, "change"), named(columns, "moved")
        usual, busy = np.zeros_like(change), np.zeros_like(moved)
        recent_high(change, cuts, _WINDOW, usual)
        recent_high(moved, cuts, _WINDOW, busy)
        out = np.zeros(len(columns), np.float32)
        _repeated(cuts, (change, moved), (usual, busy), out)
        return out


@jit
def _repeated(cuts: Ints, now: tuple[Scores, Scores], usual: tuple[Scores, Scores], out: Scores) -> None:
    change, moved = now
    changes, moves = usual
    for run in range(len(cuts) - 1):
        a, still = cuts[run], 0
        for i in range(a + 1, cuts[run + 1]):
            same = change[i] <= 0.03 * changes[i] and moved[i] <= 0.03 * moves[i]
            still = min(still + 1, 4) if same else 0
            if same and still <= 3 and moves[i] >= 0.003 and changes[i] >= 0.15:
                out[i] = 1.0 - change[i] / changes[i]
            if i - a >= 3:
                beside = min(moved[i], moved[i - 2])
                if (
                    beside >= 0.005
                    and moved[i - 1] <= 0.1 * beside
                    and change[i - 1] <= 0.7 * min(change[i], change[i - 2])
                ):
                    out[i] = max(out[i], 1.0 - moved[i - 1] / beside)
