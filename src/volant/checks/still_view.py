"""A worn camera in front of which nothing happens."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Scores, ready
from ._looks import held_seconds, named, of_person

__all__ = ["StillView"]


_MOST = 900


class StillView:
    """For how long a worn camera has neither moved nor seen anything move, in seconds.

    Nothing moves where the picture shifts by less than a thousandth of its sides and less than 1 % of its pixels
    change. It informs: people rest. Cameras are taken to be worn by their names.
    """

    name = "still_view"
    version = "1"
    unit = "s"
    floor = 2.0
    limit = 5.0
    verdict = Verdict.ACCEPT
    why = "Nothing happens in {stream} for {value:.3g} {unit}."
    reach = Reach(samples=_MOST + 2)

    def applies(self, signal: Signal) -> bool:
        """Looks of cameras that a person wears."""
        return of_person(signal)

    def scores(self, columns: Columns) -> Scores:
        """Seconds without motion."""
        t, _, cuts = ready(columns)
        shift = np.maximum(np.abs(named(columns, "dx")), np.abs(named(columns, "dy")))
        out = np.zeros(len(columns), np.float32)
        held_seconds(t, cuts, (shift < 1e-3) & (named(columns, "moved") < 0.01), _MOST, out)
        return out
