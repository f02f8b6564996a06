"""The word store of an HDF5 file, looked at before the library is: a broken one makes libhdf5 2.0 loop for ever."""

from __future__ import annotations

import mmap
from functools import lru_cache
from pathlib import Path

from ..core.errors import Damaged

__all__ = ["sound"]

_SIGN = b"GCOL\x01"
_HEAD = 16
_WHOLE = 256 << 20
_EDGE = 32 << 20


def sound(path: Path) -> None:
    """Refuse a file whose global heaps (words of any length, attributes' text) do not add up.

    A collection is ``GCOL``, version 1, three unused bytes, its size (8); then objects: index (2), references (2),
    zeros (4), size (8) and data padded to eight; index 0 is the free rest, whose size counts its own head. Files up to
    256 MB are searched whole (page cache speed), of larger ones 32 MB at either end, where libraries put them.
    """
    try:
        state = path.stat()
        _sound(path, state.st_size, state.st_mtime_ns)
    except OSError as error:
        raise Damaged(f"{path} cannot be read: {error}.") from error


@lru_cache(maxsize=256)
def _sound(path: Path, size: int, _changed: int) -> None:
    if not size:
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        spans = ((0, len(raw)),) if len(raw) <= _WHOLE else ((0, _EDGE), (len(raw) - _EDGE, len(raw)))
        for start, stop in spans:
            at = raw.find(_SIGN, start, stop)
            while at >= 0:
                _collection(raw, at, path)
                at = raw.find(_SIGN, at + 8, stop)


def _collection(raw: mmap.mmap, start: int, path: Path) -> None:
    size = int.from_bytes(raw[start + 8 : start + 16], "little")
    end = start + size
    at = start + _HEAD
    if end > len(raw):
        return  # five bytes of a picture, or a size that the library itself refuses
    while at + _HEAD <= end:
        index = int.from_bytes(raw[at : at + 2], "little")
        held = int.from_bytes(raw[at + 8 : at + 16], "little")
        need = held if index == 0 else _HEAD + (held + 7) // 8 * 8
        if need < _HEAD or at + need > end:
            raise Damaged(f"{path}: the store of words at byte {start} is broken at byte {at}.")
        at += need
