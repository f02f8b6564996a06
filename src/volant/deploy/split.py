"""Two policies in one fleet: each operation is done by the one that the staged rollout gave it to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..core import Act, Bools, Controller, Environment, Floats, Ints, Moment
from .stages import Trial

__all__ = ["Split"]

Key = tuple[str, int]


@dataclass(slots=True)
class Split:
    """The incumbent and the candidate as one controller; an operation is known by its environment and its seed.

    Every step is marked ``candidate`` (1 where the new policy acted). Once the candidate is rolled back the
    incumbent drives its robots from the very next step.
    """

    incumbent: Controller
    candidate: Controller
    trial: Trial
    lanes: int
    mine: Bools = field(init=False)
    _places: list[tuple[Environment, int] | None] = field(init=False)

    def __post_init__(self) -> None:
        self.mine = np.zeros(self.lanes, np.bool_)
        self._places = [None] * self.lanes

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """Draw who does each operation that is new; both policies forget these lanes."""
        for lane, there, seed in zip(lanes.tolist(), environments, seeds.tolist(), strict=True):
            self._places[lane] = (there, seed)
            self.mine[lane] = self.trial.begin((there.hash, seed)) and self.trial.ruling.word in ("running", "promoted")
        self.incumbent.start(lanes, environments, seeds)
        self.candidate.start(lanes, environments, seeds)

    def key(self, lane: int) -> Key | None:
        """What names the lane's operation."""
        place = self._places[lane]
        return None if place is None else (place[0].hash, place[1])

    def act(self, moment: Moment) -> Act:
        """Each lane as its own policy decides."""
        if self.mine.any() and self.trial.ruling.word in ("rolled back", "undecided"):
            self._give_back()
        old = self.incumbent.act(replace(moment, active=moment.active & ~self.mine))
        if not self.mine.any():
            return replace(old, marks={**old.marks, "candidate": np.zeros(self.lanes)})
        new = self.candidate.act(replace(moment, active=moment.active & self.mine))
        actions = np.where(self.mine[:, None], new.actions, old.actions)
        control = np.where(self.mine, new.control, old.control).astype(np.int8)
        return Act(actions, control, {**_merged(old, new, self.mine), "candidate": self.mine.astype(np.float64)})

    def _give_back(self) -> None:
        lanes = np.flatnonzero(self.mine)
        places = [place for place in (self._places[lane] for lane in lanes.tolist()) if place is not None]
        self.mine[:] = False
        self.incumbent.start(lanes, [there for there, _ in places], np.array([seed for _, seed in places]))


def _merged(old: Act, new: Act, mine: Bools) -> dict[str, Floats]:
    """Marks of both, 0 where the acting policy has no such mark."""
    none = np.zeros(len(mine))
    names = sorted({*old.marks, *new.marks})
    return {name: np.where(mine, new.marks.get(name, none), old.marks.get(name, none)) for name in names}
