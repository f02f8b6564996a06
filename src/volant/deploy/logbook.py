"""What happened while robots worked: who was in control of which robot when, and every time one was helped."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..core import Bools, Floats, Ints

__all__ = ["MODES", "PERSON", "POLICY", "REST", "REWOUND", "TAKEN", "WAITING", "Help", "Modes", "Logbook", "Stretch"]

MODES = ("rest", "policy", "waiting", "taken", "person")
"""What a robot is doing: nothing, by itself, waiting for somebody, given to somebody who is not there yet, in hands."""
REST, POLICY, WAITING, TAKEN, PERSON = range(5)
REWOUND = "rewound"
"""How a help ended whose person put the robot back and went on in another."""

Modes = npt.NDArray[np.int8]


@dataclass(slots=True)
class Help:
    """One time that a robot was in a person's hands, in ticks of the floor's clock and in steps of the robot's take.

    ``gate`` is what made it ask, empty where a person took it unasked. ``asked_step`` counts in the take in which it
    asked, ``first`` and ``last`` (exclusive) in the one in which it was corrected: another one where it was rewound
    by ``rewound`` steps. ``ended`` says why it ended: handed back, ended (with the operation), expired, or rewound: the
    person undid it and went on in the next, which has the same ``asked``.
    -1 stands for what did not happen (yet).
    """

    robot: int
    operator: int
    gate: str
    score: float
    asked: int
    taken: int
    asked_step: int
    moved: int = -1
    returned: int = -1
    first: int = -1
    last: int = -1
    rewound: int = 0
    ended: str = ""

    @property
    def waited(self) -> int:
        """Ticks until it was given to somebody."""
        return self.taken - self.asked

    @property
    def handled(self) -> int:
        """Ticks that somebody was busy with it."""
        return max(0, self.returned - self.taken)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A robot was in one mode from tick ``start`` to ``stop``."""

    robot: int
    start: int
    stop: int
    mode: int


@dataclass(slots=True)
class Logbook:
    """Written a tick at a time: changes of mode, three counts, and helps; what did not change takes no room."""

    robots: int
    ticks: int = 0
    waiting: list[int] = field(default_factory=list)
    helped: list[int] = field(default_factory=list)
    working: list[int] = field(default_factory=list)
    person_steps: int = 0
    helps: list[Help] = field(default_factory=list)
    _changes: list[tuple[int, int, int]] = field(default_factory=list)
    _mode: Modes = field(init=False)

    def __post_init__(self) -> None:
        self._mode = np.zeros(self.robots, np.int8)

    def write(self, mode: Modes, queued: Bools) -> None:
        """One tick: what each robot did, and who of them wanted somebody and had nobody."""
        for robot in np.flatnonzero(mode != self._mode).tolist():
            self._changes.append((self.ticks, robot, int(mode[robot])))
        self._mode = mode.copy()
        helped = (mode == TAKEN) | (mode == PERSON)
        self.waiting.append(int(queued.sum()))
        self.helped.append(int(helped.sum()))
        self.working.append(int((mode == POLICY).sum()))
        self.person_steps += int((mode == PERSON).sum())
        self.ticks += 1

    def trim(self, ticks: int) -> None:
        """Keep of the past only the counts and helps of so many last ticks, for shifts that do not end."""
        for column in (self.waiting, self.helped, self.working):
            del column[:-ticks]
        since = self.ticks - ticks
        self.helps = [one for one in self.helps if one.returned >= since]
        self._changes = [one for one in self._changes if one[0] >= since]

    def stretches(self) -> tuple[Stretch, ...]:
        """The whole shift as stretches of one robot in one mode, in order of robots and time; rest is left out."""
        made: list[Stretch] = []
        begun = dict.fromkeys(range(self.robots), (0, REST))
        for tick, robot, mode in [*self._changes, *((self.ticks, robot, REST) for robot in range(self.robots))]:
            start, before = begun[robot]
            if before != REST and tick > start:
                made.append(Stretch(robot, start, tick, before))
            begun[robot] = (tick, mode)
        return tuple(sorted(made, key=lambda one: (one.robot, one.start)))

    def full(self) -> slice:
        """Ticks in which every robot had something to do, from the first: what the queue's formula speaks of."""
        busy = np.array(self.working) + np.array(self.helped) + np.array(self.waiting)
        short = np.flatnonzero(busy < self.robots)
        return slice(0, int(short[0]) if len(short) else len(busy))

    def column(self, name: str) -> Ints | Floats:
        """One of the counts (waiting, helped, working) as a column over ticks."""
        return np.asarray(getattr(self, name), np.int64)
