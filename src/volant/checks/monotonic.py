"""The clock runs backwards."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._clock import intervals, ticking
from ._kernels import Scores

__all__ = ["Monotonic"]


class Monotonic:
    """How far each sample's time lies before the time of the sample before it."""

    name = "monotonic"
    version = "1"
    unit = "ms"
    floor = 0.0
    limit = 0.0
    verdict = Verdict.QUARANTINE
    why = "The clock of {stream} runs backwards by up to {value:.3g} {unit}."
    reach = Reach(samples=1)

    def applies(self, signal: Signal) -> bool:
        """Whether the channel has a clock that matters."""
        return ticking(signal)

    def scores(self, columns: Columns) -> Scores:
        """Milliseconds backwards, 0 where time goes on."""
        return (np.maximum(-intervals(columns), 0) / 1e6).astype(np.float32)
