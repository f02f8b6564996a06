"""What the picture checks share: columns of looks by name, and windows over the recent past that no cut changes.

The first frame of a run has no frame before it, so its change says nothing: windows leave it out.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt

from volant.core import LOOK, LOOK_SIDE, Columns, Kind, Signal

from ._kernels import Floats, Ints, Scores, jit

__all__ = [
    "EGO",
    "floored",
    "held_seconds",
    "is_look",
    "jumps",
    "leaps",
    "named",
    "of_person",
    "recent_high",
    "recent_most",
    "standing",
    "thumbs",
]

EGO = ("ego", "head", "pov", "glasses", "aria", "helmet")
"""Words in a camera's name that say it is worn by a person."""

_FIRST = len(LOOK) - LOOK_SIDE * LOOK_SIDE


def is_look(signal: Signal) -> bool:
    """Whether a signal carries looks."""
    return signal.kind == Kind.LOOK and signal.width == len(LOOK)


def of_person(signal: Signal) -> bool:
    """Whether a signal carries looks of a camera that a person wears, by its name."""
    return is_look(signal) and any(word in signal.name.lower() for word in EGO)


def named(columns: Columns, name: str) -> Scores:
    """One number of each look, float32 ``[n]``."""
    column = np.empty(len(columns), np.float32)
    _known(columns.x, LOOK.index(name), (1e9, -1.0), column.reshape(-1, 1))
    return column


def floored(scores: Scores) -> Scores:
    """The same scores, none below 0."""
    return cast(Scores, np.maximum(scores, np.float32(0)))


def jumps(columns: Columns) -> Scores:
    """Mean absolute change of the thumbnail since the frame before, in luma levels; 0 on the first of a run."""
    return _first_free(columns, _steps(columns).mean(1, dtype=np.float32))


def leaps(columns: Columns) -> tuple[Scores, Scores]:
    """Mean and largest absolute change of a block of the thumbnail since the frame before; 0 on the first of a run."""
    steps = _steps(columns)
    return _first_free(columns, steps.mean(1, dtype=np.float32)), _first_free(columns, steps.max(1))


def thumbs(columns: Columns) -> Scores:
    """The thumbnails, float32 ``[n, 64]``."""
    shown = np.empty((len(columns), len(LOOK) - _FIRST), np.float32)
    _known(columns.x, _FIRST, (1e6, 0.0), shown)
    return shown


@jit
def _known(x: Floats, first: int, ends: tuple[float, float], out: Scores) -> None:
    """Some columns as float32: 0 where there is no number, ``ends`` for what is infinite either way."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            now = np.float32(x[i, first + j])
            if np.isnan(now):
                now = np.float32(0)
            elif np.isinf(now):
                now = np.float32(ends[0] if now > 0 else ends[1])
            out[i, j] = now


def _steps(columns: Columns) -> Scores:
    shown = thumbs(columns)
    steps: Scores = np.abs(shown[1:] - shown[:-1])
    return steps


def _first_free(columns: Columns, steps: Scores) -> Scores:
    """One number per frame from the steps between frames."""
    out = np.zeros(len(columns), np.float32)
    out[1:] = steps
    starts = columns.cuts[:-1]
    out[starts[starts < len(out)]] = 0
    return out


def standing(columns: Columns) -> npt.NDArray[np.bool_]:
    """Whether a frame shows what the one before it showed: no pixel moved and no block of the picture either.

    A codec codes the same picture again at its next keyframe with other rounding: mean change up to 1.1 levels,
    blocks up to 0.06, no pixel by more than 8. A live picture in motion moves some pixels. A black picture shows
    nothing at all, which is another finding.
    """
    still: npt.NDArray[Any] = (named(columns, "moved") < 1e-5) & (jumps(columns) < 0.08)
    still &= (named(columns, "dark") < 0.98) | (named(columns, "spread") >= 12)
    starts = columns.cuts[:-1]
    still[starts[starts < len(still)]] = False
    return still


@jit
def held_seconds(t: Ints, cuts: Ints, held: npt.NDArray[np.bool_], most: int, out: Scores) -> None:
    """For how long a condition has held, in seconds since the last frame where it did not; at most ``most`` frames."""
    for run in range(len(cuts) - 1):
        count = 0
        for i in range(cuts[run], cuts[run + 1]):
            count = min(count + 1, most) if held[i] and i > cuts[run] else 0
            out[i] = max(0.0, (t[i] - t[i - count]) / 1e9)


@jit
def recent_most(x: Scores, cuts: Ints, window: int, out: Scores) -> None:
    """The largest of the ``window`` values before each one, without the first of the run; 0 where there is none."""
    for run in range(len(cuts) - 1):
        a = cuts[run]
        for i in range(a, cuts[run + 1]):
            most = np.float32(0)
            for j in range(max(a + 1, i - window), i):
                most = max(most, x[j])
            out[i] = most


@jit
def recent_high(x: Scores, cuts: Ints, window: int, out: Scores) -> None:
    """The upper quartile of the ``window`` values before each one, without the first of the run; 0 where none."""
    ranked = np.empty(window, np.float32)
    for run in range(len(cuts) - 1):
        a, count = cuts[run], 0
        for i in range(a, cuts[run + 1]):
            if i - 1 > a:
                if count == window:
                    old, place = x[i - 1 - window], 0
                    while ranked[place] != old:
                        place += 1
                    for j in range(place, count - 1):
                        ranked[j] = ranked[j + 1]
                    count -= 1
                new, place = x[i - 1], count
                while place > 0 and ranked[place - 1] > new:
                    ranked[place] = ranked[place - 1]
                    place -= 1
                ranked[place] = new
                count += 1
            out[i] = ranked[(3 * (count - 1) + 3) // 4] if count else np.float32(0)
