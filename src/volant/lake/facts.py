"""Facts as typed tables: one per key, author and type of value; and as one loose table while they are few."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..core.errors import BadValue
from ..core.fact import Fact, FactTable, Value
from .segments import Shelf

__all__ = ["LOOSE", "MANY", "Group", "find", "groups", "loose_rows", "table_of", "typed", "unloose"]

MANY = 4096
"""Facts of one key, author and type that get a file of their own at once; fewer wait, loose, to be sealed."""

_TYPES = {"bool": pa.bool_(), "int": pa.int64(), "float": pa.float64(), "str": pa.string(),
          "vector": pa.list_(pa.float64()), "floats": pa.list_(pa.float32())}  # fmt: skip
_COLUMN = {"bool": "whole", "int": "whole", "float": "number", "str": "words", "vector": "vector", "floats": "vector"}
_CODES: dict[type, str] = {bool: "bool", int: "int", float: "float", str: "str", tuple: "vector", list: "vector"}

_SAID = [("subject", pa.string()), ("start", pa.int64()), ("stop", pa.int64()), ("stream", pa.string()),
         ("at", pa.int64()), ("pos", pa.int64())]  # fmt: skip

LOOSE = pa.schema(
    [
        *_SAID,
        ("key", pa.string()),
        ("by", pa.string()),
        ("type", pa.string()),
        ("whole", pa.int64()),
        ("number", pa.float64()),
        ("words", pa.string()),
        ("vector", pa.list_(pa.float64())),
    ]
)
"""Facts of any key and type in one table; exactly one of the last four is filled. ``pos`` is the order of telling."""


class Group(NamedTuple):
    """Facts of one key, author and type of value; ``table`` has a column ``value`` of that type."""

    key: str
    by: str
    type: str
    table: pa.Table


def typed(type: str) -> pa.Schema:
    """The schema of a table of facts whose values are of one type."""
    return pa.schema([*_SAID, ("value", _TYPES[type])])


def groups(facts: FactTable | Iterable[Fact], at: int) -> list[Group]:
    """The same facts by key, author and type, in the order of telling. A fact without a time gets ``at``."""
    table = facts if isinstance(facts, FactTable) else FactTable.of(facts)
    n = len(table)
    if not n:
        return []
    if any(len(getattr(table, name)) != n for name in FactTable.__slots__):
        raise BadValue("The columns of a fact table differ in length.")
    values, codes = _coded(table.value)
    try:
        said = {name: pa.array(getattr(table, name), kind) for name, kind in _SAID if name not in ("at", "pos")}
        times = np.asarray(table.at, np.int64)
        keys, bys = (pa.array(column, pa.string()).dictionary_encode() for column in (table.key, table.by))
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, TypeError, ValueError) as error:
        raise BadValue(f"Facts cannot be stored: {error}.") from error
    _sound(keys.dictionary.to_pylist(), bys.dictionary.to_pylist(), said)
    if any(np.asarray(getattr(table, name)).dtype.kind != "i" for name in ("start", "stop")):
        raise BadValue("The span of a fact is not in whole nanoseconds.")
    said["at"] = pa.array(np.where(times == 0, at, times))
    said["pos"] = pa.array(np.arange(n, dtype=np.int64))
    whole = pa.table(said)
    kinds = list(_TYPES)
    mark = np.asarray([kinds.index(code) for code in codes], np.int64) if n < 1000 else _marks(codes, kinds)
    marks = (keys.indices.to_numpy() * len(bys.dictionary) + bys.indices.to_numpy()) * len(kinds) + mark
    order = np.argsort(marks, kind="stable")
    edges = np.flatnonzero(np.diff(marks[order])) + 1
    made = []
    for rows in np.split(order, edges):
        first = int(rows[0])
        picked = list(values) if len(rows) == n else [values[i] for i in rows.tolist()]
        part = whole if len(rows) == n else whole.take(pa.array(rows))
        made.append(
            Group(
                table.key[first],
                table.by[first],
                codes[first],
                part.append_column("value", _array(picked, codes[first])),
            )
        )
    return made


def find(shelf: Shelf, version: int, subjects: Sequence[str] | None, keys: Sequence[str] | None) -> Iterator[Group]:
    """Stored facts at a version, with the column ``added``; a ``*`` at the end of a key stands for anything."""
    wanted = None if subjects is None else pa.array(list(subjects), pa.string())
    for kind in ("facts", "loose"):
        for segment in shelf.manifest.segments(kind, version, keys):
            table = shelf.dated(segment)
            if segment.mixed:
                table = table.filter(pc.field("added") <= version)
            if wanted is not None:
                table = table.filter(pc.field("subject").isin(wanted))
            if kind == "loose" and keys is not None:
                names = [name for name in table["key"].unique().to_pylist() if _asked(name, keys)]
                table = table.filter(pc.field("key").isin(pa.array(names, pa.string())))
            if len(table) and kind == "loose":
                yield from unloose(table)
            elif len(table):
                yield Group(segment.key, segment.author, segment.type, table)


def _asked(key: str, keys: Sequence[str] | None) -> bool:
    return keys is None or any(key.startswith(one[:-1]) if one.endswith("*") else key == one for one in keys)


def loose_rows(parts: Sequence[Group]) -> pa.Table:
    """Groups as one loose table."""
    tables = []
    for key, by, kind, table in parts:
        n = len(table)
        columns = {name: table[name] for name, _ in _SAID}
        columns |= {name: pa.repeat(pa.scalar(text), n) for name, text in (("key", key), ("by", by), ("type", kind))}
        filled = _COLUMN[kind]
        value = table["value"].cast(LOOSE.field(filled).type)
        for name in ("whole", "number", "words", "vector"):
            columns[name] = value if name == filled else pa.nulls(n, LOOSE.field(name).type)
        if "added" in table.column_names:
            columns["added"] = table["added"]
        tables.append(pa.table(columns))
    return pa.concat_tables(tables) if tables else LOOSE.empty_table()


def unloose(table: pa.Table) -> list[Group]:
    """A loose table as groups again; a column ``added`` travels with it."""
    coded = [table[name].combine_chunks().dictionary_encode() for name in ("key", "by", "type")]
    marks = np.zeros(len(table), np.int64)
    for column in coded:
        marks = marks * len(column.dictionary) + column.indices.to_numpy()
    order = np.argsort(marks, kind="stable")
    made = []
    for rows in np.split(order, np.flatnonzero(np.diff(marks[order])) + 1) if len(order) else ():
        part = table.take(pa.array(rows))
        key, by, kind = (column[int(rows[0])].as_py() for column in coded)
        columns = {name: part[name] for name, _ in _SAID}
        columns["value"] = part[_COLUMN[kind]].cast(_TYPES[kind])
        if "added" in table.column_names:
            columns["added"] = part["added"]
        made.append(Group(key, by, kind, pa.table(columns)))
    return made


def table_of(parts: Sequence[Group]) -> FactTable:
    """Groups with a column ``added`` as one fact table, in the order of telling."""
    made = FactTable()
    marks: list[Any] = []
    for key, by, kind, table in parts:
        n = len(table)
        values: list[Any] = table["value"].to_pylist()
        made.value.extend([tuple(value) for value in values] if _COLUMN[kind] == "vector" else values)
        made.key.extend([key] * n)
        made.by.extend([by] * n)
        for name in ("subject", "start", "stop", "stream", "at"):
            getattr(made, name).extend(table[name].to_pylist())
        marks.append(np.stack([table["added"].to_numpy(), table["pos"].to_numpy()]))
    if not marks:
        return made
    added, pos = np.concatenate(marks, axis=1)
    order = np.lexsort((pos, added)).tolist()
    return FactTable(*([getattr(made, name)[i] for i in order] for name in FactTable.__slots__))


def _coded(values: Sequence[Value]) -> tuple[Sequence[Any], list[str]]:
    """Values as plain Python and the type of each; numpy scalars and arrays are taken for what they hold."""
    try:
        return values, [_CODES[type(value)] for value in values]
    except KeyError:
        plain = [_plain(value) for value in values]
        return plain, [_CODES[type(value)] for value in plain]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, str):
        return str(value)
    if type(value) in _CODES:
        return value
    raise BadValue(f"A fact cannot say a {type(value).__name__}.", instead="It says truth, a number, words or numbers.")


def _marks(codes: list[str], kinds: list[str]) -> Any:
    encoded = pa.array(codes).dictionary_encode()
    place = np.asarray([kinds.index(code) for code in encoded.dictionary.to_pylist()], np.int64)
    return place[encoded.indices.to_numpy()]


def _array(values: list[Any], kind: str) -> pa.Array:
    try:
        return pa.array(values, _TYPES[kind])
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError) as error:
        raise BadValue(f"The value of a fact cannot be stored: {error}.") from error


def _sound(keys: list[str], bys: list[str], said: dict[str, pa.Array]) -> None:
    if any(not key for key in keys):
        raise BadValue("A fact needs a key.", do="Use folder/name, such as 'check/freeze'.")
    if any("@" not in by for by in bys):
        raise BadValue("A fact's author has no version.", do="Write author@version.")
    if any(column.null_count for column in said.values()):
        raise BadValue("A fact lacks its subject, span or stream.", do="Use -1 for no span and '' for no stream.")
    if "" in said["subject"].dictionary_encode().dictionary.to_pylist():
        raise BadValue("A fact needs a subject.", do="Say which episode, selection or policy it is about.")
