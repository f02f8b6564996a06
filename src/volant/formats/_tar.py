"""Tar files of many small members, by columns: headers of one channel differ in name, size and checksum only."""

from __future__ import annotations

import os
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from ..core.errors import Hostile, Refused

__all__ = ["BLOCK", "Blobs", "close", "laid", "walked"]

Bytes = npt.NDArray[np.uint8]
Blobs = Bytes | Sequence[bytes]
"""What members of one channel hold: a row each of a matrix, or bytes of any length each."""

BLOCK = 512
"""Bytes of a header; what members hold is filled up to as many."""

_RECORD, _NAME = 10240, 100
_SIZE, _SUM, _TYPE, _MAGIC, _PREFIX = slice(124, 135), slice(148, 154), 156, slice(257, 262), 345
_ADLER = 65521
_MOST_MEMBER = 1 << 30
_MOST_MEMBERS = 20_000_000


@cache
def _blank() -> Bytes:
    """The header of a file without name, size, owner and date; its checksum is blanks, as it is summed."""
    info = tarfile.TarInfo()
    info.mode = 0o644
    head = np.frombuffer(info.tobuf(tarfile.USTAR_FORMAT), np.uint8).copy()
    head[148:156] = ord(" ")
    return head


def laid(stems: Bytes, channels: Sequence[tuple[bytes, Blobs]]) -> Bytes:
    """Members as they lie in a tar file: for each stem (a row of its letters) one of each channel (ending, contents).

    No owner, no date: the same bytes every time. Raises ``Refused`` where a name is longer than 100 bytes.
    """
    count = len(stems)
    sizes = np.empty((count, len(channels)), np.int64)
    for i, (_, blobs) in enumerate(channels):
        sizes[:, i] = blobs.shape[1] if isinstance(blobs, np.ndarray) else [len(blob) for blob in blobs]
    ends = np.cumsum(BLOCK + -(-sizes // BLOCK) * BLOCK).reshape(sizes.shape)
    starts = ends - BLOCK - -(-sizes // BLOCK) * BLOCK
    out = np.zeros(int(ends[-1, -1]) if sizes.size else 0, np.uint8)
    for i, (ending, blobs) in enumerate(channels):
        at = starts[:, i]
        out[at[:, None] + np.arange(BLOCK)] = _headers(stems, ending, sizes[:, i])
        if isinstance(blobs, np.ndarray):
            out[at[:, None] + np.arange(BLOCK, BLOCK + blobs.shape[1])] = blobs
        else:
            for begin, blob in zip((at + BLOCK).tolist(), blobs, strict=True):
                out[begin : begin + len(blob)] = np.frombuffer(blob, np.uint8)
    return out


def _headers(stems: Bytes, ending: bytes, sizes: npt.NDArray[np.int64]) -> Bytes:
    width = stems.shape[1] + len(ending)
    if width > _NAME:
        name = (stems[0].tobytes() + ending).decode("utf-8", "replace")
        raise Refused(
            f"{name!r} is no name for a tar member: it has more than {_NAME} bytes.",
            do="Give the channel a shorter name.",
        )
    heads = np.tile(_blank(), (len(stems), 1))
    heads[:, : stems.shape[1]] = stems
    heads[:, stems.shape[1] : width] = np.frombuffer(ending, np.uint8)
    heads[:, _SIZE] = _octal(sizes, 11)
    heads[:, _SUM] = _octal(heads.sum(1, dtype=np.int64), 6)
    heads[:, _SUM.stop] = 0
    return heads


def _octal(numbers: npt.NDArray[np.int64], digits: int) -> Bytes:
    return ((numbers[:, None] >> 3 * np.arange(digits - 1, -1, -1) & 7) + ord("0")).astype(np.uint8)


def close(file: BinaryIO) -> None:
    """Write what ends a tar file, and close it: two empty blocks, filled up to a record."""
    end = file.tell() + 2 * BLOCK
    file.write(bytes(2 * BLOCK + -end % _RECORD))
    file.close()


def walked(path: Path) -> Iterator[tuple[str, int, int]]:
    """Name, place and size of every file in a tar file, in order. Raises ``Hostile`` where any member, file or not,
    declares more than a gigabyte, or where there are more than 20 million.

    Plain headers (ustar, no prefix) are read here; from the first other one on, and where anything is wrong, Python's
    own reader goes on and raises what it raises.
    """
    for count, (name, at, size, whole) in enumerate(_every(path)):
        if size > _MOST_MEMBER or count >= _MOST_MEMBERS:
            raise Hostile(f"{path}: {name!r} declares {size:,} bytes.")
        if whole:
            yield name, at, size


def _every(path: Path) -> Iterator[tuple[str, int, int, bool]]:
    """Name, place and size of every member, and whether it is a file that lies there as it is."""
    with path.open("rb", buffering=0) as file:
        handle, at = file.fileno(), 0
        while True:
            head = os.pread(handle, BLOCK, at)
            name = _plain(head)
            if name is None:
                break
            size = int(head[_SIZE], 8)
            yield name, at + BLOCK, size, True
            at += BLOCK + -(-size // BLOCK) * BLOCK
        if not head and at:
            return
        file.seek(at)
        with tarfile.open(fileobj=file, mode="r:") as packed:
            for info in packed:
                yield info.name, info.offset_data, info.size, info.isfile() and info.sparse is None
                vars(packed)["members"].clear()


def _plain(head: bytes) -> str | None:
    """The name in a header that holds nothing but name, size and checksum, and holds them soundly."""
    if len(head) < BLOCK or head[_TYPE] not in b"0\0" or head[_PREFIX] or head[_MAGIC] != b"ustar":
        return None
    try:
        size, summed = int(head[_SIZE], 8), int(head[_SUM], 8)
    except ValueError:
        return None
    # Adler-32 holds one more than the sum of the bytes in its lower half; the checksum's own field counts as blanks.
    found = (zlib.adler32(head) & 0xFFFF) - 1 - sum(head[148:156]) + 8 * ord(" ")
    if size < 0 or (found - summed) % _ADLER:
        return None
    name = head[:_NAME].partition(b"\0")[0]
    try:
        return name.decode() if name and not name.endswith(b"/") else None
    except UnicodeDecodeError:
        return None
