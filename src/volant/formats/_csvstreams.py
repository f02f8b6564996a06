"""Columns of a table laid together as streams: vectors by common names, words apart, units where names state them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core import UNKNOWN, Kind, Signal, Stream, Value
from ..core.stream import Times
from ._csvclock import Clock, read_clock
from ._csvtable import Table, listed
from ._rows import index_clock, kind_of

__all__ = ["Group", "grouped", "streams_of"]

_TAIL = re.compile(r"^(?P<base>.*?)(?P<sign>[._/ ]?)\[?(?P<tail>[xyzw]|q[xyzw]|roll|pitch|yaw|\d+)\]?$")
_IN_BRACKETS = re.compile(r"^(?P<name>.*?)\s*[\[(](?P<unit>[^\])]{1,20})[\])]$")
_AT_END = re.compile(r"^(?P<name>.+)_(?P<unit>mm|cm|m|rad|rads|deg|mps|hz|radps|volts|amps|celsius)$")
_SPELLED = {"rads": "rad", "mps": "m/s", "radps": "rad/s", "hz": "Hz", "volts": "V", "amps": "A", "celsius": "degC"}


@dataclass(frozen=True, slots=True)
class Group:
    """Columns that make one stream: its name, the unit that every one of them states, and their own names."""

    name: str
    columns: tuple[str, ...]
    unit: str


def _unit(column: str) -> tuple[str, str]:
    match = _IN_BRACKETS.match(column)
    if match and not match["unit"].isdigit():
        return match["name"], match["unit"].strip()
    match = _AT_END.match(column)
    if match:
        return match["name"], _SPELLED.get(match["unit"], match["unit"])
    return column, UNKNOWN


def grouped(table: Table, left_out: set[str], headed: bool) -> list[Group]:
    """Groups of numeric columns in the order of their first column. Without a header all columns are one group."""
    names = [name for name, column in table.columns.items() if name not in left_out and column.dtype != object]
    if not headed:
        return [Group("", tuple(names), UNKNOWN)] if names else []
    made: dict[tuple[str, str, str], list[str]] = {}
    for name in names:
        bare, unit = _unit(name)
        match = _TAIL.match(bare)
        joined = match is not None and bool(match["base"]) and (bool(match["sign"]) or match["tail"].isdigit())
        key = (match["base"], unit, "") if match and joined else (bare, unit, "alone")
        made.setdefault(key, []).append(name)
    groups = []
    for (base, unit, _), columns in made.items():
        plain = _unit(columns[0])[0] if len(columns) == 1 else base.rstrip("._/ [") or base
        groups.append(Group(plain, tuple(columns), unit))
    return groups


def streams_of(table: Table, clock: Clock | None, stem: str) -> tuple[list[Stream], list[tuple[str, Value]]]:
    """All columns as streams on the table's clock, and what is to be said of them.

    ``stem`` goes before each name where several files make one recording. Rows without a time are left out and
    named; a column of one constant word is a label.
    """
    facts: list[tuple[str, Value]] = list(table.facts)
    left_out = {clock.column, clock.rest} if clock else set()
    times: Times = index_clock(len(table))
    keep = np.ones(len(table), bool)
    if clock is not None:
        times, keep = read_clock(clock, table)
        if not keep.all():
            where = listed(table.lines[~keep])
            what = f"{table.layout.path.name}: {int((~keep).sum())} rows tell no time: {where}"
            facts.append(("damage/rows", what))
            times = times[keep]
    streams: list[Stream] = []
    taken: set[str] = set()
    headed = table.layout.header
    for group in grouped(table, left_out, headed):
        name = _free(_joined(stem, group.name) or "columns", taken)
        x, dims = _block(table, group, keep)
        kind = _kind(group.name or stem or table.layout.path.stem, x)
        streams.append(Stream(Signal(name, kind, x.shape[1:], str(x.dtype), group.unit, dims=dims), times, x))
    for column, cells in table.columns.items():
        if column in left_out or cells.dtype != object:
            continue
        words = np.array([str(cell or "") for cell in cells[keep]] + [None], object)[:-1]
        if len(set(words)) == 1:
            facts.append((f"label/{_joined(stem, column)}", str(words[0])))
            continue
        name = _free(_joined(stem, column), taken)
        streams.append(Stream(Signal(name, Kind.EVENT, (), "str"), times, words))
    return streams, facts


def _joined(stem: str, name: str) -> str:
    return f"{stem}/{name}" if stem and name else stem or name


def _free(name: str, taken: set[str]) -> str:
    plain, number = name, 1
    while plain in taken:
        number += 1
        plain = f"{name}_{number}"
    taken.add(plain)
    return plain


def _block(table: Table, group: Group, keep: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[Any], tuple[str, ...]]:
    # Whole numbers are floats too: what type a channel has must not hang on the values of one recording. Columns of
    # 19 digits stay whole, since a double has 15.
    stamps = {name for name, sort in zip(table.layout.names, table.layout.sorts, strict=True) if sort == "stamp"}
    exact = stamps.issuperset(group.columns)
    columns = [table.columns[name][keep] for name in group.columns]
    columns = columns if exact else [column.astype(np.float64) for column in columns]
    if len(columns) == 1 and (group.name or len(table.columns) == 1):
        return np.ascontiguousarray(columns[0]), ()
    return np.stack(columns, axis=1), group.columns


def _kind(name: str, x: npt.NDArray[Any]) -> Kind:
    low = name.lower()
    if re.search(r"(^|[._/ -])imu", low):
        return Kind.IMU
    if re.search(r"(stamp|time)", low) and x.ndim == 1:
        return Kind.CLOCK
    found = kind_of(low, x.shape[1:], x.dtype)
    return Kind.SCALAR if found.textual or found.visual else found
