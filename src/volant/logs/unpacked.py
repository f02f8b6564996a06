"""A log whose messages are each packed with zstd (rosbag2, compression mode MESSAGE): unpacked on the way."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterator, Mapping

import zstandard

from ..core.errors import Damaged, Hostile
from .source import MOST_CHUNK, Channel, Place, Source, Trouble

__all__ = ["Unpacked", "unzstd"]

_MAGIC = b"\x28\xb5\x2f\xfd"


def unzstd(packed: bytes | memoryview, what: str) -> bytes:
    """The bytes of one zstd frame, at most 512 MB; ``Damaged`` or ``Hostile`` where that cannot be."""
    try:
        size = zstandard.frame_content_size(packed)
        if size > MOST_CHUNK:
            raise Hostile(f"{what} declares {size} bytes unpacked.", instead=f"At most {MOST_CHUNK} are read.")
        made: bytes
        if size >= 0:
            made = zstandard.ZstdDecompressor().decompress(packed)
        else:
            reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(bytes(packed))
            made = reader.read(MOST_CHUNK + 1)
            if len(made) > MOST_CHUNK:
                raise Hostile(f"{what} holds more than {MOST_CHUNK} bytes unpacked.")
    except (zstandard.ZstdError, MemoryError) as error:
        raise Damaged(f"{what} cannot be unpacked: {error}.") from error
    return made


class Unpacked:
    """Another source with its packed CDR messages unpacked. A CDR message begins with a zero byte, so a zstd frame
    cannot be taken for one. Implements ``Source``."""

    def __init__(self, inner: Source) -> None:
        self._inner = inner
        self._places = array("q")
        self._lock = threading.Lock()
        self._kept: tuple[int, bytes] = (-1, b"")

    @property
    def channels(self) -> Mapping[int, Channel]:
        """The channels of the log."""
        return self._inner.channels

    @property
    def trouble(self) -> Trouble:
        """What was found damaged."""
        return self._inner.trouble

    def messages(self) -> Iterator[tuple[int, int, memoryview, Place]]:
        """Every message; one that cannot be unpacked is left out and said."""
        self._places = array("q")
        for channel, log, payload, place in self._inner.messages():
            if payload[:4] != _MAGIC or self.channels[channel].encoding != "cdr":
                yield channel, log, payload, place
                continue
            try:
                plain = unzstd(payload, "A message")
            except Damaged as error:
                self.trouble.say("message", f"{self.channels[channel].topic}: {error.what}")
                continue
            number = len(self._places) // 3
            self._places.extend(place)
            yield channel, log, memoryview(plain), (-2 - number, 0, len(plain))

    def view(self, place: Place) -> memoryview:
        """The payload at a place, unpacked."""
        key, offset, size = place
        if key > -2:
            return self._inner.view(place)
        with self._lock:
            if self._kept[0] != key:
                chunk, inner, packed = self._places[3 * (-2 - key) : 3 * (-1 - key)]
                self._kept = (key, unzstd(self._inner.view((chunk, inner, packed)), "A message"))
            return memoryview(self._kept[1])[offset : offset + size]
