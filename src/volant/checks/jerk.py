"""Motion that shakes instead of flowing: a loose encoder, an unsteady hand, noise added on the way."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import (
    Floats,
    Ints,
    Scores,
    blank,
    edges,
    gather,
    jit,
    largest_from,
    lead,
    magnitude,
    ready,
    reversals,
    tall,
    total,
)
from ._names import placed

__all__ = ["Jerk"]


class Jerk:
    """How far the signal turns back from sample to sample, on average over 64, in percent of its recent range.

    Turning back is the smaller of two successive increments of opposite sign: steps and smooth motion have none,
    noise of deviation s about 0.6 s. The range is that of the last 512 samples, at least a quarter of the largest
    value of the signal, so that a body at rest is not measured by its own noise.
    """

    name = "jerk"
    version = "1"
    unit = "% of range"
    floor = 1.0
    limit = 2.0
    verdict = Verdict.REVIEW
    why = "{stream} shakes: from sample to sample it turns back by {value:.3g} {unit}."
    reach = Reach(samples=512 + 2)

    def applies(self, signal: Signal) -> bool:
        """Positions that flow; a gripper may snap."""
        return tall(signal) and placed(signal) and (signal.hz is None or signal.hz >= 5)

    def scores(self, columns: Columns) -> Scores:
        """Percent of range, the worst dimension of each sample."""
        t, x, cuts = ready(columns)
        out = np.zeros(len(t), dtype=np.float32)
        _shaking(x, cuts, lead(columns), out)
        return out


@jit
def _shaking(x: Floats, cuts: Ints, newest: int, out: Scores) -> None:
    desk = blank(cuts, 7)
    v, d, high, low, spare = desk[0], desk[1], desk[2], desk[3], desk[4]
    size, turn = desk[5], desk[6]
    for run in range(len(cuts) - 1):
        a, b = cuts[run], cuts[run + 1]
        n = b - a
        first = max(0, n - newest)
        early = max(0, first - 63)
        magnitude(x[a:b], size)
        largest_from(size, spare, n, 512, first)
        for dim in range(x.shape[1]):
            gather(x[a:b, dim], v, d)
            reversals(d, n, turn)
            total(turn[early:], spare, n - early, 64)
            edges(v, n, high, low)
            largest_from(high, spare, n, 512, first)
            largest_from(low, spare, n, 512, first)
            for i in range(max(16, first), n):
                usual = max(high[i] + low[i], 0.25 * size[i])
                if usual > 0.0:
                    score = 100.0 * turn[i] / 64.0 / usual
                    out[a + i] = max(out[a + i], score)
