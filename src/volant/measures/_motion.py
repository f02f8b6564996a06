"""The moving part of an episode: which stream is looked at, and how it is laid on an even clock."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core import Episode, Kind, Stream

__all__ = ["motion", "moving", "speed"]

BEST = (Kind.POSE, Kind.JOINT, Kind.STATE, Kind.ACTION)
"""Kinds that describe where a body is, the best first."""


def moving(episode: Episode) -> Stream | None:
    """The stream that says where the body is: pose before joints before state before action; the widest of a kind.

    What a name says is the state of the environment (``observation.environment_state``) is where things are, and is
    looked at only where nothing else is there.
    """
    for kind in BEST:
        found = [
            stream for stream in episode.of(kind) if stream.video is None and stream.signal.numeric and len(stream) > 1
        ]
        if found:
            found = [stream for stream in found if "environment" not in stream.name] or found
            return max(found, key=lambda stream: (stream.signal.width, stream.name))
    return None


def motion(episode: Episode) -> tuple[npt.NDArray[np.float64], float] | None:
    """The body's path ``[n, width]`` on an even clock and that clock's rate; ``None`` without 8 finite samples.

    Dimensions are divided by their own range, so that radians and metres count alike; constant ones are left out.
    """
    stream = moving(episode)
    if stream is None or len(stream) < 8 or not stream.ordered or stream.rate <= 0:
        return None
    x = stream.values.reshape(len(stream), -1).astype(np.float64)
    x = x[:, np.isfinite(x).all(axis=0)]
    reach = np.ptp(x, axis=0) if x.size else np.zeros(0)
    x = x[:, reach > 0] / reach[reach > 0]
    if not x.size:
        return None
    seconds = (stream.t - stream.t[0]) / 1e9
    even = np.arange(0, seconds[-1] + 0.5 / stream.rate, 1 / stream.rate)
    if len(even) < 8:
        return None
    return np.stack([np.interp(even, seconds, column) for column in x.T], axis=1), stream.rate


def speed(path: npt.NDArray[np.float64], rate: float) -> npt.NDArray[np.float64]:
    """Length of the step per second, ``[n]``."""
    return np.asarray(np.linalg.norm(np.gradient(path, axis=0), axis=1) * rate)
