"""An MCAP file as records (mcap.dev/spec): read front to back, so that no summary is needed and a cut loses little."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import imagecodecs
import lz4.frame  # type: ignore[import-untyped]
import pyarrow as pa
import zstandard

from ..core.errors import Damaged, Hostile
from .shelf import Shelf
from .source import MOST_CHUNK, Channel, Place, Trouble, ahead

__all__ = ["MAGIC", "McapFile"]

MAGIC = b"\x89MCAP0\r\n"

_HEAD = struct.Struct("<BQ")
_MESSAGE = struct.Struct("<HIQQ")
_CHUNK = struct.Struct("<QQQI")
_ZSTD = pa.Codec("zstd")
"""Arrow's memory is used again from chunk to chunk: a quarter less time than with fresh bytes."""
_SCHEMA, _CHANNEL, _MSG, _CHUNKED, _STATS, _META, _END = 3, 4, 5, 6, 11, 12, 15
_TROUBLE = -1
_MOST_RECORD = 1 << 30
_THREADS = 2


class _Chunk(NamedTuple):
    """The bytes of a chunk, where they lie in the file (-1: packed), whether it is whole, and what is doubtful."""

    data: bytes | memoryview
    plain: int
    whole: bool
    doubts: tuple[str, ...]


class _Record(NamedTuple):
    """Kind and place of a record, its bytes or what becomes of them, and how many bytes that is."""

    kind: int
    start: int
    data: bytes | Future[_Chunk]
    size: int


class _Room:
    """Memory for packed chunks that is used again when they are unpacked: fresh memory takes twice as long to fill."""

    def __init__(self) -> None:
        self._free: list[bytearray] = []

    def read(self, file: BinaryIO, length: int) -> memoryview:
        """The next bytes of a file, fewer where it ends."""
        room = self._free.pop() if self._free else bytearray()
        if len(room) < length:
            room = bytearray(length)
        view = memoryview(room)[:length]
        return view[: cast(io.BufferedReader, file).readinto(view)]

    def back(self, view: memoryview) -> None:
        """Nobody needs these bytes any more."""
        self._free.append(cast(bytearray, view.obj))


def _said(key: str, words: str) -> _Record:
    """A damage that is told when its turn comes."""
    return _Record(_TROUBLE, 0, f"{key} {words}".encode(), 0)


class McapFile:
    """One MCAP file. Implements ``Source``; ``metadata`` are its named tables of text, ``profile`` its own word.

    Nothing is held but the definitions and what a ``Shelf`` keeps of packed chunks. Damage is said in ``trouble``:
    ``truncated`` (all whole messages before the cut are given, also those of the cut chunk), ``chunk``, ``record``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.channels: dict[int, Channel] = {}
        self.trouble = Trouble()
        self.metadata: list[tuple[str, dict[str, str]]] = []
        self.sequence = 0
        self.declared: int | None = None
        self._schemas: dict[int, tuple[str, str, bytes]] = {}
        self._size = path.stat().st_size
        self._shelf = Shelf()

    def head(self) -> dict[str, dict[str, str]]:
        """The named tables of text that lie before the first message."""
        with self.path.open("rb") as file:
            if file.read(8) != MAGIC:
                raise Damaged(f"{self.path.name} does not begin like an MCAP file.")
            self.metadata = []
            while len(found := file.read(9)) == 9:
                opcode, length = _HEAD.unpack(found)
                if opcode not in (1, _SCHEMA, _CHANNEL, _META) or length > _MOST_RECORD:
                    break
                data = file.read(length)
                if opcode == _META and len(data) == length:
                    self._define(opcode, data, file.tell() - length)
        return dict(self.metadata)

    def messages(self) -> Iterator[tuple[int, int, memoryview, Place]]:
        """Every whole message in file order."""
        self.trouble, self._schemas, self.channels, self.metadata = Trouble(), {}, {}, []
        count = 0
        with self.path.open("rb", buffering=1 << 16) as file:
            if file.read(8) != MAGIC:
                raise Damaged(f"{self.path.name} does not begin like an MCAP file.")
            for message in self._records(file):
                count += 1
                yield message
            place = file.tell()
        if self.declared is not None and self.declared != count and not self.trouble.found:
            self.trouble.say("count", f"the summary declares {self.declared} messages, {count} are there")
        if any(key == "damage/truncated" for key, _ in self.trouble.found):
            self.trouble.say("saved", f"{count} whole messages from {min(place, self._size)} of {self._size} bytes")

    def _records(self, file: BinaryIO) -> Iterator[tuple[int, int, memoryview, Place]]:
        with ThreadPoolExecutor(_THREADS) as pool:
            for opcode, start, data, _ in ahead(self._scan(file, pool, _Room()), lambda record: record.size):
                if isinstance(data, Future):
                    yield from self._chunk(start, data)
                elif opcode == _MSG:
                    channel, self.sequence, log, _ = _MESSAGE.unpack_from(data)
                    if self._known(channel, log, start):
                        yield channel, log, memoryview(data)[22:], (-1, start + 31, len(data) - 22)
                elif opcode == _TROUBLE:
                    self.trouble.say(*data.decode().split(" ", 1))
                else:
                    self._define(opcode, data, start)

    def _scan(self, file: BinaryIO, pool: ThreadPoolExecutor, room: _Room) -> Iterator[_Record]:
        """What lies in the file one after the other: kind, place, bytes. Chunks are being unpacked while others are
        used."""
        ended = False
        while True:
            start = file.tell()
            head = file.read(9)
            if len(head) < 9:
                if not ended:
                    yield _said("truncated", f"the file ends at byte {self._size} without its closing records")
                return
            opcode, length = _HEAD.unpack(head)
            left = self._size - start - 9
            if opcode == 2 or head[:8] == MAGIC:
                if not ended:
                    yield _said("truncated", "the closing record of the data is missing")
                return
            if length > left:
                yield _said("truncated", f"the record at byte {start} declares {length} bytes, {left} are left")
                if opcode == _CHUNKED and not ended:
                    yield self._begun(start, room.read(file, min(left, _MOST_RECORD)), pool, room, whole=False)
                return
            if opcode == _MSG and not 22 <= length <= _MOST_RECORD:
                yield _said("record", f"the message at byte {start} declares {length} bytes")
                file.seek(length, 1)
            elif opcode == _CHUNKED and length <= _MOST_RECORD:
                yield self._begun(start, room.read(file, length), pool, room)
            elif opcode in (_SCHEMA, _CHANNEL, _MSG, _META, _STATS) and length <= _MOST_RECORD:
                yield _Record(opcode, start, file.read(length), length)
            else:
                if opcode == _CHUNKED:
                    raise Hostile(f"{self.path.name} holds a chunk of {length} bytes at byte {start}.")
                ended = ended or opcode == _END
                file.seek(length, 1)

    def _begun(
        self, start: int, record: memoryview, pool: ThreadPoolExecutor, room: _Room, *, whole: bool = True
    ) -> _Record:
        def unpacked() -> _Chunk:
            made = self._unpacked(start, record, whole=whole)
            if made.plain < 0:
                room.back(record)
            return made

        size = max(len(record), int.from_bytes(record[16:24], "little"))
        return _Record(_CHUNKED, start, pool.submit(unpacked), size)

    def _known(self, channel: int, log: int, start: int) -> bool:
        if channel in self.channels and log < 1 << 63:
            return True
        why = "has no channel" if channel not in self.channels else "has an impossible time"
        self.trouble.say("record", f"the message at byte {start} {why}: left out")
        return False

    def _define(self, opcode: int, data: bytes, start: int) -> None:
        try:
            if opcode == _SCHEMA:
                number = int.from_bytes(data[:2], "little")
                name, at = _text(data, 2)
                encoding, at = _text(data, at)
                size = int.from_bytes(data[at : at + 4], "little")
                if len(data) < at + 4 + size:
                    raise Damaged("its text is cut")
                self._schemas.setdefault(number, (name, encoding, data[at + 4 : at + 4 + size]))
            elif opcode == _CHANNEL:
                number, schema = struct.unpack_from("<HH", data)
                topic, at = _text(data, 4)
                encoding, at = _text(data, at)
                kind = self._schemas.get(schema, ("", "", b""))
                self.channels.setdefault(number, Channel(topic or f"channel {number}", kind[0], encoding, *kind[1:]))
            elif opcode == _META:
                name, at = _text(data, 0)
                end = at + 4 + int.from_bytes(data[at : at + 4], "little")
                table, at = {}, at + 4
                while at < min(end, len(data)):
                    key, at = _text(data, at)
                    table[key], at = _text(data, at)
                self.metadata.append((name, table))
            else:
                self.declared = int.from_bytes(data[:8], "little")
        except (struct.error, Damaged) as error:
            self.trouble.say("record", f"the record of kind {opcode} at byte {start} cannot be read: {error}")

    def _chunk(self, start: int, unpacked: Future[_Chunk]) -> Iterator[tuple[int, int, memoryview, Place]]:
        try:
            data, plain, whole, doubts = unpacked.result()
        except Damaged as error:
            self.trouble.say("chunk", f"the chunk at byte {start} is lost: {error.what}")
            return
        for doubt in doubts:
            self.trouble.say("chunk", f"the chunk at byte {start} {doubt}")
        if whole and plain < 0:
            self._shelf.keep(start, data)
        key, shift = (-1, plain) if plain >= 0 else (start, 0)
        view, at, end = memoryview(data), 0, len(data)
        unpack, message = _HEAD.unpack_from, _MESSAGE.unpack_from
        while at + 9 <= end:
            opcode, length = unpack(data, at)
            at += 9
            if at + length > end:
                if whole:
                    self.trouble.say("chunk", f"the chunk at byte {start} ends inside a record")
                return
            if opcode == _MSG and length >= 22:
                channel, self.sequence, log, _ = message(data, at)
                if self._known(channel, log, start):
                    yield channel, log, view[at + 22 : at + length], (key, shift + at + 22, length - 22)
            elif opcode in (_SCHEMA, _CHANNEL):
                self._define(opcode, bytes(data[at : at + length]), start)
            at += length

    def _unpacked(self, start: int, record: bytes | memoryview, *, whole: bool) -> _Chunk:
        """The records inside a chunk, and what is doubtful about them."""
        try:
            _, _, size, crc = _CHUNK.unpack_from(record)
            method, at = _text(record, 28)
            packed = int.from_bytes(record[at : at + 8], "little")
        except struct.error as error:
            raise Damaged("its head is cut") from error
        if size > MOST_CHUNK:
            raise Hostile(f"{self.path.name}: the chunk at byte {start} declares {size} bytes unpacked.",
                          instead=f"At most {MOST_CHUNK} are read.")  # fmt: skip
        body = memoryview(record)[at + 8 : at + 8 + packed]
        if whole and len(body) != packed:
            raise Damaged(f"it holds {len(body)} of {packed} declared bytes")
        data = _unpack(method, body, size, whole=whole) if method else body[:size]
        doubts = []
        if whole and crc and imagecodecs.deflate_crc32(cast(bytes, data)) != crc:  # any buffer; thrice zlib's speed
            doubts.append("differs from its checksum")
        if whole and len(data) != size:
            doubts.append(f"holds {len(data)} of {size} declared bytes")
        return _Chunk(data, -1 if method else start + 9 + at + 8, whole, tuple(doubts))

    def view(self, place: Place) -> memoryview:
        """The payload at a place, read from the file or from a chunk that is kept."""
        chunk, offset, size = place
        if chunk < 0:
            with self.path.open("rb", buffering=0) as file:
                data = memoryview(os.pread(file.fileno(), size, offset))
        else:
            data = memoryview(self._shelf.get(chunk, self._load))[offset : offset + size]
        if len(data) != size:
            raise Damaged(f"{self.path.name} has changed while it was read.")
        return data

    def _load(self, chunk: int) -> bytes | memoryview:
        with self.path.open("rb", buffering=0) as file:
            length = int.from_bytes(os.pread(file.fileno(), 8, chunk + 1), "little")
            record = os.pread(file.fileno(), min(length, self._size), chunk + 9)
        return self._unpacked(chunk, record, whole=len(record) == length).data


def _text(data: bytes | memoryview, at: int) -> tuple[str, int]:
    end = at + 4 + int.from_bytes(data[at : at + 4], "little")
    if at + 4 > len(data) or end > len(data):
        raise Damaged("a text in it is cut")
    return str(data[at + 4 : end], "utf-8", "replace"), end


def _unpack(method: str, body: memoryview, size: int, *, whole: bool) -> bytes | memoryview:
    """At most ``size`` bytes, whatever the packed bytes declare of themselves."""
    try:
        if method == "zstd":
            if whole and zstandard.frame_content_size(body) == size:
                return memoryview(_ZSTD.decompress(body, decompressed_size=size)).cast("B")
            return _stream(zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(io.BytesIO(body)), size)
        if method == "lz4":
            plain: bytes = lz4.frame.LZ4FrameDecompressor().decompress(body, max_length=size)
            return plain
    except (zstandard.ZstdError, RuntimeError, EOFError, MemoryError, ValueError, OSError) as error:
        raise Damaged(f"it cannot be unpacked ({error})") from error
    raise Damaged(f"its compression {method[:20]!r} is unknown")


def _stream(reader: zstandard.ZstdDecompressionReader, size: int) -> bytes:
    """What can be unpacked of a frame that may be cut: as far as its blocks are whole."""
    parts, left = [], size
    while left > 0:
        try:
            part = reader.read(min(left, 1 << 20))
        except zstandard.ZstdError:
            break
        if not part:
            break
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
