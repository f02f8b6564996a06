"""What pictures look like as numbers: one decode pass over every frame, shared by all picture checks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from ..core.columns import LOOK
from ..core.stream import Video
from ._eye import SKIN, Counts, Eye, Looks
from .passing import Pass

__all__ = ["histogram", "look", "look_and_histogram", "look_frames", "look_many"]


def look(video: Video) -> Looks:
    """The numbers of ``core.LOOK`` for every frame, float32 ``[n, len(LOOK)]``.

    Cut anywhere: ``look(video.part(a - 1, b))[1:]`` equals ``look(video)[a:b]``. Raises ``Damaged`` where a frame
    cannot be decoded.
    """
    return look_and_histogram(video, every=0)[0]


def histogram(video: Video, every: int = 10) -> Counts:
    """How often each RGB value occurs: int64 ``[3, 256]`` over every ``every``-th frame, some 100 pixels a side."""
    return look_and_histogram(video, every)[1]


def look_and_histogram(video: Video, every: int = 10) -> tuple[Looks, Counts]:
    """Looks of every frame and the colour counts of every ``every``-th (0: none), in the same decode pass."""
    seen = Pass(video, every)
    for job in seen.jobs():
        job()
    if seen.why is not None:
        raise seen.why
    return seen.looks, seen.counts


def look_frames(lumas: Iterable[npt.NDArray[np.uint8]], previous: npt.NDArray[np.uint8] | None = None) -> Looks:
    """Looks of luma planes as they arrive; ``previous`` is the plane before the first. ``skin`` is -1."""
    eye = Eye()
    rows: list[npt.NDArray[np.float32]] = []
    if previous is not None:
        eye.see(previous, previous.shape[1], np.zeros(len(LOOK), np.float32))
    for plane in lumas:
        row = np.zeros(len(LOOK), np.float32)
        eye.see(plane, plane.shape[1], row)
        row[SKIN] = -1
        rows.append(row)
    return np.stack(rows) if rows else np.zeros((0, len(LOOK)), np.float32)


def look_many(videos: Sequence[Video], threads: int = 2, every: int = 10) -> list[tuple[Looks, Counts]]:
    """``look_and_histogram`` of many videos in their order, one thread per video at a time."""
    if threads < 2 or len(videos) < 2:
        return [look_and_histogram(video, every) for video in videos]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda video: look_and_histogram(video, every), videos))
