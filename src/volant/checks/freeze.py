"""A picture that stands still."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Scores, ready
from ._looks import held_seconds, is_look, standing

__all__ = ["Freeze"]


_MOST = 600


class Freeze:
    """For how long the picture has been the same, in seconds (at most 600 frames are counted).

    A frame counts as the same where no pixel moved by more than 8 levels and no block of the thumbnail changed: the
    noise of a real camera moves pixels even where nothing happens. What it cannot tell apart is a camera that hangs
    and a simulated or heavily compressed scene in which nothing happens; ``freeze_moving`` can.
    """

    name = "freeze"
    version = "1"
    unit = "s"
    floor = 0.3
    limit = 1.0
    verdict = Verdict.REVIEW
    why = "The picture of {stream} stands still for {value:.3g} {unit}."
    reach = Reach(samples=_MOST + 2)

    def applies(self, signal: Signal) -> bool:
        """Looks of any camera."""
        return is_look(signal)

    def scores(self, columns: Columns) -> Scores:
        """Seconds since the picture last changed."""
        t, _, cuts = ready(columns)
        out = np.zeros(len(columns), np.float32)
        held_seconds(t, cuts, standing(columns), _MOST, out)
        return out
