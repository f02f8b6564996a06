"""Help is asked for where the world knows that the policy will fail. For experiments: no robot has this."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from ...core import Act, Environment, Floats, Ints, Moment, Take

__all__ = ["Oracle"]

_GAIN = 0.02


class Oracle:
    """1 from the step on which an operation that will fail has got as far as it ever gets, 0 before and elsewhere.

    The truth comes from having lived the same operation (environment and seed) without help before: ``doom`` maps
    both to that step.
    """

    name = "oracle"
    unit = "truth"

    def __init__(self, lanes: int, doom: Mapping[tuple[str, int], int]) -> None:
        self._doom = doom
        self._from = np.full(lanes, np.inf)

    @classmethod
    def of(cls, lanes: int, takes: Iterable[Take], *, late: int = 5) -> Oracle:
        """The oracle that has seen these takes; it asks ``late`` steps after the last gain of progress."""
        doom = {}
        for take in takes:
            if take.outcome != "success":
                best = np.maximum.accumulate(take.progress) if len(take) else np.zeros(1)
                gained = np.flatnonzero(best >= best[-1] - _GAIN)
                doom[take.job.environment.hash, take.job.seed] = int(gained[0]) + late
        return cls(lanes, doom)

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """Look up what will become of these operations."""
        for lane, environment, seed in zip(lanes.tolist(), environments, seeds.tolist(), strict=True):
            self._from[lane] = self._doom.get((environment.hash, seed), np.inf)

    def scores(self, moment: Moment, act: Act) -> Floats:
        """1 where the operation is past saving itself."""
        return (moment.step >= self._from).astype(np.float64)
