"""Which column of a table is its clock, and its values as int64 nanoseconds without losing a digit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from ..core.stream import Times
from ._csvtable import Layout, Table, is_number

__all__ = ["Clock", "find_clock", "first_time", "read_clock"]

pc: Any = pyarrow.compute
"""Arrow makes its functions while it is imported; no type checker sees them."""

_DIGITS = {"ns": 0, "us": 3, "ms": 6, "s": 9}
_UNITS = {
    "ns": "ns", "nsec": "ns", "nsecs": "ns", "nanosec": "ns", "nanosecs": "ns", "nanoseconds": "ns", "nanos": "ns",
    "us": "us", "usec": "us", "usecs": "us", "microseconds": "us", "micros": "us",
    "ms": "ms", "msec": "ms", "msecs": "ms", "milliseconds": "ms", "millis": "ms",
    "s": "s", "sec": "s", "secs": "s", "seconds": "s",
}  # fmt: skip
_TIME = re.compile(r"^(?:.*[._/ -])?(time|timestamp|timestamps|stamp|t|ts|epoch|utc|clock)$|^(rosbag)?timestamp$")
_BARE = re.compile(r"^(ns|us|ms|s|sec|secs|seconds|nanoseconds|nsecs|microseconds|milliseconds)$")
_EPOCHS = {"s": (9.4e8, 4.2e9), "ms": (9.4e11, 4.2e12), "us": (9.4e14, 4.2e15), "ns": (9.4e17, 4.2e18)}
_ISO = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Clock:
    """The column that tells times: its unit (``ns``, ``us``, ``ms``, ``s`` or ``iso``) and why that is known.

    ``rest`` names the column of nanoseconds beside one of whole seconds; ``epoch`` says that times count from 1970.
    """

    column: str
    unit: str
    why: str
    rest: str = ""
    epoch: bool = False


def find_clock(layout: Layout) -> Clock | None:
    """The clock of a table by name, unit and size; ``None`` where nothing says which column it is."""
    if not layout.first:
        return None
    if not layout.header:
        return _headerless(layout)
    lower = [name.lower().strip() for name in layout.names]
    for at, name in enumerate(lower):
        if re.search(r"(^|[._/ ])(secs?|seconds)$", name) and layout.sorts[at] == "int":
            stem = re.sub(r"(secs?|seconds)$", "", name)
            ends = ("nsecs", "nsec", "nanosec", "nanosecs", "nanoseconds")
            rest = next((n for n, low in zip(layout.names, lower, strict=True) if low in {stem + e for e in ends}), "")
            if rest:
                return Clock(layout.names[at], "s", "seconds and nanoseconds in two columns", rest, True)
    for at, name in enumerate(lower):
        found = _named(layout, at, name)
        if found is not None:
            return found
    return None


def _headerless(layout: Layout) -> Clock | None:
    cell = layout.first[0].strip()
    if layout.sorts[0] not in ("int", "stamp", "float") or not is_number(cell):
        return None
    unit = _epoch(float(cell))
    whole = layout.sorts[0] in ("int", "stamp")
    if unit and (whole or unit == "s"):
        return Clock(layout.names[0], unit, f"first column, {unit} since 1970 by its size", epoch=True)
    return None


def _epoch(value: float) -> str:
    return next((unit for unit, (low, high) in _EPOCHS.items() if low <= abs(value) <= high), "")


def _named(layout: Layout, at: int, name: str) -> Clock | None:
    """A column whose name speaks of time: unit from the name, else from its size since 1970, else plain seconds."""
    bare, unit = _unit(name)
    if not (_TIME.match(bare) or (unit and _BARE.match(name))):
        return None
    cell = layout.first[at].strip()
    if layout.sorts[at] == "text":
        return Clock(layout.names[at], "iso", "dates and times", epoch=True) if _ISO.match(cell) else None
    if not is_number(cell):
        return None
    size = _epoch(float(cell))
    if unit:
        return Clock(layout.names[at], unit, f"{unit} by its name", epoch=size == unit)
    if size:
        return Clock(layout.names[at], size, f"{size} since 1970 by its size", epoch=True)
    if layout.sorts[at] == "float" and layout.names[at].lower().strip() in ("t", "time", "timestamp"):
        return Clock(layout.names[at], "s", "taken as seconds: a column of time with a decimal point and no unit")
    return None


def _unit(name: str) -> tuple[str, str]:
    """Name and unit apart: ``t_ns``, ``time [us]``, ``Time (s)``, ``timestamp_ms``."""
    match = re.match(r"^(.*?)[ _.]*[\[(]\s*([a-z]+)\s*[\])]$", name) or re.match(r"^(.*?)[_. ]([a-z]+)$", name)
    if match and match[2] in _UNITS:
        return match[1].strip(), _UNITS[match[2]]
    return name, _UNITS.get(name, "")


def first_time(layout: Layout, clock: Clock, row: tuple[str, ...]) -> int | None:
    """The time of one row of text in nanoseconds, ``None`` where it tells none."""
    where = dict(zip(layout.names, row, strict=False))
    column = pa.array([where.get(clock.column, "")], pa.string())
    times, sound = _ns(column, clock.unit)
    return int(times[0]) if sound[0] else None


def read_clock(clock: Clock, table: Table) -> tuple[Times, npt.NDArray[np.bool_]]:
    """Times of every row, and which rows tell one."""
    column = table.columns[clock.column]
    if clock.rest:
        seconds, rest = column, table.columns[clock.rest]
        sound = np.isfinite(seconds.astype(np.float64)) & np.isfinite(rest.astype(np.float64))
        sound &= np.abs(np.where(sound, seconds, 0)) < 9.2e9
        whole = np.where(sound, seconds, 0).astype(np.int64)
        return whole * 1_000_000_000 + np.where(sound, rest, 0).astype(np.int64), sound
    if column.dtype == object:
        return _ns(pa.array(column, pa.string()), clock.unit)
    if column.dtype == np.int64:
        scale = 10 ** _DIGITS[clock.unit]
        sound = np.abs(column // 2) < (1 << 62) // scale
        return np.where(sound, column, 0) * scale, sound
    values = column * 10.0 ** _DIGITS[clock.unit]
    sound = np.isfinite(values) & (np.abs(np.nan_to_num(values)) < 9.2e18)
    return np.rint(np.where(sound, values, 0)).astype(np.int64), sound


def _ns(cells: pa.Array, unit: str) -> tuple[Times, npt.NDArray[np.bool_]]:
    """Text to nanoseconds digit by digit: a double keeps 238 ns of a time since 1970, its text keeps all."""
    cells = pc.utf8_trim_whitespace(pc.fill_null(cells, ""))
    if unit == "iso":
        return _dates(cells)
    digits = _DIGITS[unit]
    parts = pc.extract_regex(cells, r"^(?P<sign>[+-]?)(?P<whole>\d{1,19})(?:[.](?P<part>\d*))?$")
    sound = pc.is_valid(parts).to_numpy(zero_copy_only=False)
    whole = pc.struct_field(parts, "whole").fill_null("0")
    part = pc.struct_field(parts, "part").fill_null("")
    part = pc.utf8_slice_codeunits(pc.utf8_rpad(part, 9, "0"), 0, max(digits, 1))
    a = whole.cast(pa.uint64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)
    sound = sound & (a < 9.2e18 / 10**digits)
    keep = pa.array(sound)
    seconds = pc.if_else(keep, whole, "0").cast(pa.int64()).to_numpy(zero_copy_only=False)
    fraction = pc.if_else(keep, part, "0").cast(pa.int64()).to_numpy(zero_copy_only=False) if digits else 0
    minus = pc.equal(pc.struct_field(parts, "sign").fill_null(""), "-").to_numpy(zero_copy_only=False)
    times = seconds * 10**digits + fraction
    times = np.where(minus, -times, times)
    odd = ~sound
    if odd.any():
        times, sound = _floats(cells, (times, sound), odd, digits)
    return times.astype(np.int64), sound


def _floats(
    cells: pa.Array, found: tuple[Times, npt.NDArray[np.bool_]], odd: npt.NDArray[np.bool_], digits: int
) -> tuple[Times, npt.NDArray[np.bool_]]:
    """Times with an exponent, such as 1.46e9: as exact as a double is."""
    times, sound = found
    rows = np.flatnonzero(odd)
    number = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
    picked = cells.take(pa.array(rows))
    plain = pc.match_substring_regex(picked, number)
    values = pc.if_else(plain, picked, "nan").cast(pa.float64()).to_numpy(zero_copy_only=False) * 10.0**digits
    fits = np.isfinite(values) & (np.abs(np.nan_to_num(values)) < 9.2e18)
    times, sound = times.copy(), sound.copy()
    times[rows] = np.rint(np.where(fits, values, 0)).astype(np.int64)
    sound[rows] = fits
    return times, sound


def _dates(cells: pa.Array) -> tuple[Times, npt.NDArray[np.bool_]]:
    zulu = pc.replace_substring_regex(cells, r"(Z|\+00:?00)$", "")
    plain = pc.match_substring_regex(
        zulu, r"^(19[7-9]\d|20\d\d|21\d\d|22[0-5]\d)-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.]\d{1,9})?)?$"
    )
    kept = pc.if_else(plain, zulu, pa.scalar(None, pa.string()))
    try:
        stamps = kept.cast(pa.timestamp("ns"))
    except pa.ArrowInvalid:
        return np.zeros(len(cells), np.int64), np.zeros(len(cells), bool)
    sound = pc.is_valid(stamps).to_numpy(zero_copy_only=False)
    return pc.fill_null(stamps.cast(pa.int64()), 0).to_numpy(zero_copy_only=False), sound
