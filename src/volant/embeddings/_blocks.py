"""Movements as a few numbers each: means over equal parts of the time, and projections that keep distances."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ..core import Stream
from ._sweep import means

__all__ = ["block_means", "clean", "keeping"]

Floats = npt.NDArray[np.float64]

_FAR = 1e12


def clean(stream: Stream) -> Floats:
    """Samples as float64 ``[n, d]``, finite: what is no number takes its dimension's mean, the absurd is clipped."""
    x = stream.values.reshape(len(stream), -1).astype(np.float64)
    if x.min(initial=0.0) >= -_FAR and x.max(initial=0.0) <= _FAR:  # neither holds where anything is no number
        return x
    sound = np.isfinite(x)
    middle = np.where(sound, x, 0.0).sum(axis=0) / np.maximum(1, sound.sum(axis=0))
    return np.clip(np.where(sound, x, middle), -_FAR, _FAR)


def block_means(t: npt.NDArray[np.int64], x: Floats, parts: int) -> Floats:
    """Means ``[parts, d]`` over equal parts of the time between first and last sample, each sample held to be joined
    to the next by a straight line: the same at whatever rate a movement was sampled.

    A clock that stands still or runs backwards is replaced by the samples' own order.
    """
    made = np.empty((parts, x.shape[1]))
    means(np.array(t), np.array(x, np.float64), made)  # copies: code is compiled for one sort of array
    return made


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
