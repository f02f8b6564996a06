"""A fleet on the toy line: robots that get stuck on their way, a gate that counts, a person who walks on."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from volant.core import Act, Embodiment, Environment, Ints, Job, Moment, Rolling, Take, rollout
from volant.deploy.cockpit import AWAY, HANDBACK, REWIND, Cockpit, Routine, Watch
from volant.deploy.desk import Desk
from volant.deploy.gate import Threshold
from volant.deploy.gates.progress import Progress
from volant.deploy.logbook import Help

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))

from toy import BODY, Line, Walk

__all__ = ["BODY", "Line", "Person", "Plan", "Road", "Stuck", "Walk", "cockpit", "jobs", "shift"]


class Stuck(Walk):
    """Walks, but stands still within ``width`` of ``at`` on its way, until somebody moves it past."""

    def __init__(self, at: float = 0.4, width: float = 0.15, speed: float = 0.1) -> None:
        super().__init__(speed)
        self.at, self.width = at, width

    def act(self, moment: Moment) -> Act:
        done = super().act(moment)
        place = moment.state.obs["observation.state"][:, 0]
        stuck = (place > self.at - 1e-9) & (place < self.at + self.width)
        near = np.exp(-((place - self.at) ** 2) * 50)
        actions = np.where(stuck[:, None], 0.0, done.actions)
        return Act(actions, np.zeros(len(actions), np.int8), {"disagreement": near})


class Person(Walk):
    """Walks, counts when it was called, and does what it is told at steps of its own."""

    def __init__(
        self, *, back_at: int = -1, away_from: int = -1, stop_at: int = -1, rewinds: Sequence[int] = ()
    ) -> None:
        super().__init__()
        self.rewinds = list(rewinds)
        self.back_at, self.away_from, self.ends = back_at, away_from, stop_at

    def act(self, moment: Moment) -> Act:
        done = super().act(moment)
        gone = (moment.step >= self.away_from) & (self.away_from > 0)
        marks = {HANDBACK: (moment.step == self.back_at) * 1.0, AWAY: gone * 1.0}
        if self.rewinds and (moment.step[moment.active] == 3).any():
            marks[REWIND] = (moment.step == 3) * float(self.rewinds.pop(0))
        return replace(done, control=np.full(len(done.actions), 2, np.int8), marks=marks, stop=moment.step == self.ends)


class Road:
    """The toy line as a world: marks between 0.3 and 2 m, and robots that get stuck on the way to some of them."""

    name, version = "road", "1"

    def tasks(self) -> tuple[str, ...]:
        return ("walk",)

    def body(self, task: str) -> Embodiment:
        return BODY

    def horizon(self, task: str) -> int:
        return 40

    def physics(self, task: str) -> dict[str, tuple[float, float, float]]:
        return {}

    def regions(self, task: str) -> tuple[str, ...]:
        return ("near", "far")

    def region(self, environment: Environment) -> str:
        return "near" if environment.vector[0] < 1 else "far"

    def sample(
        self, task: str, count: int, seed: int, *, region: str = "", vary: float = 0.0
    ) -> tuple[Environment, ...]:
        marks = np.random.default_rng(seed).uniform(0.1, 2.0, count)
        return tuple(Environment.of(self.name, task, [mark]) for mark in marks)

    def open(self, task: str, lanes: int) -> Line:
        return Line(lanes)

    def expert(self, task: str, lanes: int) -> Walk:
        return Walk()


class Plan:
    """A policy that gets stuck at 0.4 m, unless the mark is nearer."""

    name, version, hash, blob = "plan", "1", "5eed", b""
    observations, action = BODY.signals[:1], BODY.signals[1]

    def __init__(self, at: float = 0.4) -> None:
        self.at = at

    def controller(self, lanes: int) -> Stuck:
        return Stuck(self.at)


def cockpit(robots: int, people: Sequence[Walk], routine: Routine | None = None, *, still: float = 2.5) -> Cockpit:
    """Robots that get stuck, and ask after three steps without progress."""
    how = routine or Routine(handback="quiet")
    watch = Watch(Progress(robots), Threshold(still, 0.5))
    return Cockpit(Stuck(), (watch,), people, Desk(robots, len(people), how.rules), how)


def jobs(*marks: float) -> list[Job]:
    return [Job(i, Environment.of("line", "walk", [mark]), 100 + i) for i, mark in enumerate(marks)]


def shift(crew: Cockpit, work: Sequence[Job], how: Rolling) -> list[tuple[Take, tuple[Help, ...]]]:
    """Live the jobs; each take with the helps in it."""
    lanes = Line(len(crew.mode))
    return [(take, crew.closed(take.lane, len(take))) for take in rollout(lanes, crew, work, how)]


def control(take: Take) -> str:
    """Who acted, a letter a step."""
    return "".join("psx"[int(c)] for c in take.control).replace("s", "H")


def started(walk: Walk) -> list[tuple[int, ...]]:
    """Which lanes a controller was started on, call by call."""
    return [lanes for lanes, _ in walk.started]


def ints(*numbers: int) -> Ints:
    return np.array(numbers, np.int64)
