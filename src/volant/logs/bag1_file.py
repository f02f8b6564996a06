"""A ROS 1 bag (format 2.0) as messages: read front to back, so that no index is needed and a cut loses little."""

from __future__ import annotations

import bz2
import os
import struct
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, NamedTuple

import lz4.frame  # type: ignore[import-untyped]

from ..core.errors import Damaged, Hostile
from .shelf import Shelf
from .source import MOST_CHUNK, Channel, Place, Trouble, ahead

__all__ = ["MAGIC1", "Bag1File"]

MAGIC1 = b"#ROSBAG V2.0\n"

_BAG, _MESSAGE, _CHUNK, _CONNECTION = 3, 2, 5, 7
_MOST_HEADER = 16 << 20
_MOST_RECORD = 1 << 30
_THREADS = 2


class _Chunk(NamedTuple):
    """The bytes of a chunk, where they lie in the file (-1: packed), whether it is whole, and what is doubtful."""

    data: bytes
    plain: int
    whole: bool
    doubt: str


class _Record(NamedTuple):
    """Where a record begins, its head, its bytes or what becomes of them, where these lie, and how many they are."""

    start: int
    fields: dict[bytes, bytes]
    data: bytes | Future[_Chunk]
    place: int
    size: int


def _said(key: str, words: str) -> _Record:
    """A damage that is told when its turn comes."""
    return _Record(0, {}, f"{key} {words}".encode(), -1, 0)


class Bag1File:
    """One ROS 1 bag. Implements ``Source``. Index records are not used: they may be missing or wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.channels: dict[int, Channel] = {}
        self.trouble = Trouble()
        self._size = path.stat().st_size
        self._shelf = Shelf()

    def messages(self) -> Iterator[tuple[int, int, memoryview, Place]]:
        """Every whole message in file order."""
        self.channels, self.trouble = {}, Trouble()
        if not self._size:
            raise Damaged(f"{self.path.name} is empty: it has no bytes at all.", do="Record it again.")
        count = 0
        with self.path.open("rb", buffering=1 << 20) as file:
            magic = file.read(len(MAGIC1))
            if magic != MAGIC1:
                old = magic.startswith(b"#ROSBAG V")
                raise Damaged(f"{self.path.name} does not begin like a ROS 1 bag of version 2.0.",
                              do="Convert it with 'rosbag fix' first." if old else "")  # fmt: skip
            for message in self._records(file):
                count += 1
                yield message
        if any(key == "damage/truncated" for key, _ in self.trouble.found):
            self.trouble.say("saved", f"{count} whole messages from {self._size} bytes")

    def _records(self, file: BinaryIO) -> Iterator[tuple[int, int, memoryview, Place]]:
        with ThreadPoolExecutor(_THREADS) as pool:
            for start, fields, data, place, size in ahead(self._scan(file, pool), lambda record: record.size):
                if isinstance(data, Future):
                    yield from self._chunk(start, data)
                elif place < 0:
                    self.trouble.say(*data.decode().split(" ", 1))
                elif fields[b"op"][0] == _CONNECTION:
                    self._connect(fields, data, start)
                elif found := self._message(fields, start):
                    yield *found, memoryview(data), (-1, place, size)

    def _scan(self, file: BinaryIO, pool: ThreadPoolExecutor) -> Iterator[_Record]:
        """What lies in the file one after the other. Chunks are being unpacked while others are used."""
        chunks, declared = 0, -1
        while (start := file.tell()) < self._size:
            try:
                fields, length = self._head(file, start)
            except Damaged as error:
                if not 0 < declared <= chunks:
                    yield _said("truncated", f"{error.what}; the rest is left out")
                return
            place = file.tell()
            left = self._size - place
            op = fields.get(b"op", b"\0")[0]
            if length > left:
                yield _said("truncated", f"the record at byte {start} declares {length} bytes, {left} are left")
                if op == _CHUNK:
                    packed = file.read(min(left, _MOST_RECORD))
                    yield self._begun((start, place), fields, packed, pool)
                return
            if op in (_CHUNK, _CONNECTION, _MESSAGE) and length > _MOST_RECORD:
                raise Hostile(f"{self.path.name}: the record at byte {start} holds {length} bytes.")
            if op == _BAG:
                declared = int.from_bytes(fields.get(b"chunk_count", b""), "little")
                if not int.from_bytes(fields.get(b"index_pos", b""), "little"):
                    yield _said("unindexed", "the recorder did not close the bag; it was read without its index")
                    declared = -1
                file.seek(length, 1)
            elif op == _CHUNK:
                chunks += 1
                yield self._begun((start, place), fields, file.read(length), pool, whole=True)
            elif op in (_CONNECTION, _MESSAGE):
                yield _Record(start, fields, file.read(length), place, length)
            else:
                file.seek(length, 1)
        if chunks < declared:
            yield _said("truncated", f"the bag declares {declared} chunks, {chunks} are there")

    def _head(self, file: BinaryIO, start: int) -> tuple[dict[bytes, bytes], int]:
        raw = file.read(4)
        size = int.from_bytes(raw, "little")
        if len(raw) < 4 or size > min(_MOST_HEADER, self._size - start):
            raise Damaged(f"the record at byte {start} declares a head of {size} bytes")
        head, tail = file.read(size), file.read(4)
        if len(head) < size or len(tail) < 4:
            raise Damaged(f"the file ends inside the head at byte {start}")
        return _fields(head), int.from_bytes(tail, "little")

    def _connect(self, fields: dict[bytes, bytes], data: bytes, start: int) -> None:
        number = int.from_bytes(fields.get(b"conn", b"")[:4], "little")
        try:
            words = _fields(data)
        except Damaged as error:
            self.trouble.say("record", f"the connection at byte {start} cannot be read: {error.what}")
            return
        topic = fields.get(b"topic", b"").decode("utf-8", "replace") or f"connection {number}"
        kind = words.get(b"type", b"").decode("utf-8", "replace")
        self.channels.setdefault(number, Channel(topic, kind, "ros1", "ros1msg", words.get(b"message_definition", b"")))

    def _message(self, fields: dict[bytes, bytes], start: int) -> tuple[int, int] | None:
        number = int.from_bytes(fields.get(b"conn", b"")[:4], "little")
        time = fields.get(b"time", b"")
        if len(time) != 8 or number not in self.channels:
            self.trouble.say("record", f"the message at byte {start} has no time or no connection: left out")
            return None
        seconds, rest = struct.unpack("<II", time)
        return number, seconds * 1_000_000_000 + rest

    def _begun(
        self, where: tuple[int, int], fields: dict[bytes, bytes], packed: bytes, pool: ThreadPoolExecutor, *,
        whole: bool = False,
    ) -> _Record:  # fmt: skip
        size = max(len(packed), int.from_bytes(fields.get(b"size", b"")[:4], "little"))
        data = pool.submit(self._unpacked, where, fields, packed, whole=whole)
        return _Record(where[0], fields, data, where[1], size)

    def _chunk(self, start: int, unpacked: Future[_Chunk]) -> Iterator[tuple[int, int, memoryview, Place]]:
        try:
            data, plain, whole, doubt = unpacked.result()
        except Damaged as error:
            self.trouble.say("chunk", f"the chunk at byte {start} is lost: {error.what}")
            return
        if doubt:
            self.trouble.say("chunk", f"the chunk at byte {start} {doubt}")
        if plain < 0 and whole:
            self._shelf.keep(start, data)
        key, shift = (-1, plain) if plain >= 0 else (start, 0)
        view, at, end = memoryview(data), 0, len(data)
        while at + 4 <= end:
            size = int.from_bytes(data[at : at + 4], "little")
            body = at + 4 + size + 4
            length = int.from_bytes(data[body - 4 : body], "little")
            if body > end or body + length > end:
                if whole:
                    self.trouble.say("chunk", f"the chunk at byte {start} ends inside a record")
                return
            try:
                inner = _fields(data[at + 4 : at + 4 + size])
            except Damaged as error:
                self.trouble.say("chunk", f"the chunk at byte {start} is cut short: {error.what}")
                return
            op = inner.get(b"op", b"\0")[0]
            if op == _MESSAGE:
                found = self._message(inner, start)
                if found:
                    yield *found, view[body : body + length], (key, shift + body, length)
            elif op == _CONNECTION:
                self._connect(inner, data[body : body + length], start)
            at = body + length

    def _unpacked(self, where: tuple[int, int], fields: dict[bytes, bytes], packed: bytes, *, whole: bool) -> _Chunk:
        """The records inside a chunk, and what is doubtful about them."""
        start, place = where
        size = int.from_bytes(fields.get(b"size", b"")[:4], "little")
        if size > MOST_CHUNK:
            raise Hostile(f"{self.path.name}: the chunk at byte {start} declares {size} bytes unpacked.",
                          instead=f"At most {MOST_CHUNK} are read.")  # fmt: skip
        method = fields.get(b"compression", b"none")
        try:
            if method == b"none":
                data = packed
            elif method == b"bz2":
                data = bz2.BZ2Decompressor().decompress(packed, max_length=size)
            elif method == b"lz4":
                data = lz4.frame.LZ4FrameDecompressor().decompress(packed, max_length=size)
            else:
                raise Damaged(f"its compression {method[:20]!r} is unknown")
        except (OSError, RuntimeError, EOFError, ValueError, MemoryError) as error:
            raise Damaged(f"it cannot be unpacked ({error})") from error
        doubt = f"holds {len(data)} of {size} declared bytes" if whole and len(data) != size else ""
        return _Chunk(data, place if method == b"none" else -1, whole, doubt)

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

    def _load(self, chunk: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(chunk)
            fields, length = self._head(file, chunk)
            place = file.tell()
            packed = file.read(min(length, self._size))
        return self._unpacked((chunk, place), fields, packed, whole=len(packed) == length).data


def _fields(head: bytes) -> dict[bytes, bytes]:
    fields, at = {}, 0
    while at < len(head):
        size = int.from_bytes(head[at : at + 4], "little")
        at += 4
        name, found, value = head[at : at + size].partition(b"=")
        if at + size > len(head) or not found:
            raise Damaged("a head has a field that is cut")
        fields[name] = value
        at += size
    if not fields.get(b"op", b"\0"):
        raise Damaged("a head says nothing")
    return fields
