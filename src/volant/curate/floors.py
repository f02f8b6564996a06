"""Quality floors: what every pick must reach, each named by its own measure; no score is ever made of several.

A floor is written ``smoothness>=-8`` or ``effective_rate<=60``; ``smoothness>=p10`` is the tenth percentile among the
episodes of the same task that were measured. An episode that was never measured cannot be shown to reach a floor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue

__all__ = ["BETTER", "TOLD_BY", "Floor", "lowest", "parse", "reached", "wanted"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

BETTER = {
    "smoothness": 1, "path_efficiency": 1, "jerk": 1, "stalls": -1, "progress": 1, "approach": 1, "information": 1,
}  # fmt: skip
"""Measures that say how well an episode was driven, and whether more (1) or less (-1) of it is better.

``jerk`` is the log dimensionless jerk with its minus sign: more is smoother.
"""

TOLD_BY = {"information": "quality"}
"""What to measure for a figure that is no measure of its own."""

_FLOOR = re.compile(r"\s*([a-z][\w/]*)\s*(>=|<=)\s*(p?)(-?[\d.]+(?:e-?\d+)?)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Floor:
    """A named condition: ``measure`` is at least (``least``) or at most ``value``; ``rank``: of 100 in the task."""

    measure: str
    least: bool
    value: float
    rank: bool = False

    def __str__(self) -> str:
        return f"{self.measure}{'>=' if self.least else '<='}{'p' if self.rank else ''}{self.value:g}"


def parse(text: str) -> Floor:
    """The floor that a person wrote; ``BadValue`` where it is none."""
    found = _FLOOR.fullmatch(text)
    try:
        if not found:
            raise ValueError
        floor = Floor(found[1].removeprefix("measure/"), found[2] == ">=", float(found[4]), bool(found[3]))
    except ValueError:
        raise BadValue(f"{text!r} is no floor.", do="Write measure>=value, measure<=value or measure>=p10.") from None
    if floor.rank and not 0 <= floor.value <= 100:
        raise BadValue(f"There is no percentile {floor.value:g}.", do="Use p0 to p100.")
    return floor


def wanted(text: str) -> tuple[str, int]:
    """A measure that picks are preferred by and its direction: ``smoothness``, or ``-stalls`` where less is better."""
    name = text.strip().lstrip("+-").removeprefix("measure/")
    if not name:
        raise BadValue(f"{text!r} names no measure.", do="Write a measure's name, with - where less is better.")
    return name, -1 if text.strip().startswith("-") else BETTER.get(name, 1) if not text.strip().startswith("+") else 1


def reached(floor: Floor, values: Floats, tasks: Ints) -> Bools:
    """Which episodes reach a floor, from their ``values`` ``[n]`` (NaN: never measured) and ``tasks`` ``[n]``."""
    edge = np.full(len(values), floor.value)
    if floor.rank:
        for task in np.unique(tasks).tolist():
            mine = values[tasks == task]
            mine = mine[np.isfinite(mine)]
            edge[tasks == task] = np.percentile(mine, floor.value) if len(mine) else np.nan
    return np.asarray(values >= edge if floor.least else values <= edge)


def lowest(
    measures: Mapping[str, Floats], prefer: Sequence[tuple[str, int]], tasks: Ints
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Each episode's lowest rank among the preferred measures, 0 to 1 within its task, and which measure that was.

    An episode is as good as the worst that is known of it: ranks are compared, never added. What was never measured
    ranks 0.5 in that measure: it speaks neither for nor against.
    """
    n = len(tasks)
    ranks = np.full((len(prefer), n), 0.5)
    for row, (name, sign) in enumerate(prefer):
        for task in np.unique(tasks).tolist():
            mine = np.flatnonzero((tasks == task) & np.isfinite(measures[name]))
            ordered = np.unique(sign * measures[name][mine], return_inverse=True)[1]
            if len(mine) > 1 and ordered.max() > 0:
                ranks[row, mine] = ordered / ordered.max()
    if not prefer:
        return np.full(n, 0.5), np.zeros(n, np.int64)
    return ranks.min(axis=0), ranks.argmin(axis=0)
