"""Samples are missing: the clock goes on and nothing was written."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._clock import ticking
from ._kernels import Ints, Scores, jit

__all__ = ["Gap"]

_WINDOW = 64


class Gap:
    """How many samples are missing before each sample.

    The period is the larger of the declared one and the mean of the last 64 intervals, so that a wrongly declared
    rate is one finding of ``rate`` and not a thousand gaps. A channel without a declared rate is measured by the
    longest of its last 64 intervals.
    """

    name = "gap"
    version = "1"
    unit = "samples"
    floor = 0.75
    limit = 2.5
    verdict = Verdict.REVIEW
    why = "{stream} misses about {value:.3g} {unit} in a row."
    reach = Reach(samples=_WINDOW + 1)

    def applies(self, signal: Signal) -> bool:
        """Whether the channel has a clock that matters."""
        return ticking(signal)

    def scores(self, columns: Columns) -> Scores:
        """Periods missed, 0 where the sample came in time."""
        out = np.zeros(len(columns), dtype=np.float32)
        period = round(1e9 / columns.signal.hz) if columns.signal.hz else 0
        t, cuts = np.ascontiguousarray(columns.t), np.ascontiguousarray(columns.cuts)
        _missed(_seal(t), _seal(cuts), period, out)
        return out


def _seal(array: Ints) -> Ints:
    view = array.view()
    view.flags.writeable = False
    return view


@jit
def _missed(t: Ints, cuts: Ints, period: int, out: Scores) -> None:
    for run in range(len(cuts) - 1):
        first = cuts[run]
        for i in range(first + 1, cuts[run + 1]):
            step = t[i] - t[i - 1]
            start = max(first, i - 1 - 64)
            past = i - 1 - start
            if step <= period:
                continue
            if period > 0:
                usual = float(period)
                if past >= 8:
                    usual = max(usual, (t[i - 1] - t[start]) / past)
            else:
                if past < 16:
                    continue
                longest = np.int64(0)
                for j in range(start + 1, i):
                    longest = max(longest, t[j] - t[j - 1])
                usual = float(longest)
            if usual > 0:
                out[i] = max(0.0, step / usual - 1.0)
