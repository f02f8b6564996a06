"""Which combinations of task and environment were seen, how many there could be, and how many were missed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ..core import Estimate
from ._counts import chao1, good_turing, hill
from ._groups import added

__all__ = ["Coverage"]

Array = npt.NDArray[np.generic]
BETWEEN = "\x1f"
"""Separates task from scene in a tally's key; never part of a name."""


class Coverage:
    """Observed task x environment combinations, the product bound, Chao1, Good-Turing and Hill numbers.

    An environment is the declared scene, or the site where no scene is declared. Episodes in quarantine do not count.
    The product bound is observed tasks times observed environments: what *could* be combined, not what exists.
    """

    name = "coverage"
    version = "1"
    unit = "combinations"

    def tally(self, table: Mapping[str, Array]) -> dict[str, Array]:
        """Episodes per combination."""
        use = table["verdict"] != "quarantine"
        scene = np.where(table["scene"] != "", table["scene"], table["site"])
        keys = np.array(
            [f"{task}{BETWEEN}{where}" for task, where in zip(table["task"][use], scene[use], strict=True)],
            dtype=object,
        )
        names, counts = np.unique(keys.astype(str), return_counts=True)
        return {"group": names.astype(object), "episodes": counts.astype(np.float64)}

    def merge(self, one: Mapping[str, Array], other: Mapping[str, Array]) -> dict[str, Array]:
        """Counts per combination add up."""
        return added(one, other)

    def estimates(self, tally: Mapping[str, Array]) -> tuple[Estimate, ...]:
        """Overall figures, and per task the number of environments seen and expected."""
        counts = tally["episodes"].astype(np.int64)
        if not len(counts):
            return ()
        n = int(counts.sum())
        pairs = [str(key).split(BETWEEN) for key in tally["group"].tolist()]
        tasks, scenes = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
        bound = float(len(tasks) * len(scenes))
        made = [
            Estimate(
                "combinations",
                len(counts),
                self.unit,
                n,
                len(counts),
                len(counts),
                method="distinct task x environment",
            ),
            Estimate(
                "product bound", bound, self.unit, n, method="observed tasks x observed environments; no interval"
            ),
            Estimate("chao1", *_spread(chao1(counts), self.unit, n), method="Chao1 lower bound; 95 % log-normal"),
            Estimate("new next", *_spread(good_turing(counts), "probability", n), method="Good-Turing f1/n; 95 % Esty"),
        ]
        for order in (0, 1, 2):
            figures = _spread(hill(counts, order), self.unit, n)
            made.append(Estimate(f"hill {order}", *figures, method=f"Hill number of order {order}; 95 % bootstrap"))
        for task in sorted(tasks):
            mine = counts[[pair[0] == task for pair in pairs]]
            figures = _spread(chao1(mine), "environments", int(mine.sum()))
            made.append(Estimate("chao1", *figures, method="Chao1; 95 % log-normal", group=f"task={task or 'unknown'}"))
        return tuple(made)


def _spread(figure: tuple[float, float, float], unit: str, n: int) -> tuple[float, str, int, float, float]:
    value, low, high = figure
    return value, unit, n, low, high
