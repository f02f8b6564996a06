"""Tables that never change, named by their digest: Arrow bytes inside the manifest while small, else Parquet files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from ..core.errors import LakeCorrupt
from .folder import Files
from .manifest import Change, Manifest, Segment

__all__ = ["HOT", "Shelf", "encode"]

HOT = 1 << 20
"""Tables up to this many bytes (unpacked) stay inside the manifest until they are sealed: no file, no fsync more."""

_KEPT, _SMALL = 512, 1 << 16
"""So many hot tables stay open, of at most so many bytes each: 32 MiB at the most."""

_FLOATS = ("x_float16", "x_float32", "x_float64")


@dataclass(frozen=True, slots=True)
class Shelf:
    """Segments by way of the manifest: written before a commit, read after it."""

    manifest: Manifest
    files: Files
    _open: dict[str, pa.Table] = field(default_factory=dict, repr=False, compare=False)
    """Hot tables that were read of late, by digest: every question asks for the same ones again."""

    def add(self, change: Change, table: pa.Table, kind: str, *, groups: Sequence[int] = (), **of: str) -> int:
        """Write a table for a change to name; its number within the change. ``of``: key, author, type."""
        key, author, sort = (of.get(name, "") for name in ("key", "author", "type"))
        hot = table.nbytes <= HOT
        sizes = (len(table),) if hot else tuple(groups) or (len(table),)
        data = _packed(table) if hot else encode(table, sizes)
        digest = hashlib.blake2b(data, digest_size=16).hexdigest()
        if hot:
            place, change.hot[digest] = "", data
        else:
            place = _place(kind, key, author, digest)
            self.files.store(place, data)
        number = len(change.segments)
        low, mixed = int(of.get("low", "0")), "added" in table.column_names
        change.segments.append(
            Segment(number, kind, key, author, sort, digest, len(data), len(table), low, mixed, place, sizes)
        )
        return number

    def read(self, segment: Segment, columns: Sequence[str] | None = None, group: int | None = None) -> pa.Table:
        """A segment's rows, or those of one row group, or of some columns (those it lacks are left out).

        A hot segment has one group only: all of its rows come.
        """
        try:
            if not segment.place:
                table = self._hot(segment)
                return table if columns is None else table.select([n for n in columns if n in table.column_names])
            with pq.ParquetFile(self.files.path(segment.place), memory_map=True) as file:
                if columns is not None:
                    have = set(file.schema_arrow.names)
                    columns = [name for name in columns if name in have]
                if group is not None:
                    return file.read_row_group(group, columns=columns, use_threads=False)
                return file.read(columns=columns)
        except (pa.ArrowInvalid, OSError) as error:
            raise damaged(segment, error) from error

    def dated(self, segment: Segment, columns: Sequence[str] | None = None) -> pa.Table:
        """Like ``read``, with the column ``added``: the version each row came with."""
        table = self.read(segment, None if columns is None else [*columns, "added"])
        if "added" not in table.column_names:
            table = table.append_column("added", pa.repeat(pa.scalar(segment.low, pa.int64()), len(table)))
        return table

    def groups(self, segment: Segment) -> Iterator[pa.Table]:
        """Row groups one after the other."""
        try:
            if not segment.place:
                yield self._hot(segment)
                return
            with pq.ParquetFile(self.files.path(segment.place), memory_map=True) as file:
                for group in range(file.num_row_groups):
                    yield file.read_row_group(group, use_threads=False)
        except (pa.ArrowInvalid, OSError) as error:
            raise damaged(segment, error) from error

    def schema(self, segment: Segment) -> pa.Schema:
        """The columns of a segment."""
        try:
            return pq.read_schema(self.files.path(segment.place)) if segment.place else self._hot(segment).schema
        except (pa.ArrowInvalid, OSError) as error:
            raise damaged(segment, error) from error

    def _hot(self, segment: Segment) -> pa.Table:
        table = self._open.pop(segment.digest, None)
        if table is None:
            table = pa.ipc.open_stream(pa.BufferReader(self.manifest.payload(segment.digest))).read_all()
        if table.nbytes <= _SMALL:
            self._open[segment.digest] = table
            while len(self._open) > _KEPT:
                del self._open[next(iter(self._open))]
        return table


def _packed(table: pa.Table) -> bytes:
    """A small table as an Arrow stream: a tenth of the work of a Parquet file."""
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def encode(table: pa.Table, groups: Sequence[int]) -> bytes:
    """A table as Parquet bytes with row groups of the given sizes.

    Sample columns are never dictionary-coded: a dictionary could fold NaNs that differ in their bits into one.
    """
    names = table.column_names
    lists = [name for name in names if name == "t" or name.startswith("x_")]
    leaves = {name: f"{name}.list.element" for name in lists}
    encodings = {leaves["t"]: "DELTA_BINARY_PACKED"} if "t" in leaves else {}
    encodings |= {leaves[name]: "BYTE_STREAM_SPLIT" for name in lists if name in _FLOATS}
    coded = [name for name in names if name not in lists and pa.types.is_string(table.schema.field(name).type)]
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=coded,
        column_encoding=encodings or None,
        write_statistics=[name for name in names if name not in lists],
        write_page_checksum=True,
    ) as writer:
        start = 0
        for size in groups:
            writer.write_table(table.slice(start, size), row_group_size=max(1, size))
            start += size
    return bytes(sink.getvalue())


def damaged(segment: Segment, error: BaseException) -> LakeCorrupt:
    """The error that names a segment whose bytes cannot be read."""
    where = segment.place or f"hot segment {segment.digest[:12]}"
    return LakeCorrupt(f"{where} cannot be read: {error}.", do="Run `volant verify` to see which episodes are hit.")


def _place(kind: str, key: str, author: str, digest: str) -> str:
    if kind == "facts":
        return f"facts/{quote(key, safe='')[:120]}/{quote(author, safe='@')[:120]}/{digest}.parquet"
    return f"segments/{kind}/{digest[:2]}/{digest}.parquet"
