"""MATLAB files: structs of rows as episodes, the LASA handwriting set among them."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import h5py
import numpy as np

from ..core import Bid, Episode, Origin, Reading, Value, Writing, Written
from ..core.errors import BadInput, Damaged, NotFound, Refused
from ..core.stream import Array
from . import _h5
from ._folder import each
from ._landing import chosen
from ._matbytes import sound
from ._named import episode_of
from ._rows import CLOCKS

__all__ = ["Matlab"]

_TROUBLE = (
    ValueError, TypeError, KeyError, IndexError, OSError, EOFError, OverflowError, MemoryError, AttributeError,
    NotImplementedError, UnicodeError, RuntimeError, RecursionError, SystemError, ZeroDivisionError,
    NameError, zlib.error,
)  # fmt: skip


class Matlab:
    """A ``.mat`` of version 5, 6, 7 or 7.3, or a folder of them.

    A cell or struct array whose elements hold columns (``demos{i}.pos``) gives an episode per element; otherwise the
    file is one. Samples run along the dimension that is as long as the clock ``t``, else along the longest. A
    ``dt`` beside the columns is a stated rate. The task is the file's name.
    """

    name = "matlab"
    version = "1"
    writes = False
    loses = ()

    def bid(self, path: Path) -> Bid:
        """Sure of the header, or of the suffix on an HDF5 file."""
        if path.is_dir():
            return Bid(0.9 if any(path.glob("*.mat")) else 0.0, "a folder of MATLAB files")
        try:
            with path.open("rb") as file:
                head = file.read(128)
        except OSError as error:
            return Bid(0.0, str(error))
        if head[:6] == b"MATLAB" and head[126:128] in (b"IM", b"MI"):
            return Bid(0.97, "a MATLAB header")
        if path.suffix == ".mat":
            return Bid(0.95 if _h5.magic(path) else 0.6, "the suffix .mat")
        return Bid(0.0, "no MATLAB header")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """One episode per demonstration, file by file."""
        files = [path] if path.is_file() else sorted(path.glob("*.mat"))
        if not files:
            raise NotFound(f"No MATLAB file at {path}.")
        return chosen(each(files, _episodes), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused."""
        raise Refused("Volant does not write MATLAB files.", do="Use robomimic, which MATLAB's h5read opens.")


def _episodes(path: Path) -> Iterator[Episode]:
    by = f"formats/{Matlab.name}@{Matlab.version}"
    if _h5.magic(path):
        named = _seven(path)
        yield episode_of(named, by, Origin(uri=str(path)), task=path.stem)
        return
    variables = _five(path)
    parts = [(name, part) for name, value in variables.items() for part in _structs(value)]
    if not parts:
        named = {}
        for name, value in variables.items():
            _flatten(name, value, named)
        yield _one(named, by, Origin(uri=str(path)), path, 1)
        return
    for number, (name, part) in enumerate(parts):
        named = {}
        for field in part.dtype.names or ():
            _flatten(field, part[field], named)
        yield _one(named, by, Origin(uri=f"{path}#{name}{{{number + 1}}}"), path, len(parts))


def _five(path: Path) -> dict[str, Array]:
    """The variables of a file up to version 7, looked at before they are loaded."""
    import scipy.io  # takes a fifth of a second, which only those who read MATLAB should pay

    try:
        with path.open("rb") as file:
            head = file.read(128)
    except OSError as error:
        raise NotFound(f"{path} cannot be opened: {error}.") from error
    if head[124:128] not in (b"\x00\x01IM", b"\x01\x00MI"):
        raise Damaged(f"{path} has no MATLAB header of version 5 to 7.3.", do="Save it again with -v7.")
    sound(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = scipy.io.loadmat(
                str(path), appendmat=False, chars_as_strings=True, verify_compressed_data_integrity=True
            )
    except _TROUBLE as error:
        raise Damaged(f"{path} cannot be read as MATLAB: {error}.") from error
    return {
        str(name): value
        for name, value in loaded.items()
        if not name.startswith("__") and isinstance(value, np.ndarray)
    }


def _structs(value: Array) -> list[np.void]:
    """The structs of a cell or struct array that hold columns, two at least or one in a cell."""
    if value.dtype == object:
        inner: list[object] = list(value.ravel())
        cells = [cell for cell in inner if isinstance(cell, np.ndarray) and cell.dtype.names and cell.size == 1]
        if inner and len(cells) == len(inner):
            return [cell.ravel()[0] for cell in cells]
    elif value.dtype.names and value.size > 1:
        return list(value.ravel())
    return []


def _flatten(name: str, value: object, named: dict[str, Array], depth: int = 0) -> None:
    """Numbers and words by path; nested structs of one element by their fields."""
    if not isinstance(value, np.ndarray) or depth > 8:
        return
    if value.dtype.names:
        if value.size == 1:
            for field in value.dtype.names:
                _flatten(f"{name}.{field}", value.ravel()[0][field], named, depth + 1)
    elif value.dtype.kind in "biufU":
        named[name] = value


def _one(named: dict[str, Array], by: str, origin: Origin, path: Path, total: int) -> Episode:
    """An episode of MATLAB's two-dimensional arrays, turned so that samples come first."""
    facts: list[tuple[str, Value]] = [("declared/total_episodes", total)]
    hz = None
    for name in ("dt", "Ts"):
        step = named.pop(name, None)
        if step is not None and step.size == 1 and step.dtype.kind in "fiu" and 1e-6 < float(step.ravel()[0]) < 1e3:
            hz = 1.0 / float(step.ravel()[0])
    for name in [name for name, value in named.items() if value.dtype.kind == "U"]:
        text = named.pop(name)
        if text.size == 1:
            facts.append((f"declared/{name}", str(text.ravel()[0])[:1000]))
    clocks = [value.size for name, value in named.items() if name.lower() in CLOCKS and value.size > 1]
    longest = max((max(value.shape) for value in named.values() if value.ndim), default=0)
    count = clocks[0] if clocks else longest
    turned = {name: _turned(value, count) for name, value in named.items()}
    try:
        return episode_of(turned, by, origin, hz=hz, task=path.stem, facts=facts)
    except BadInput as error:
        raise Damaged(f"{origin.uri}: {error.what}") from error


def _turned(value: Array, count: int) -> Array:
    if value.ndim == 2 and count in value.shape:
        if value.shape[0] != count or (value.shape[1] == count and value.shape[0] == 1):
            value = value.T
        return np.ascontiguousarray(value[:, 0] if value.shape[1] == 1 else value)
    if value.ndim > 2 and value.shape[0] != count and value.shape[-1] == count:
        return np.ascontiguousarray(np.moveaxis(value, -1, 0))
    return value


def _seven(path: Path) -> dict[str, Array]:
    """The numeric variables of a version 7.3 file, which is HDF5 with dimensions turned."""
    named: dict[str, Array] = {}
    with _h5.opened(path) as file, _h5.plainly(path):
        for name, dataset in _h5.datasets(file):
            if name.startswith("#") or not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "biuf":
                continue
            if _h5.attribute(dataset, "MATLAB_class") == "char":
                continue
            value = _h5.numbers(dataset)
            named[name.replace("/", ".")] = value[0] if value.ndim == 2 and value.shape[0] == 1 else value
    longest = max((max(value.shape) for value in named.values() if value.ndim), default=0)
    return {name: _turned(value, longest) for name, value in named.items()}
