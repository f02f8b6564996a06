"""Records in a TFRecord file: length, masked CRC32C of the length, bytes, masked CRC32C of the bytes.

The framing is ``uint64 length, uint32 crc(length), bytes, uint32 crc(bytes)``, little-endian; a CRC is CRC32C
(Castagnoli), rotated right by 15 bits plus 0xA282EAD8. No TensorFlow is needed to read or write it.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import google_crc32c
import numpy as np

from ..core.errors import Hostile, NotFound

__all__ = ["FRAME", "Record", "frame", "is_tfrecord", "masked_crc", "records"]

FRAME = 16
"""Bytes that the framing adds to each record."""

_HEAD = struct.Struct("<QI")
_TAIL = struct.Struct("<I")
_LONGEST = 1 << 31
"""A protocol buffer cannot be longer than 2 GiB, so no honest record is."""
_PIECE = 1 << 24
_SCAN = 1 << 22
_BOMB = 200
"""A gzip file whose content is more than this many times its size is refused (deflate itself reaches 1032)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it lies in the file; ``flaw`` says in words what is wrong, and ``data`` is then not to be used.

    ``index`` counts records from 0, ``offset`` is where the bytes start, ``last`` whether the file ends after it.
    """

    index: int
    offset: int
    data: bytes
    flaw: str = ""
    last: bool = False
    lost: bool = False


def masked_crc(data: bytes) -> int:
    """CRC32C of the bytes, masked as TFRecord stores it."""
    crc = int(google_crc32c.value(data))
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def frame(data: bytes) -> bytes:
    """The bytes as one record, ready to be appended to a file."""
    head = struct.pack("<Q", len(data))
    return head + _TAIL.pack(masked_crc(head)) + data + _TAIL.pack(masked_crc(data))


def is_tfrecord(path: Path) -> bool:
    """Whether the file starts with a record head whose CRC is right."""
    try:
        with path.open("rb") as file:
            start = file.read(12)
            if start[:2] == b"\x1f\x8b":
                file.seek(0)
                start = zlib.decompressobj(31).decompress(file.read(65536), 12)
    except (OSError, zlib.error):
        return False
    return len(start) == 12 and _HEAD.unpack(start)[1] == masked_crc(start[:8])


def records(path: Path) -> Iterator[Record]:
    """The records of a file one after the other; flaws are reported in their place and reading goes on.

    A record with a wrong CRC is skipped; where a length is wrong, the next sound head is searched for. The last
    record of a truncated file comes with ``lost`` and no data. Raises ``Hostile`` where a gzip file inflates without
    end; never reserves memory for a length that the file cannot hold.
    """
    try:
        size = path.stat().st_size
        file = path.open("rb")
    except OSError as error:
        raise NotFound(f"{path}: cannot be opened ({error.strerror}).") from error
    with file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if packed:
            with gzip.GzipFile(fileobj=file) as inner:
                yield from _unpacked(cast(BinaryIO, inner), size, path)
        else:
            yield from _plain(file, size)


def _plain(file: BinaryIO, size: int) -> Iterator[Record]:
    index = at = 0
    while at < size:
        file.seek(at)
        head = file.read(12)
        if len(head) < 12:
            yield Record(index, at, b"", f"the file ends inside the head of record {index}", True, True)
            return
        length, crc = _HEAD.unpack(head)
        if crc != masked_crc(head[:8]):
            found = _resume(file, at + 1, size)
            what = f"the length of record {index} at byte {at} contradicts its checksum"
            yield Record(index, at, b"", what, found >= size, True)
            at, index = found, index + 1
            continue
        if length > size - at - FRAME or length > _LONGEST:
            what = f"record {index} claims {length} bytes where {max(0, size - at - FRAME)} are left"
            yield Record(index, at, b"", what, True, True)
            return
        data = file.read(length)
        tail = file.read(4)
        at += FRAME + length
        if len(data) < length or len(tail) < 4:
            yield Record(index, at, b"", f"the file ends inside record {index}", True, True)
            return
        good = _TAIL.unpack(tail)[0] == masked_crc(data)
        flaw = "" if good else f"the bytes of record {index} contradict their checksum"
        yield Record(index, at - length - 4, data, flaw, at >= size)
        index += 1


def _resume(file: BinaryIO, start: int, size: int) -> int:
    """Offset of the next head whose CRC is right and whose record fits, or ``size``."""
    at = start
    while at < size - FRAME:
        file.seek(at)
        block = file.read(_SCAN + 12)
        raw = np.frombuffer(block, np.uint8)
        if len(raw) < 12:
            break
        # A record is under 2 GiB, so bytes 4 to 7 of its length are zero: few places are left to check.
        zero = raw == 0
        span = len(raw) - 11
        likely = zero[4 : 4 + span] & zero[5 : 5 + span] & zero[6 : 6 + span] & zero[7 : 7 + span]
        likely &= raw[3 : 3 + span] < 0x80
        for place in np.flatnonzero(likely):
            head = block[place : place + 12]
            length, crc = _HEAD.unpack(head)
            if length <= size - at - int(place) - FRAME and crc == masked_crc(head[:8]):
                return at + int(place)
        at += _SCAN
    return size


def _unpacked(file: BinaryIO, size: int, path: Path) -> Iterator[Record]:
    """Records of a gzip file: the length of the content is unknown, so its growth is bounded instead."""
    index = at = 0
    most = max(size * _BOMB, _PIECE)
    while True:
        try:
            head = file.read(12)
            if not head:
                return
            if len(head) < 12 or _HEAD.unpack(head)[1] != masked_crc(head[:8]):
                yield Record(index, at, b"", f"the head of record {index} is damaged", True, True)
                return
            length = _HEAD.unpack(head)[0]
            if at + length > most or length > _LONGEST:
                raise Hostile(
                    f"{path}: a file of {size} bytes claims to unpack to more than {at + length}.",
                    do="Unpack it yourself first if you trust it.",
                )
            data = b"".join(_pieces(file, length))
            tail = file.read(4)
        except (EOFError, OSError, zlib.error) as error:
            yield Record(index, at, b"", f"the gzip stream breaks off inside record {index} ({error})", True, True)
            return
        if len(data) < length or len(tail) < 4:
            yield Record(index, at, b"", f"the file ends inside record {index}", True, True)
            return
        good = _TAIL.unpack(tail)[0] == masked_crc(data)
        yield Record(index, at + 12, data, "" if good else f"the bytes of record {index} contradict their checksum")
        at += FRAME + length
        index += 1


def _pieces(file: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0:
        piece = file.read(min(length, _PIECE))
        if not piece:
            return
        length -= len(piece)
        yield piece
