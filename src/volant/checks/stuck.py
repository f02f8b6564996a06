"""A joint that does not follow its command."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._beside import align, followers
from ._kernels import Floats, Ints, Marks, Scores, blank, edges, gather, jit, largest, magnitude, ready

__all__ = ["Stuck"]


class Stuck:
    """For how long a dimension has stood still while its command moved, in seconds of the last 512 samples.

    Within 32 samples the command must move by a tenth of its range of the last 512 and by a fiftieth of the largest
    command, and the state by less than a tenth of what it usually makes of such a command (its own ratio of ranges,
    at least half of the mean ratio of all dimensions). A command that rests does not count and does not free the
    joint either. Nor does one that leaps (four fifths of its way in one step): that is a switch, and a gripper that
    holds something does not follow it.
    """

    name = "stuck"
    version = "2"
    unit = "s"
    floor = 0.3
    limit = 0.6
    verdict = Verdict.REVIEW
    why = "A joint of {stream} stands still for {value:.3g} {unit} while it is commanded to move."
    reach = Reach(samples=2 * 512 + 64, span=0)

    def pairs(self, signals: Sequence[Signal]) -> Sequence[tuple[str, str]]:
        """Each state beside the command of the same dimensions."""
        return followers(signals)

    def pair_scores(self, first: Columns, second: Columns) -> Scores:
        """Seconds stuck, the worst dimension of each state."""
        t, x, cuts = ready(first)
        u, y, marks = ready(second)
        out = np.zeros(len(t), dtype=np.float32)
        if x.shape[1] == y.shape[1]:
            _stuck(t, x, cuts, align_all(t, cuts, u, marks, y), out)
        return out


@jit
def align_all(t: Ints, cuts: Ints, u: Ints, marks: Ints, y: Floats) -> Floats:
    """The command as it stood at each state, run by run."""
    out = np.empty((len(t), y.shape[1]))
    for run in range(len(cuts) - 1):
        a, b = cuts[run], cuts[run + 1]
        c, e = marks[run], marks[run + 1]
        align(t[a:b], u[c:e], y[c:e], out[a:b])
    return out


@jit
def _stuck(t: Ints, x: Floats, cuts: Ints, y: Floats, out: Scores) -> None:
    desk = blank(cuts, 11)
    width = x.shape[1]
    for run in range(len(cuts) - 1):
        a, b = cuts[run], cuts[run + 1]
        n = b - a
        room = np.empty((4, width, n))
        ratio, moved, asked, usual = room[0], room[1], room[2], room[3]
        mean = np.zeros(n)
        held, stood = np.empty(n, dtype=np.uint8), np.empty(n, dtype=np.int64)
        magnitude(y[a:b], desk[10])
        largest(desk[10], desk[9], n, 512)
        for dim in range(width):
            _ranges(x[a:b, dim], y[a:b, dim], n, desk)
            for i in range(n):
                ratio[dim, i] = desk[5, i] / desk[7, i] if desk[7, i] > 0.0 else 0.0
                mean[i] += ratio[dim, i]
                moved[dim, i], asked[dim, i], usual[dim, i] = desk[4, i], desk[6, i], desk[7, i]
        for dim in range(width):
            one = (ratio[dim], moved[dim], asked[dim], usual[dim])
            if _holds(one, (mean, desk[10], width), held):
                _leaps(y[a:b, dim], n, desk)
                for i in range(n):
                    held[i] = held[i] if held[i] < 2 or desk[2, i] < 0.8 * asked[dim, i] else 1
                _add(t[a:b], held, stood)
                for i in range(n):
                    out[a + i] = max(out[a + i], stood[i] / 1e9)


@jit
def _holds(one: tuple[Floats, ...], every: tuple[Floats, Floats, int], held: Marks) -> bool:
    """Mark each sample: 0 the state moves, 1 it stands and is not asked to move, 2 it stands although it is asked.

    Whether there are any of the last sort; most dimensions have none and are done.
    """
    ratio, moved, asked, usual = one
    mean, size, width = every
    found = False
    for i in range(len(held)):
        want, part = asked[i], 0.1 * max(ratio[i], 0.5 * mean[i] / width)
        asking = i >= 32 and want >= 0.1 * usual[i] and want > 0.02 * size[i]
        held[i] = moved[i] < part * (want if asking else usual[i])
        if asking and held[i]:
            held[i] = 2
            found = True
    return found


@jit
def _leaps(command: Floats, n: int, desk: Floats) -> None:
    """Row 2 of the desk: the largest step of the command in the last 32 samples."""
    gather(command, desk[0], desk[1])
    for i in range(n):
        desk[2, i] = abs(desk[1, i])
    largest(desk[2], desk[9], n, 32)


@jit
def _add(t: Ints, held: Marks, stood: Ints) -> None:
    """Nanoseconds of the last 512 samples in which a dimension was asked to move since it last did."""
    so_far = np.zeros(len(t) + 1, dtype=np.int64)
    since = 0
    for i in range(len(t)):
        so_far[i + 1] = so_far[i] + (t[i] - t[i - 1] if held[i] == 2 else 0)
        if held[i] == 0:
            since = i + 1
        stood[i] = so_far[i + 1] - so_far[max(since, i - 511)] if i >= since else 0


@jit
def _ranges(state: Floats, command: Floats, n: int, desk: Floats) -> None:
    """Rows 4 to 7 of the desk: range of the state over 32 and 512 samples, of the command over 32 and 512."""
    v, d, high, low, spare = desk[0], desk[1], desk[2], desk[3], desk[9]
    for which in range(2):
        if which == 0:
            gather(state, v, d)
        else:
            gather(command, v, d)
        for k in range(2):
            window = 32 if k == 0 else 512
            edges(v, n, high, low)
            largest(high, spare, n, window)
            largest(low, spare, n, window)
            for i in range(n):
                way = high[i] + low[i]
                desk[4 + 2 * which + k, i] = way if np.isfinite(way) else 0.0
