"""Movements as a few numbers each: means over equal parts of the time, and projections that keep distances."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ..core import Stream

__all__ = ["block_means", "clean", "keeping", "noise"]

Floats = npt.NDArray[np.float64]

_FAR = 1e12


def clean(stream: Stream) -> Floats:
    """Samples as float64 ``[n, d]``, finite: what is no number takes its dimension's mean, the absurd is clipped."""
    x = stream.values.reshape(len(stream), -1).astype(np.float64)
    sound = np.isfinite(x)
    if not sound.all():
        middle = np.where(sound, x, 0.0).sum(axis=0) / np.maximum(1, sound.sum(axis=0))
        x = np.where(sound, x, middle)
    return np.clip(x, -_FAR, _FAR)


def block_means(t: npt.NDArray[np.int64], x: Floats, parts: int) -> Floats:
    """Means ``[parts, d]`` over equal parts of the time between first and last sample, each sample held to be joined
    to the next by a straight line: the same at whatever rate a movement was sampled.

    A clock that stands still or runs backwards is replaced by the samples' own order.
    """
    if len(x) == 1:
        return np.repeat(x, parts, axis=0)
    clock = (t - t[0]).astype(np.float64)
    step = np.diff(clock)
    if clock[-1] <= 0 or (step < 0).any():
        clock = np.arange(len(x), dtype=np.float64)
        step = np.ones(len(x) - 1)
    whole = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(0.5 * (x[1:] + x[:-1]) * step[:, None], axis=0)])
    edges = np.linspace(0.0, clock[-1], parts + 1)
    left = np.clip(np.searchsorted(clock, edges, side="right") - 1, 0, len(x) - 2)
    past = (edges - clock[left])[:, None]
    slope = np.diff(x, axis=0)[left] / np.where(step[left] > 0, step[left], 1.0)[:, None]
    area = whole[left] + (x[left] + 0.5 * slope * past) * past
    return np.asarray(np.diff(area, axis=0) / (clock[-1] / parts))


def noise(x: Floats) -> float:
    """Mean square of what jitters from sample to sample, summed over dimensions: white noise gives its variance."""
    if len(x) < 4:
        return 0.0
    bent = x[2:] - 2 * x[1:-1] + x[:-2]
    return float(np.sum(np.mean(bent * bent, axis=0)) / 6.0)


def keeping(flat: Floats, width: int) -> Floats:
    """``flat`` as exactly ``width`` numbers: padded with zeros, or projected so that distances stay as they are.

    The projection is a random orthonormal one, the same for every vector of that length (Johnson-Lindenstrauss): the
    relative error of a squared distance is about ``sqrt(2 / width)`` where the length is much larger, less before.
    """
    if len(flat) <= width:
        return np.concatenate([flat, np.zeros(width - len(flat))])
    return np.asarray(_projection(len(flat), width) @ flat)


@lru_cache(maxsize=64)
def _projection(length: int, width: int) -> Floats:
    drawn = np.random.default_rng([length, width]).standard_normal((length, width))
    axes, upper = np.linalg.qr(drawn)
    axes = axes * np.sign(np.diag(upper))  # LAPACK may choose either sign
    return np.asarray(np.ascontiguousarray(axes.T) * np.sqrt(length / width))
