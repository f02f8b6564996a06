"""The inner loops over a stream's samples: once through it, whatever is asked of it, instead of ten passes of numpy.

Sums are taken row by row in double precision, as numpy takes them along the first axis.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..video.machine import kept

__all__ = ["means", "moved"]


def _clocked(t: Any, clock: Any) -> Any:
    """Time since the first sample as float64; the samples' own order where the clock stands still or runs back."""
    last = len(t) - 1
    sound = t[last] > t[0]
    for i in range(last):
        sound = sound and t[i + 1] >= t[i]
    for i in range(last + 1):
        clock[i] = np.float64(t[i] - t[0]) if sound else np.float64(i)


_clocked = kept(_clocked)


def _means(t: Any, x: Any, out: Any) -> None:
    """Means over equal parts of the time, samples joined by straight lines; see ``_blocks.block_means``."""
    n, width, parts = len(x), x.shape[1], len(out)
    if n == 1:
        for k in range(parts):
            out[k] = x[0]
        return
    clock = np.empty(n)
    _clocked(t, clock)
    length = clock[n - 1]
    whole, before, area = np.zeros(width), np.zeros(width), np.zeros(width)
    i = 0
    for k in range(parts + 1):
        edge = length if k == parts else k * (length / parts)
        while i < n - 2 and clock[i + 1] <= edge:
            step = clock[i + 1] - clock[i]
            for j in range(width):
                whole[j] += 0.5 * (x[i + 1, j] + x[i, j]) * step
            i += 1
        step, past = clock[i + 1] - clock[i], edge - clock[i]
        for j in range(width):
            slope = (x[i + 1, j] - x[i, j]) / (step if step > 0 else 1.0)
            area[j] = whole[j] + (x[i, j] + 0.5 * slope * past) * past
            if k:
                out[k - 1, j] = (area[j] - before[j]) / (length / parts)
            before[j] = area[j]


means = kept(_means)


def _centred(x: Any, middle: Any) -> None:
    """Take away the mean of each column, which goes to ``middle``."""
    middle[:] = 0.0
    for i in range(len(x)):
        for j in range(len(middle)):
            middle[j] += x[i, j]
    for j in range(len(middle)):
        middle[j] /= len(x)
    for i in range(len(x)):
        for j in range(len(middle)):
            x[i, j] -= middle[j]


_centred = kept(_centred)


def _jitter(x: Any) -> Any:
    """Mean square of what jitters from sample to sample, summed over dimensions: white noise gives its variance."""
    n, total = len(x), 0.0
    if n < 4:
        return total
    for j in range(x.shape[1]):
        bent = 0.0
        for i in range(n - 2):
            gap = x[i + 2, j] - 2 * x[i + 1, j] + x[i, j]
            bent += gap * gap
        total += bent / (n - 2)
    return total / 6.0


_jitter = kept(_jitter)


def _way(fine: Any) -> Any:
    """Length of the way through the parts, and the share of steps shorter than a tenth of the longest (1 at rest)."""
    count = len(fine) - 1
    steps = np.empty(count)
    for i in range(count):
        total = 0.0
        for j in range(fine.shape[1]):
            gap = fine[i + 1, j] - fine[i, j]
            total += gap * gap
        steps[i] = np.sqrt(total)
    most, way, still = steps.max(), 0.0, 0
    for i in range(count):
        way += steps[i]
        still += steps[i] < 0.1 * most
    return way, still / count if most > 0 else 1.0


_way = kept(_way)


def _moved(t: Any, x: Any, fine: Any) -> Any:
    """Centre a stream's samples (in place) and fill ``fine`` with the means of its parts, centred by the same.

    Gives the farthest that its middle lay from zero, its power (mean square summed over dimensions), its jitter, the
    length of its way and the share of the time at rest.
    """
    middle = np.empty(x.shape[1])
    _centred(x, middle)
    far = np.abs(middle).max()
    means(t, x, fine)
    _centred(fine, middle)
    power = 0.0
    for j in range(x.shape[1]):
        square = 0.0
        for i in range(len(x)):
            x[i, j] -= middle[j]
            square += x[i, j] * x[i, j]
        power += square / len(x)
    way, still = _way(fine)
    return far, power, _jitter(x), way, still


moved = kept(_moved)
