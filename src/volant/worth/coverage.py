"""How much of what could be recorded was recorded: combinations seen, possible and expected, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..core import Estimate
from ..measures._counts import chao1, good_turing
from ..measures.coverage import FEW, Covered, counted, spread
from ..statistics.intervals import wilson
from .cells import UNKNOWN, Axis, Cells

__all__ = ["CROSSINGS", "SLICES", "Heat", "cover", "heat", "slices"]

CROSSINGS = (
    ("task", "environment"),
    ("task", "environment", "object"),
    ("task", "environment", "body"),
    ("task", "environment", "site"),
    ("task", "environment", "country"),
)
"""The combinations that are counted unless others are asked for."""

SLICES = ("family", "body", "site", "country")
"""What coverage is shown by unless something else is asked for."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """Episodes by two axes ``[rows, columns]``, the fullest first; ``left`` episodes were cut off."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    episodes: Ints
    left: int


def cover(cells: Cells, by: Sequence[str] = SLICES, crossings: Sequence[Sequence[str]] = CROSSINGS) -> Covered:
    """Every crossing's figures, what of each axis is unknown, and each slice's environments."""
    if not cells.n:
        return Covered((), ("There are no episodes to count; those in quarantine are left out.",))
    made, notes = list(_unknown(cells)), []
    for axes in crossings:
        silent = [name for name in axes if not cells.known(name).any()]
        if silent:
            notes.append(f"{' x '.join(axes)} is not counted: no episode says its {' or '.join(silent)}.")
            continue
        group = "" if tuple(axes) == CROSSINGS[0] else " x ".join(axes)
        counts, codes = cells.counts(*axes)
        bound = float(np.prod([np.count_nonzero(np.bincount(code)) for code in codes], dtype=np.float64))
        found = counted(counts, bound, group, " x ".join(axes))
        made += found.estimates
        notes += found.notes
    for name in by:
        found = slices(cells, name)
        made += found.estimates
        notes += found.notes
    return Covered(tuple(made), tuple(dict.fromkeys(notes)))


def _unknown(cells: Cells) -> list[Estimate]:
    """Of each axis the share of episodes that do not say it."""
    made = []
    for name in cells.axes:
        silent = int(cells.episodes[~cells.known(name)].sum())
        low, high = wilson(silent, cells.n)
        method = f"episodes without {name}; 95 % Wilson"
        made.append(Estimate(f"{name} {UNKNOWN}", silent / cells.n, "share", cells.n, low, high, method=method))
    return made


def slices(cells: Cells, by: str) -> Covered:
    """Of each value of an axis: episodes, task x environment combinations, how many more are expected, what is new."""
    code, made, thin = cells.axes[by].code, [], 0
    # Of 16 bits they are counted, not compared.
    small = (code + 1).astype(np.min_scalar_type(len(cells.axes[by].words)))
    order = np.argsort(small, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(small, minlength=len(cells.axes[by].words) + 1))])
    for value, (start, stop) in enumerate(pairwise(starts.tolist()), -1):
        if start == stop:
            continue
        mine = order[start:stop]
        parts = {name: _part(cells, name, mine) for name in ("task", "environment")}
        some = Cells(parts, cells.episodes[mine])
        group = f"{by}={cells.axes[by].words[value] if value >= 0 else UNKNOWN}"
        n = some.n
        low, high = wilson(n, cells.n)
        made.append(
            Estimate("share of episodes", n / cells.n, "share", cells.n, low, high, "measured", "Wilson", group)
        )
        counts, _ = some.counts("task", "environment")
        known = int(counts.sum())
        seen = len(counts)
        made.append(
            Estimate("combinations", seen, "combinations", known, seen, seen, method="task x environment", group=group)
        )
        if known < FEW:
            thin += 1
            continue
        made.append(
            spread(
                "chao1", chao1(counts), "combinations", known, group=group, method="Chao1 lower bound; 95 % log-normal"
            )
        )
        made.append(
            spread(
                "new next", good_turing(counts), "probability", known, group=group, method="Good-Turing f1/n; 95 % Esty"
            )
        )
    notes = (f"{thin} of the values of {by} have fewer than {FEW} episodes that say task and environment.",)
    return Covered(tuple(made), notes if thin else ())


def _part(cells: Cells, name: str, places: Ints) -> Axis:
    axis = cells.axes[name]
    return Axis(axis.name, axis.words, axis.code[places])


def heat(cells: Cells, rows: str = "task", columns: str = "environment", most: int = 100) -> Heat:
    """Episodes by two axes for a picture, at most so many rows and columns; unknown is left out."""
    counts, (down, across) = cells.counts(rows, columns)
    total = int(cells.episodes.sum())
    if not len(counts):
        return Heat((), (), np.zeros((0, 0), np.int64), total)
    kept = []
    for code in (down, across):
        sums = np.bincount(code, weights=counts)
        kept.append(np.argsort(-sums, kind="stable")[: min(most, int((sums > 0).sum()))])
    places = [np.full(int(code.max()) + 1, -1, np.int64) for code in (down, across)]
    for place, some in zip(places, kept, strict=True):
        place[some] = np.arange(len(some))
    r, c = places[0][down], places[1][across]
    there = (r >= 0) & (c >= 0)
    grid = np.zeros((len(kept[0]), len(kept[1])), np.int64)
    grid[r[there], c[there]] = counts[there]
    words = [
        tuple(cells.axes[name].words[code] for code in some) for name, some in zip((rows, columns), kept, strict=True)
    ]
    return Heat(words[0], words[1], grid, total - int(grid.sum()))
