"""A table of separated values as columns: what its first lines tell, and its rows read in blocks.

Nothing is dropped in silence: a row with too few or too many cells, a cell that is no number and a row without a
time are named by their line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv as pacsv

from ..core import Value
from ..core.errors import Damaged, Hostile, NotFound

__all__ = ["Layout", "Table", "is_number", "listed", "load", "sniff"]

pc: Any = pyarrow.compute
"""Arrow makes its functions while it is imported; no type checker sees them."""

Array = npt.NDArray[Any]

_HEAD = 1 << 16
_MOST_COLUMNS = 20_000
_BLOCK = 1 << 23
_LINE_MOST = 1 << 22
_NUMBER = (
    r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$|^\s*[+-]?([nN][aA][nN]|[iI][nN][fF]([iI][nN][iI][tT][yY])?)\s*$"
)
_NUMBER_RE = re.compile(_NUMBER)
_WHOLE_RE = re.compile(r"^\s*[+-]?\d{1,18}\s*$")
_STAMP_RE = re.compile(r"^\s*[+-]?\d{1,19}\s*$")
_EMPTY = ("", "NA", "N/A", "null", "NULL", "None", "#N/A", "-")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file of separated values is laid out, from its first 64 KiB.

    ``sorts`` says of each column ``int``, ``float``, ``stamp`` (19 digits) or ``text``; ``skip`` counts the lines
    before the first row, ``first`` is that row.
    """

    path: Path
    delimiter: str
    decimal: str
    header: bool
    skip: int
    names: tuple[str, ...]
    sorts: tuple[str, ...]
    first: tuple[str, ...]
    note: str = ""


@dataclass(slots=True)
class Table:
    """Columns by name in their order, the line each row came from, and what could not be read."""

    layout: Layout
    columns: dict[str, Array]
    lines: npt.NDArray[np.int64]
    facts: list[tuple[str, Value]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)


def is_number(cell: str) -> bool:
    """Whether a cell reads as a number, NaN and infinities included."""
    return _NUMBER_RE.match(cell) is not None


def listed(lines: Sequence[int] | npt.NDArray[np.int64]) -> str:
    """Line numbers in words, at most twenty of them."""
    shown = ", ".join(str(int(line)) for line in lines[:20])
    return f"line {shown}" if len(lines) == 1 else f"lines {shown}" + (" ..." if len(lines) > 20 else "")


def sniff(path: Path) -> Layout:
    """The layout of a file; ``Damaged`` where it is empty or no text, ``NotFound`` where it cannot be opened."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise NotFound(f"{path}: cannot be opened ({error.strerror}).") from error
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Damaged(f"{path}: is UTF-16 text.", do="Convert it to UTF-8.")
    if b"\x00" in head:
        raise Damaged(f"{path}: holds zero bytes and is no text.")
    text = head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    lines = text.splitlines()
    if len(head) == _HEAD and len(lines) > 1:
        lines = lines[:-1]
    if not any(line.strip() for line in lines):
        raise Damaged(f"{path}: is empty.")
    skip = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    body = [line for line in lines[skip:] if line.strip()]
    comment = next((line.lstrip("# ") for line in reversed(lines[:skip]) if line.startswith("#")), "")
    delimiter = _delimiter(body or [comment])
    rows = list(_cells(body[:200], delimiter, path))
    named = _cells([comment], delimiter, path) if comment else iter(())
    return _laid(path, delimiter, (skip, rows), next(named, []))


def _laid(path: Path, delimiter: str, found: tuple[int, list[list[str]]], comment: list[str]) -> Layout:
    skip, rows = found
    if not rows:
        raise Damaged(f"{path}: holds no rows.")
    width = len(rows[0])
    if width > _MOST_COLUMNS:
        raise Hostile(f"{path}: its first row has {width} columns.", instead=f"At most {_MOST_COLUMNS} are read.")
    header = _headed(rows)
    if header:
        names, rows, skip = rows[0], rows[1:], skip + 1
    elif len(comment) == width and not any(is_number(cell) for cell in comment):
        names, header = comment, True
    else:
        names = [f"column_{at}" for at in range(width)]
    decimal = "."
    if delimiter == ";" and any(re.fullmatch(r"\s*[+-]?\d+,\d+\s*", cell) for row in rows[:20] for cell in row):
        decimal = ","
    widths = [len(row) for row in rows]
    common = max(set(widths), key=widths.count) if widths else width
    note = ""
    if common != width and header and common < _MOST_COLUMNS:
        note = f"{path.name}: the header names {width} columns, the rows have {common}"
        names = [*names[:common], *(f"column_{at}" for at in range(width, common))]
        width = common
    whole = [row for row in rows if len(row) == width]
    sorts = tuple(_sort([row[at] for row in whole], decimal) for at in range(width))
    first = tuple(whole[0]) if whole else ()
    return Layout(path, delimiter, decimal, header, skip, _unique(names), sorts, first, note)


def _cells(lines: list[str], delimiter: str, path: Path) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)
    except csv.Error as error:
        raise Damaged(f"{path}: cannot be read as separated values ({error}).") from error


def _delimiter(lines: list[str]) -> str:
    """The separator that gives every line the same number of cells, the most of them."""
    best, score = ",", (0.0, 0)
    for sign in (",", "\t", ";", "|", " "):
        try:
            widths = [len(row) for row in csv.reader(io.StringIO("\n".join(lines[:50])), delimiter=sign)]
        except csv.Error:
            continue
        common = max(set(widths), key=widths.count) if widths else 1
        if common > 1 and (widths.count(common) / len(widths), common) > score:
            best, score = sign, (widths.count(common) / len(widths), common)
    return best


def _headed(rows: list[list[str]]) -> bool:
    """A header names every column in words; one row of words above rows with numbers."""
    first = [cell.strip() for cell in rows[0]]
    if any(is_number(cell) for cell in first):
        return False
    return all(first) or len(rows) > 1


def _unique(names: list[str]) -> tuple[str, ...]:
    made: list[str] = []
    used: set[str] = set()
    for at, name in enumerate(names):
        bare = re.sub(r"[\x00-\x1f]+", " ", name).strip()[:200] or f"column_{at}"
        plain, number = bare, 1
        while plain in used:
            number += 1
            plain = f"{bare}_{number}"
        used.add(plain)
        made.append(plain)
    return tuple(made)


def _sort(cells: list[str], decimal: str) -> str:
    filled = [cell.strip() for cell in cells if cell.strip() not in _EMPTY]
    if decimal == ",":
        filled = [cell.replace(",", ".") for cell in filled]
    if not filled:
        return "float"
    if all(_WHOLE_RE.match(cell) for cell in filled):
        return "int"
    if all(_STAMP_RE.match(cell) for cell in filled):
        return "stamp"
    # A column is one of numbers where most of its cells are; those that are not become damage and not text.
    return "float" if sum(map(is_number, filled)) * 2 > len(filled) else "text"


def load(layout: Layout, exact: str = "") -> Table:
    """All rows as columns: int64, float64 (empty cells NaN) or objects of ``str``.

    ``exact`` names a column that stays text, so that a time keeps every digit. Raises ``Damaged`` where no row can
    be read.
    """
    sorts = tuple("text" if name == exact else sort for name, sort in zip(layout.names, layout.sorts, strict=True))
    chosen = replace(layout, sorts=sorts)
    try:
        table = _read(chosen, _types(sorts))
    except pa.ArrowInvalid:
        table = _careful(chosen)
    if not len(table):
        raise Damaged(f"{layout.path}: holds no rows that can be read.")
    return table


def _types(sorts: Sequence[str]) -> list[pa.DataType]:
    kinds = {"int": pa.int64(), "stamp": pa.int64(), "float": pa.float64(), "text": pa.string()}
    return [kinds[sort] for sort in sorts]


def _read(layout: Layout, types: list[pa.DataType]) -> Table:
    bad: list[int] = []

    def refuse(row: pacsv.InvalidRow) -> str:
        bad.append(row.number or 0)
        return "skip"

    names = [f"c{at}" for at in range(len(types))]
    parts: list[list[Array]] = [[] for _ in types]
    try:
        reader = pacsv.open_csv(
            layout.path,
            read_options=pacsv.ReadOptions(
                use_threads=False, block_size=_BLOCK, skip_rows=layout.skip, column_names=names
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=layout.delimiter, invalid_row_handler=refuse, ignore_empty_lines=False
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict(zip(names, types, strict=True)),
                null_values=[*_EMPTY, "nan", "NaN", "NAN"],
                strings_can_be_null=False,
                decimal_point=layout.decimal,
            ),
        )
        for batch in reader:
            for part, column in zip(parts, batch.columns, strict=True):
                if column.null_count and pa.types.is_integer(column.type):
                    raise pa.ArrowInvalid("a whole number is missing")
                part.append(column.to_numpy(zero_copy_only=False))
    except OSError as error:
        raise Damaged(f"{layout.path}: cannot be read ({error}).") from error
    rows = sum(len(part) for part in parts[0])
    columns = {
        name: np.concatenate(part) if part else np.empty(0) for name, part in zip(layout.names, parts, strict=True)
    }
    # Arrow numbers rows from the first line of the file, those that were skipped at the start included.
    after = layout.skip + 1
    lines = np.setdiff1d(np.arange(after, after + rows + len(bad)), np.array(bad, np.int64))[:rows]
    table = Table(layout, columns, lines, [("damage/header", layout.note)] if layout.note else [])
    if bad:
        what = f"{layout.path.name}: {len(bad)} rows have not {len(layout.names)} cells: {listed(sorted(bad))}"
        table.facts.append(("damage/rows", what))
    return _without_blanks(table)


def _without_blanks(table: Table) -> Table:
    """Empty lines are no rows: Arrow makes rows without a single value of them."""
    if len(table.columns) < 2 or not len(table):
        return table
    blank = np.ones(len(table), bool)
    for column in table.columns.values():
        blank &= (column == "") | (column == None) if column.dtype == object else np.isnan(column)  # noqa: E711
        if not blank.any():
            return table
    table.columns = {name: column[~blank] for name, column in table.columns.items()}
    table.lines = table.lines[~blank]
    return table


def _careful(layout: Layout) -> Table:
    """The same, cell by cell: what is no number becomes NaN and is said with its line."""
    try:
        table = _read(layout, [pa.string()] * len(layout.names))
    except pa.ArrowInvalid as error:
        raise Damaged(f"{layout.path}: cannot be read as separated values ({error}).") from error
    for name, sort in zip(layout.names, layout.sorts, strict=True):
        if sort == "text":
            continue
        cells = pa.array(table.columns[name], pa.string())
        if layout.decimal == ",":
            cells = pc.replace_substring(cells, ",", ".")
        plain = pc.match_substring_regex(cells, _NUMBER).to_numpy(zero_copy_only=False)
        empty = pc.is_in(pc.utf8_trim_whitespace(cells), pa.array(_EMPTY)).to_numpy(zero_copy_only=False)
        trimmed = pc.utf8_trim_whitespace(pc.if_else(pa.array(plain), cells, pa.scalar(None, pa.string())))
        try:
            whole = sort in ("int", "stamp") and bool(plain.all())
            values = pc.cast(trimmed, pa.int64() if whole else pa.float64())
        except pa.ArrowInvalid:
            values = pc.cast(trimmed, pa.float64())
        table.columns[name] = values.to_numpy(zero_copy_only=False)
        wrong = np.flatnonzero(~plain & ~empty)
        if len(wrong):
            where = listed(table.lines[wrong])
            what = f"{layout.path.name}: {len(wrong)} cells of {name!r} are no numbers: {where}"
            table.facts.append(("damage/cells", what))
    return table
