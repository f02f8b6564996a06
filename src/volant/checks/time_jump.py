"""The clock leaps: another epoch, another machine's time, a restart."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._clock import intervals, ticking
from ._kernels import Scores

__all__ = ["TimeJump"]


class TimeJump:
    """The size of each step of the clock, forwards or backwards: no recording pauses for a minute by itself."""

    name = "time_jump"
    version = "1"
    unit = "s"
    floor = 10.0
    limit = 60.0
    verdict = Verdict.QUARANTINE
    why = "The clock of {stream} leaps by {value:.3g} {unit}."
    reach = Reach(samples=1)

    def applies(self, signal: Signal) -> bool:
        """Channels with a declared rate; events may be silent for as long as they like."""
        return ticking(signal) and signal.hz is not None

    def scores(self, columns: Columns) -> Scores:
        """Seconds between a sample and the one before."""
        return (np.abs(intervals(columns).astype(np.float64)) / 1e9).astype(np.float32)
