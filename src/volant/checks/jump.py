"""A value leaps where a body cannot: encoder spikes, wraps, dropped packets."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._kernels import Floats, Ints, Scores, blank, edges, gather, jit, largest_from, lead, magnitude, ready, tall
from ._names import placed

__all__ = ["Jump"]

_WINDOW = 256


class Jump:
    """A leap and its return within three samples, or a leap far beyond recent motion, in ranges of recent motion.

    The scale is the larger of the range of the last 256 samples and a fortieth (for steps that stay, a tenth) of the
    largest value of the signal, so that neither the unit nor a resting body's noise decides. Spikes below a quarter
    of that score 0.
    """

    name = "jump"
    version = "1"
    unit = "ranges"
    floor = 0.6
    limit = 1.0
    verdict = Verdict.REVIEW
    why = "{stream} leaps by {value:.3g} times the range of its recent motion within three samples."
    reach = Reach(samples=_WINDOW + 8)

    def applies(self, signal: Signal) -> bool:
        """Positions: what cannot leap. Commands and speeds may."""
        return tall(signal) and placed(signal)

    def scores(self, columns: Columns) -> Scores:
        """The larger of spike and step of each sample, over all dimensions."""
        t, x, cuts = ready(columns)
        out = np.zeros(len(t), dtype=np.float32)
        _leaps(x, cuts, lead(columns), out)
        return out


@jit
def _leaps(x: Floats, cuts: Ints, newest: int, out: Scores) -> None:
    desk = blank(cuts, 6)
    v, d, high, low, spare = desk[0], desk[1], desk[2], desk[3], desk[4]
    size = desk[5]
    for run in range(len(cuts) - 1):
        a, b = cuts[run], cuts[run + 1]
        n = b - a
        first = max(0, n - newest)
        magnitude(x[a:b], size)
        largest_from(size, spare, n, 256, first)
        for dim in range(x.shape[1]):
            gather(x[a:b, dim], v, d)
            edges(v, n, high, low)
            largest_from(high, spare, n, 256, first - 4)
            largest_from(low, spare, n, 256, first - 4)
            _spikes(desk, first, n, out[a:b])
            _steps(desk, first, n, out[a:b])


@jit
def _spikes(desk: Floats, first: int, n: int, out: Scores) -> None:
    v, d, high, low, size = desk[0], desk[1], desk[2], desk[3], desk[5]
    for i in range(max(10, first), n):
        back = d[i]
        if abs(back) <= 0.00625 * size[i]:
            continue
        for width in range(1, 4):
            before = i - width - 1
            up = d[i - width]
            if before < 7 or not ((up > 0.0 > back) or (up < 0.0 < back)):
                continue
            leap = min(abs(up), abs(back))
            usual = high[before] + low[before]
            if usual < 0.0 or not (abs(v[i] - v[before]) < 0.3 * leap):
                continue
            score = leap / max(usual, 0.025 * size[i])
            out[i] = max(out[i], score)


@jit
def _steps(desk: Floats, first: int, n: int, out: Scores) -> None:
    """A leap that stays: against the range so far plus eight of the longest of the last 32 steps."""
    d, high, low, size = desk[1], desk[2], desk[3], desk[5]
    for i in range(max(40, first), n):
        leap = abs(d[i])
        usual = high[i - 1] + low[i - 1]
        if leap <= 0.5 * usual or usual <= 0.0:
            continue
        longest = 0.0
        moves = 0
        for j in range(i - 32, i):
            step = abs(d[j])
            if step > 0.0:
                moves += 1
                longest = max(longest, step)
        if moves >= 16:
            score = leap / max(usual + 8.0 * longest, 0.1 * size[i])
            out[i] = max(out[i], score)
