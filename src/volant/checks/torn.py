"""A frame that is put together from two."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Scores, ready
from ._looks import floored, is_look, named, recent_high, recent_most

__all__ = ["Torn"]

_WINDOW = 16


class Torn:
    """The largest step from row to row that the frame before did not have near it, by the spread of the picture.

    It must run across half of the width, and the frame must differ from the one before it by three times as much as
    usual (upper quartile of the last 16) or in 5 % of its pixels. Edges that lie in the scene are in both frames and
    cancel, unless the camera itself moves (3 % of its height since the frame before, or 30 % of the pixels in one of
    the four frames before): new things come into view then, and the step counts half. Clean real and simulated video
    gives 0 to 0.12, a lower part shifted by a fifth of the width 0.15 to 2.3.
    """

    name = "torn"
    version = "2"
    unit = "1"
    floor = 0.1
    limit = 0.14
    verdict = Verdict.REVIEW
    why = "A frame of {stream} is torn: a seam of {value:.2f} of its contrast runs across it."
    reach = Reach(samples=_WINDOW + 2)

    def applies(self, signal: Signal) -> bool:
        """Looks of any camera."""
        return is_look(signal)

    def scores(self, columns: Columns) -> Scores:
        """New row-to-row step by spread."""
        _, _, cuts = ready(columns)
        change = named(columns, "change")
        usual = np.zeros_like(change)
        recent_high(change, cuts, _WINDOW, usual)
        leapt = (change > 3 * usual) | (named(columns, "moved") >= 0.05)
        most = np.zeros_like(change)
        recent_most(named(columns, "moved"), cuts, 4, most)
        rush = (most > 0.3) | (np.abs(named(columns, "dy")) > 0.03)
        seam = floored(named(columns, "seam"))
        return np.where(leapt, np.where(rush, np.float32(0.5) * seam, seam), np.float32(0))
