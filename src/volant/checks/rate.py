"""A channel runs at another rate than it declares."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from volant.core import Episode, Fact, Verdict

from ._clock import ticking

__all__ = ["Rate"]


class Rate:
    """How far the effective rate lies from the declared one, in percent; gaps aside.

    The effective rate is the number of samples per second over all intervals of less than three median intervals.
    """

    name = "rate"
    version = "1"
    unit = "% off"
    floor = 2.0
    limit = 10.0
    verdict = Verdict.REVIEW
    why = "{stream} runs {value:.3g} {unit} the rate it declares."

    def findings(self, episode: Episode) -> Iterable[Fact]:
        """One fact per stream that is off by more than the floor."""
        by = f"checks/{self.name}@{self.version}"
        for stream in episode.streams:
            hz = stream.signal.hz
            if hz is None or len(stream.t) < 8 or not ticking(stream.signal):
                continue
            lasted = int(stream.t[-1]) - int(stream.t[0])
            if abs(lasted * hz / 1e9 / (len(stream.t) - 1) - 1) < self.floor / 100:
                continue
            steps = np.diff(stream.t)
            usual = steps[(steps > 0) & (steps < 3 * np.median(steps))]
            if not len(usual):
                continue
            found = 1e9 / float(usual.mean())
            off = 100 * abs(found / hz - 1)
            if off > self.floor:
                yield Fact("", f"check/{self.name}", off, by, stream=stream.name)
                words = f"{stream.name} declares {hz:g} Hz and runs at {found:.4g} Hz."
                yield Fact("", f"why/{self.name}", words, by, stream=stream.name)
