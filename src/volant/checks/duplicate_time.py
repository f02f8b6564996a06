"""Several samples claim the same moment."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Kind, Reach, Signal, Verdict

from ._clock import intervals, ticking
from ._kernels import Ints, Scores, jit

__all__ = ["DuplicateTime"]

_MOST = 64


class DuplicateTime:
    """How many samples in a row carry the time of the one before.

    Channels without a declared rate that bundle several messages under one stamp (transforms, scans) are left alone.
    """

    name = "duplicate_time"
    version = "1"
    unit = "samples"
    floor = 0.0
    limit = 0.0
    verdict = Verdict.REVIEW
    why = "Up to {value:.3g} {unit} of {stream} repeat the time of the one before."
    reach = Reach(samples=_MOST + 1)

    def applies(self, signal: Signal) -> bool:
        """Whether each sample should have a moment of its own."""
        return ticking(signal) and (signal.hz is not None or signal.kind in (Kind.LOOK, Kind.IMAGE, Kind.JOINT))

    def scores(self, columns: Columns) -> Scores:
        """Repeats so far, at most 64; 0 where time moved."""
        out = np.zeros(len(columns), dtype=np.float32)
        steps = intervals(columns)
        starts = columns.cuts[:-1]
        steps[starts[starts < len(steps)]] = 1
        _count(steps, out)
        return out


@jit
def _count(step: Ints, out: Scores) -> None:
    held = 0
    for i in range(len(step)):
        held = min(held + 1, 64) if step[i] == 0 else 0
        out[i] = held
