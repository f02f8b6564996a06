"""A picture that is too dark to see by."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Scores
from ._looks import is_look, named

__all__ = ["Dark"]


class Dark:
    """How far even the brighter parts (mean plus two deviations) fall short of 80 levels above black, 0 to 1.

    A scene on a black ground has bright parts and is not dark; a black picture is another finding.
    """

    name = "dark"
    version = "1"
    unit = "1"
    floor = 0.3
    limit = 0.5
    verdict = Verdict.REVIEW
    why = "{stream} is under-exposed: {value:.0%} of the brightness that shows anything is missing."
    reach = Reach()

    def applies(self, signal: Signal) -> bool:
        """Looks of any camera."""
        return is_look(signal)

    def scores(self, columns: Columns) -> Scores:
        """Missing brightness, 0 to 1."""
        high = named(columns, "mean") + 2 * named(columns, "spread") - 16
        score = np.clip(1 - high / np.float32(80), 0, 1).astype(np.float32)
        return np.where(named(columns, "dark") >= 0.98, np.float32(0), score)
