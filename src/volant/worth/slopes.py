"""The slope of measured learning curves: what a group's demonstrations add where they were made.

Success in a cell (a region of a task) was measured with several numbers of demonstrations there; the family of curves
of ``statistics.curves`` says how much the last so many of them, or the next ones, bring. Curves count demonstrations
and do not see whether they are good: an operator of poor quality has the slope of the cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..core import Estimate, Turn
from ..core.errors import BadValue
from ..statistics.curves import Point, curve

__all__ = ["Grown", "grown", "slopes"]


@dataclass(frozen=True, slots=True)
class Grown:
    """One measurement of a cell: with ``n`` demonstrations in it, ``wins`` of ``trials`` succeeded there."""

    cell: str
    n: float
    wins: float
    trials: int


def grown(turns: Sequence[Turn]) -> list[Grown]:
    """Every evaluation that turns of the wheel remember, as measurements of the cells ``task/region``."""
    return [
        Grown(f"{score.task}/{score.region}", score.demonstrations, score.wins, score.trials)
        for turn in turns
        for score in turn.scores
        if score.trials
    ]


def slopes(measured: Sequence[Grown], groups: Mapping[str, Mapping[str, int]], more: int = 0) -> tuple[Estimate, ...]:
    """What each group adds to success over all cells, with the central 90 % of the curves' posterior.

    ``groups`` maps a name to how many demonstrations it has in each cell. With ``more`` 0 the value is success now
    minus success without them; otherwise what ``more`` further ones, in the same proportions, would bring. All cells
    weigh alike. ``n`` is how many trials it rests on. Refused where no cell was measured with two different numbers of
    demonstrations, because one point has no slope; the ends of the intervals of several cells are added, which is wide.
    """
    cells = sorted({one.cell for one in measured})
    sizes = {cell: {one.n for one in measured if one.cell == cell} for cell in cells}
    if not any(len(many) > 1 for many in sizes.values()):
        raise BadValue(
            f"No cell was evaluated with two different numbers of demonstrations ({len(cells)} cells were once).",
            do="Turn the wheel again (volant turn), or evaluate policies of smaller selections.",
        )
    curves = {c: curve([Point(one.n, one.wins, one.trials) for one in measured if one.cell == c]) for c in cells}
    trials = {c: sum(one.trials for one in measured if one.cell == c) for c in cells}
    made = []
    for name, counts in groups.items():
        value = low = high = 0.0
        known = {cell: count for cell, count in counts.items() if cell in curves and count}
        for cell, count in known.items():
            now = max(sizes[cell])
            start, step = (now, more * count / sum(counts.values())) if more else (max(0.0, now - count), float(count))
            ends = curves[cell].interval(start, step)
            value += curves[cell].gain(start, step) / len(cells)
            low, high = low + ends[0] / len(cells), high + ends[1] / len(cells)
        if known:
            made.append(
                Estimate("slope", value, "success", sum(trials[cell] for cell in known), low, high,
                         method="posterior of learning curves, central 90 %", group=name)
            )  # fmt: skip
    return tuple(made)
