"""Volant's plain export: a table of episodes, a table per signal, media files as they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..core import Bid, Episode, Reading, Signal, Stream, Writing, Written
from ..core.errors import BadValue, Damaged, Hostile, NotFound
from ..core.stream import Array, Video
from ..video import RawFrames, Stills, open_video
from . import _parquet_write as writer
from ._about import from_about, signal_from
from ._folder import inside
from ._landing import chosen

__all__ = ["Parquet"]

_TROUBLE = (
    OSError, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError, AttributeError, RecursionError,
    pa.ArrowException,
)  # fmt: skip
_MOST_BYTES = 4 << 30


class Parquet:
    """``episodes.parquet`` (one row an episode) and ``samples/<signal>.parquet`` (``episode``, ``t`` ns, ``x``).

    Meaning, unit and frame of a signal lie in the metadata of its table. Encoded pictures are rows of bytes, video
    files are copied to ``media/`` and cut by frame. Everything comes back with the same identity.
    """

    name = "parquet"
    version = "1"
    writes = True
    loses = ()

    def bid(self, path: Path) -> Bid:
        """Sure where ``episodes.parquet`` says that Volant wrote it."""
        table = path / "episodes.parquet"
        if not table.is_file():
            return Bid(0.0, "no episodes.parquet")
        try:
            metadata = pq.read_schema(table).metadata or {}
        except _TROUBLE as error:
            return Bid(0.6, f"episodes.parquet: {error}")
        return Bid(0.97, "a Volant export") if b"volant" in metadata else Bid(0.3, "someone else's episodes.parquet")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """One episode per row of ``episodes.parquet``."""
        return chosen(_episodes(path), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """A folder of tables and media, proven by reading it again."""
        return writer.write(episodes, out, how, lambda part: self.read(part, Reading()))


def _episodes(path: Path) -> Iterator[Episode]:
    table = path / "episodes.parquet"
    if not table.is_file():
        raise NotFound(f"{path} has no episodes.parquet.")
    try:
        source = pq.ParquetFile(table)
        metadata = source.schema_arrow.metadata or {}
        if b"volant" not in metadata:
            raise Damaged(f"{table} was not written by Volant.")
        batches = source.iter_batches(batch_size=256, columns=["about", "streams"])
        while True:
            batch = next(batches, None)
            if batch is None:
                return
            rows = batch.to_pylist()
            for row in rows:
                yield _episode(path, row)
    except _TROUBLE as error:
        raise Damaged(f"{path} is no whole export: {error}.") from error


def _episode(path: Path, row: dict[str, Any]) -> Episode:
    streams = tuple(_stream(path, place) for place in json.loads(row["streams"]))
    return Episode(streams, **from_about(row["about"], str(path / "episodes.parquet")))


def _stream(path: Path, place: dict[str, Any]) -> Stream:
    table = inside(path, str(place["table"]))
    signal = signal_from(place["signal"], str(table))
    groups = [int(group) for group in place["groups"]]
    count = int(place["rows"])
    try:
        times = _column(table, groups, "t").to_numpy().astype(np.int64, copy=False)
        if len(times) != count:
            raise Damaged(f"{table}: {signal.name!r} has {len(times)} rows, its episode declares {count}.")
        return Stream(
            signal,
            times,
            _pictures(path, table, place, count) if "codec" in place else _values(table, groups, place, signal),
        )
    except BadValue as error:
        raise Damaged(f"{table} contradicts its signal: {error}.") from error


@lru_cache(maxsize=32)
def _opened(table: Path, _size: int, _changed: int) -> pq.ParquetFile:
    return pq.ParquetFile(table)


def _file(table: Path) -> pq.ParquetFile:
    state = table.stat()
    return _opened(table, state.st_size, state.st_mtime_ns)


def _column(table: Path, groups: list[int], name: str) -> pa.Array:
    """One column of some row groups; their declared size is looked at first."""
    file = _file(table)
    size = sum(file.metadata.row_group(group).total_byte_size for group in groups)
    if size > _MOST_BYTES:
        raise Hostile(f"{table} declares {size:,} bytes for one episode.")
    if not groups:
        return file.schema_arrow.empty_table()[name].combine_chunks()
    joined = file.read_row_groups(groups, columns=[name], use_threads=False)[name].combine_chunks()
    return joined.chunk(0) if isinstance(joined, pa.ChunkedArray) else joined


def _values(table: Path, groups: list[int], place: dict[str, Any], signal: Signal) -> Array:
    column = _column(table, groups, "x")
    if column.null_count:
        raise Damaged(f"{table} has empty cells.")
    flat = column.flatten() if pa.types.is_fixed_size_list(column.type) else column
    if signal.dtype in ("str", "bytes"):
        items = np.empty(len(flat), dtype=object)
        items[:] = flat.to_pylist()
        return items.reshape(-1, *signal.shape)
    dtype = np.dtype(str(place["dtype"]))
    if dtype.hasobject:
        raise Hostile(f"{table} asks for an array of Python objects.")
    return np.asarray(flat.to_numpy(zero_copy_only=False)).astype(dtype, copy=False).reshape(-1, *signal.shape)


def _pictures(path: Path, table: Path, place: dict[str, Any], count: int) -> Video:
    shape, codec = tuple(int(side) for side in place["shape"]), str(place["codec"])
    if "media" in place:
        first = int(place["first"])
        whole = open_video(inside(path, str(place["media"])))
        if first + count > len(whole):
            raise Damaged(f"{place['media']} has {len(whole)} frames, {first + count} are needed.")
        return whole.part(first, first + count)
    blobs = _Blobs(table, tuple(int(group) for group in place["groups"]), int(place["step"]))
    if codec == "raw":
        return RawFrames(_Raw(blobs, shape, str(place["dtype"])).between, count, shape, str(place["dtype"]))
    return Stills(blobs.load, count, codec, shape, str(place["dtype"]))


@dataclass(eq=False)
class _Blobs:
    """Pictures as rows of bytes; the row group last read is remembered."""

    table: Path
    groups: tuple[int, ...]
    step: int
    _at: int = -1
    _held: pa.Array | None = None

    def load(self, row: int) -> bytes:
        """The bytes of one picture."""
        at = row // max(1, self.step)
        if self._at != at or self._held is None:
            try:
                self._held, self._at = _column(self.table, [self.groups[at]], "x"), at
            except _TROUBLE as error:
                raise Damaged(f"{self.table}: pictures of row group {at} cannot be read: {error}.") from error
        item = self._held[row - at * self.step].as_py()
        if not isinstance(item, bytes):
            raise Damaged(f"{self.table}: picture {row} is not there.")
        return item

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_held": None, "_at": -1}


@dataclass(frozen=True, slots=True, eq=False)
class _Raw:
    """Plain pictures out of rows of bytes."""

    blobs: _Blobs
    shape: tuple[int, ...]
    dtype: str

    def between(self, start: int, stop: int) -> Array:
        """Frames ``start`` to ``stop``."""
        whole = b"".join(self.blobs.load(row) for row in range(start, stop))
        try:
            return np.frombuffer(whole, np.dtype(self.dtype)).reshape(stop - start, *self.shape)
        except ValueError as error:
            raise Damaged(f"{self.blobs.table}: plain pictures have another size: {error}.") from error
