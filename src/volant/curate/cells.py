"""A budget shared out over cells as evenly as what they hold allows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["levelled"]

Ints = npt.NDArray[np.int64]


def levelled(there: npt.ArrayLike, budget: int, most: int | None = None) -> tuple[Ints, int]:
    """How many each of the cells gives, filled like vessels that are joined; and how many are left to hand out.

    ``there`` ``[cells]`` is what each holds, ``most`` caps any of them. All give the same until they are empty. The
    rest, fewer than the cells that still hold some, is left to the caller: one more from so many of those.
    """
    holds = np.asarray(there, np.int64)
    if most is not None:
        holds = np.minimum(holds, most)
    budget = min(budget, int(holds.sum()))
    ordered = np.sort(holds)
    before = np.concatenate(([0], np.cumsum(ordered)))[:-1]
    # At level L the vessels give sum(min(holds, L)); the highest level that the budget reaches, found from the edges.
    full = before + ordered * np.arange(len(ordered), 0, -1)
    place = int(np.searchsorted(full, budget, side="right"))
    level = int(ordered[-1]) if place == len(ordered) else (budget - int(before[place])) // (len(ordered) - place)
    given = np.minimum(holds, level)
    return given, budget - int(given.sum())
