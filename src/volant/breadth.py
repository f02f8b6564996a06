"""Breadth against depth at equal budget: many environments once, or few of them again and again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from . import charts, plug, train
from .core import Episode, Estimate, Job, Rolling
from .core.errors import BadValue
from .runners.living import Driver, episodes, live
from .statistics.intervals import wilson

__all__ = ["Breadth", "Split", "breadth_depth", "figure"]

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Breadth:
    """The experiment: ``budget`` demonstrations by ``source``, spread over environments in several ways.

    Every way is tried with ``seeds`` seeds; each policy in the same ``trials`` held-out environments of its seed.
    """

    world: str
    task: str
    budget: int = 64
    source: str = "careful"
    learner: str = "bc"
    trials: int = 50
    seeds: int = 3
    first_seed: int = 0
    members: int = 3

    def __post_init__(self) -> None:
        if self.budget < 4 or self.trials < 1 or self.seeds < 1:
            raise BadValue("The experiment needs a budget of at least 4, a trial and a seed.")

    @property
    def ways(self) -> tuple[tuple[int, int], ...]:
        """(environments, demonstrations in each), from breadth to depth; their products are all the budget."""
        divisors = [each for each in range(1, self.budget + 1) if self.budget % each == 0]
        wanted = (each for each in (4**power for power in range(6)) if each in divisors and self.budget // each > 1)
        return tuple((self.budget // each, each) for each in wanted)


@dataclass(frozen=True, slots=True)
class Split:
    """One way to spend the budget: wins of all seeds together, and seed by seed."""

    environments: int
    each: int
    wins: tuple[int, ...]
    trials: int

    @property
    def success(self) -> Estimate:
        """Success over all seeds with Wilson's interval; trials of one seed share a policy, so it is rather narrow."""
        wins, n = sum(self.wins), self.trials * len(self.wins)
        group = f"{self.environments} x {self.each}"
        return Estimate("success", wins / n, "share", n, *wilson(wins, n), method="95 % Wilson", group=group)


def breadth_depth(how: Breadth, *, tell: Tell = print) -> tuple[Split, ...]:
    """Success in held-out environments for each way of spending the same number of demonstrations."""
    if how.task not in plug.world(how.world).tasks():
        plug.world(how.world).body(how.task)  # refused there, with near names
    made: list[Split] = []
    for environments, each in how.ways:
        wins = []
        for seed in range(how.first_seed, how.first_seed + how.seeds):
            wins.append(_won(how, environments, each, seed))
            tell(f"{environments} environments x {each}: seed {seed}: {wins[-1]} of {how.trials}")
        made.append(Split(environments, each, tuple(wins), how.trials))
    return tuple(made)


def _won(how: Breadth, environments: int, each: int, seed: int) -> int:
    """Held-out wins of a policy that was taught in so many environments, as often in each."""
    world = plug.world(how.world)
    shown = _demonstrated(how, environments, each, seed)
    training = train.Training(how.learner, ensemble=how.members, seed=seed)
    policy = train.teach(train.gather(shown), training).policy
    places = world.sample(how.task, how.trials, _seed(seed, "held out"))
    seen = {episode.scene for episode in shown}
    if seen & {place.hash for place in places}:
        raise BadValue("A held-out environment was taught in.", do="Use another seed.")
    jobs = [Job(i, place, i) for i, place in enumerate(places)]
    takes = live(how.world, how.task, Driver(policy=policy.blob), jobs, Rolling(world.horizon(how.task)))
    return sum(take.outcome == "success" for take in takes)


def _demonstrated(how: Breadth, environments: int, each: int, seed: int) -> list[Episode]:
    """Successful demonstrations, so many in each environment; people try again where they fail, up to four times."""
    world, driver = plug.world(how.world), Driver(how.source)
    places = world.sample(how.task, environments, _seed(seed, "taught", environments))
    missing, kept = [each] * environments, list[Episode]()
    for attempt in range(4):
        wanted = [(i, k) for i in range(environments) for k in range(missing[i])]
        jobs = [Job(n, places[i], _seed(seed, attempt, i, k)) for n, (i, k) in enumerate(wanted)]
        if not jobs:
            break
        takes = live(how.world, how.task, driver, jobs, Rolling(world.horizon(how.task)))
        good = [take for take in takes if take.outcome == "success"]
        for take in good:
            missing[wanted[take.job.number][0]] -= 1
        kept += episodes(how.world, how.task, good, driver.origin(how.world))
    return kept


def figure(splits: Sequence[Split], how: Breadth) -> str:
    """Success over the number of environments as a picture."""
    order = sorted(splits, key=lambda split: split.environments)
    shares = [split.success for split in order]
    curve = charts.Curve(
        f"{how.budget} demonstrations",
        [float(np.log2(split.environments)) for split in order],
        [share.value for share in shares],
        [share.low or 0.0 for share in shares],
        [share.high or 1.0 for share in shares],
        f"n={shares[0].n} trials a point, {how.seeds} seeds",
    )
    title = f"{how.task}: breadth against depth at equal budget"
    return charts.curves([curve], title=title, across="environments (log2)", up="held-out success")


def _seed(*words: object) -> int:
    return int.from_bytes(hashlib.blake2b(json.dumps(words).encode(), digest_size=3).digest(), "big")
