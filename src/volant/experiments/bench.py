"""The bench that experiments are made on: who shows, what is taught, and how it does where nobody has been."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .. import plug, train
from ..core import Demonstrations, Environment, Episode, Job, Policy, Rolling
from ..core.errors import BadValue
from ..runners.living import Driver, episodes, live, tried

__all__ = ["Bench", "seed_of"]

Tell = Callable[[str], None]


def _silent(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One task of a world, a learner, and how hard is looked: ``trials`` held-out trials for each of ``seeds`` seeds.

    ``budget`` is what an experiment may spend on experience, in demonstrations; ``source`` who makes them, where the
    experiment does not say it itself.
    """

    world: str
    task: str
    budget: int = 64
    source: str = "careful"
    learner: str = "bc"
    members: int = 3
    trials: int = 50
    seeds: int = 3
    first_seed: int = 0
    tell: Tell = _silent

    def __post_init__(self) -> None:
        if self.budget < 4 or self.trials < 1 or self.seeds < 1:
            raise BadValue("An experiment needs a budget of at least 4, a trial and a seed.")
        plug.world(self.world).body(self.task)  # an unknown task is refused here, with near names

    @property
    def every_seed(self) -> range:
        """The seeds, in order."""
        return range(self.first_seed, self.first_seed + self.seeds)

    def places(self, count: int, *words: object, physics: Mapping[str, float] | None = None) -> list[Environment]:
        """Fresh environments for a purpose named by words; ``physics`` is the same in all of them."""
        drawn = plug.world(self.world).sample(self.task, count, seed_of(*words))
        if physics is None:
            return list(drawn)
        return [Environment.of(place.world, place.task, place.vector, physics) for place in drawn]

    def shown(
        self, places: Sequence[Environment], *words: object, source: str = "", failures: bool = False
    ) -> list[Episode]:
        """One demonstration for each place; who fails tries again, up to four times, unless failures stay."""
        driver = Driver(source or self.source)
        missing, kept = list(range(len(places))), dict[int, Episode]()
        for attempt in range(1 if failures else 4):
            jobs = [Job(n, places[i], seed_of(*words, attempt, i)) for n, i in enumerate(missing)]
            if not jobs:
                break
            takes = live(self.world, self.task, driver, jobs, Rolling(plug.world(self.world).horizon(self.task)))
            good = [take for take in takes if len(take) and (failures or take.outcome == "success")]
            made = episodes(self.world, self.task, good, driver.origin(self.world))
            kept.update(zip([missing[take.job.number] for take in good], made, strict=True))
            missing = [i for i in missing if i not in kept]
        return [kept[i] for i in sorted(kept)]

    def taught(self, lesson: Demonstrations | Sequence[Episode], seed: int, *, failures: str = "drop") -> Policy:
        """The policy that demonstrations give."""
        how = train.Training(self.learner, ensemble=self.members, seed=seed, failures=failures)
        some = lesson if isinstance(lesson, Demonstrations) else train.gather(lesson)
        return train.teach(some, how).policy

    def success(self, policy: Policy, seed: int, *, physics: Mapping[str, float] | None = None) -> float:
        """Share of this seed's held-out environments in which a policy succeeds: the same ones for every arm."""
        return self.success_in(policy, self.places(self.trials, seed, "held out", physics=physics))

    def success_in(self, policy: Policy, places: Sequence[Environment]) -> float:
        """Share of these environments in which a policy succeeds."""
        return float(self.wins_in(policy, places).mean())

    def wins_in(self, policy: Policy, places: Sequence[Environment]) -> npt.NDArray[np.bool_]:
        """In which of these environments a policy succeeds."""
        return np.array([take.outcome == "success" for take in tried(self.world, self.task, policy.blob, places)])

    def apart(self, shown: Sequence[Episode], seed: int) -> None:
        """Refuse to go on where a held-out environment was taught in."""
        if {episode.scene for episode in shown} & {place.hash for place in self.places(self.trials, seed, "held out")}:
            raise BadValue("A held-out environment was taught in.", do="Use another seed.")

    def described(self) -> dict[str, object]:
        """The settings as plain values."""
        names = ("world", "task", "budget", "source", "learner", "members", "trials", "seeds", "first_seed")
        return {name: getattr(self, name) for name in names}


def seed_of(*words: object) -> int:
    """A seed of its own for every purpose, from words alone."""
    return int.from_bytes(hashlib.blake2b(json.dumps(words).encode(), digest_size=3).digest(), "big")
