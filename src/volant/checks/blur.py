"""A picture that is out of focus."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Scores, ready
from ._looks import is_look, named, recent_high

__all__ = ["Blur"]


_WINDOW = 64


class Blur:
    """How many times less sharp a picture is than it should be.

    Sharpness is the variance of the Laplacian by the variance of luma, which neither contrast nor unit changes. It
    should be at least 0.02 (clean real and simulated cameras have 0.03 to 0.6, a blur of deviation 7 leaves 0.0004 to
    0.018), so that an episode that is blurred throughout is found, and a fifth of the upper quartile of the last 64
    frames, so that one that goes out of focus is found. Pictures without contrast (spread below 4) are not judged.
    """

    name = "blur"
    version = "1"
    unit = "times"
    floor = 0.7
    limit = 1.0
    verdict = Verdict.REVIEW
    why = "{stream} is out of focus: {value:.3g} {unit} less sharp than it should be."
    reach = Reach(samples=_WINDOW + 2)

    def applies(self, signal: Signal) -> bool:
        """Looks of any camera."""
        return is_look(signal)

    def scores(self, columns: Columns) -> Scores:
        """Expected by found sharpness; above 1 is blurred."""
        _, _, cuts = ready(columns)
        spread = named(columns, "spread")
        sharp = named(columns, "sharpness") / np.maximum(spread, np.float32(1)) ** 2
        usual = np.zeros_like(sharp)
        recent_high(sharp, cuts, _WINDOW, usual)
        expected = np.maximum(np.float32(0.02), usual / np.float32(5))
        score = np.minimum(expected / np.maximum(sharp, np.float32(1e-6)), np.float32(1000))
        return np.where(spread < 4, np.float32(0), score)
