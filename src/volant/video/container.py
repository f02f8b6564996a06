"""A window of a video file as lazy frames: packets are counted, never held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import av
import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue, Damaged
from ._decode import decode, luma, picture
from ._index import Index, index_of

__all__ = ["PacketVideo", "open_video"]

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class PacketVideo:
    """Frames ``first`` to ``stop`` (half-open, presentation order) of one video file. Implements ``core.Video``."""

    index: Index
    first: int
    stop: int

    @property
    def path(self) -> Path:
        """The file the packets lie in."""
        return self.index.path

    @property
    def codec(self) -> str:
        """Name of the codec: ``av1``, ``h264``, ``hevc``, ``mjpeg``, ``vp9``, ``png`` ..."""
        return self.index.codec

    @property
    def shape(self) -> tuple[int, ...]:
        """``(frames, height, width, channels)``."""
        return (len(self), self.index.height, self.index.width, self.index.channels)

    @property
    def dtype(self) -> str:
        """``uint8``, or ``uint16`` for depth."""
        return self.index.dtype

    @property
    def fps(self) -> float:
        """The rate the container states, in frames per second; 0 where it states none."""
        return self.index.fps

    @property
    def pix_fmt(self) -> str:
        """Pixel format as FFmpeg names it."""
        return self.index.pix_fmt

    @property
    def times(self) -> npt.NDArray[np.int64]:
        """When each frame is shown: nanoseconds from the container's start, int64 ``[n]``."""
        times = self.index.when[self.first : self.stop]
        times.flags.writeable = False
        return times

    @cached_property
    def rows(self) -> npt.NDArray[np.int64]:
        """Places (in decode order) of exactly the packets whose frames are in the window."""
        rank = self.index.rank
        return np.flatnonzero((rank >= self.first) & (rank < self.stop)).astype(np.int64)

    @property
    def keyed(self) -> bool:
        """Whether the window starts on a keyframe and needs no packet from before it."""
        if not len(self):
            return False
        row = self.rows[0]
        return bool(self.index.key[row]) and int(self.index.rank[row]) == self.first

    def __len__(self) -> int:
        return self.stop - self.first

    def part(self, start: int, stop: int) -> PacketVideo:
        """Frames ``start`` to ``stop`` of this window; nothing is read."""
        start, stop, _ = slice(start, stop).indices(len(self))
        return PacketVideo(self.index, self.first + start, self.first + max(start, stop))

    def encoded(self) -> Iterator[bytes]:
        """Decoder configuration first, then the payload of each packet of the window in decode order."""
        yield self.index.extradata
        yield from self.index.payloads(self.rows)

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.generic]]:
        """Decoded RGB ``[h, w, 3]`` or grey ``[h, w, 1]``."""
        return self.each(picture, start, stop)

    def lumas(self, start: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.uint8]]:
        """The luma plane ``[h, w]`` of each frame."""
        return self.each(luma, start, stop)

    def each(self, made: Callable[[av.VideoFrame], T], start: int = 0, stop: int | None = None) -> Iterator[T]:
        """What ``made`` makes of each decoded frame ``start`` to ``stop``, in order.

        Raises ``Damaged`` where a frame cannot be decoded; those before it have been given.
        """
        start, stop, _ = slice(start, stop).indices(len(self))
        a, b = self.first + start, self.first + stop
        if a >= b:
            return
        index = self.index
        inside = np.flatnonzero((index.rank >= a) & (index.rank < b))
        low, high = int(inside[0]), int(inside[-1]) + 1
        keys = np.flatnonzero(index.key[: low + 1] & (index.rank[: low + 1] <= a))
        low = int(keys[-1]) if len(keys) else 0
        rows = np.arange(low, high, dtype=np.int64)
        packets = zip(index.rank[low:high].tolist(), index.key[low:high].tolist(), index.payloads(rows), strict=True)
        due = a
        try:
            for frame in decode(index.decoder, index.extradata, (index.width, index.height), packets):
                number = frame.pts
                if number is None or number < due or number >= b:
                    continue
                if number > due:
                    break
                yield made(frame)
                due += 1
                if due == b:
                    return
        except av.error.FFmpegError as error:
            raise Damaged(
                f"{index.path.name}: frame {due} cannot be decoded ({error.strerror}).",
                instead=f"Frames {a} to {due} are sound." if due > a else "",
                do="Open it with salvage to keep what decodes.",
            ) from error
        raise Damaged(
            f"{index.path.name}: frame {due} does not come out of the decoder.",
            instead=f"Frames {a} to {due} are sound." if due > a else "",
            do="Open it with salvage to keep what decodes.",
        )

    def __repr__(self) -> str:
        n, height, width, channels = self.shape
        return f"PacketVideo({self.path.name}, {n} frames {width}x{height}x{channels}, {self.codec})"


def open_video(
    path: Path | str, *, start: float | None = None, stop: float | None = None, salvage: bool = False
) -> PacketVideo:
    """The first video stream of a file as lazy frames, or its window ``start <= seconds < stop``.

    Half a frame of tolerance at both ends, since windows are stored as floating seconds. Nothing is decoded and no
    payload is held; many windows of one file share one scan. A file that holds less than it promises raises
    ``Damaged`` unless ``salvage`` asks for what is there.
    """
    index = index_of(Path(path))
    if index.missing and not salvage:
        raise Damaged(
            f"{index.path.name} is not whole.", instead=f"{index.missing}.", do="Open it with salvage to keep those."
        )
    when = index.when
    half = _half(when, index.fps)
    for edge in (start, stop):
        if edge is not None and not np.isfinite(edge):
            raise BadValue(f"A video window of {start} to {stop} seconds is impossible.")
    first = 0 if start is None else int(np.searchsorted(when, round(start * 1e9) - half))
    last = len(when) if stop is None else int(np.searchsorted(when, round(stop * 1e9) - half))
    return PacketVideo(index, first, max(first, last))


def _half(when: npt.NDArray[np.int64], fps: float) -> int:
    """Half a frame in nanoseconds: of the median interval, else of the declared rate."""
    if len(when) > 1:
        return int(np.median(np.diff(when))) // 2
    return round(0.5e9 / fps) if fps > 0 else 0
