"""MATLAB 5 bytes walked before scipy sees them: declared sizes, nesting and what compression hides."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from ..core.errors import Damaged, Hostile

__all__ = ["sound"]

_MOST_FILE = 2 << 30
_MOST_INNER = 4 << 30
_MATRIX, _COMPRESSED = 14, 15
_CELL, _STRUCT, _OBJECT = 1, 2, 3
_SIZES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8, 16: 1, 17: 2, 18: 4}
_DEEPEST = 32


def sound(path: Path) -> None:
    """Refuse a MATLAB 5 file that is cut, nests without end, or declares more than it holds.

    Every element is type (4), bytes (4), data padded to eight, or both in four bytes where the data is small. A
    matrix (14) is flags, dimensions, name and parts; compressed elements (15) are unpacked with a limit of 4 GB.
    """
    size = path.stat().st_size
    if size > _MOST_FILE:
        raise Hostile(f"{path} has {size:,} bytes.", do="MATLAB's own limit is 2 GB; save it with -v7.3.")
    raw = path.read_bytes()
    if len(raw) < 128:
        raise Damaged(f"{path} has {len(raw)} bytes; a MATLAB header alone has 128.")
    order = "<" if raw[126:128] == b"IM" else ">"
    at, unpacked = 128, 0
    while at + 8 <= len(raw):
        kind, length = struct.unpack_from(order + "II", raw, at)
        if at + 8 + length > len(raw):
            raise Damaged(f"{path} ends inside a variable at byte {at}.", do="Copy the file again.")
        body = memoryview(raw)[at + 8 : at + 8 + length]
        if kind == _COMPRESSED:
            inner = _unpack(body, path, _MOST_INNER - unpacked)
            unpacked += len(inner)
            _walk(memoryview(inner), order, path, 0)
            at += 8 + length
        elif kind == _MATRIX:
            _matrix(body, order, path, 0)
            at += 8 + (length + 7) // 8 * 8
        else:
            raise Damaged(f"{path}: an element of type {kind} at byte {at} is no variable.")
    if at < len(raw):
        raise Damaged(f"{path} ends inside a variable at byte {at}.", do="Copy the file again.")


def _unpack(body: memoryview, path: Path, most: int) -> bytes:
    try:
        worker = zlib.decompressobj()
        inner = worker.decompress(body, max(1, most))
        if worker.unconsumed_tail:
            raise Hostile(f"{path} unpacks to more than {_MOST_INNER:,} bytes.")
        if not worker.eof:
            raise Damaged(f"{path}: a compressed variable is cut.")
    except zlib.error as error:
        raise Damaged(f"{path}: a compressed variable is broken: {error}.") from error
    return inner


def _walk(data: memoryview, order: str, path: Path, depth: int) -> list[tuple[int, memoryview]]:
    """The elements of a stretch of bytes; matrices among them are walked too."""
    if depth > _DEEPEST:
        raise Hostile(f"{path} nests more than {_DEEPEST} levels.")
    found = []
    at = 0
    while at + 8 <= len(data):
        kind, length = struct.unpack_from(order + "II", data, at)
        if kind >> 16:
            length, kind, start, step = kind >> 16, kind & 0xFFFF, at + 4, 8
            if length > 4:
                raise Damaged(f"{path}: a small element declares {length} bytes.")
        else:
            start, step = at + 8, 8 + (length + 7) // 8 * 8
        if start + length > len(data) or (kind not in _SIZES and kind != _MATRIX):
            raise Damaged(f"{path}: an element of type {kind} declares {length:,} bytes beyond its place.")
        body = data[start : start + length]
        if kind == _MATRIX:
            _matrix(body, order, path, depth + 1)
        found.append((kind, body))
        at += step
    return found


def _matrix(data: memoryview, order: str, path: Path, depth: int) -> None:
    if not len(data):
        return
    parts = _walk(data, order, path, depth)
    if len(parts) < 2 or len(parts[0][1]) < 8 or parts[1][0] != 5:
        if len(parts) >= 2 and len(parts[0][1]) >= 8 and parts[0][1][0 if order == "<" else 3] == 17:
            raise Damaged(f"{path} holds an opaque MATLAB object, which has no documented form.")
        raise Damaged(f"{path}: a variable has no flags and dimensions.")
    flags = struct.unpack_from(order + "I", parts[0][1], 0)[0] & 0xFF
    sides = struct.unpack(f"{order}{len(parts[1][1]) // 4}i", parts[1][1][: len(parts[1][1]) // 4 * 4])
    count = 1
    for side in sides:
        count *= max(0, side)
        if side < 0:
            raise Damaged(f"{path}: a variable declares the dimensions {sides}.")
    inner = sum(1 for kind, _ in parts if kind == _MATRIX)
    if flags == _CELL and inner != count:
        raise Damaged(f"{path}: a cell array declares {count:,} cells and holds {inner:,}.")
    if flags in (_STRUCT, _OBJECT) and count > 1 and inner < count:
        raise Damaged(f"{path}: a struct array declares {count:,} elements and holds {inner:,} fields.")
    if flags not in (_CELL, _STRUCT, _OBJECT) and flags != 5 and flags <= 15:
        held = max((len(body) for kind, body in parts[3:] if kind != _MATRIX), default=0)
        if count > max(held, 1) and flags != 16:
            raise Damaged(f"{path}: a variable declares {count:,} values and holds {held:,} bytes.")
