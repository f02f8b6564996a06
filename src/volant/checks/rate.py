"""A channel runs at another rate than it declares."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from volant.core import Batch, Fact, Stream, Verdict

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

    def findings(self, batch: Batch) -> Iterable[Fact]:
        """One fact per stream that is off by more than the floor."""
        by = f"checks/{self.name}@{self.version}"
        for episode in batch:
            for stream in episode.streams:
                found = self._found(stream)
                hz = stream.signal.hz
                if found and hz and (off := 100 * abs(found / hz - 1)) > self.floor:
                    yield Fact(episode.id, f"check/{self.name}", off, by, stream=stream.name)
                    words = f"{stream.name} declares {hz:g} Hz and runs at {found:.4g} Hz."
                    yield Fact(episode.id, f"why/{self.name}", words, by, stream=stream.name)

    def _found(self, stream: Stream) -> float:
        """The effective rate of a stream; 0 where nothing is declared, or where it is plain that it is kept."""
        hz, count = stream.signal.hz, len(stream.t)
        if hz is None or count < 8 or not ticking(stream.signal):
            return 0.0
        if abs(int(stream.t[-1] - stream.t[0]) * hz / 1e9 / (count - 1) - 1) < self.floor / 100:
            return 0.0
        steps = np.diff(stream.t)
        usual = steps[(steps > 0) & (steps < 3 * np.median(steps))]
        return 1e9 / float(usual.mean()) if len(usual) else 0.0
