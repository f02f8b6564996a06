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

    Recent motion is the upper quartile of the last 16 frames. A frame that changes by less than 3 % of it is repeated,
    where motion did not come to rest by itself: the last frame before it must move at least 0.6 of the pixels that the
    one before that moved. A codec codes a repeated frame anew at a keyframe, so up to three frames in a row that move
    less than a fifth as many pixels, and the thumbnail less than a seventh as far, as the frame before and the frame
    after them are repeated, too. That is said at the frame after, which must leap at least as far as the frame before,
    because it makes up for what was left out, and the frame before at least 0.6 times as far as its own: a hand that
    stops and goes on slows down and speeds up. Some block of the picture must have been changing by 2 levels a frame:
    below that an encoder itself leaves frames out (up to 1.7 levels in clean video with a keyframe every second
    frame). After three repeated frames in a row the picture is frozen, another finding.
    """

    name = "repeat"
    version = "3"
    unit = "1"
    floor = 0.5
    limit = 0.8
    verdict = Verdict.REVIEW
    why = "{stream} shows a frame again while the scene moves: {value:.2f} of the motion is missing."
    reach = Reach(samples=_WINDOW + 8)

    def applies(self, signal: Signal) -> bool:
        """Looks of any camera."""
        return is_look(signal)

    def scores(self, columns: Columns) -> Scores:
        """Missing share of the recent motion, 0 to 1."""
        _, _, cuts = ready(columns)
        change, moved = named(columns, "change"), named(columns, "moved")
        jump, leap = leaps(columns)
        usual, busy = np.zeros_like(change), np.zeros_like(leap)
        recent_high(change, cuts, _WINDOW, usual)
        recent_high(leap, cuts, _WINDOW, busy)
        out = np.zeros(len(columns), np.float32)
        _repeated(cuts, (change, moved, leap), (usual, busy), out)
        _recoded(cuts, (moved, leap, jump), out)
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


@jit
def _recoded(cuts: Ints, now: tuple[Scores, Scores, Scores], out: Scores) -> None:
    """Up to three frames that stand still between two that leap, said at the second where nothing else was said."""
    moved, leap, jump = now
    for run in range(len(cuts) - 1):
        a = cuts[run]
        for i in range(a + 4, cuts[run + 1]):
            k = i - 1
            while k > i - 4 and moved[k] <= 0.2 * moved[i] + 0.002:
                k -= 1
            if k == i - 1 or k < a + 2 or out[i - 1] > 0 or min(leap[i], leap[k]) < 2.0:
                continue
            beside, far = min(moved[i], moved[k]), min(jump[i], jump[k])
            rest = still = np.float32(0)
            for j in range(k + 1, i):
                rest, still = max(rest, moved[j]), max(still, jump[j])
            steady = moved[k] >= 0.6 * moved[k - 1] and jump[k] >= 0.6 * jump[k - 1] and jump[i] >= 0.95 * jump[k]
            if steady and beside >= 0.003 and rest <= 0.2 * beside + 0.002 and still <= 0.15 * far:
                out[i] = max(out[i], min(1.0, 1.0 - (rest - 0.002) / beside))
