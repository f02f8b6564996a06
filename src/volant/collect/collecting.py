"""Episodes lived on purpose: where, by whom, in how many environments, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import intake, plug
from ..core import Environment, Episode, Estimate, Job, Rolling, World
from ..core.errors import BadValue
from ..intake import Added
from ..lake import Store
from ..runners.living import Driver, episodes, lives
from ..statistics.intervals import clopper_pearson

__all__ = ["Collected", "Collecting", "begin", "collect", "places"]

_GOOD = ("success", "recovered")


@dataclass(frozen=True, slots=True)
class Collecting:
    """How to collect.

    ``source`` names an operator, or is a policy: the bytes of its checkpoint. So many ``episodes`` are lived in
    ``vary`` different environments in turn (0: each in its own), of one ``region`` where named; ``physics`` 0 to 1 is
    how far friction, mass and so on may deviate. ``horizon`` 0 is the world's own.
    """

    source: str | bytes = "expert"
    episodes: int = 50
    vary: int = 0
    physics: float = 0.0
    region: str = ""
    seed: int = 0
    horizon: int = 0
    lanes: int = 16
    runner: str = "processes"

    def __post_init__(self) -> None:
        if self.episodes < 1 or self.vary < 0 or self.horizon < 0:
            raise BadValue("Collecting needs at least one episode, and no negative numbers.")
        if self.vary > self.episodes:
            raise BadValue(
                f"{self.episodes} episodes cannot be lived in {self.vary} environments.",
                do="Ask for more episodes, or vary less.",
            )


@dataclass(slots=True)
class Collected:
    """What collecting did: ``steps`` robots made, ``seconds`` of their time, how episodes ended, what the gate said."""

    world: str
    task: str
    source: str
    environments: int = 0
    steps: int = 0
    seconds: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter)
    added: Added = field(default_factory=Added)

    @property
    def success(self) -> Estimate:
        """Share of episodes that succeeded, with its exact 95 % interval."""
        n, hits = sum(self.outcomes.values()), sum(self.outcomes[word] for word in _GOOD)
        ends = clopper_pearson(hits, n)
        return Estimate("success", hits / n, "share", n, *ends, method="95% Clopper-Pearson", group=self.source)


def collect(
    store: Store,
    world: str,
    task: str,
    how: Collecting,
    *,
    at: int,
    progress: Callable[[int], None] | None = None,
) -> Collected:
    """Live episodes and let them into the lake by the gate: failures are kept and labelled, nothing is dropped.

    The same settings give the same episodes, which the lake then knows: repeating adds nothing, and what was stopped
    half-way is completed. ``progress`` is told how many episodes were lived.
    """
    where = plug.world(world)
    driver = Driver(policy=how.source) if isinstance(how.source, bytes) else Driver(how.source)
    there = places(where, task, how)
    jobs = [Job(i, there[i % len(there)], _seed(how.seed, i)) for i in range(how.episodes)]
    source = how.source if isinstance(how.source, str) else "policy"
    done = Collected(world, task, source, len(there))
    body = where.body(task)
    hz = body.signals[-1].hz or 1.0

    def told() -> Iterator[Episode]:
        rolling = Rolling(how.horizon or where.horizon(task))
        takes = lives(world, task, driver, jobs, rolling, lanes=how.lanes, runner=how.runner, progress=progress)
        for episode in episodes(world, task, takes, driver.origin(world)):
            done.steps += episode.frames
            done.outcomes[next(str(fact.value) for fact in episode.said if fact.key == "outcome")] += 1
            yield episode

    done.added = intake.admit(store, told(), at=at, bodies={body.name: body})
    done.seconds = done.steps / hz
    return done


def begin(store: Store, place: tuple[str, str], source: str | bytes, at: int, how: Mapping[str, Any]) -> Collected:
    """Collect by settings as a person writes them: the names of ``Collecting``, and ``progress``."""
    settings = {name: value for name, value in how.items() if name != "progress"}
    return collect(store, *place, Collecting(source, **settings), at=at, progress=how.get("progress"))


def places(world: World, task: str, how: Collecting) -> tuple[Environment, ...]:
    """The different environments to collect in; refused where the world has not so many."""
    wanted = how.vary or how.episodes
    drawn = world.sample(task, wanted, how.seed, region=how.region, vary=how.physics)
    if len({place.hash for place in drawn}) < wanted:
        drawn = world.sample(task, 2 * wanted + 8, how.seed, region=how.region, vary=how.physics)
    apart = tuple({place.hash: place for place in drawn}.values())[:wanted]
    if len(apart) < wanted:
        raise BadValue(
            f"{world.name}/{task} gave only {len(apart)} different environments, not {wanted}.",
            do="Vary less, name no region, or vary the physics too.",
        )
    return apart


def _seed(seed: int, number: int) -> int:
    """An episode's own seed: another one for each collection's seed and each of its episodes."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
