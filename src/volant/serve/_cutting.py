"""Frames of WebSockets (RFC 6455, 5.2) cut out of bytes as machine code."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..video.machine import kept

__all__ = ["COLUMNS", "cut"]

COLUMNS = 5
"""Of a row: which stretch of bytes, the first byte of the frame, where the frame, its body and the next begin."""


@kept
def _unmask(blob: Any, body: int, size: int) -> None:
    """Take the mask, the four bytes before a body, off it; a mask of zeros hides nothing."""
    a, b, c, d = blob[body - 4], blob[body - 3], blob[body - 2], blob[body - 1]
    if a | b | c | d:
        whole = size - size % 4
        for k in range(body, body + whole, 4):
            blob[k] ^= a
            blob[k + 1] ^= b
            blob[k + 2] ^= c
            blob[k + 3] ^= d
        for k in range(whole, size):
            blob[body + k] ^= blob[body - 4 + k % 4]


@kept
def cut(blob: Any, edges: Any, mosts: Any, rows: Any, ends: Any) -> Any:
    """Every whole frame of every stretch ``blob[edges[i]:edges[i + 1]]`` into ``rows``, in order; how many there are.

    Bodies are unmasked where they lie. ``ends[i, 0]`` is where the first frame begins that is not whole, ``ends[i, 1]``
    how many bytes it will have, 0 where that cannot be told yet and -1 where it is against the protocol: not masked, or
    larger than ``mosts[i]``. A stretch whose frames are not all final binary ones is unmasked only in those that are.
    """
    n = 0
    for i in range(len(edges) - 1):
        at, end = edges[i], edges[i + 1]
        need = 0
        while end - at >= 6:
            size, head = np.int64(blob[at + 1] & 0x7F), 6
            if size == 126:
                size, head = (np.int64(blob[at + 2]) << 8) | np.int64(blob[at + 3]), 8
            elif size == 127:
                if end - at < 14:
                    break
                size, head = np.int64(0), 14
                for k in range(8):
                    size = (size << 8) | np.int64(blob[at + 2 + k])
            if end - at < head:
                break
            if not blob[at + 1] & 0x80 or size > mosts[i] or size < 0:
                need = -1
                break
            stop = at + head + size
            if stop > end:
                need = stop - at
                break
            body = at + head
            if blob[at] == 0x82:
                _unmask(blob, body, size)
            rows[n, 0], rows[n, 1], rows[n, 2], rows[n, 3], rows[n, 4] = i, blob[at], at, body, stop
            n += 1
            at = stop
        ends[i, 0], ends[i, 1] = at, need
    return n
