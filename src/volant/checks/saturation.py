"""Commands pinned at an end: what was asked for is cut off."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Kind, Reach, Signal, Verdict

from ._kernels import Floats, Ints, Marks, Scores, blank, edges, gather, jit, largest, ready, tall
from ._names import grippers

__all__ = ["Saturation"]

_MOST = 512


class Saturation:
    """For how long, in the last 256 samples, a command stood exactly at its own extreme after running into it.

    A target that is reached slows down before it rests; a command that is cut off arrives at full speed. So a plateau
    counts where it lies at the extreme of the last 512 samples and its first step was at least a fifth of the usual
    one. Leaps of more than half the range are switches, and grippers are left alone: resting at an end is their work.
    """

    name = "saturation"
    version = "1"
    unit = "s"
    floor = 0.3
    limit = 0.75
    verdict = Verdict.REVIEW
    why = "A command of {stream} is cut off at its extreme for {value:.3g} {unit}."
    reach = Reach(samples=2 * _MOST + 256 + 64)

    def applies(self, signal: Signal) -> bool:
        """Commands with at least one dimension that is no gripper."""
        return tall(signal) and signal.kind == Kind.ACTION and signal.width > len(grippers(signal))

    def scores(self, columns: Columns) -> Scores:
        """Seconds at the extreme, the worst dimension of each sample."""
        t, x, cuts = ready(columns)
        out = np.zeros(len(t), dtype=np.float32)
        left_alone = np.zeros(x.shape[1], dtype=np.uint8)
        left_alone[list(grippers(columns.signal))] = 1
        _pinned(t, x, cuts, left_alone, out)
        return out


@jit
def _pinned(t: Ints, x: Floats, cuts: Ints, left_alone: Marks, out: Scores) -> None:
    desk = blank(cuts, 5)
    v, d, high, low, spare = desk[0], desk[1], desk[2], desk[3], desk[4]
    pinned = np.empty(desk.shape[1], dtype=np.int64)
    for run in range(len(cuts) - 1):
        a, b = cuts[run], cuts[run + 1]
        n = b - a
        for dim in range(x.shape[1]):
            if left_alone[dim]:
                continue
            gather(x[a:b, dim], v, d)
            edges(v, n, high, low)
            largest(high, spare, n, 512)
            largest(low, spare, n, 512)
            _plateaus(desk, n, pinned)
            _last(t[a:b], pinned, out[a:b])


@jit
def _plateaus(desk: Floats, n: int, pinned: Ints) -> None:
    """Mark samples of plateaus that lie at an extreme and were run into."""
    v, d, high, low = desk[0], desk[1], desk[2], desk[3]
    held = 0
    abrupt = False
    for i in range(n):
        pinned[i] = 0
        held = min(held + 1, 512) if i and d[i] == 0.0 and v[i] == v[i - 1] else 0
        if held == 2:
            abrupt = i >= 18 and _ran(d, i - 2, high[i] + low[i])
        if held >= 2 and held < 512 and abrupt and (v[i] == high[i] or v[i] == -low[i]):
            pinned[i] = 1


@jit
def _ran(d: Floats, i: int, way: float) -> bool:
    """Whether the step to sample ``i`` is a part of motion: a fifth of the mean of the 16 before, which moved."""
    step = abs(d[i])
    if not 0.0 < step <= 0.5 * way:
        return False
    path = 0.0
    moves = 0
    for j in range(i - 16, i):
        if d[j] != 0.0:
            moves += 1
            path += abs(d[j])
    return moves >= 4 and step >= 0.2 * path / moves and path > 0.05 * way


@jit
def _last(t: Ints, pinned: Ints, out: Scores) -> None:
    """Add up the time of marked samples over the last 256, in whole nanoseconds."""
    held = np.int64(0)
    for i in range(1, len(t)):
        if pinned[i]:
            held += t[i] - t[i - 1]
        gone = i - 256
        if gone >= 1 and pinned[gone]:
            held -= t[gone] - t[gone - 1]
        score = held / 1e9
        out[i] = max(out[i], score)
