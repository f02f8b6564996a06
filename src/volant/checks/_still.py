"""When a body moves: displacement over half a second against its recent range and its own noise."""

from __future__ import annotations

from ._kernels import Floats, Ints, Marks, blank, edges, gather, jit, largest, magnitude, reversals, total

__all__ = ["still"]


@jit
def still(x: Floats, cuts: Ints, lag: int, moving: Marks) -> None:
    """Set ``moving`` to 1 where any dimension is displaced against ``lag`` samples before.

    Displaced means by more than 2 % of the range of the last 512 samples (at least a quarter of the largest value of
    the signal) and by more than eight times the mean turn-back of the last 64, which is about five deviations of noise.
    """
    desk = blank(cuts, 7)
    v, d, high, low, spare = desk[0], desk[1], desk[2], desk[3], desk[4]
    size, turn = desk[5], desk[6]
    for run in range(len(cuts) - 1):
        a, b = cuts[run], cuts[run + 1]
        n = b - a
        magnitude(x[a:b], size)
        largest(size, spare, n, 512)
        for dim in range(x.shape[1]):
            gather(x[a:b, dim], v, d)
            reversals(d, n, turn)
            total(turn, spare, n, 64)
            edges(v, n, high, low)
            largest(high, spare, n, 512)
            largest(low, spare, n, 512)
            for i in range(n):
                usual = max(high[i] + low[i], 0.25 * size[i])
                away = abs(v[i] - v[max(0, i - lag)])
                if away > 0.02 * usual and away > 0.125 * turn[i]:
                    moving[a + i] = 1
