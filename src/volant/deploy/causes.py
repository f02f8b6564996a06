"""Why a robot needed help, in one word, from the world's labels and its progress; unknown where they do not say."""

from __future__ import annotations

import numpy as np

from ..core import Floats, Take
from .gates.novelty import flat

__all__ = ["CAUSES", "cause"]

CAUSES = ("diverged", "dropped", "off course", "stalled", "no contact", "no progress", "timeout", "unknown")
"""In the order in which they are tried: the first that holds is the cause.

diverged: the simulation broke. dropped: the thing was held (5 steps) and has not been touched for 10. off course: it is
farther from the goal than it was, by a tenth of its first distance. stalled: the robot moves at less than a tenth of
its own best pace. no contact: it never touched the thing. no progress: nothing gained in the window. timeout: the
policy's time ran out. The window is the last 20 steps.
"""

WINDOW = 20
_HELD, _LOST = 5, 10
_FARTHER = 0.1
_SLOW = 0.1
_GAIN = 0.02


def cause(take: Take, step: int, *, late: bool = False) -> str:
    """The cause of what happened at a step (exclusive) of a take, from the steps before it. ``late``: time ran out."""
    if take.outcome == "invalid" and step >= len(take):
        return "diverged"
    tried = {
        "dropped": _dropped(take, step),
        "off course": _off_course(take, step),
        "stalled": _stalled(take, step),
        "no contact": _untouched(take, step),
        "no progress": _stuck(take, step),
        "timeout": late,
    }
    return next((word for word, holds in tried.items() if holds), "unknown")


def _label(take: Take, name: str, step: int) -> Floats | None:
    column = take.labels.get(name)
    return None if column is None or column.ndim != 1 or step < 1 else column[:step]


def _dropped(take: Take, step: int) -> bool:
    contact = _label(take, "contact", step)
    if contact is None or step <= _LOST:
        return False
    touched = contact > 0.5
    return bool(touched[:-_LOST].sum() >= _HELD and not touched[-_LOST:].any())


def _off_course(take: Take, step: int) -> bool:
    distance = _label(take, "distance", step)
    if distance is None or distance[0] <= 0:
        return False
    return bool(distance[-1] - distance.min() > _FARTHER * distance[0])


def _stalled(take: Take, step: int) -> bool:
    if step <= WINDOW + 1:
        return False
    places = flat(take.obs)[:step]
    pace = np.sqrt((np.diff(places, axis=0) ** 2).sum(axis=1))
    means = np.convolve(pace, np.full(WINDOW, 1 / WINDOW), "valid")
    return bool(means[-1] <= _SLOW * means.max())


def _untouched(take: Take, step: int) -> bool:
    contact = _label(take, "contact", step)
    return contact is not None and step >= WINDOW and not bool((contact > 0.5).any())


def _stuck(take: Take, step: int) -> bool:
    if step <= WINDOW:
        return False
    best = np.maximum.accumulate(take.progress[:step])
    return bool(best[-1] - best[-1 - WINDOW] < _GAIN)
