"""A frame that is put together from two."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Floats, Ints, Scores, jit, ready
from ._looks import floored, is_look, named, recent_high, recent_most, thumbs

__all__ = ["Torn"]

_WINDOW = 16
_TURNED = 0.55


class Torn:
    """How many times more torn a frame is than clean pictures are: by its seam, or by a part that went back in time.

    A seam is the largest step from row to row that the frame before did not have near it, by the spread of the
    picture. It must run across half of the width. It counts in 0.14 of the spread where the frame differs from the one
    before it by three times as much as usual (upper quartile of the last 16), and in 0.2 where 5 % of its pixels do.
    Edges that lie in the scene are in both frames and cancel, unless the camera itself moves (3 % of its height since
    the frame before, or 30 % of the pixels in one of the four frames before): the step counts a third then.

    A part went back where the blocks of the thumbnail above or below some row, two rows at least, leap and leap back
    in the next frame, which is the one that scores: more than half of their motion, in three blocks or more, while
    those on the other side do not. It counts in five and a half times the largest of the last 16 frames (and of 0.1
    levels): 1,371 clean videos, real, simulated and drawn, stay below that.
    """

    name = "torn"
    version = "3"
    unit = "times"
    floor = 0.7
    limit = 1.0
    verdict = Verdict.REVIEW
    why = "A frame of {stream} is torn: its parts do not belong together ({value:.2g} {unit} what clean ones show)."
    reach = Reach(samples=_WINDOW + 8)

    def applies(self, signal: Signal) -> bool:
        """Looks of any camera."""
        return is_look(signal)

    def scores(self, columns: Columns) -> Scores:
        """The larger of both signs."""
        _, _, cuts = ready(columns)
        change = named(columns, "change")
        usual = np.zeros_like(change)
        recent_high(change, cuts, _WINDOW, usual)
        most = np.zeros_like(change)
        recent_most(named(columns, "moved"), cuts, 4, most)
        rush = (most > 0.3) | (np.abs(named(columns, "dy")) > 0.03)
        seam = floored(named(columns, "seam")) * np.where(rush, np.float32(1 / 3), np.float32(1))
        moves = np.where(named(columns, "moved") >= 0.05, seam / np.float32(0.2), np.float32(0))
        out: Scores = np.where(change > 3 * usual, seam / np.float32(0.14), moves)
        _gone_back(thumbs(columns), cuts, out)
        return out


@jit
def _gone_back(blocks: Scores, cuts: Ints, out: Scores) -> None:
    """Raise ``out`` to a share of how many times further than usual a part of the frame before went out and back."""
    rows = np.empty((8, 3))
    for run in range(len(cuts) - 1):
        a, n = cuts[run], cuts[run + 1] - cuts[run]
        apart, torn = np.zeros(n), np.zeros(n)
        for i in range(2, n):
            _out_and_back(blocks[a + i - 2 : a + i + 1], rows)
            apart[i], torn[i] = _sides(rows)
        for i in range(10, n):
            if torn[i] > 0.0:
                usual = 0.0
                for j in range(max(0, i - _WINDOW - 2), i - 1):
                    usual = max(usual, apart[j])
                out[a + i] = max(out[a + i], np.float32(0.18 * torn[i] / (0.1 + usual)))


@jit
def _out_and_back(three: Scores, rows: Floats) -> None:
    """For each row of blocks of three frames: how far they went and came back, its square, and their whole motion."""
    for y in range(8):
        back = square = motion = 0.0
        for x in range(8):
            first, middle, last = three[0, 8 * y + x], three[1, 8 * y + x], three[2, 8 * y + x]
            way = abs(middle - first) + abs(last - middle)
            turned = 0.5 * max(0.0, way - abs(last - first))
            back += turned
            square += turned * turned
            motion += 0.5 * way
        rows[y, 0], rows[y, 1], rows[y, 2] = back, square, motion


@jit
def _sides(rows: Floats) -> tuple[float, float]:
    """By how much more one side of any row went back than the other, per block; and where that is most of its motion.

    The row of blocks in which the seam lies belongs to neither side.
    """
    apart = torn = 0.0
    for y in range(1, 8):
        for what in range(3):
            rows[y, what] += rows[y - 1, what]
    for seam in range(2, 7):
        above = rows[seam - 1, 0]
        below = rows[7, 0] - above
        more = 0.125 * (above / seam - (rows[7, 0] - rows[seam, 0]) / (7 - seam))
        less = 0.125 * (below / (8 - seam) - rows[seam - 2, 0] / (seam - 1))
        apart = max(apart, more, less)
        if above >= _TURNED * rows[seam - 1, 2] and above * above >= 3.0 * rows[seam - 1, 1]:
            torn = max(torn, more)
        square, motion = rows[7, 1] - rows[seam - 1, 1], rows[7, 2] - rows[seam - 1, 2]
        if below >= _TURNED * motion and below * below >= 3.0 * square:
            torn = max(torn, less)
    return apart, torn
