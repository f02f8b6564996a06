"""HDF5 without its traps: no links out of the file, no absurd sizes, every failure a plain sentence."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import cast

import h5py
import numpy as np

from ..core.errors import BadValue, Damaged, Hostile, NotFound
from ..core.stream import Array
from ._h5heap import sound

__all__ = ["H5Rows", "attribute", "child", "datasets", "guard", "magic", "members", "numbers", "opened", "words"]

MOST_BYTES = 4 << 30
"""Largest block of numbers of one episode that is read into memory."""

MOST_RATIO = 1100
"""More than any of HDF5's filters reaches on real data (deflate ends at 1032): beyond it, a size is a lie."""

_BLOCK = 8 << 20
_TROUBLE = (
    OSError,
    RuntimeError,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    OverflowError,
    MemoryError,
    AttributeError,
)


def magic(path: Path) -> bool:
    """Whether a file starts as HDF5 does (MATLAB 7.3 puts 512 bytes before it)."""
    try:
        with path.open("rb") as file:
            head = file.read(520)
    except OSError:
        return False
    return head[:8] == b"\x89HDF\r\n\x1a\n" or head[512:520] == b"\x89HDF\r\n\x1a\n"


@contextmanager
def plainly(path: Path, what: str = "") -> Generator[None, None, None]:
    """Everything that HDF5 may throw on a broken file, said as one sentence."""
    try:
        yield
    except _TROUBLE as error:
        where = f"{path}: {what}" if what else str(path)
        raise Damaged(
            f"{where} cannot be read as HDF5: {error}.",
            do="Copy the file again, or repair it with h5clear or h5recover.",
        ) from error


@contextmanager
def opened(path: Path) -> Generator[h5py.File, None, None]:
    """An HDF5 file open for reading, with the default locks so that another handle of this process agrees."""
    if not path.is_file():
        raise NotFound(f"{path} is not a file.")
    sound(path)
    with plainly(path):
        file = h5py.File(path, "r")
    try:
        yield file
    finally:
        file.close()


def members(group: h5py.Group) -> Iterator[tuple[str, h5py.Group | h5py.Dataset]]:
    """Children of a group by name; links that leave the file are refused."""
    try:
        names = list(group)
    except (RuntimeError, OSError) as error:
        raise Damaged(f"{group.file.filename}: the list of {group.name} is broken: {error}.") from error
    for name in names:
        yield name, child(group, name)


def child(group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset:
    """One child, reached through links that stay inside the file only."""
    found, here = group, group
    steps = [step for step in PurePosixPath(name).parts if step not in (".", "/")]
    for _ in range(64):
        if not steps:
            return found
        step = steps.pop(0)
        link = here.get(step, getlink=True) if step != ".." else None
        if isinstance(link, h5py.SoftLink):
            target = PurePosixPath(link.path)
            here = here.file["/"] if target.is_absolute() else here
            steps = [part for part in target.parts if part not in (".", "/")] + steps
            continue
        if not isinstance(link, h5py.HardLink):
            raise Hostile(
                f"{group.file.filename}: {group.name}/{name} links out of the file.",
                do="Copy the linked data into the file (h5repack, h5copy) and read it again.",
            )
        found = here[step]
        if isinstance(found, h5py.Dataset):
            _inside(found)
        here = found
    raise Hostile(f"{group.file.filename}: {group.name}/{name} is a chain of links without end.")


def _inside(dataset: h5py.Dataset) -> None:
    if dataset.external or dataset.is_virtual:
        raise Hostile(
            f"{dataset.file.filename}: {dataset.name} keeps its data in other files.",
            do="Copy the data into one file with h5repack and read it again.",
        )


def datasets(group: h5py.Group, deepest: int = 16, most: int = 20_000) -> Iterator[tuple[str, h5py.Dataset]]:
    """Every dataset below a group, by path relative to it and in the file's order."""
    seen: set[int] = set()
    stack: list[tuple[str, h5py.Group]] = [("", group)]
    count = 0
    while stack:
        prefix, here = stack.pop()
        address = hash(here.id)
        if address in seen:
            continue
        seen.add(address)
        inner = []
        for name, item in members(here):
            count += 1
            if count > most or prefix.count("/") > deepest:
                raise Hostile(
                    f"{group.file.filename}: more than {most} entries or {deepest} levels below {group.name}."
                )
            if isinstance(item, h5py.Dataset):
                yield prefix + name, item
            elif isinstance(item, h5py.Group):
                inner.append((f"{prefix}{name}/", item))
        stack.extend(reversed(inner))


def guard(dataset: h5py.Dataset, lazy: bool = False) -> None:
    """Refuse a dataset whose declared size no honest file has, before anything is allocated."""
    where = f"{dataset.file.filename}: {dataset.name}"
    if dataset.shape is None:
        raise Damaged(f"{where} is an empty dataset without shape.")
    size, stored = dataset.nbytes, dataset.id.get_storage_size()
    row = size // max(1, dataset.shape[0]) if dataset.shape else size
    if (not lazy and size > MOST_BYTES) or row > 1 << 30 or (dataset.shape and dataset.shape[0] > 1 << 32):
        raise Hostile(f"{where} declares {size:,} bytes, shape {dataset.shape}.", do="Split it into episodes.")
    if size > 64 << 20 and size > MOST_RATIO * max(stored, 1):
        raise Hostile(f"{where} declares {size:,} bytes but stores {stored:,}.", do="Its size is not to be believed.")
    if dataset.chunks and np.prod(dataset.chunks, dtype=np.float64) * dataset.dtype.itemsize > 2 << 30:
        raise Hostile(f"{where} has chunks of {dataset.chunks} that do not fit in memory.")


def numbers(dataset: h5py.Dataset) -> Array:
    """All values of a numeric, truth or text dataset; text comes as an object array of ``str``."""
    guard(dataset)
    path = Path(dataset.file.filename)
    with plainly(path, str(dataset.name)):
        if h5py.check_string_dtype(dataset.dtype) is not None:
            return cast(Array, np.asarray(dataset.asstr(errors="replace")[()], dtype=object))
        if dataset.dtype.kind not in "biufcSV" or dataset.dtype.names or dataset.dtype.kind == "V":
            raise BadValue(f"{path}: {dataset.name} has the type {dataset.dtype}, which is no plain number or text.")
        return cast(Array, np.asarray(dataset[()]))


def attribute(item: h5py.Group | h5py.Dataset, name: str) -> object:
    """One attribute, or ``None`` where it is not there; text is decoded, arrays stay."""
    try:
        if name not in item.attrs:
            return None
        value = item.attrs[name]
    except _TROUBLE as error:
        raise Damaged(f"{item.file.filename}: attribute {name!r} of {item.name} cannot be read: {error}.") from error
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value.item() if isinstance(value, np.generic) else cast(object, value)


def words(item: h5py.Group | h5py.Dataset, name: str) -> Mapping[str, object]:
    """An attribute that holds a JSON object; empty where it is absent or something else."""
    raw = attribute(item, name)
    if not isinstance(raw, str):
        return {}
    try:
        parsed = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


@dataclass(eq=False)
class H5Rows:
    """Rows of a dataset, read in blocks when asked for; the file is open only meanwhile.

    ``offset`` and ``shape`` choose the rows; ``last`` moves a leading channel axis (``CHW``) to the end. One block
    (8 MiB, whole chunks) is remembered so that a compressed chunk is not unpacked again for each of its rows.
    """

    path: Path
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    last: bool = False
    step: int = 1
    _start: int = field(default=0, repr=False)
    _block: Array | None = field(default=None, repr=False)

    @classmethod
    def of(cls, dataset: h5py.Dataset) -> H5Rows:
        """The rows of an open dataset, guarded; pictures with channels first are turned."""
        guard(dataset, lazy=True)
        shape = tuple(int(side) for side in dataset.shape)
        turn = len(shape) == 4 and shape[1] in (1, 3, 4) and shape[3] not in (1, 3, 4)
        if turn:
            shape = (shape[0], shape[2], shape[3], shape[1])
        row = max(1, int(np.prod(shape[1:], dtype=np.int64)) * dataset.dtype.itemsize)
        whole = dataset.chunks[0] if dataset.chunks else 1
        row = 1 << 20 if dataset.dtype.kind == "O" else row
        step = max(1, _BLOCK // row // whole) * whole
        return cls(Path(dataset.file.filename), str(dataset.name), shape, dataset.dtype, turn, step)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | int) -> Array:
        if isinstance(rows, int):
            return cast(Array, self[rows : rows + 1][0])
        start, stop, _ = rows.indices(len(self))
        parts = []
        while start < stop:
            block = self._near(start)
            piece = block[start - self._start : min(stop, self._start + len(block)) - self._start]
            parts.append(piece)
            start += len(piece)
        if not parts:
            return np.empty((0, *self.shape[1:]), self.dtype)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def between(self, start: int, stop: int) -> Array:
        """Rows ``start`` to ``stop``: what lazy pictures ask for."""
        return self[start:stop]

    def _near(self, row: int) -> Array:
        first = row - row % self.step
        if self._block is None or self._start != first:
            with opened(self.path) as file, plainly(self.path, self.name):
                block = np.asarray(file[self.name][first : min(first + self.step, len(self))])
            if len(block) != min(self.step, len(self) - first):
                raise Damaged(f"{self.path}: {self.name} has fewer rows than when it was opened.")
            self._block = np.ascontiguousarray(np.moveaxis(block, 1, -1)) if self.last else block
            self._start = first
        return self._block

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_block": None, "_start": 0}
