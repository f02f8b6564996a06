"""Vectors in bulk: facts whose value is a point, in and out of a lake as columns, never as a Python float each.

They are stored as lists of float32, a type of facts of their own; questions in SQL see them like every other vector.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..core.errors import BadValue, NotFound
from . import facts as told
from .manifest import Segment
from .segments import Shelf

__all__ = ["Vectors", "groups", "read"]

Rows = npt.NDArray[np.float32]
Spans = npt.NDArray[np.int64]

_PILE = 1 << 18
"""Vectors in one file: 64 MB of 64 numbers each."""

_COLUMNS = ("subject", "start", "stop", "pos", "value")
_POINTS = ("floats", "vector")


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """What is known of one key by one author: ``ids`` (objects), ``rows`` float32 ``[n, d]``, in the order of coming.

    One row per subject, the latest. ``spans`` int64 ``[n, 2]`` (ns) is filled where windows were asked for: then there
    is one row per subject and window. ``by`` is the author with its version, empty where nothing is known.
    """

    ids: npt.NDArray[np.object_]
    rows: Rows
    by: str
    spans: Spans

    def __len__(self) -> int:
        return len(self.ids)


def groups(
    subjects: Sequence[str], key: str, rows: Rows, by: str, *, at: int, spans: Spans | None = None
) -> list[told.Group]:
    """Vectors as groups of facts, one file's worth each. Raises ``BadValue`` where they do not fit together."""
    points = np.ascontiguousarray(rows, np.float32)
    n = len(points)
    if (
        points.ndim != 2
        or not points.shape[1]
        or len(subjects) != n
        or (spans is not None and np.shape(spans) != (n, 2))
    ):
        raise BadValue(f"{len(subjects)} subjects do not fit vectors of shape {points.shape}.")
    if not key or "@" not in by:
        raise BadValue(
            f"Vectors {key!r} by {by!r} lack a key or the version of their author.", do="Write author@version."
        )
    if not np.isfinite(points).all():
        raise BadValue(f"A vector of {key} holds a number that is not finite.", do="Leave that subject out.")
    window = np.full((n, 2), -1, np.int64) if spans is None else np.asarray(spans, np.int64)
    names = pa.array(subjects, pa.string())
    if names.null_count or any(not name for name in subjects):
        raise BadValue("A vector needs a subject.", do="Say which episode, selection or policy it is about.")
    made = []
    for start in range(0, n, _PILE):
        some = slice(start, min(n, start + _PILE))
        many = some.stop - some.start
        edges = np.arange(many + 1, dtype=np.int32) * points.shape[1]
        table = pa.table({
            "subject": names[some],
            "start": pa.array(window[some, 0]),
            "stop": pa.array(window[some, 1]),
            "stream": pa.repeat(pa.scalar(""), many),
            "at": pa.repeat(pa.scalar(at, pa.int64()), many),
            "pos": pa.array(np.arange(some.start, some.stop, dtype=np.int64)),
            "value": pa.ListArray.from_arrays(pa.array(edges), pa.array(points[some].reshape(-1))),
        })  # fmt: skip
        made.append(told.Group(key, by, "floats", table))
    return made


def read(shelf: Shelf, version: int, key: str, by: str = "", *, windows: bool = False, after: int = 0) -> Vectors:
    """Everything known of a key at a version, by the author named, or by the only one there is.

    ``after`` leaves out what was told up to that version. Raises ``BadValue`` where two versions or authors spoke and
    none is named, or where widths differ; ``NotFound`` for an author who said nothing at all.
    """
    tables: dict[str, list[pa.Table]] = {}
    for author, table in _parts(shelf, version, key, after):
        tables.setdefault(author, []).append(table)
    if by and by not in tables and not after:
        raise NotFound(f"No {key} was told by {by}.", instead=f"Told by: {', '.join(sorted(tables)) or 'nobody'}.")
    if len(tables) > 1 and not by:
        raise BadValue(
            f"The lake holds {key} of {len(tables)} versions: {', '.join(sorted(tables))}.",
            do="Vectors of two versions cannot be compared; name one.",
        )
    author = by or next(iter(tables), "")
    parts = [_told(table, windows) for table in tables.get(author, ())]
    parts = [part for part in parts if len(part)]
    if not parts:
        return Vectors(np.zeros(0, object), np.zeros((0, 0), np.float32), author, np.zeros((0, 2), np.int64))
    table = pa.concat_tables(parts)
    return _latest(table, _points(table["value"], key), author, windows=windows)


def _parts(shelf: Shelf, version: int, key: str, after: int) -> Iterator[tuple[str, pa.Table]]:
    for segment in shelf.manifest.segments("facts", version, [key]):
        if segment.type in _POINTS and segment.key == key and _young(shelf, segment, after):
            yield segment.author, _within(shelf.dated(segment, _COLUMNS), segment, after, version)
    for segment in shelf.manifest.segments("loose", version, [key]):
        if not _young(shelf, segment, after):
            continue
        table = _within(shelf.dated(segment), segment, after, version)
        for group in told.unloose(table.filter(pc.field("key") == key)):
            if group.type in _POINTS:
                yield group.by, group.table.select([*_COLUMNS, "added"])


def _young(shelf: Shelf, segment: Segment, after: int) -> bool:
    """Whether a segment holds anything younger than a version."""
    if segment.low > after or not segment.mixed:
        return segment.low > after
    return bool(shelf.read(segment, ["added"])["added"].to_numpy().max(initial=0) > after)


def _within(table: pa.Table, segment: Segment, after: int, version: int) -> pa.Table:
    if not segment.mixed:
        return table
    return table.filter((pc.field("added") <= version) & (pc.field("added") > after))


def _told(table: pa.Table, windows: bool) -> pa.Table:
    """Of a window, or of the whole; with values of one type."""
    wanted = (table["stop"].to_numpy() >= 0) == windows
    picked = table if wanted.all() else table.filter(pa.array(wanted))
    kind = pa.list_(pa.float32())
    place = picked.schema.get_field_index("value")
    return picked if picked["value"].type == kind else picked.set_column(place, "value", picked["value"].cast(kind))


def _points(column: pa.ChunkedArray, key: str) -> Rows:
    """A list column as ``[n, d]``."""
    width = len(column[0])
    rows = np.empty((len(column), width), np.float32)
    start = 0
    for chunk in column.chunks:
        sizes = np.diff(chunk.offsets.to_numpy())
        if not width or (sizes != width).any():
            raise BadValue(f"The vectors of {key} have {width} numbers, and some {int(sizes[-1])} or others.")
        rows[start : start + len(chunk)] = chunk.flatten().to_numpy(zero_copy_only=False).reshape(len(chunk), width)
        start += len(chunk)
    return rows


def _latest(table: pa.Table, rows: Rows, author: str, *, windows: bool) -> Vectors:
    """One row per subject (and window): the one told last. In the order in which they were first told."""
    added, pos = table["added"].to_numpy(), table["pos"].to_numpy()
    spans = np.stack([table["start"].to_numpy(), table["stop"].to_numpy()], axis=1)
    step = np.diff(added)
    sorted_ = bool(((step > 0) | ((step == 0) & (np.diff(pos) >= 0))).all())
    order = np.arange(len(added)) if sorted_ else np.lexsort((pos, added))
    coded = table["subject"].combine_chunks().dictionary_encode()
    marks = np.asarray(coded.indices.to_numpy(), np.int64)
    if windows:
        marks = np.unique(np.column_stack([marks, spans]), axis=0, return_inverse=True)[1].reshape(-1)
    count = int(marks.max()) + 1
    first, last = np.empty(count, np.int64), np.empty(count, np.int64)
    first[marks[order[::-1]]] = np.arange(len(order))[::-1]  # of places that repeat numpy keeps the last one written
    last[marks[order]] = order
    kept = last if sorted_ and not windows else last[np.argsort(first, kind="stable")]
    if len(kept) == len(rows) and bool((kept == np.arange(len(kept))).all()):
        names = table["subject"].to_numpy()
    else:
        names, rows, spans = table["subject"].take(pa.array(kept)).to_numpy(), rows[kept], spans[kept]
    return Vectors(np.asarray(names, object), rows, author, spans if windows else np.zeros((0, 2), np.int64))
