"""What a video file says of itself, without decoding."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ._index import index_of

__all__ = ["Probe", "probe"]


@dataclass(frozen=True, slots=True)
class Probe:
    """What lies in a video file: counted, not believed. ``missing`` is empty where the file is whole.

    ``gop`` is the largest distance between keyframes in frames, ``constant`` whether frames come at one rate (to a
    tenth of a millisecond), ``reordered`` whether packets are stored in another order than shown (B-frames).
    """

    codec: str
    width: int
    height: int
    channels: int
    dtype: str
    pix_fmt: str
    frames: int
    fps: float
    seconds: float
    gop: int
    constant: bool
    reordered: bool
    missing: str


def probe(path: Path | str) -> Probe:
    """Codec, size, count, rate and keyframe distance of a video file, from its packet index.

    Raises ``NotFound``, ``Damaged`` and ``Hostile`` as ``open_video`` does, but tells of a file that is not whole.
    """
    index = index_of(Path(path))
    keys = np.flatnonzero(index.key)
    gaps = np.diff(np.append(keys, len(index.key)))
    steps = np.diff(index.when)
    shown = index.rank[index.rank >= 0]
    return Probe(
        index.codec, index.width, index.height, index.channels, index.dtype, index.pix_fmt,
        len(index.when), index.fps, float(index.when[-1] - index.when[0]) / 1e9 if len(steps) else 0.0,
        int(gaps.max()) if len(gaps) else 0, bool(len(steps) == 0 or np.ptp(steps) <= 100_000),
        bool((np.diff(shown) < 0).any()), index.missing,
    )  # fmt: skip
