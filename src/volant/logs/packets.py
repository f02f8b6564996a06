"""Video packets that lie loose in a log (h264, h265, vp9, av1): decoded from the nearest keyframe, never all held."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import av
import numpy as np
import numpy.typing as npt

from ..core.errors import Damaged, Hostile
from ..video._decode import decode, luma, picture

__all__ = ["CODECS", "Packets", "is_key", "open_packets"]

T = TypeVar("T")
Array = npt.NDArray[Any]

CODECS = {"h264": "h264", "h265": "hevc", "hevc": "hevc", "vp9": "vp9", "av1": "libdav1d"}
"""Words for a codec, and the decoder that reads it."""

_MOST_PIXELS = 1 << 27
_PATIENCE = 600


@dataclass(frozen=True, eq=False)
class Packets:
    """Frames ``first`` to ``stop`` of loose packets. Implements ``core.Video``.

    ``load(i)`` gives packet ``i`` in the order of decoding, ``rank[i]`` says which frame it becomes in the order of
    showing. ``format`` is the codec as the log calls it, ``size`` is (height, width, channels).
    """

    load: Callable[[int], bytes]
    rank: npt.NDArray[np.int64]
    format: str
    size: tuple[int, int, int]
    first: int
    stop: int

    @property
    def codec(self) -> str:
        """``h264``, ``hevc``, ``vp9`` or ``av1``."""
        return "hevc" if self.format == "h265" else self.format

    @property
    def shape(self) -> tuple[int, ...]:
        """``(frames, height, width, channels)``."""
        return (len(self), *self.size)

    @property
    def dtype(self) -> str:
        """``uint8``."""
        return "uint8"

    def __len__(self) -> int:
        return self.stop - self.first

    def part(self, start: int, stop: int) -> Packets:
        """Frames ``start`` to ``stop`` as a view."""
        start, stop, _ = slice(start, stop).indices(len(self))
        return replace(self, first=self.first + start, stop=self.first + max(start, stop))

    def encoded(self) -> Iterator[bytes]:
        """The packets of the window in the order of decoding."""
        for row in np.flatnonzero((self.rank >= self.first) & (self.rank < self.stop)).tolist():
            yield self.load(row)

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Array]:
        """Decoded RGB ``[h, w, 3]`` or grey ``[h, w, 1]``."""
        return self._each(picture, start, stop)

    def lumas(self, start: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.uint8]]:
        """The luma plane ``[h, w]`` of each frame."""
        return self._each(luma, start, stop)

    def _each(self, made: Callable[[av.VideoFrame], T], start: int, stop: int | None) -> Iterator[T]:
        start, stop, _ = slice(start, stop).indices(len(self))
        a, b = self.first + start, self.first + stop
        if a >= b:
            return
        inside = np.flatnonzero((self.rank >= a) & (self.rank < b))
        low, high = int(inside[0]), int(inside[-1]) + 1
        while low > 0 and not (self.rank[low] <= a and is_key(self.codec, self.load(low))):
            low -= 1
        rows = ((int(self.rank[i]), i == low, self.load(i)) for i in range(low, high))
        due = a
        try:
            for frame in decode(CODECS[self.format], b"", (self.size[1], self.size[0]), rows):
                number = frame.pts
                if number is None or number < due or number >= b:
                    continue
                if number > due or (frame.height, frame.width) != self.size[:2]:
                    break
                yield made(frame)
                due += 1
                if due == b:
                    return
        except av.error.FFmpegError as error:
            raise Damaged(f"Frame {due} of a {self.codec} stream cannot be decoded: {error.strerror}.") from error
        raise Damaged(f"Frame {due} of a {self.codec} stream cannot be decoded from the packets that are there.")

    def __repr__(self) -> str:
        return f"Packets({len(self)} frames {self.size[1]}x{self.size[0]}, {self.codec})"


def open_packets(load: Callable[[int], bytes], rank: npt.NDArray[np.int64], format: str) -> Packets:
    """The pictures of loose packets; the first of them is decoded to see how large they are.

    Raises ``Damaged`` where the codec is unknown or none of the first packets gives a picture.
    """
    if format not in CODECS:
        raise Damaged(f"the codec {format[:40]!r} is unknown")
    rows = ((i, i == 0, load(i)) for i in range(min(len(rank), _PATIENCE)))
    why = "no packet gives a picture"
    try:
        for frame in decode(CODECS[format], b"", (0, 0), rows):
            if frame.width * frame.height > _MOST_PIXELS:
                raise Hostile(f"A video declares pictures of {frame.width} x {frame.height}.")
            channels = 1 if frame.format.name.startswith("gray") else 3
            return Packets(load, rank, format, (frame.height, frame.width, channels), 0, len(rank))
    except av.error.FFmpegError as error:
        why = str(error.strerror)
    raise Damaged(f"no {format} picture can be decoded: {why}")


def is_key(codec: str, packet: bytes) -> bool:
    """Whether a packet can be decoded without those before it."""
    if codec in ("h264", "hevc"):
        kinds = [packet[at] for at in _units(packet)]
        if codec == "h264":
            return any(kind & 31 in (5, 7) for kind in kinds)
        return any(16 <= (kind >> 1 & 63) <= 21 or 32 <= (kind >> 1 & 63) <= 34 for kind in kinds)
    if codec == "vp9":
        return bool(packet) and packet[0] >> 6 == 2 and not packet[0] & 0b1100
    return any(kind == 1 for kind in _obus(packet))


def _units(packet: bytes) -> Iterator[int]:
    """Where the first 32 Annex B units begin."""
    at = -1
    for _ in range(32):
        at = packet.find(b"\x00\x00\x01", at + 1)
        if at < 0 or at + 3 >= len(packet):
            return
        yield at + 3


def _obus(packet: bytes) -> Iterator[int]:
    """Types of the first 32 units of an AV1 temporal unit."""
    at = 0
    for _ in range(32):
        if at >= len(packet):
            return
        head = packet[at]
        yield head >> 3 & 15
        at += 2 if head & 4 else 1
        if not head & 2:
            return
        size = shift = 0
        while at < len(packet) and shift < 56:
            size |= (packet[at] & 127) << shift
            at, shift = at + 1, shift + 7
            if packet[at - 1] < 128:
                break
        at += size
