"""Frames on disk before anybody else has them: an MCAP file that grows, and loses nothing that was committed.

The form stands in ``spec/wire.md``, chapter 5. Both ends use it: a client as its spool, the server as its journal.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, cast

from mcap.writer import IndexType, Writer

from ..logs.mcap_file import McapFile

__all__ = ["ENCODING", "Entry", "Spool", "entries", "frame_at"]

ENCODING = "volant.wire"
_MESSAGE = struct.Struct("<BQHIQQ")
"""The head of an MCAP message record: opcode, length, channel, sequence, log time, publish time."""


class Entry(NamedTuple):
    """One frame as it lies on disk: whose it is, when it was written, its bytes, and where they begin."""

    session: str
    at: int
    frame: memoryview
    offset: int


class _Pending:
    """What was written since the last commit."""

    def __init__(self) -> None:
        self.blob = bytearray()
        self.start = 0

    def write(self, part: bytes | bytearray) -> int:
        self.blob += part
        return len(part)

    def tell(self) -> int:
        return self.start + len(self.blob)


class Spool:
    """A file that frames are appended to. ``add`` remembers, ``commit`` makes durable; one thread may do either.

    A commit that fails leaves the file as it was after the last that did not, and raises ``OSError``; the spool is then
    of no further use. The file must not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._pending, self._lock, self._committing = _Pending(), threading.Lock(), threading.Lock()
        self._writer = Writer(
            cast(IO[bytes], self._pending),
            use_chunking=False,
            index_types=IndexType.NONE,
            enable_crcs=False,
            use_statistics=False,
        )
        self._writer.start(profile=ENCODING, library="volant")
        self._channels: dict[str, int] = {}
        self._durable, self._unsynced = 0, False

    @property
    def size(self) -> int:
        """Bytes of the file, those that are not committed yet included."""
        return self._pending.tell()

    def add(self, session: str, frame: bytes | memoryview, *, seq: int, t: int, at: int) -> int:
        """Append a frame; where its bytes begin in the file."""
        channel = self.channel(session)
        with self._lock:
            # Records are written here: the library's writer takes almost three times as long for one.
            head = _MESSAGE.pack(5, 22 + len(frame), channel, seq & 0xFFFFFFFF, max(0, at), max(0, t))
            self._pending.blob += head
            self._pending.blob += frame
            return self._pending.tell() - len(frame)

    def channel(self, session: str) -> int:
        """The number of a session's channel in this file, written down at its first frame."""
        with self._lock:
            channel = self._channels.get(session)
            if channel is None:
                channel = self._channels[session] = len(self._channels) + 1
                record = struct.pack("<HH", channel, 0) + _text(session) + _text(ENCODING) + bytes(4)
                self._pending.blob += struct.pack("<BQ", 4, len(record)) + record
            return channel

    def add_records(self, records: bytes) -> None:
        """Append whole message records, of channels that are there."""
        with self._lock:
            self._pending.blob += records

    def commit(self, *, sync: bool = True) -> int:
        """Everything that was added before is on disk when this returns; bytes of the file.

        Without ``sync`` it is in the file, safe from the death of the process and not from that of the machine.
        """
        with self._committing:
            with self._lock:
                blob, self._pending.blob = self._pending.blob, bytearray()
                self._pending.start += len(blob)
            try:
                left = memoryview(blob)
                while left:
                    left = left[os.write(self._file, left) :]
                if sync and (blob or self._unsynced):
                    os.fdatasync(self._file)
                self._unsynced = not sync and bool(blob or self._unsynced)
            except OSError:
                os.ftruncate(self._file, self._durable)
                raise
            self._durable += len(blob)
            return self._durable

    def close(self) -> None:
        """Write the closing records, commit, and let go."""
        with self._lock:
            self._writer.finish()
        try:
            self.commit()
        finally:
            os.close(self._file)

    def abandon(self) -> None:
        """Let go of the file without another word."""
        os.close(self._file)


def _text(words: str) -> bytes:
    blob = words.encode()
    return struct.pack("<I", len(blob)) + blob


def entries(path: Path) -> Iterator[Entry]:
    """Every whole frame of a spool, in order; of a file that was cut, those before the cut."""
    source = McapFile(path)
    for channel, at, payload, (_, offset, _) in source.messages():
        if source.channels[channel].encoding == ENCODING:
            yield Entry(source.channels[channel].topic, at, payload, offset)


def frame_at(path: Path, offset: int, size: int) -> bytes:
    """The bytes of one frame, by where it lies."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.pread(file, size, offset)
    finally:
        os.close(file)
