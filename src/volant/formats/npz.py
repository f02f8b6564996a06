"""NPZ archives and folders of NPY files: one array a column."""

from __future__ import annotations

import lzma
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from ..core import Bid, Episode, Origin, Reading, Writing, Written
from ..core.errors import Damaged, Hostile, NotFound, Refused
from ..core.stream import Array
from ._folder import each, numbered
from ._landing import chosen
from ._named import episode_of

__all__ = ["Npz", "array_of", "load_npy"]

_MOST_BYTES = 8 << 30
_MOST_RATIO = 1100
_TROUBLE = (
    ValueError, EOFError, OSError, KeyError, TypeError, SyntaxError, OverflowError, MemoryError, RuntimeError,
    zipfile.BadZipFile, NotImplementedError, UnicodeError, RecursionError, AttributeError, IndexError,
    zlib.error, lzma.LZMAError, tokenize.TokenError,
)  # fmt: skip


class Npz:
    """An ``.npz`` is an episode, a folder of ``.npy`` files is one, a folder of ``.npz`` files one each.

    Arrays of Python objects are pickles and are refused. The clock is an array called ``time`` or ``timestamp``, else
    row numbers; a mapping file names units, kinds and rates.
    """

    name = "npz"
    version = "1"
    writes = False
    loses = ()

    def bid(self, path: Path) -> Bid:
        """Sure of archives of NPY members and of folders that hold nothing but NPY or NPZ."""
        if path.is_dir():
            names = [p.suffix for p in path.iterdir() if p.is_file()]
            own = sum(name in (".npy", ".npz") for name in names)
            return Bid(0.9 if own and own == len(names) else 0.6 if own > len(names) / 2 else 0.0, f"{own} NumPy files")
        if path.suffix not in (".npz", ".npy") or not path.is_file():
            return Bid(0.0, "no NumPy file")
        try:
            with path.open("rb") as file:
                head = file.read(6)
        except OSError as error:
            return Bid(0.0, str(error))
        return Bid(0.95 if head == b"\x93NUMPY" or head[:4] == b"PK\x03\x04" else 0.5, "a NumPy file")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """One episode per archive or per folder of arrays."""
        return chosen(self._all(path), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused: NPZ has no room for units and clocks."""
        raise Refused("Volant does not write NPZ, which has no room for units.", do="Use parquet.")

    def _all(self, path: Path) -> Iterator[Episode]:
        if path.is_file():
            yield from _file(path)
            return
        archives = sorted(path.glob("*.npz"), key=numbered)
        arrays = sorted(path.glob("*.npy"))
        if not archives and not arrays:
            raise NotFound(f"No NumPy files at {path}.")
        if arrays:
            named = {file.stem: load_npy(file) for file in arrays}
            yield episode_of(named, f"formats/{self.name}@{self.version}", Origin(uri=str(path)))
        yield from each(archives, _file)


def _file(path: Path) -> Iterator[Episode]:
    named = {path.stem: load_npy(path)} if path.suffix == ".npy" else _archive(path)
    yield episode_of(named, f"formats/{Npz.name}@{Npz.version}", Origin(uri=str(path)))


def load_npy(path: Path) -> Array:
    """The array of an NPY file, whatever its suffix; its declared size is compared with its bytes first."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            return array_of(file, size, str(path))
    except OSError as error:
        raise NotFound(f"{path} cannot be opened: {error}.") from error


def _archive(path: Path) -> dict[str, Array]:
    named: dict[str, Array] = {}
    total = 0
    try:
        with zipfile.ZipFile(path) as packed:
            for info in packed.infolist():
                total += info.file_size
                swollen = info.file_size > 64 << 20 and info.file_size > _MOST_RATIO * max(1, info.compress_size)
                if total > _MOST_BYTES or swollen:
                    raise Hostile(f"{path}: {info.filename} declares {info.file_size:,} bytes.", do="Split it.")
                if not info.filename.endswith(".npy"):
                    continue
                with packed.open(info) as file:
                    name = info.filename.removesuffix(".npy").replace("/", ".")
                    named[name] = array_of(file, info.file_size, f"{path}: {info.filename}")
                    if file.read(1):
                        raise Damaged(f"{path}: {info.filename} is longer than it declares.")
    except _TROUBLE as error:
        raise Damaged(f"{path} is no whole NPZ archive: {error}.", do="Copy the file again.") from error
    if not named:
        raise Damaged(f"{path} holds no arrays.")
    return named


def array_of(file: IO[bytes], size: int, where: str) -> Array:
    """The array of an open NPY file of ``size`` bytes; never a pickle, never more than the file holds."""
    form = np.lib.format
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            version = form.read_magic(file)
            read = form.read_array_header_1_0 if version == (1, 0) else form.read_array_header_2_0
            shape, turned, dtype = read(file, max_header_size=100_000)
    except _TROUBLE as error:
        raise Damaged(f"{where} is no NPY array: {error}.") from error
    if dtype.hasobject:
        raise Hostile(f"{where} is an array of Python objects, which is a pickle.", instead="Nothing was run.")
    count = 1
    for side in shape:
        count *= int(side)
    wanted = count * dtype.itemsize
    if count < 0 or any(side < 0 for side in shape) or wanted > size:
        raise Damaged(f"{where} declares {shape} of {dtype}, {wanted:,} bytes, and has {size:,}.")
    try:
        data = file.read(wanted)
        if len(data) != wanted:
            raise Damaged(f"{where} ends after {len(data):,} of {wanted:,} bytes.")
        flat = np.frombuffer(data, dtype) if wanted else np.empty(0, dtype)
        return flat.reshape(shape, order="F" if turned else "C")
    except _TROUBLE as error:
        raise Damaged(f"{where} cannot be read: {error}.") from error
