"""One pass over a whole stream: what set checks remember of each dimension."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from volant.core import Episode, Kind, Signal, Stream

from ._kernels import MOVING, Floats, jit, tall

__all__ = [
    "COUNT",
    "FIRST",
    "HELD",
    "LAST",
    "MAX",
    "MEAN",
    "MIN",
    "PATH",
    "SIZE",
    "TURN",
    "group",
    "likeness",
    "numbers",
    "profile",
]

COUNT, MIN, MAX, MEAN, FIRST, LAST, PATH, HELD, TURN, SIZE = range(10)


def numbers(episode: Episode, *kinds: Kind) -> list[Stream]:
    """The streams of positions and commands that set checks compare."""
    wanted = kinds or (*MOVING, Kind.ACTION)
    return [
        stream for stream in episode.streams if stream.signal.kind in wanted and tall(stream.signal) and len(stream.t)
    ]


def group(episode: Episode, *more: str) -> str:
    """The group an episode is compared in: task, body and whatever else must be equal."""
    return "|".join((episode.task or episode.instruction, episode.origin.embodiment, *more))


def likeness(signal: Signal) -> str:
    """What two signals must share to be compared number by number."""
    return f"{signal.name}[{signal.width}]{','.join(signal.dims)}"


@lru_cache(maxsize=64)
def profile(stream: Stream) -> npt.NDArray[np.float64]:
    """Per dimension ``[width, 10]``: count, min, max, mean, first, last, path, share held, turn-back, mean size."""
    x: npt.NDArray[Any] = np.asarray(stream.values).reshape(len(stream.t), stream.signal.width)
    if x.dtype not in (np.float32, np.float64):
        x = x.astype(np.float64)
    out = np.zeros((stream.signal.width, 10))
    view: Floats = np.ascontiguousarray(x).view()
    view.flags.writeable = False
    _walk(view, out)
    return out


@jit
def _walk(x: Floats, out: Floats) -> None:
    for dim in range(x.shape[1]):
        count = held = 0
        low, high, total, size = np.inf, -np.inf, 0.0, 0.0
        first = last = step = path = turn = 0.0
        for i in range(x.shape[0]):
            now = float(x[i, dim])
            if not np.isfinite(now):
                continue
            if count == 0:
                first = now
            else:
                move = now - last
                path += abs(move)
                held += move == 0.0
                if move * step < 0.0:
                    turn += min(abs(move), abs(step))
                step = move
            last = now
            count += 1
            total += now
            size += abs(now)
            low, high = min(low, now), max(high, now)
        if count:
            out[dim, 0], out[dim, 1], out[dim, 2], out[dim, 3] = count, low, high, total / count
            out[dim, 4], out[dim, 5], out[dim, 6], out[dim, 7] = first, last, path, held / max(1, count - 1)
            out[dim, 8], out[dim, 9] = turn / max(1, count - 1), size / count
