"""Help is asked for where the task has not moved on for too long."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core import Act, Environment, Floats, Ints, Moment

__all__ = ["Progress"]


class Progress:
    """Steps since the task's progress last rose by ``gain`` above its best.

    Progress is what the world's own monitor says (``State.progress``): exact in simulation, where a real robot would
    need a detector of milestones.
    """

    name = "progress"
    unit = "steps"

    def __init__(self, lanes: int, *, gain: float = 0.02) -> None:
        self._gain = gain
        self._best = np.full(lanes, -np.inf)
        self._still = np.zeros(lanes)

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """These lanes have reached nothing yet."""
        self._best[lanes] = -np.inf
        self._still[lanes] = 0

    def scores(self, moment: Moment, act: Act) -> Floats:
        """Steps without a gain; 0 on a step that gained."""
        now = moment.state.progress
        rose = now >= self._best + self._gain
        self._still = np.where(moment.active, np.where(rose, 0, self._still + 1), self._still)
        self._best = np.where(moment.active & rose, now, self._best)
        return self._still.copy()
