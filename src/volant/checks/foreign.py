"""A cut inside a recording: frames of another scene or take."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Scores, ready
from ._looks import is_look, jumps, recent_most

__all__ = ["Foreign"]


_WINDOW = 16


class Foreign:
    """How many times further the thumbnail leaps than in any of the last 16 frames (and than 2 levels).

    The frame after the leap is the one that scores: where frames of another take lie at the head of an episode, that
    is the first of its own.
    """

    name = "foreign"
    version = "1"
    unit = "times"
    floor = 3.0
    limit = 5.0
    verdict = Verdict.REVIEW
    why = "{stream} cuts to another picture: {value:.3g} {unit} its recent change."
    reach = Reach(samples=_WINDOW + 2)

    def applies(self, signal: Signal) -> bool:
        """Looks of any camera."""
        return is_look(signal)

    def scores(self, columns: Columns) -> Scores:
        """Leap of the thumbnail by its recent leaps."""
        _, _, cuts = ready(columns)
        leap = jumps(columns)
        recent = np.zeros_like(leap)
        recent_most(leap, cuts, _WINDOW, recent)
        score: Scores = (leap / np.maximum(recent, np.float32(2))).astype(np.float32)
        return score
