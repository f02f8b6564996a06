"""A camera whose pictures come earlier or later than the motion they show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from volant.core import LOOK, Columns, Kind, Reach, Signal, Verdict

from ._beside import align
from ._kernels import MOVING, Floats, Ints, Scores, jit, ready, tall

__all__ = ["Skew"]

_CHANGE = LOOK.index("change")


class Skew:
    """By how much the change in a camera's pictures lags the speed of the body, in milliseconds either way.

    Once a second, the change of the last 128 frames and the body's speed at those frames (each dimension in parts of
    its own path) are cross-correlated at up to 0.7 s, by rank, because the change saturates where a wrist camera
    rushes. The peak nearest to no shift of those within 0.2 of the highest (motion that is repeated is like itself at
    several shifts) counts where its correlation is at least 0.6, 0.2 above that of no shift and 0.15 above those 0.35 s
    to either side (slow motion is like itself everywhere). Between two such moments the last verdict stands.
    """

    name = "skew"
    version = "2"
    unit = "ms"
    floor = 150.0
    limit = 250.0
    verdict = Verdict.REVIEW
    why = "{stream} shows motion {value:.3g} {unit} earlier or later than the body measures it."
    reach = Reach(samples=320, span=12_000_000_000)

    def pairs(self, signals: Sequence[Signal]) -> Sequence[tuple[str, str]]:
        """Each camera beside the first stream that says where the body is."""
        bodies = [signal for signal in signals if signal.kind in MOVING and tall(signal) and signal.width >= 3]
        cameras = [signal for signal in signals if signal.kind == Kind.LOOK and (signal.hz or 30) >= 5]
        return [(camera.name, bodies[0].name) for camera in cameras] if bodies else []

    def pair_scores(self, first: Columns, second: Columns) -> Scores:
        """Milliseconds of skew; 0 where nothing can be said."""
        t, x, cuts = ready(first)
        u, y, marks = ready(second)
        out = np.zeros(len(t), dtype=np.float32)
        if x.shape[1] == len(LOOK):
            most = int(np.clip(round(0.7 * (first.signal.hz or 30.0)), 4, 32))
            for run in range(len(cuts) - 1):
                a, b, c, e = cuts[run], cuts[run + 1], marks[run], marks[run + 1]
                beside = np.empty((b - a, y.shape[1]))
                align(t[a:b], u[c:e], y[c:e], beside)
                _skews(t[a:b], np.ascontiguousarray(x[a:b, _CHANGE], dtype=np.float64), beside, most, out[a:b])
        return out


@jit
def _skews(t: Ints, change: Floats, y: Floats, most: int, out: Scores) -> None:
    score = 0.0
    since = 256
    for i in range(64, len(t)):
        since += 1
        if t[i] // 1_000_000_000 != t[i - 1] // 1_000_000_000:
            start = max(1, i - 127)
            speed = _speed(y[start - 1 : i + 1])
            lag = _shift(_ranks(change[start : i + 1]), _ranks(speed), most)
            score = abs(lag) * (t[i] - t[start]) / 1e6 / (i - start)
            since = 0
        if since < 128:
            out[i] = max(0.0, score)


@jit
def _speed(y: Floats) -> Floats:
    """Sum over dimensions of each step's part of the dimension's path."""
    n, width = y.shape
    out = np.zeros(n - 1)
    for dim in range(width):
        path = 0.0
        for k in range(1, n):
            step = abs(y[k, dim] - y[k - 1, dim])
            path += step if np.isfinite(step) else 0.0
        for k in range(1, n):
            step = abs(y[k, dim] - y[k - 1, dim])
            if path > 0.0 and np.isfinite(step):
                out[k - 1] += step / path
    return out


@jit
def _ranks(values: Floats) -> Floats:
    """Places in the order of size, equal values sharing the middle of their places."""
    order = np.argsort(values)
    out = np.empty(len(values))
    first = 0
    for k in range(1, len(values) + 1):
        if k == len(values) or values[order[k]] != values[order[first]]:
            for j in range(first, k):
                out[order[j]] = 0.5 * (first + k - 1)
            first = k
    return out


@jit
def _shift(change: Floats, speed: Floats, most: int) -> int:
    """The smallest shift at which two courses agree about as well as they ever do, 0 where it does not stand out."""
    n = len(change)
    course = np.zeros(2 * most + 1)
    best = 0.0
    for lag in range(-most, most + 1):
        low, high = max(0, lag), min(n, n + lag)
        count = high - low
        if count < n // 2:
            continue
        one = two = both = own = other = 0.0
        for k in range(low, high):
            p, q = change[k], speed[k - lag]
            one += p
            two += q
            both += p * q
            own += p * p
            other += q * q
        spread = (own - one * one / count) * (other - two * two / count)
        course[lag + most] = (both - one * two / count) / np.sqrt(spread) if spread > 0.0 else 0.0
        best = max(best, course[lag + most])
    where = _nearest(course, best - 0.2)
    now, half = course[where + most], max(1, most // 2)
    left, right = course[max(0, where + most - half)], course[min(2 * most, where + most + half)]
    return where if now >= max(0.6, course[most] + 0.2, left + 0.15, right + 0.15) else 0


@jit
def _nearest(course: Floats, least: float) -> int:
    """The peak of at least ``least`` that is nearest to no shift; 0 where there is none inside of what was searched."""
    most = len(course) // 2
    for far in range(1, most):
        for lag in (-far, far):
            now = course[most + lag]
            if now >= least and now >= course[most + lag - 1] and now >= course[most + lag + 1]:
                return lag
    return 0
