"""Episode metadata of LeRobot v3 as a table that is looked into by episode number, a few row groups at a time."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ..core import Fact
from ..core.errors import Damaged
from ._lerobot import STATS, label

__all__ = ["Declared", "Entry", "tasks"]

_BLOCK = 512
_row = itemgetter(1)
_PLACE = ("episode_index", "data/chunk_index", "data/file_index")
_PLAIN = ("episode_index", "tasks", "length", "volant", "task_index")
_SKIPPED = ("stats/", "videos/", "data/", "meta/", "dataset_from_index", "dataset_to_index")


class Declared:
    """``meta/episodes``: at most two blocks of about 512 rows are held at a time, whatever the size of the set."""

    def __init__(self, root: Path, streams: tuple[str, ...]) -> None:
        self.root = root
        self._files = sorted((root / "meta" / "episodes").glob("*/*.parquet"))
        self._streams = frozenset(streams)
        self._blocks: OrderedDict[tuple[int, int], _Rows] = OrderedDict()
        numbers, places = [], []
        files: list[tuple[int, ...]] = []
        self._groups: list[list[tuple[int, int]]] = []
        self._footers: list[pq.FileMetaData] = []
        for which, path in enumerate(self._files):
            try:
                with pq.ParquetFile(path) as file:
                    self._groups.append(list(_blocks(file)))
                    self._footers.append(file.metadata)
                    names = [name for name in _PLACE if name in file.schema_arrow.names]
                    table = file.read(columns=names)
                    found = table["episode_index"].to_numpy()
                    files += zip(*(table[name].to_pylist() for name in names[1:]), strict=True) if names[1:] else ()
            except (pa.ArrowException, OSError, KeyError) as error:
                raise Damaged(f"{path} cannot be read: {error}.") from error
            rows = np.arange(len(found), dtype=np.int64)
            numbers.append(found.astype(np.int64))
            places.append(np.stack((np.full(len(found), which, np.int64), rows), axis=1))
        self.numbers: npt.NDArray[np.int64] = np.concatenate(numbers) if numbers else np.zeros(0, np.int64)
        self._places = np.concatenate(places) if places else np.zeros((0, 2), np.int64)
        self._named = files if len(files) == len(self.numbers) else []
        self._order = np.argsort(self.numbers, kind="stable")
        self._sorted = self.numbers[self._order]

    def missing(self, there: set[tuple[str, ...]]) -> list[int]:
        """Episodes whose data file, as (folder, name), is not among those that are there."""
        lost = {place for place in set(self._named) if None not in place and _file(place) not in there}
        return [int(n) for n, place in zip(self.numbers, self._named, strict=False) if place in lost] if lost else []

    def __len__(self) -> int:
        return len(self.numbers)

    def entry(self, number: int) -> Entry | None:
        """What is declared of one episode, or ``None`` where nothing is."""
        at = int(np.searchsorted(self._sorted, number))
        if at >= len(self._sorted) or self._sorted[at] != number:
            return None
        which, row = (int(part) for part in self._places[self._order[at]])
        starts = self._groups[which]
        lot = bisect_right(starts, row, key=_row) - 1
        key = (which, lot)
        rows = self._blocks.get(key)
        if rows is None:
            stop = starts[lot + 1][0] if lot + 1 < len(starts) else None
            rows = self._load(which, starts[lot], stop)
            self._blocks[key] = rows
            while len(self._blocks) > 2:
                self._blocks.popitem(last=False)
        return Entry(rows, row - starts[lot][1])

    def _load(self, which: int, start: tuple[int, int], stop: int | None) -> _Rows:
        path = self._files[which]
        try:
            with pq.ParquetFile(path, metadata=self._footers[which]) as file:
                last = file.metadata.num_row_groups if stop is None else stop
                wanted = [name for name in file.schema_arrow.names if self._wanted(name)]
                table = file.read_row_groups(range(start[0], last), columns=wanted, use_threads=False)
            return _Rows(table)
        except (pa.ArrowException, OSError) as error:
            raise Damaged(f"{path} cannot be read: {error}.") from error

    def _wanted(self, name: str) -> bool:
        if not name.startswith("stats/"):
            return not name.startswith("meta/")
        feature, _, what = name.removeprefix("stats/").rpartition("/")
        return what in STATS and feature in self._streams


def _file(place: tuple[int, ...]) -> tuple[str, ...]:
    return (f"chunk-{place[0]:03d}", f"file-{place[1]:03d}.parquet") if len(place) == 2 else ()


def _blocks(file: pq.ParquetFile) -> Iterator[tuple[int, int]]:
    """First row group and first row of each block."""
    row, held = 0, _BLOCK
    for group in range(file.metadata.num_row_groups):
        if held >= _BLOCK:
            yield group, row
            held = 0
        count = file.metadata.row_group(group).num_rows
        row, held = row + count, held + count


class _Rows:
    """A block of metadata with columns turned into Python lists once, when first asked for."""

    __slots__ = ("_lists", "_stats", "labels", "table")

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self._lists: dict[str, list[Any] | None] = {}
        self._stats: list[tuple[str, str, list[tuple[float, ...]]]] | None = None
        names = table.column_names
        self.labels = [name for name in names if name not in _PLAIN and not name.startswith(_SKIPPED)]

    def value(self, name: str, row: int) -> Any:
        if name not in self._lists:
            self._lists[name] = _listed(self.table[name]) if name in self.table.column_names else None
        values = self._lists[name]
        return None if values is None else values[row]

    def statistics(self) -> list[tuple[str, str, list[tuple[float, ...]]]]:
        """Key, feature and one vector per row (empty where none is declared) of each column of statistics."""
        if self._stats is None:
            names = [name for name in self.table.column_names if name.startswith("stats/")]
            self._stats = [
                (f"declared/{name}", name.removeprefix("stats/").rpartition("/")[0], _vectors(self.table[name]))
                for name in names
            ]
        return self._stats


def _vectors(values: pa.ChunkedArray) -> list[tuple[float, ...]]:
    """Nested lists of numbers as flat vectors; an empty one where a value is no list."""
    rows, kind = _listed(values), values.type
    flat = pa.types.is_list(kind) and pa.types.is_floating(kind.value_type)
    if flat and not any(chunk.flatten().null_count for chunk in values.chunks):
        return [tuple(row or ()) for row in rows]
    return [tuple(np.asarray(row, np.float64).reshape(-1).tolist()) if isinstance(row, list) else () for row in rows]


def _listed(values: pa.ChunkedArray) -> list[Any]:
    """A column as Python values; vectors of one length go through numpy, which is twenty times faster."""
    plain, n = values.combine_chunks(), len(values)
    kind, flat = plain.type, plain
    while pa.types.is_list(flat.type) and not flat.null_count:
        flat = flat.flatten()
    numbers = pa.types.is_floating(flat.type) or pa.types.is_integer(flat.type)
    if pa.types.is_list(kind) and n and numbers and len(flat) % n == 0 and not flat.null_count:
        width = len(flat) // n
        outer = plain.offsets.to_numpy()
        if pa.types.is_list(kind.value_type) or (np.diff(outer) == width).all():
            return list(flat.to_numpy(zero_copy_only=False).reshape(n, width).tolist())
    if not pa.types.is_nested(kind) and not plain.null_count and numbers:
        return list(plain.to_numpy(zero_copy_only=False).tolist())
    return list(plain.to_pylist())


class Entry:
    """One episode's row of metadata."""

    __slots__ = ("_row", "_rows")

    def __init__(self, rows: _Rows, row: int) -> None:
        self._rows, self._row = rows, row

    def get(self, name: str) -> Any:
        """The value of a column, ``None`` where it is absent or empty."""
        return self._rows.value(name, self._row)

    def integer(self, name: str) -> int | None:
        """The value of a column of whole numbers."""
        value = self.get(name)
        return int(value) if isinstance(value, int | float) else None

    @property
    def tasks(self) -> list[str]:
        """The task texts."""
        found = self.get("tasks")
        if isinstance(found, str):
            return [found]
        return [str(text) for text in found] if isinstance(found, list) else []

    def facts(self, by: str) -> list[Fact]:
        """Declared statistics and extra columns."""
        said = []
        for key, feature, vectors in self._rows.statistics():
            if vector := vectors[self._row]:
                said.append(Fact("", key, vector, by, None, feature))
        stated = "outcome" in self._rows.labels and self.get("outcome") is not None
        for name in self._rows.labels:
            if name == "success" and stated:
                continue
            said += label(name, self._rows.value(name, self._row), by)
        return said


def tasks(root: Path) -> dict[int, str]:
    """``meta/tasks.parquet``: the task of each index; the row's position where no column says the index."""
    path = root / "meta" / "tasks.parquet"
    if not path.is_file():
        return {}
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise Damaged(f"{path} cannot be read: {error}.") from error
    words = next((name for name in ("task", "__index_level_0__", *table.column_names) if _worded(table, name)), None)
    if words is None:
        return {}
    numbers = table["task_index"].to_pylist() if "task_index" in table.column_names else range(table.num_rows)
    return {int(i): str(text) for i, text in zip(numbers, table[words].to_pylist(), strict=True) if i is not None}


def _worded(table: pa.Table, name: str) -> bool:
    return name in table.column_names and (
        pa.types.is_string(table.schema.field(name).type) or pa.types.is_large_string(table.schema.field(name).type)
    )
