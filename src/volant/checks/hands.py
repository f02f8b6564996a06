"""A worn camera that does not see the hands."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Scores, ready
from ._looks import held_seconds, named, of_person

__all__ = ["Hands"]


_MOST = 600


class Hands:
    """For how long a worn camera has seen neither skin nor motion in front of it, in seconds.

    Skin is at least 1 % of the lower two thirds with skin-like chroma, motion at least 2 % of the pixels. It is a
    hint, not a detector (gloves and wooden tables mislead it), so it only informs. Cameras are taken to be worn by
    their names.
    """

    name = "hands"
    version = "1"
    unit = "s"
    floor = 1.0
    limit = 3.0
    verdict = Verdict.ACCEPT
    why = "{stream} sees no hands for {value:.3g} {unit}."
    reach = Reach(samples=_MOST + 2)

    def applies(self, signal: Signal) -> bool:
        """Looks of cameras that a person wears."""
        return of_person(signal)

    def scores(self, columns: Columns) -> Scores:
        """Seconds without hands."""
        t, _, cuts = ready(columns)
        skin = named(columns, "skin")
        out = np.zeros(len(columns), np.float32)
        held_seconds(t, cuts, (skin >= 0) & (skin < 0.01) & (named(columns, "moved") < 0.02), _MOST, out)
        return out
