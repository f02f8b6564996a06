"""The state follows its command late, or before it was given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from volant.core import Columns, Reach, Signal, Verdict

from ._beside import followers
from ._kernels import Floats, Ints, Scores, dot, jit, ready
from .stuck import align_all

__all__ = ["Lag", "best_lag"]

_WINDOW = 128
_GRID = 500_000_000


class Lag:
    """By how much the state follows its command, in milliseconds either way.

    Twice a second, increments over four samples of the last 128 states and commands (or the command itself, where it
    commands speed) are cross-correlated at up to 0.8 s; the best shift counts where its correlation is at least 0.7
    and 0.05 above that of no shift. Between two such moments the last verdict stands.
    """

    name = "lag"
    version = "1"
    unit = "ms"
    floor = 150.0
    limit = 400.0
    verdict = Verdict.REVIEW
    why = "{stream} follows its command {value:.3g} {unit} late (or early)."
    reach = Reach(samples=2 * _WINDOW + 64, span=8 * _GRID)

    def pairs(self, signals: Sequence[Signal]) -> Sequence[tuple[str, str]]:
        """Each state beside the command of the same dimensions."""
        return followers(signals)

    def pair_scores(self, first: Columns, second: Columns) -> Scores:
        """Milliseconds between command and state; 0 where nothing can be said."""
        t, x, cuts = ready(first)
        u, y, marks = ready(second)
        out = np.zeros(len(t), dtype=np.float32)
        if x.shape[1] == y.shape[1] and len(t):
            most = int(np.clip(round(0.8 * (first.signal.hz or 30.0)), 8, 48))
            _lags(t, x, cuts, (align_all(t, cuts, u, marks, y), most), out)
        return out


@jit
def _lags(t: Ints, x: Floats, cuts: Ints, beside: tuple[Floats, int], out: Scores) -> None:
    y, most = beside
    for run in range(len(cuts) - 1):
        a, b = cuts[run], cuts[run + 1]
        score = 0.0
        since = 256
        for i in range(a + 64, b):
            since += 1
            if t[i] // 500_000_000 != t[i - 1] // 500_000_000:
                start = max(a, i - 127)
                lag, sure = best_lag(x[start : i + 1], y[start : i + 1], most)
                score = abs(lag) * (t[i] - t[start]) / 1e6 / (i - start) if sure >= 0.7 else 0.0
                since = 0
            if since < 128:
                out[i] = max(0.0, score)


@jit
def best_lag(x: Floats, y: Floats, most: int) -> tuple[int, float]:
    """By how many rows ``x`` follows ``y``, and the correlation there; (0, 0) where no shift stands out."""
    n = len(x)
    best, where, none = 0.0, 0, 0.0
    for way in range(2):
        if best >= 0.7:
            break
        top, at, zero = _correlate(x, y, most, way)
        if top > best:
            best, where, none = top, at, zero
    if n < 4 * most // 3 or (where != 0 and best < none + 0.05):
        return 0, 0.0
    return where, best


@jit
def _centre(x: Floats) -> Floats:
    """Take the mean of the rows from the fifth on out of each column; running sums of squares, ``[n + 1, width]``."""
    n, width = x.shape
    squares = np.zeros((n + 1, width))
    mean = np.zeros(width)
    for k in range(4, n):
        for dim in range(width):
            mean[dim] += x[k, dim]
    for k in range(n):
        for dim in range(width):
            if k >= 4:
                x[k, dim] -= mean[dim] / (n - 4)
            squares[k + 1, dim] = squares[k, dim] + x[k, dim] * x[k, dim]
    return squares


@jit
def _correlate(x: Floats, y: Floats, most: int, way: int) -> tuple[float, int, float]:
    """Best correlation, its shift, and the correlation without shift; ``way`` 1 takes ``y`` as a speed."""
    n, width = x.shape
    moved = np.zeros((n, width))
    asked = np.zeros((n, width))
    for k in range(4, n):
        for dim in range(width):
            step = float(x[k, dim]) - float(x[k - 4, dim])
            moved[k, dim] = step if np.isfinite(step) else 0.0
            want = float(y[k, dim]) - (float(y[k - 4, dim]) if way == 0 else 0.0)
            asked[k, dim] = want if np.isfinite(want) else 0.0
    own, other = _centre(moved), _centre(asked)
    one_by_one, beside = moved.ravel(), asked.ravel()
    best, where, zero = 0.0, 0, 0.0
    for lag in range(-most, most + 1):
        low, high = max(4, 4 + lag), min(n, n + lag)
        if high - low < n // 2:
            continue
        both = dot(one_by_one[low * width : high * width], beside[(low - lag) * width : (high - lag) * width])
        one = 0.0
        for dim in range(width):
            mine, its = own[high, dim] - own[low, dim], other[high - lag, dim] - other[low - lag, dim]
            one += np.sqrt(max(0.0, mine) * max(0.0, its))
        two = both / one if one > 0.0 else 0.0
        if lag == 0:
            zero = two
        if two > best:
            best, where = two, lag
    return best, where, zero
