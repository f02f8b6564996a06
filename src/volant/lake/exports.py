"""The lake as tables for other tools: Parquet, Lance, Delta, Iceberg; the lake itself needs none of the last three."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..core.errors import BadValue, LakeUnwritable, MissingPart, Refused, suggest
from .query import Query
from .segments import Shelf

__all__ = ["EXPORTS", "export"]

_ROWS = 1 << 16


def export(kind: str, out: Path, shelf: Shelf, query: Query, version: int) -> dict[str, int]:
    """Write tables ``episodes``, ``facts`` and ``samples`` under ``out``; rows of each.

    ``samples`` has one row per stream with its times and values as lists; pictures are named by the digest of their
    file, not copied. Raises ``MissingPart`` where the package is not installed, ``Refused`` where ``out`` is taken.
    """
    if kind not in EXPORTS:
        raise BadValue(f"The lake cannot be exported as {kind!r}.", instead=suggest(kind, EXPORTS))
    package, write = EXPORTS[kind]
    try:
        module = import_module(package)
    except ImportError as error:
        raise MissingPart(
            f"Exporting as {kind} needs the package {package!r}.", do="Install volant with the extra 'exports'."
        ) from error
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Refused(f"{out} is there already.", do="Name a new folder.")
    made = {}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, schema, batches in _tables(shelf, query, version):
            counter = _Counter(batches)
            write(module, out, name, pa.RecordBatchReader.from_batches(schema, counter.through()))
            made[name] = counter.rows
    except OSError as error:
        shutil.rmtree(out, ignore_errors=True)
        raise LakeUnwritable(f"The export to {out} failed: {error}.") from error
    return made


class _Counter:
    """Counts rows on their way."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self.rows = 0
        self._batches = batches

    def through(self) -> Iterator[pa.RecordBatch]:
        for batch in self._batches:
            self.rows += batch.num_rows
            yield batch


def _tables(shelf: Shelf, query: Query, version: int) -> Iterator[tuple[str, pa.Schema, Iterator[pa.RecordBatch]]]:
    for name, question in (
        ("episodes", "SELECT * EXCLUDE (pos) FROM episodes ORDER BY added, pos"),
        ("facts", "SELECT * EXCLUDE (pos) FROM facts ORDER BY added, pos"),
    ):
        table = query.ask(question, version)
        yield name, table.schema, iter(table.to_batches(max_chunksize=_ROWS))
    schema = _samples_schema(shelf, version)
    yield "samples", schema, _samples(shelf, schema, version)


def _samples_schema(shelf: Shelf, version: int) -> pa.Schema:
    """The columns of all segments together; large lists become lists, and what no table format knows becomes wider."""
    fields: dict[str, pa.DataType] = {"added": pa.int64()}
    for segment in shelf.manifest.segments("streams", version):
        for field in shelf.schema(segment):
            fields[field.name] = _common(field.type)
    return pa.schema(sorted(fields.items(), key=lambda item: (item[0].startswith("x_"), item[0])))


_WIDER = {
    pa.float16(): pa.float32(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.decimal128(20, 0),
    pa.int16(): pa.int32(),
    pa.large_string(): pa.string(),
    pa.large_binary(): pa.binary(),
}


def _common(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_large_list(kind):
        return pa.list_(_common(kind.value_type))
    return _WIDER.get(kind, kind)


def _samples(shelf: Shelf, schema: pa.Schema, version: int) -> Iterator[pa.RecordBatch]:
    for segment in shelf.manifest.segments("streams", version):
        for table in shelf.groups(segment):
            if "added" not in table.column_names:
                table = table.append_column("added", pa.repeat(pa.scalar(segment.low, pa.int64()), len(table)))
            table = table.filter(pc.field("added") <= version)
            columns = [
                table[field.name].cast(field.type)
                if field.name in table.column_names
                else pa.nulls(len(table), field.type)
                for field in schema
            ]
            yield from pa.table(columns, schema=schema).to_batches(max_chunksize=_ROWS)


def _parquet(module: Any, out: Path, name: str, reader: pa.RecordBatchReader) -> None:
    with module.ParquetWriter(out / f"{name}.parquet", reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)


def _lance(module: Any, out: Path, name: str, reader: pa.RecordBatchReader) -> None:
    module.write_dataset(reader, str(out / f"{name}.lance"))


def _delta(module: Any, out: Path, name: str, reader: pa.RecordBatchReader) -> None:
    module.write_deltalake(str(out / name), reader)


def _iceberg(module: Any, out: Path, name: str, reader: pa.RecordBatchReader) -> None:
    """A catalogue in SQLite beside its warehouse; ``pyiceberg`` opens it by ``uri=sqlite:///OUT/catalog.db``."""
    place = out.resolve()
    catalog = module.load_catalog("lake", type="sql", uri=f"sqlite:///{place}/catalog.db", warehouse=place.as_uri())
    catalog.create_namespace_if_not_exists("lake")
    table = catalog.create_table(f"lake.{name}", schema=reader.schema)
    for batch in reader:
        table.append(pa.Table.from_batches([batch]))


EXPORTS: dict[str, tuple[str, Callable[[Any, Path, str, pa.RecordBatchReader], None]]] = {
    "parquet": ("pyarrow.parquet", _parquet),
    "lance": ("lance", _lance),
    "delta": ("deltalake", _delta),
    "iceberg": ("pyiceberg.catalog", _iceberg),
}
"""What the lake can be exported as: the package it takes, and how a table is written."""
