"""Many windows of video laid end to end in one file, packet by packet: nothing is decoded, nothing is lost."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue, Refused
from ._index import Index, index_of
from ._mp4 import copy_range, description, finish, start
from .container import PacketVideo

__all__ = ["join_packets", "joinable", "rate_of"]


def joinable(one: PacketVideo, other: PacketVideo) -> bool:
    """Whether packets of both can lie in one stream: same codec, size, pixel format and decoder configuration."""
    return _like(one.index) == _like(other.index)


def join_packets(parts: Sequence[PacketVideo], out: Path, fps: float | Fraction) -> list[tuple[float, float]]:
    """Copy the packets of windows into one MP4 file at a constant rate; returns seconds [from, to) of each part.

    Every part must start on a keyframe and need no packet from outside, and all must be ``joinable``. The file
    appears under its name only after its own index was read back and holds exactly the frames of the parts, each
    part's first being a keyframe. Raises ``Refused`` and says which part and why.
    """
    if not parts:
        raise BadValue("No video to join.")
    out = Path(out)
    rate = rate_of(fps)
    for i, part in enumerate(parts):
        _refuse(i, part, parts[0])
    half = out.with_name(f".{out.name}.part")
    try:
        with half.open("wb+") as file:
            place = start(file)
            spots = [_copy(part, file) for part in parts]
            first = next(iter(parts[0].index.payloads(parts[0].rows[:1])))
            tables = {
                "stsd": description(parts[0].index, first),
                "size": np.concatenate([part.index.size[part.rows] for part in parts]),
                "offset": np.concatenate(spots),
                "key": np.concatenate([part.index.key[part.rows] for part in parts]),
                "shift": np.concatenate([_shift(part) for part in parts]),
                "rate": rate,
                "width": parts[0].index.width,
                "height": parts[0].index.height,
            }
            finish(file, place, tables)
            file.flush()
            os.fsync(file.fileno())
        starts = np.concatenate(([0], np.cumsum([len(part) for part in parts])))
        _prove(half, starts, rate)
        half.replace(out)
    finally:
        half.unlink(missing_ok=True)
    seconds = [float(Fraction(int(edge)) / rate) for edge in starts]
    return list(pairwise(seconds))


def rate_of(fps: float | Fraction) -> Fraction:
    """The exact rate meant by a number of frames per second: 29.97 means 30000/1001."""
    if isinstance(fps, Fraction):
        rate = fps
    else:
        if not (np.isfinite(fps) and 0 < fps <= 1_000_000):
            raise BadValue(f"A rate of {fps} frames per second is impossible.")
        near = round(fps * 1001 / 1000)
        ntsc = Fraction(near * 1000, 1001)
        rate = ntsc if abs(fps - round(fps)) > 1e-9 and abs(float(ntsc) - fps) < 5e-3 else Fraction(fps)
        rate = rate.limit_denominator(1001)
    if rate <= 0:
        raise BadValue(f"A rate of {fps} frames per second is impossible.")
    return rate


def _like(index: Index) -> tuple[object, ...]:
    return (index.codec, index.width, index.height, index.pix_fmt, index.extradata)


def _refuse(i: int, part: PacketVideo, first: PacketVideo) -> None:
    name = f"Part {i} ({part.path.name}, frames {part.first} to {part.stop})"
    if not len(part):
        raise Refused(f"{name} is empty.", do="Leave it out.")
    if not joinable(first, part):
        raise Refused(
            f"{name} is {part.codec} {part.index.width}x{part.index.height} {part.pix_fmt} with its own decoder "
            f"configuration, the first is {first.codec} {first.index.width}x{first.index.height} {first.pix_fmt}.",
            do="Write it into a file of its own, or ask for a re-encode.",
        )
    if not part.keyed:
        raise Refused(
            f"{name} starts in the middle of a group of pictures.", do="Start it on a keyframe or ask for a re-encode."
        )
    rows, rank = part.rows, part.index.rank
    inside = rank[rows[0] : rows[-1] + 1]
    if (inside >= part.stop).any():
        raise Refused(
            f"{name} ends on frames that lean on later ones.", do="End it before a keyframe or ask for a re-encode."
        )


def _shift(part: PacketVideo) -> npt.NDArray[np.int64]:
    rows = part.rows
    return part.index.rank[rows] - part.first - np.arange(len(rows), dtype=np.int64)


def _copy(part: PacketVideo, file: BinaryIO) -> npt.NDArray[np.int64]:
    """Copy the packets of a part to the end of the file; returns where each now lies."""
    index, rows = part.index, part.rows
    size, base = index.size[rows], file.seek(0, os.SEEK_END)
    places = base + np.concatenate(([0], np.cumsum(size)[:-1]))
    if not index.direct:
        file.writelines(index.payloads(rows))
        return places.astype(np.int64)
    offset = index.offset[rows]
    heads = np.concatenate(([0], np.flatnonzero(offset[1:] != offset[:-1] + size[:-1]) + 1, [len(rows)]))
    with index.path.open("rb", buffering=0) as source:
        for a, b in zip(heads[:-1].tolist(), heads[1:].tolist(), strict=True):
            copy_range(source.fileno(), int(offset[a]), int(size[a:b].sum()), file)
    return places.astype(np.int64)


def _prove(path: Path, starts: npt.NDArray[np.int64], rate: Fraction) -> None:
    """Read the file's index back and compare frames, keyframes and times with what was meant."""
    index = index_of(path)
    n = int(starts[-1])
    if len(index.when) != n or index.missing:
        raise Refused(f"{n} frames were written and {len(index.when)} come back.", do="Report this file.")
    keyed = index.key[np.searchsorted(np.arange(n), starts[:-1])]
    meant = np.arange(n) * (10**9 * rate.denominator) / rate.numerator
    if not keyed.all() or np.abs(index.when - meant).max() > 1000:
        raise Refused("A part does not start on a keyframe at its time in the joined file.", do="Report this file.")
