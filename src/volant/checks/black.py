"""A picture that is black."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Scores
from ._looks import is_look, named

__all__ = ["Black"]


class Black:
    """Which fraction of the pixels is black (luma of at most 20; 16 is video black)."""

    name = "black"
    version = "1"
    unit = "1"
    floor = 0.9
    limit = 0.98
    verdict = Verdict.REVIEW
    why = "{stream} is black: {value:.1%} of its pixels."
    reach = Reach()

    def applies(self, signal: Signal) -> bool:
        """Looks of any camera."""
        return is_look(signal)

    def scores(self, columns: Columns) -> Scores:
        """Fraction of black pixels."""
        return np.where(named(columns, "spread") < 12, np.maximum(named(columns, "dark"), np.float32(0)), np.float32(0))
