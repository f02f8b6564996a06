"""A world of one number per lane as an installed one, and drivers whose success can be set: small enough to count."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))

from toy import BODY, Line, Walk

from volant import plug
from volant.core import Act, Environment, Ints, Moment, Origin
from volant.core.errors import NotFound, suggest
from volant.evaluate import Contestant


class Lines:
    """The toy as a world: marks between 0.5 and 1 m, near and far."""

    name = "line"
    version = "1"
    grid = 10**6

    def tasks(self) -> tuple[str, ...]:
        return ("walk",)

    def body(self, task: str) -> object:
        if task != "walk":
            raise NotFound(f"line has no task {task!r}.", instead=suggest(task, self.tasks()))
        return BODY

    def horizon(self, task: str) -> int:
        return 25

    def physics(self, task: str) -> Mapping[str, tuple[float, float, float]]:
        return {}

    def regions(self, task: str) -> tuple[str, ...]:
        return ("far", "near")

    def region(self, environment: Environment) -> str:
        return "near" if environment.vector[0] < 0.75 else "far"

    def sample(
        self, task: str, count: int, seed: int, *, region: str = "", vary: float = 0.0
    ) -> tuple[Environment, ...]:
        rng = np.random.default_rng(seed)
        found = []
        while len(found) < count:
            mark = 0.5 + int(rng.integers(self.grid)) / self.grid / 2
            one = Environment.of(self.name, task, [mark])
            if not region or self.region(one) == region:
                found.append(one)
        return tuple(found)

    def open(self, task: str, lanes: int) -> Line:
        return Line(lanes)

    def expert(self, task: str, lanes: int) -> Walk:
        return Walk()


@dataclass
class _Chancy:
    chance: float
    salt: int

    def __post_init__(self) -> None:
        self.speed: dict[int, float] = {}

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        for lane, seed in zip(lanes.tolist(), seeds.tolist(), strict=True):
            lucky = np.random.default_rng([seed, self.salt]).random() < self.chance
            self.speed[lane] = 0.1 if lucky else 0.01

    def act(self, moment: Moment) -> Act:
        x = moment.state.obs["observation.state"]
        speed = np.array([self.speed.get(lane, 0.0) for lane in range(len(x))])
        gap = (x[:, 1] - x[:, 0]).astype(np.float64)
        return Act(np.clip(gap, -speed, speed)[:, None], np.zeros(len(x), np.int8))


@dataclass(frozen=True)
class Chancy:
    """Drives well with a chance that each trial's seed and the salt decide, else far too slowly."""

    chance: float
    salt: int = 0

    def controller(self, world: str, task: str, lanes: int) -> _Chancy:
        return _Chancy(self.chance, self.salt)


def walker(chance: float, salt: int = 0, **more: object) -> Contestant:
    """A policy of the toy world with a given chance of success."""
    digest = f"{round(chance * 1000):04}{salt:028}"
    origin = Origin(collector="test", site="line", licence="Apache-2.0", policy=digest, tier="autonomous")
    return Contestant(f"walker {chance:g}/{salt}", digest, Chancy(chance, salt), origin, BODY.signals, **more)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """The toy world, installed under the name ``line``; everything runs in this process, where alone it is known."""
    made, installed, named = Lines(), plug.world, plug.names
    monkeypatch.setattr(plug, "world", lambda name: made if name == "line" else installed(name))
    monkeypatch.setattr(plug, "names", lambda group: (*named(group), *(("line",) if group == "worlds" else ())))
    monkeypatch.setattr("volant.runners.living._cores", lambda: 1)
    return made
