"""Values that mean 'no value'."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Kind, Reach, Signal, Verdict

from ._kernels import Floats, Ints, Scores, blank, edges, gather, jit, largest, ready, tall

__all__ = ["Sentinel"]


class Sentinel:
    """How far a value that drivers use for 'nothing' lies outside the signal's recent range, in ranges.

    Known are -1, +-999, +-9999, 255, 32767, -32768, 65535, +-2147483647, -2147483648, 4294967295 and everything
    beyond 1e30. The range is that of the other values among the last 256, of which at least eight must differ: -1 is
    a fine command for a gripper that knows only -1 and 1. A command without unit is a share of what the robot can do:
    -1 is its end, and nobody's word for nothing.
    """

    name = "sentinel"
    version = "2"
    unit = "ranges"
    floor = 0.5
    limit = 1.0
    verdict = Verdict.QUARANTINE
    why = "{stream} holds a value that drivers use for 'no value', {value:.3g} {unit} outside what it does otherwise."
    reach = Reach(samples=256 + 1)

    def applies(self, signal: Signal) -> bool:
        """Any matrix of numbers but flags and commands without unit."""
        share = signal.kind == Kind.ACTION and signal.unit == "1"
        return tall(signal) and not share and signal.kind not in ("flag", "reward", "clock")

    def scores(self, columns: Columns) -> Scores:
        """Distance from the recent range, the worst dimension of each sample; 0 for ordinary values."""
        t, x, cuts = ready(columns)
        out = np.zeros(len(t), dtype=np.float32)
        if _suspects(x):
            _outside(x, cuts, out)
        return out


@jit
def _means_nothing(now: float) -> bool:
    if now == -1.0 or abs(now) > 1e30:
        return True
    if now != np.floor(now) or abs(now) < 255.0:
        return False
    size = abs(now)
    if size in (999.0, 9999.0, 99999.0, 2147483647.0):
        return True
    return now in (255.0, 32767.0, -32768.0, 65535.0, -2147483648.0, 2147483648.0, 4294967295.0)


@jit
def _suspects(x: Floats) -> bool:
    """Whether any value at all is suspicious: nearly always not, and then nothing needs a closer look."""
    for i in range(x.shape[0]):
        for dim in range(x.shape[1]):
            now = x[i, dim]
            if (now == -1.0 or abs(now) >= 255.0) and _means_nothing(now):
                return True
    return False


@jit
def _outside(x: Floats, cuts: Ints, out: Scores) -> None:
    desk = blank(cuts, 5)
    v, d, high, low, spare = desk[0], desk[1], desk[2], desk[3], desk[4]
    for run in range(len(cuts) - 1):
        a, b = cuts[run], cuts[run + 1]
        n = b - a
        for dim in range(x.shape[1]):
            found = False
            for i in range(a, b):
                found = found or _means_nothing(x[i, dim])
            if not found:
                continue
            gather(x[a:b, dim], v, d)
            for i in range(n):
                if _means_nothing(v[i]):
                    v[i] = np.nan
            edges(v, n, high, low)
            largest(high, spare, n, 256)
            largest(low, spare, n, 256)
            for i in range(n):
                now = x[a + i, dim]
                if _means_nothing(now):
                    way = high[i] + low[i]
                    if way > 0.0 and _differing(v, i) >= 8:
                        away = max(now - high[i], -low[i] - now)
                        out[a + i] = max(out[a + i], min(1e6, away / way))


@jit
def _differing(v: Floats, i: int) -> int:
    """How many of the last 64 ordinary values differ from the ordinary one before them, up to eight."""
    count = 0
    before = np.nan
    for j in range(max(0, i - 64), i):
        now = v[j]
        if not np.isnan(now):
            if not np.isnan(before) and now != before:
                count += 1
            before = now
    return count
