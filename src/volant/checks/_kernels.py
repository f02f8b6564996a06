"""What the checks share: compiled loops, trailing windows that any cut leaves unchanged, and the scale of a signal.

A trailing window is built by doubling (2, 4, 8 ... samples), so a window of 256 costs eight additions a sample and its
value is the same tree of operations wherever the run begins: equal to the last bit, not almost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from volant.core import Columns, Kind, Signal
from volant.video.machine import kept

__all__ = [
    "MOVING",
    "Floats",
    "Ints",
    "Marks",
    "Scores",
    "blank",
    "dot",
    "edges",
    "gather",
    "jit",
    "largest",
    "largest_from",
    "lead",
    "magnitude",
    "ready",
    "reversals",
    "tall",
    "total",
]

Scores = npt.NDArray[np.float32]
Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int64]
Marks = npt.NDArray[np.uint8]
F = TypeVar("F", bound=Callable[..., object])

MOVING = (Kind.JOINT, Kind.STATE, Kind.POSE, Kind.GRIPPER)
"""Kinds that say where a body is: positions, that cannot leap."""


def jit(function: F) -> F:
    """The same function as machine code, compiled at its first call and kept on disk; runs without the GIL."""
    return cast(F, kept(function, error_model="numpy"))


def tall(signal: Signal) -> bool:
    """Whether a signal is a matrix of numbers that a kernel can walk through."""
    return signal.numeric and signal.width > 0 and signal.kind not in (Kind.LOOK, Kind.BLOB)


def ready(columns: Columns) -> tuple[Ints, Floats, Ints]:
    """Times, values and cuts as read-only C arrays: one compiled version each for float32 and float64."""
    x = columns.x
    if x.dtype not in (np.float32, np.float64):
        x = x.astype(np.float64)
    return _fixed(columns.t), cast(Floats, _fixed(x)), _fixed(columns.cuts)


def lead(columns: Columns) -> int:
    """How many samples at the end of each run are to be scored; more than there are where all of them are."""
    return 1 << 62 if columns.newest is None else columns.newest


def _fixed(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view


@jit
def blank(cuts: Ints, rows: int) -> Floats:
    """Room for the longest run, ``rows`` times."""
    longest = 0
    for run in range(len(cuts) - 1):
        longest = max(longest, cuts[run + 1] - cuts[run])
    return np.empty((rows, longest))


@jit
def gather(column: Floats, v: Floats, d: Floats) -> None:
    """One dimension of one run into ``v`` (NaN where not finite) and its increments into ``d`` (0 where unknown)."""
    before = np.nan
    for i in range(len(column)):
        now = float(column[i])
        if not np.isfinite(now):
            now = np.nan
        v[i] = now
        step = now - before
        d[i] = 0.0 if np.isnan(step) else step
        before = now


@jit
def largest(v: Floats, spare: Floats, n: int, window: int) -> None:
    """Replace each of the first ``n`` values by the largest of the last ``window``, itself included."""
    if n <= window:
        top = -np.inf
        for i in range(n):
            top = max(top, v[i])
            v[i] = top
        return
    here, there = v, spare
    step, left, turns = 1, window - 1, 0
    while left > 0:
        step = min(step, left)
        # Slices that begin at zero let the compiler drop the test for negative places: four times as fast.
        before, now, out = here[: n - step], here[step:n], there[step:n]
        there[:step] = here[:step]
        for i in range(n - step):
            out[i] = before[i] if before[i] > now[i] else now[i]  # noqa: FURB136 - max is half as fast
        here, there = there, here
        turns += 1
        left -= step
        step *= 2
    if turns % 2:
        v[:n] = spare[:n]


@jit
def largest_from(v: Floats, spare: Floats, n: int, window: int, first: int) -> None:
    """As ``largest``, at places from ``first`` on only: the others are of no use then. Quicker where those are few."""
    if first <= 0 or n - first >= window:
        largest(v, spare, n, window)
        return
    edge = max(0, n - window)
    shared = -np.inf
    for i in range(edge, first + 1):
        shared = max(shared, v[i])
    spare[edge] = -np.inf
    for i in range(edge - 1, max(0, first - window + 1) - 1, -1):
        spare[i] = max(spare[i + 1], v[i])
    for i in range(first, n):
        shared = max(shared, v[i])
        v[i] = max(shared, spare[min(edge, max(0, i - window + 1))])


@jit
def total(v: Floats, spare: Floats, n: int, window: int) -> None:
    """Replace each of the first ``n`` values by the sum of the last ``window`` (a power of two), itself included."""
    here, there = v, spare
    step, turns = 1, 0
    while step < window and step < n:
        before, now, out = here[: n - step], here[step:n], there[step:n]
        there[:step] = here[:step]
        for i in range(n - step):
            out[i] = now[i] + before[i]
        here, there = there, here
        turns += 1
        step *= 2
    if turns % 2:
        v[:n] = spare[:n]


def _quick(function: F) -> F:
    """Machine code that may add in any order: for sums whose last bit nobody compares between two lengths."""
    return cast(F, kept(function, error_model="numpy", fastmath={"reassoc", "nsz"}))


@_quick
def dot(one: Floats, other: Floats) -> float:
    """The sum of products of two flat arrays of one length."""
    both = 0.0
    for i in range(len(one)):
        both += one[i] * other[i]
    return both


@jit
def reversals(d: Floats, n: int, out: Floats) -> None:
    """How far each sample turns back: the smaller of two successive increments of opposite sign, else 0.

    Smooth motion and single steps give nothing, noise of deviation s gives about 0.6 s on average.
    """
    if n:
        out[0] = 0.0
    for i in range(1, n):
        one, two = d[i - 1], d[i]
        turned = (one > 0.0 > two) or (one < 0.0 < two)
        out[i] = min(abs(one), abs(two)) if turned else 0.0


@jit
def edges(v: Floats, n: int, high: Floats, low: Floats) -> None:
    """Copies for trailing extremes: ``high`` holds values, ``low`` their negatives, -inf where not finite."""
    for i in range(n):
        known = not np.isnan(v[i])
        high[i] = v[i] if known else -np.inf
        low[i] = -v[i] if known else -np.inf


@jit
def magnitude(x: Floats, out: Floats) -> None:
    """The largest finite absolute value of each row: the order of size of the whole signal."""
    for i in range(len(x)):
        top = 0.0
        for dim in range(x.shape[1]):
            now = abs(x[i, dim])
            if np.isfinite(now) and now > top:
                top = now
        out[i] = top
