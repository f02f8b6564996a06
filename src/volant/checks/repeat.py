"""Frames that are repeated while everything moves: the clock runs on, the pictures do not."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Ints, Scores, jit, ready
from ._looks import is_look, leaps, named, recent_high

__all__ = ["Repeat"]


_WINDOW = 16


class Repeat:
    """Which share of the recent motion is missing from a frame that shows the one before it again.

    Recent motion is the upper quartile of the last 16 frames. A frame that changes by less than 3 % of it is repeated;
    so is one that moves less than a tenth as many pixels as the frame before and the frame after it, which is said at
    the frame after, because a codec codes a repeated frame anew at a keyframe. Some block of the picture must have
    been changing by 2 levels a frame: below that an encoder itself leaves frames out (up to 1.7 levels in clean video
    with a keyframe every second frame). Motion that came to rest by itself repeats nothing: the last frame before the
    repeated one must move at least 0.6 of the pixels that the one before it moved. After three repeated frames in a
    row the picture is frozen, another finding.
    """

    name = "repeat"
    version = "2"
    unit = "1"
    floor = 0.5
    limit = 0.85
    verdict = Verdict.REVIEW
    why = "{stream} shows a frame again while the scene moves: {value:.2f} of the motion is missing."
    reach = Reach(samples=_WINDOW + 6)

    def applies(self, signal: Signal) -> bool:
        """Looks of any camera."""
        return is_look(signal)

    def scores(self, columns: Columns) -> Scores:
        """Missing share of the recent motion, 0 to 1."""
        _, _, cuts = ready(columns)
        change, moved, leap = named(columns, "change"), named(columns, "moved"), leaps(columns)
        usual, busy = np.zeros_like(change), np.zeros_like(leap)
        recent_high(change, cuts, _WINDOW, usual)
        recent_high(leap, cuts, _WINDOW, busy)
        out = np.zeros(len(columns), np.float32)
        _repeated(cuts, (change, moved, leap), (usual, busy), out)
        out[(named(columns, "dark") >= 0.98) & (named(columns, "spread") < 12)] = 0  # black is another finding
        return out


@jit
def _repeated(cuts: Ints, now: tuple[Scores, Scores, Scores], recent: tuple[Scores, Scores], out: Scores) -> None:
    change, moved, leap = now
    usual, busy = recent
    for run in range(len(cuts) - 1):
        a, still, sudden = cuts[run], 0, False
        for i in range(a + 1, cuts[run + 1]):
            same = change[i] <= 0.03 * usual[i] and leap[i] <= 0.1 * busy[i]
            still = min(still + 1, 4) if same else 0
            if still == 1:
                sudden = i - a < 3 or moved[i - 1] >= 0.6 * moved[i - 2]
            if same and sudden and still <= 3 and busy[i] >= 2.0 and leap[i - 1] >= 2.0:
                out[i] = 1.0 - change[i] / usual[i]
            if i - a >= 3 and out[i - 1] == 0:
                beside = min(moved[i], moved[i - 2])
                paused = moved[i - 1] <= 0.1 * beside and change[i - 1] <= 0.7 * min(change[i], change[i - 2])
                paused = paused and (i - a < 4 or moved[i - 2] >= 0.6 * moved[i - 3])
                if paused and beside >= 0.003 and min(leap[i], leap[i - 2]) >= 2.0:
                    out[i] = max(out[i], 1.0 - moved[i - 1] / beside)
