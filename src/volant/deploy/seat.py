"""A person at a browser as a controller: the last command that came counts, and silence lets the lock run out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..core import CONTROL, Act, Environment, Floats, Ints, Moment
from .cockpit import AWAY, HANDBACK, REWIND
from .sticks import AXES, Sticks

__all__ = ["Seat"]

_DEAD = 0.25
"""Seconds without a word after which a robot in hand is not moved any more, whatever was last said."""


@dataclass(slots=True)
class Seat:
    """One person's place at the desk; ``hear`` is told of everything that comes from them.

    ``command`` is the last one (see ``sticks.AXES``), ``seq`` its number, -1 for none; ``silent`` counts ticks since
    anything was heard. ``back`` hands the robot in hand back, ``rewind`` puts it back by so many steps, once.
    """

    sticks: Sticks
    hz: float
    command: Floats = field(default_factory=lambda: np.zeros(len(AXES)))
    seq: int = -1
    silent: int = 0
    back: bool = False
    rewind: int = 0

    def hear(self, command: Sequence[float] | None = None, seq: int = -1) -> None:
        """The person is there; and perhaps this is where they push now. Older commands than the last are late."""
        self.silent = 0
        if command is not None and seq > self.seq:
            self.seq = seq
            self.command = np.clip(np.asarray(command, np.float64), (-1, -1, -1, 0), 1)

    def begin(self) -> None:
        """A link of theirs is new, and counts its commands from 0."""
        self.seq, self.silent = -1, 0
        self.command = np.zeros(len(AXES))

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """This robot is in hand now; nothing that was asked of the one before counts."""
        self.back, self.rewind = False, 0

    def act(self, moment: Moment) -> Act:
        """What the last command means for the robot in hand."""
        n, dims = len(moment.active), len(self.sticks.body.signals[-1].dims)
        actions = np.zeros((n, dims))
        if self.silent > _DEAD * self.hz:
            self.command = self.command * (0, 0, 0, 1)
        for lane in np.flatnonzero(moment.active).tolist():
            actions[lane] = self.sticks.action(self.command, moment.state.obs, lane)
        marks = {
            HANDBACK: np.full(n, float(self.back)),
            AWAY: np.full(n, float(self.silent > 0)),
            REWIND: np.full(n, float(self.rewind)),
        }
        self.rewind = 0
        return Act(actions, np.full(n, CONTROL.index("person"), np.int8), marks)
