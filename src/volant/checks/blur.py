"""A picture that is out of focus."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Ints, Scores, jit, ready
from ._looks import is_look, named, recent_high

__all__ = ["Blur"]


_WINDOW = 64


class Blur:
    """How many times less sharp a picture is than it should be.

    Sharpness is the variance of the Laplacian by the variance of luma, which neither contrast nor unit changes. It
    should be at least 0.024 (clean real and simulated cameras have 0.03 to 0.6, a blur of deviation 7 leaves 0.0004 to
    0.018), so that an episode that is blurred throughout is found, and a fifth of the upper quartile of the last 64
    frames, so that one that goes out of focus is found. Sensor noise is sharp whatever the lens does: a deviation s,
    which the stillest of the last 64 frames shows, adds 3 to 20 s^2 to the Laplacian's variance (noise that spreads
    over neighbours or not), so 3 s^2 of it do not count. Pictures without contrast (spread below 4) are not judged.
    """

    name = "blur"
    version = "2"
    unit = "times"
    floor = 0.7
    limit = 1.0
    verdict = Verdict.REVIEW
    why = "{stream} is out of focus: {value:.3g} {unit} less sharp than it should be."
    reach = Reach(samples=2 * _WINDOW + 2)

    def applies(self, signal: Signal) -> bool:
        """Looks of any camera."""
        return is_look(signal)

    def scores(self, columns: Columns) -> Scores:
        """Expected by found sharpness; above 1 is blurred."""
        _, _, cuts = ready(columns)
        spread = named(columns, "spread")
        noise = np.zeros_like(spread)
        _noise(cuts, named(columns, "change"), named(columns, "moved"), noise)
        bends = named(columns, "sharpness")
        detail = np.maximum(bends - np.float32(3) * noise**2, np.float32(0.25) * bends)
        sharp = detail / np.maximum(spread, np.float32(1)) ** 2
        usual = np.zeros_like(sharp)
        recent_high(sharp, cuts, _WINDOW, usual)
        expected = np.maximum(np.float32(0.024), usual / np.float32(5))
        score = np.minimum(expected / np.maximum(sharp, np.float32(1e-6)), np.float32(1000))
        return np.where(spread < 4, np.float32(0), score)


@jit
def _noise(cuts: Ints, change: Scores, moved: Scores, out: Scores) -> None:
    """Deviation of the noise: the least change (1.128 deviations) of the last 64 frames in which little moved."""
    for run in range(len(cuts) - 1):
        a = cuts[run]
        for i in range(a + 1, cuts[run + 1]):
            least = np.float32(np.inf)
            for j in range(max(a + 1, i - _WINDOW + 1), i + 1):
                if moved[j] < 0.02:
                    least = min(least, change[j])
            out[i] = least / np.float32(1.128) if least < np.inf else np.float32(0)
