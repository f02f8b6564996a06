"""A gripper that opens and closes without a reason."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Kind, Reach, Signal, Verdict

from ._kernels import (
    MOVING,
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
    tall,
    total,
)
from ._names import grippers

__all__ = ["Chatter"]


class Chatter:
    """How often a gripper snaps from one end of its way to the other, per second of the last 64 samples.

    A snap passes the middle within three samples; it counts where at least half of the last 64 samples lie near either
    end, which a flowing joint never does, and where the way is a real one: 30 % of the range of the last 512 samples
    and 0.5 % of the largest value of the signal.
    """

    name = "chatter"
    version = "1"
    unit = "flips/s"
    floor = 1.5
    limit = 3.0
    verdict = Verdict.REVIEW
    why = "The gripper in {stream} opens and closes up to {value:.3g} times a second."
    reach = Reach(samples=512 + 8)

    def applies(self, signal: Signal) -> bool:
        """Signals with a gripper, by kind, by name or by the usual place."""
        return tall(signal) and signal.kind in (*MOVING, Kind.ACTION) and bool(grippers(signal))

    def scores(self, columns: Columns) -> Scores:
        """Snaps per second of the worst gripper."""
        t, x, cuts = ready(columns)
        out = np.zeros(len(t), dtype=np.float32)
        for dim in grippers(columns.signal):
            _snaps((t, x, cuts), dim, lead(columns), out)
        return out


@jit
def _snaps(columns: tuple[Ints, Floats, Ints], dim: int, newest: int, out: Scores) -> None:
    t, x, cuts = columns
    desk = blank(cuts, 9)
    v, d, high, low, spare = desk[0], desk[1], desk[2], desk[3], desk[4]
    size, crossed, far_high, far_low = desk[5], desk[6], desk[7], desk[8]
    for run in range(len(cuts) - 1):
        a, b = cuts[run], cuts[run + 1]
        n = b - a
        first = max(0, n - newest)
        early = max(0, first - 63)
        magnitude(x[a:b], size)
        largest_from(size, spare, n, 512, early)
        gather(x[a:b, dim], v, d)
        edges(v, n, high, low)
        edges(v, n, far_high, far_low)
        largest_from(high, spare, n, 64, early)
        largest_from(low, spare, n, 64, early)
        largest_from(far_high, spare, n, 512, early)
        largest_from(far_low, spare, n, 512, early)
        for i in range(early, n):
            crossed[i] = 0.0
            way = high[i] + low[i]
            if i and way > 0.005 * size[i] and way >= 0.3 * (far_high[i] + far_low[i]):
                middle = 0.5 * (high[i] - low[i])
                snap = max(abs(d[i]), abs(v[i] - v[max(0, i - 2)]), abs(v[i] - v[max(0, i - 3)]))
                if (v[i] > middle) != (v[i - 1] > middle) and snap >= 0.5 * way:
                    crossed[i] = 1.0
        total(crossed[early:], spare, n - early, 64)
        for i in range(first, n):
            if crossed[i] >= 3.0 and _ends(v, i, high[i], -low[i]):
                seconds = max(1.0, (t[a + i] - t[a + max(0, i - 63)]) / 1e9)
                out[a + i] = max(out[a + i], crossed[i] / seconds)


@jit
def _ends(v: Floats, i: int, high: float, low: float) -> bool:
    """Whether at least half of the last 64 samples lie within a fifth of either end."""
    near = 0
    start = max(0, i - 63)
    margin = 0.2 * (high - low)
    for j in range(start, i + 1):
        if v[j] >= high - margin or v[j] <= low + margin:
            near += 1
    return near >= 0.5 * (i + 1 - start)
