"""Video packets that lie loose in messages, one frame each: what robots log as compressed video."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TypeVar

import av
import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue, Damaged
from ._decode import decode, luma, picture
from ._index import DEPTH, MOST_PIXELS

__all__ = ["LoosePackets"]

T = TypeVar("T")

_DECODERS = {"h264": "h264", "hevc": "hevc", "h265": "hevc", "av1": "libdav1d", "vp9": "vp9"}
_H264_KEY, _HEVC_KEY = (5, 7), (16, 17, 18, 19, 20, 21, 32, 33)


class LoosePackets:
    """Packets of H.264 or H.265 (Annex B), AV1 or VP9, one frame each, in the order shown; a ``core.Video``.

    ``load(i)`` gives packet ``i`` of the whole recording. What they show is learned by decoding the first picture.
    Packets before the first keyframe cannot be decoded; ``frames`` says so by raising ``Damaged``.
    """

    def __init__(self, load: Callable[[int], bytes], n: int, codec: str) -> None:
        if codec.lower() not in _DECODERS:
            raise BadValue(f"No loose packets of codec {codec!r}.", instead=f"Known: {', '.join(sorted(_DECODERS))}.")
        self._load, self._n = load, n
        self._codec = "hevc" if codec.lower() == "h265" else codec.lower()
        self._first, self._keys = 0, _Keys(load, self._codec)

    @classmethod
    def of(cls, blobs: Sequence[bytes], codec: str) -> LoosePackets:
        """Packets that are already in memory."""
        return cls(lambda i: bytes(blobs[i]), len(blobs), codec)

    @property
    def codec(self) -> str:
        """``h264``, ``hevc``, ``av1`` or ``vp9``."""
        return self._codec

    @cached_property
    def _look(self) -> tuple[int, int, str]:
        """Height, width and pixel format of the first picture that can be decoded."""
        for start in range(self._first, self._first + self._n):
            if self._keys.is_key(start):
                for frame in self._decoded(start, min(start + 60, self._first + self._n)):
                    return frame.height, frame.width, frame.format.name
                break
        raise Damaged(f"{self._n} packets of {self._codec} hold no picture that can be decoded.")

    @property
    def shape(self) -> tuple[int, ...]:
        """``(frames, height, width, channels)``; the first picture is decoded to know."""
        if not self._n:
            return (0, 0, 0, 3)
        height, width, name = self._look
        if height * width > MOST_PIXELS:
            raise Damaged(f"Packets declare pictures of {width} x {height}.")
        return (self._n, height, width, 1 if name.startswith("gray") else 3)

    @property
    def dtype(self) -> str:
        """``uint16`` for deep grey, else ``uint8``."""
        return "uint16" if self._n and self._look[2] in DEPTH else "uint8"

    def __len__(self) -> int:
        return self._n

    def part(self, start: int, stop: int) -> LoosePackets:
        """Packets ``start`` to ``stop``; nothing is loaded."""
        start, stop, _ = slice(start, stop).indices(self._n)
        made = LoosePackets(self._load, max(0, stop - start), self._codec)
        made._first, made._keys = self._first + start, self._keys
        if "_look" in self.__dict__:
            made.__dict__["_look"] = self._look
        return made

    def encoded(self) -> Iterator[bytes]:
        """The packets as they lie in the messages."""
        return (bytes(self._load(i)) for i in range(self._first, self._first + self._n))

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.generic]]:
        """Decoded RGB ``[h, w, 3]`` or grey ``[h, w, 1]``."""
        return self.each(picture, start, stop)

    def lumas(self, start: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.uint8]]:
        """The luma plane ``[h, w]`` of each frame."""
        return self.each(luma, start, stop)

    def each(self, made: Callable[[av.VideoFrame], T], start: int = 0, stop: int | None = None) -> Iterator[T]:
        """What ``made`` makes of each decoded frame; ``Damaged`` names the packet that gives none."""
        start, stop, _ = slice(start, stop).indices(self._n)
        a, b = self._first + start, self._first + stop
        if a >= b:
            return
        key = a
        while key > 0 and not self._keys.is_key(key):
            key -= 1
        due = a
        try:
            for frame in self._decoded(key, b):
                if frame.pts is None or frame.pts < due:
                    continue
                if frame.pts > due:
                    break
                yield made(frame)
                due += 1
        except av.error.FFmpegError as error:
            raise Damaged(f"Packet {due - self._first} cannot be decoded ({error.strerror}).") from error
        if due < b:
            raise Damaged(
                f"Packet {due - self._first} gives no picture.",
                instead=f"{due - a} before it do." if due > a else "No keyframe comes before it.",
            )

    def _decoded(self, start: int, stop: int) -> Iterator[av.VideoFrame]:
        packets = ((i, self._keys.is_key(i), bytes(self._load(i))) for i in range(start, stop))
        return decode(_DECODERS[self._codec], b"", (0, 0), packets)

    def __repr__(self) -> str:
        return f"LoosePackets({self._n} packets of {self._codec})"


class _Keys:
    """Which packets can be decoded on their own, learned one by one and remembered."""

    __slots__ = ("_codec", "_known", "_load")

    def __init__(self, load: Callable[[int], bytes], codec: str) -> None:
        self._load, self._codec = load, codec
        self._known: dict[int, bool] = {}

    def is_key(self, i: int) -> bool:
        if i not in self._known:
            self._known[i] = _keyed(self._load(i), self._codec)
        return self._known[i]


def _keyed(packet: bytes, codec: str) -> bool:
    """Whether a packet starts a group of pictures, by its first units (ITU-T H.264 7.4.1, H.265 7.4.2, AV1 5.3)."""
    if codec in ("h264", "hevc"):
        place = packet.find(b"\0\0\1")
        while 0 <= place < len(packet) - 3:
            head = packet[place + 3]
            if (head & 31) in _H264_KEY if codec == "h264" else ((head >> 1) & 63) in _HEVC_KEY:
                return True
            place = packet.find(b"\0\0\1", place + 3)
        return False
    if codec == "vp9":
        return bool(packet) and packet[0] >> 6 == 2 and not packet[0] & 0x04
    return _holds_sequence(packet)


def _holds_sequence(packet: bytes) -> bool:
    """Whether an AV1 temporal unit carries a sequence header, as encoders put before every keyframe."""
    place = 0
    while place < len(packet):
        kind, sized = packet[place] >> 3 & 15, packet[place] & 2
        if kind == 1:
            return True
        place += 1 + (packet[place] >> 2 & 1)
        if not sized:
            return False
        size = shift = 0
        while place < len(packet):
            size |= (packet[place] & 127) << shift
            shift += 7
            place += 1
            if not packet[place - 1] & 128 or shift > 56:
                break
        place += size
    return False
