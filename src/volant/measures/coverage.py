"""Which combinations of task and environment were seen, how many there could be, and how many were missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core import Estimate
from ._counts import ace, chao1, good_turing, hill
from ._groups import added

__all__ = ["FEW", "Coverage", "Covered", "counted", "spread"]

Array = npt.NDArray[np.generic]
Ints = npt.NDArray[np.int64]
Figure = tuple[float, float, float]
"""Value, low and high."""

BETWEEN = "\x1f"
"""Separates task from scene in a tally's key; never part of a name."""

FEW = 10
"""Episodes below which nothing is concluded of what was not seen."""


@dataclass(frozen=True, slots=True)
class Covered:
    """Figures of coverage, and in plain words what could not be concluded and why."""

    estimates: tuple[Estimate, ...]
    notes: tuple[str, ...] = ()


class Coverage:
    """Observed task x environment combinations, the product bound, ACE, Chao1, Good-Turing and Hill numbers.

    An environment is the declared scene, or the site where no scene is declared. Episodes in quarantine do not count.
    The product bound is observed tasks times observed environments: what *could* be combined, not what exists.
    """

    name = "coverage"
    version = "2"
    unit = "combinations"

    def tally(self, table: Mapping[str, Array]) -> dict[str, Array]:
        """Episodes per combination."""
        use = table["verdict"] != "quarantine"
        scene = np.where(table["scene"] != "", table["scene"], table["site"])
        tasks, task = np.unique(table["task"][use].astype(str), return_inverse=True)
        places, place = np.unique(scene[use].astype(str), return_inverse=True)
        pairs, counts = np.unique(task.astype(np.int64) * max(1, len(places)) + place, return_counts=True)
        named = zip(*np.divmod(pairs, max(1, len(places))), strict=True)
        names = np.array([f"{tasks[one]}{BETWEEN}{places[where]}" for one, where in named], object)
        return {"group": names, "episodes": counts.astype(np.float64)}

    def merge(self, one: Mapping[str, Array], other: Mapping[str, Array]) -> dict[str, Array]:
        """Counts per combination add up."""
        return added(one, other)

    def estimates(self, tally: Mapping[str, Array]) -> tuple[Estimate, ...]:
        """Overall figures, and per task the number of environments expected."""
        counts = tally["episodes"].astype(np.int64)
        if not len(counts):
            return ()
        pairs = [str(key).split(BETWEEN) for key in tally["group"].tolist()]
        tasks, task = np.unique([pair[0] for pair in pairs], return_inverse=True)
        bound = float(len(tasks) * len({pair[1] for pair in pairs}))
        made = [*counted(counts, bound, "", "task x environment").estimates]
        for place, name in enumerate(tasks.tolist()):
            mine = counts[task == place]
            group = f"task={name or 'unknown'}"
            n, method = int(mine.sum()), "Chao1 lower bound; 95 % log-normal"
            made.append(spread("chao1", chao1(mine), "environments", n, group=group, method=method))
        return tuple(made)


def counted(counts: Ints, bound: float, group: str, what: str) -> Covered:
    """Figures of one way to combine, from episodes per combination; ``bound`` is how many there could be."""
    n, seen, unit = int(counts.sum()), len(counts), "combinations"
    made = [
        Estimate("combinations", seen, unit, n, seen, seen, method=f"distinct {what}", group=group),
        Estimate("product bound", bound, unit, n, method="observed values multiplied; no interval", group=group),
        Estimate("share of bound", seen / bound, "share", n, method="combinations / product bound", group=group),
    ]
    notes = []
    if n < FEW or seen < 2:
        why = f"{n} episode{'s' * (n != 1)}" if n < FEW else "one combination"
        return Covered(tuple(made), (f"{what}: {why} only; what was not seen is not estimated.",))
    made += [
        spread("new next", good_turing(counts), "probability", n, group=group, method="Good-Turing f1/n; 95 % Esty"),
        spread("chao1", chao1(counts), unit, n, group=group, method="Chao1 lower bound; 95 % log-normal"),
    ]
    covered = ace(counts)
    if covered is None:
        notes.append(f"{what}: every combination was seen once, so that ACE is not defined and Chao1 is a low guess.")
    else:
        made.append(spread("ace", covered, unit, n, group=group, method="ACE, rare up to 10; 95 % log-normal"))
    ways = "delta" if seen >= 1000 else "bootstrap"
    for order in (0, 1, 2):
        method = f"Hill number of order {order}, of what was seen; 95 % {ways}"
        made.append(spread(f"hill {order}", hill(counts, order), unit, n, group=group, method=method))
    if min(seen, chao1(counts)[0]) >= bound > 0:
        notes.append(f"{what}: every possible combination of what was seen was recorded.")
    return Covered(tuple(made), tuple(notes))


def spread(name: str, figure: Figure, unit: str, n: int, *, group: str, method: str) -> Estimate:
    """A figure with its interval, as one estimate."""
    return Estimate(name, figure[0], unit, n, figure[1], figure[2], method=method, group=group)
