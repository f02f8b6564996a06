"""Frames of the wire as machine code: many heads read at once, many records of a spool written at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..video.machine import kept

__all__ = ["RECORD", "crc32c", "read", "records"]

RECORD = 31
"""Bytes of an MCAP message record before its data."""


def _tables() -> npt.NDArray[np.uint32]:
    """What each of eight bytes adds to a CRC-32C (Castagnoli, reflected), so that eight are taken in at a time."""
    made = np.zeros((8, 256), np.uint32)
    one = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        one = np.where(one & 1, (one >> 1) ^ np.uint32(0x82F63B78), one >> 1).astype(np.uint32)
    made[0] = one
    for i in range(1, 8):
        made[i] = made[0][made[i - 1] & 255] ^ (made[i - 1] >> 8)
    return made


_TABLES = _tables()


@kept
def crc32c(crc: Any, blob: Any, start: int, stop: int) -> Any:
    """The running checksum (inverted, as it is kept between calls) after more bytes."""
    at = start
    while stop - at >= 8:
        low = crc ^ (
            np.uint32(blob[at])
            | (np.uint32(blob[at + 1]) << np.uint32(8))
            | (np.uint32(blob[at + 2]) << np.uint32(16))
            | (np.uint32(blob[at + 3]) << np.uint32(24))
        )
        crc = (
            _TABLES[7, low & 255]
            ^ _TABLES[6, (low >> np.uint32(8)) & 255]
            ^ _TABLES[5, (low >> np.uint32(16)) & 255]
            ^ _TABLES[4, low >> np.uint32(24)]
            ^ _TABLES[3, blob[at + 4]]
            ^ _TABLES[2, blob[at + 5]]
            ^ _TABLES[1, blob[at + 6]]
            ^ _TABLES[0, blob[at + 7]]
        )
        at += 8
    while at < stop:
        crc = _TABLES[0, (crc ^ np.uint32(blob[at])) & 255] ^ (crc >> np.uint32(8))
        at += 1
    return crc


@kept
def _number(blob: Any, at: int, size: int) -> Any:
    """``size`` little-endian bytes."""
    made = np.uint64(0)
    for i in range(size):
        made |= np.uint64(blob[at + i]) << np.uint64(8 * i)
    return np.int64(made)


@kept
def read(blob: Any, starts: Any, stops: Any, kind: int, out: Any) -> None:
    """Stream, sequence number, time, count and checksum of each frame into ``out[n, 6]``, and 1 where it is whole.

    Only frames of version 1 and of ``kind`` are looked at; the others have 0, and so have those that were changed.
    """
    for i in range(len(starts)):
        a, b = starts[i], stops[i]
        if b - a <= 32 or blob[a] != 1 or blob[a + 1] != kind:
            out[i, 5] = 0
            continue
        said = _number(blob, a + 4, 4)
        crc = crc32c(crc32c(np.uint32(0xFFFFFFFF), blob, a, a + 4), blob, a + 8, b) ^ np.uint32(0xFFFFFFFF)
        out[i, 0] = _number(blob, a + 2, 2)
        out[i, 1] = _number(blob, a + 8, 8)
        out[i, 2] = _number(blob, a + 16, 8)
        out[i, 3] = _number(blob, a + 24, 4)
        out[i, 4] = said
        out[i, 5] = 1 if np.int64(crc) == said else 0


@kept
def _put(out: Any, at: int, value: Any, size: int) -> None:
    left = np.uint64(value)
    for i in range(size):
        out[at + i] = np.uint8(left & np.uint64(255))
        left >>= np.uint64(8)


@kept
def records(blob: Any, edges: Any, heads: Any, out: Any) -> None:
    """MCAP message records one after the other: ``edges[n, 2]`` are where frames begin and end in ``blob``,
    ``heads[n, 4]`` channel, sequence, log time and publish time of each."""
    at = 0
    for i in range(len(edges)):
        size = edges[i, 1] - edges[i, 0]
        out[at] = 5
        _put(out, at + 1, size + 22, 8)
        _put(out, at + 9, heads[i, 0], 2)
        _put(out, at + 11, heads[i, 1], 4)
        _put(out, at + 15, max(0, heads[i, 2]), 8)
        _put(out, at + 23, max(0, heads[i, 3]), 8)
        at += RECORD
        out[at : at + size] = blob[edges[i, 0] : edges[i, 1]]
        at += size
