"""What array containers leave unsaid: clocks from rates, kinds from customary names, one row count for many clocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from ..core import Episode, Fact, Kind, Stream, Value
from ..core.errors import BadValue, Damaged
from ..core.stream import Array, Times

__all__ = [
    "CLOCKS",
    "INDEX_STEP",
    "clock",
    "held",
    "index_clock",
    "kind_of",
    "leader",
    "nanoseconds",
    "plain_name",
    "said",
    "stated_clock",
    "seconds_clock",
    "ticks",
]

INDEX_STEP = 1_000_000_000
"""Nanoseconds that one row of a recording without any clock counts for: times are row numbers, not seconds."""

CLOCKS = ("time", "t", "timestamp", "timestamps", "times", "stamp", "time_stamp")
"""Names that a column of times customarily has."""

_SCALE = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
_LONG = {"nanoseconds": "ns", "microseconds": "us", "milliseconds": "ms", "seconds": "s", "sec": "s"}
_KINDS = (
    (r"(^|[./_])(reward|rwd|return)", Kind.REWARD),
    (r"(^|[./_])(done|dones|success|solved|terminal|terminals|terminated|truncated|timeout|timeouts)$", Kind.FLAG),
    (r"(^|[./_])action|(^|[./_])(ctrl|command)s?$", Kind.ACTION),
    (r"depth", Kind.DEPTH),
    (r"tactile", Kind.TACTILE),
    (r"(wrench|force|(^|[._])ft)($|[._])", Kind.WRENCH),
    (r"(effort|torque|current)", Kind.EFFORT),
    (r"gripper", Kind.GRIPPER),
    (r"(eef|ee|tcp|cartesian|end_effector|base|wrist|demo).*vel|twist", Kind.TWIST),
    (r"(qvel|qv_|joint_vel|velocit|(^|[./_])vel$)", Kind.VELOCITY),
    (r"(eef|(^|[._])ee|tcp|cartesian|pose|quat|rot_axis_angle)", Kind.POSE),
    (r"(qpos|qp_|joint)", Kind.JOINT),
)


def kind_of(name: str, shape: Sequence[int], dtype: np.dtype[np.generic]) -> Kind:
    """The sort of quantity that a channel of this name, sample shape and type customarily holds.

    Only the kind is read off a name; units and frames are not.
    """
    low = name.lower()
    if dtype.kind in "SUO":
        return Kind.LANGUAGE if dtype.kind != "S" else Kind.BLOB
    found = next((kind for pattern, kind in _KINDS if re.search(pattern, low)), None)
    if found is not None and found is not Kind.DEPTH:
        return found
    if dtype.kind == "b":
        return Kind.FLAG
    return Kind.SCALAR if not shape else Kind.STATE


def ticks(count: int, hz: float) -> Times:
    """Times of ``count`` samples at a stated rate: ``round(i * 1e9 / hz)`` nanoseconds."""
    if not np.isfinite(hz) or not 1e-6 <= hz <= 1e9:
        raise Damaged(f"A rate of {hz} samples a second is impossible.")
    return np.rint(np.arange(count, dtype=np.float64) * (1e9 / hz)).astype(np.int64)


def index_clock(count: int) -> Times:
    """Row numbers as times, ``INDEX_STEP`` apart, where nothing states a rate."""
    return np.arange(count, dtype=np.int64) * INDEX_STEP


def nanoseconds(values: Array, name: str = "time") -> Times:
    """Seconds as int64 nanoseconds; refuses what is not a finite number or does not fit."""
    plain = np.asarray(values, dtype=np.float64).reshape(-1)
    if len(plain) and not (np.isfinite(plain).all() and np.abs(plain).max() < 9.2e9):
        raise Damaged(f"The clock {name!r} holds values that are no times in seconds.")
    whole = np.floor(plain)
    return whole.astype(np.int64) * 1_000_000_000 + np.rint((plain - whole) * 1e9).astype(np.int64)


def seconds_clock(values: Array) -> Times | None:
    """Times where ``values`` are increasing, evenly spaced seconds (within 10 % of the median), else None."""
    plain = np.asarray(values, dtype=np.float64).reshape(-1)
    if len(plain) < 2 or not np.isfinite(plain).all() or np.abs(plain).max() >= 9.2e9:
        return None
    steps = np.diff(plain)
    middle = float(np.median(steps))
    if middle <= 1e-6 or middle > 60 or np.abs(steps - middle).max() > 0.1 * middle:
        return None
    return nanoseconds(plain)


def stated_clock(values: Array, unit: str, name: str) -> tuple[Times, str] | None:
    """A clock in nanoseconds and the unit it was taken to have; ``None`` where whole numbers state no unit."""
    low = unit.strip().lower()
    scale = _LONG.get(low, low)
    if scale in _SCALE:
        if values.dtype.kind == "f":
            return nanoseconds(values.astype(np.float64) * (_SCALE[scale] / 1e9), name), scale
    elif values.dtype.kind == "f":
        return nanoseconds(values, name), "s (decimal numbers)"
    else:
        middle = float(np.median(np.abs(values.astype(np.float64))))
        near = [key for key, factor in _SCALE.items() if 0.6e9 <= middle * factor / 1e9 <= 4.2e9]
        if len(near) != 1:
            return None
        scale = near[0]
    if np.abs(values.astype(np.float64)).max() * _SCALE[scale] >= 9.2e18:
        raise Damaged(f"The clock {name!r} in {scale} does not fit in 64 bits.")
    return values.astype(np.int64) * _SCALE[scale], scale


def clock(count: int, hz: float | None) -> tuple[Times, tuple[tuple[str, Value], ...]]:
    """Times from a stated rate and what to declare of them; row numbers where none is stated."""
    if hz is None:
        return index_clock(count), (("declared/clock", "index"), ("declared/length", count))
    return ticks(count, hz), (("declared/fps", float(hz)), ("declared/length", count))


def said(by: str, pairs: Iterable[tuple[str, Value]]) -> tuple[Fact, ...]:
    """What a source states of the episode that is being read, as facts."""
    return tuple(Fact("", key, value, by) for key, value in pairs)


def plain_name(name: str, taken: Iterable[str] = ()) -> str:
    """A name that is one folder level in any container, different from those ``taken``."""
    bare = re.sub(r"[/\\\x00]+", ".", name).strip(".") or "channel"
    used, number, plain = set(taken), 1, bare
    while plain in used:
        number += 1
        plain = f"{bare}_{number}"
    return plain


def leader(episode: Episode) -> Stream:
    """The stream whose clock counts the rows of formats that know only one: the action, else the first state,
    else the first picture, else the longest stream."""
    for kinds in ((Kind.ACTION,), (Kind.JOINT, Kind.STATE, Kind.POSE), (Kind.IMAGE, Kind.DEPTH)):
        found = [stream for stream in episode.of(*kinds) if len(stream)]
        if found:
            return found[0]
    if not episode.streams:
        raise BadValue("An episode without streams has no rows to write.")
    return max(episode.streams, key=len)


def held(source: Times, rows: Times) -> npt.NDArray[np.intp]:
    """For each row the newest sample at or before it; the first sample where none is that old yet."""
    return np.clip(np.searchsorted(source, rows, side="right") - 1, 0, max(0, len(source) - 1))
