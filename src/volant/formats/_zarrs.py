"""Zarr stores opened with care: known codecs only, honest sizes, rows read by whole chunks."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import Damaged, Hostile, NotFound
from ..core.stream import Array

__all__ = ["ZRows", "opened", "plainly", "rows_of", "whole"]

_CODECS = frozenset((
    "blosc", "zlib", "gzip", "bz2", "lzma", "zstd", "lz4", "delta", "fixedscaleoffset", "shuffle", "packbits",
    "quantize", "astype", "adler32", "crc32", "crc32c", "fletcher32", "bytes", "transpose",
    "sharding_indexed", "endian",
))  # fmt: skip
_BLOCK = 8 << 20
_TROUBLE = (
    OSError, RuntimeError, KeyError, ValueError, TypeError, IndexError, OverflowError, MemoryError, AttributeError,
    AssertionError, EOFError, SystemError, zipfile.BadZipFile, ImportError, NotImplementedError, ArithmeticError,
)  # fmt: skip
"""What zarr and its codecs may throw on a broken store; zarr's own errors are ``ValueError``."""


@contextmanager
def plainly(path: Path, what: str = "") -> Generator[None, None, None]:
    """Everything that zarr and its codecs may throw on a broken store, said as one sentence."""
    try:
        yield
    except _TROUBLE as error:
        where = f"{path}: {what}" if what else str(path)
        raise Damaged(f"{where} cannot be read as Zarr: {type(error).__name__} {error}.") from error


@cache
def _codecs() -> None:
    """Have zarr know the picture codecs that UMI uses."""
    from imagecodecs.numcodecs import register_codecs

    register_codecs(verbose=False)


def opened(path: Path) -> Any:
    """The root group of a store that lies in a folder or a zip."""
    import zarr  # takes a quarter of a second, which only those who read it should pay
    from zarr.storage import LocalStore, ZipStore

    _codecs()
    if not path.exists():
        raise NotFound(f"{path} is not there.")
    with plainly(path):
        store = ZipStore(path, mode="r") if path.is_file() else LocalStore(path, read_only=True)
        return zarr.open_group(store, mode="r")


def rows_of(path: Path, group: Any, name: str) -> ZRows:
    """An array of the store as rows, refused where its codecs could execute code or its sizes are absurd."""
    import zarr

    with plainly(path, name):
        array = group[name]
        if not isinstance(array, zarr.Array):
            raise Damaged(f"{path}: {name} is no array.")
        shape, chunks = tuple(int(side) for side in array.shape), tuple(int(side) for side in array.chunks)
        dtype = np.dtype(array.dtype)
        raw = json.loads(json.dumps(array.metadata.to_dict(), default=str))
    for codec in sorted(_named(raw)):
        bare = codec.removeprefix("numcodecs.")
        if bare not in _CODECS and not bare.startswith("imagecodecs_"):
            raise Hostile(
                f"{path}: {name} asks for the codec {codec!r}, which is not read.", instead="Nothing was run."
            )
    if dtype.kind not in "biufSU" or not shape:
        raise Damaged(f"{path}: {name} has the type {dtype} and shape {shape}, which is no row of numbers per sample.")
    row = int(np.prod(shape[1:], dtype=np.float64)) * dtype.itemsize
    block = int(np.prod(chunks, dtype=np.float64)) * dtype.itemsize
    if row > 1 << 30 or block > 2 << 30 or shape[0] > 1 << 36:
        raise Hostile(f"{path}: {name} declares rows of {row:,} bytes in chunks of {block:,}.")
    step = max(1, _BLOCK // max(1, row) // max(1, chunks[0])) * max(1, chunks[0])
    return ZRows(path, name, shape, dtype, step, array)


def _named(raw: object) -> set[str]:
    """Every codec named anywhere in the metadata of an array."""
    if isinstance(raw, list | tuple):
        return set().union(*(_named(item) for item in raw)) if raw else set()
    if not isinstance(raw, dict):
        return set()
    found: set[str] = set()
    for key in ("compressor", "filters", "codecs", "index_codecs"):
        for item in raw[key] if isinstance(raw.get(key), list) else [raw.get(key)]:
            if isinstance(item, dict):
                found |= {str(item.get("id", item.get("name", "?")))} | _named(item.get("configuration"))
            elif item is not None:
                found.add(str(item))
    return found


@dataclass(eq=False)
class ZRows:
    """Rows of an array, one block of whole chunks remembered; the store is opened again in another process."""

    path: Path
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    step: int
    _array: Any = field(default=None, repr=False)
    _start: int = field(default=-1, repr=False)
    _block: Array | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return self.shape[0]

    def between(self, start: int, stop: int) -> Array:
        """Rows ``start`` to ``stop``."""
        parts = []
        while start < stop:
            first = start - start % self.step
            if self._block is None or self._start != first:
                if self._array is None:
                    self._array = rows_of(self.path, opened(self.path), self.name)._array
                with plainly(self.path, self.name):
                    self._block = np.asarray(self._array[first : min(first + self.step, len(self))])
                self._start = first
            piece = self._block[start - first : stop - first]
            if not len(piece):
                raise Damaged(f"{self.path}: {self.name} ends before row {stop}.")
            parts.append(piece)
            start += len(piece)
        if not parts:
            return np.empty((0, *self.shape[1:]), self.dtype)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_array": None, "_block": None, "_start": -1}


def whole(path: Path, group: Any, name: str, most: int = 1 << 28) -> Array:
    """A small array at once."""
    rows = rows_of(path, group, name)
    if int(np.prod(rows.shape, dtype=np.float64)) * rows.dtype.itemsize > most:
        raise Hostile(f"{path}: {name} declares {rows.shape}.")
    return rows.between(0, len(rows))
