"""Probes in the world: many tiny policies, each shown some groups of the data, and how each does where nobody was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .. import plug, train
from ..core import Demonstrations, Environment, Estimate, Job, Rolling
from ..core.acting import Bools, Floats, Ints
from ..core.errors import BadValue
from ..policies.probes import Probing, crowd
from ..runners.living import lives
from ..worth.telling import groups
from ..worth.value import datamodel, design, left_out
from .bench import seed_of

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["MOST", "Probed", "probed", "valued"]

_LANES = 64
MOST = 1000
"""Demonstrations that probes are shown at most: what they would draw from more would hardly differ."""


@dataclass(frozen=True, slots=True, eq=False)
class Probed:
    """What probes achieved: ``inside [p, g]`` what each was shown, ``wins [p]`` of ``trials`` each."""

    names: tuple[str, ...]
    inside: Bools
    wins: Ints
    trials: int

    @property
    def score(self) -> Floats:
        """Each probe's share of successes."""
        return self.wins / self.trials

    @property
    def values(self) -> dict[str, tuple[Estimate, ...]]:
        """The groups' values by both readings: ``left out`` and ``datamodel``."""
        found = (left_out(self.names, self.inside, self.score), datamodel(self.names, self.inside, self.score))
        return {"left out": found[0], "datamodel": found[1]}


def probed(
    place: tuple[str, str],
    lesson: Demonstrations,
    parts: tuple[Sequence[str], Ints],
    held: Sequence[Environment],
    *,
    probes: int = 120,
    seed: int = 0,
    how: Probing | None = None,
    runner: str = "processes",
    progress: Callable[[int, int], None] | None = None,
) -> Probed:
    """Teach ``probes`` by the design, and try each once in every one of the ``held`` environments of (world, task).

    ``parts`` are the names of groups and each episode's index into them (-1: in no group, shown to all). Environments
    that a demonstration was made in are refused. ``progress`` is told of trials that are over, and of all there are.
    """
    names, group = tuple(parts[0]), np.asarray(parts[1])
    world, task = place
    if {one.hash for one in held} & set(lesson.scenes):
        raise BadValue("A held-out environment was taught in.", do="Use another seed.")
    if not held:
        raise BadValue("Probes need at least one held-out environment to be tried in.")
    inside = design(len(names), probes, seed)
    shown = np.where(group < 0, True, inside[:, np.maximum(group, 0)]).astype(np.float64)
    made = crowd(lesson, shown, how, seed=seed)
    numbers = [(trial, probe) for trial in range(len(held)) for probe in range(probes)]
    jobs = [Job(i, held[trial], trial * probes + probe) for i, (trial, probe) in enumerate(numbers)]
    rolling = Rolling(plug.world(world).horizon(task))
    over = (lambda done: progress(done, len(jobs))) if progress else None
    wins = np.zeros(probes, np.int64)
    for take in lives(world, task, made, jobs, rolling, lanes=_LANES, runner=runner, progress=over):
        wins[take.job.seed % probes] += take.outcome == "success"
    return Probed(names, inside, wins, len(held))


def valued(
    store: Store,
    place: tuple[str, str],
    *,
    by: str = "cell",
    probes: int = 240,
    trials: int = 8,
    seed: int = 0,
    how: Probing | None = None,
    runner: str = "processes",
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, tuple[Estimate, ...]]:
    """What each group of a lake's demonstrations of a task is worth to probes: ``datamodel`` and ``left-out``.

    At most ``MOST`` demonstrations are shown, drawn evenly. Held-out environments are those that no demonstration
    was made in.
    """
    world, task = place
    which = groups(store, by, task)
    rng = np.random.default_rng((seed, 11))
    kept = np.sort(rng.permutation(len(which.ids))[:MOST])
    ids, index = [which.ids[at] for at in kept], which.place[kept]
    present = np.unique(index)
    names = [which.names[at] for at in present.tolist()]
    design(len(names), probes, seed)  # too few groups or probes are refused before anything is read
    lesson = train.gather(store.episodes(ids))
    taught = set(lesson.scenes)
    drawn = plug.world(world).sample(task, 4 * trials, seed_of("probed", seed))
    held = [one for one in drawn if one.hash not in taught][:trials]
    found = probed(place, lesson, (names, np.searchsorted(present, index)), held, probes=probes, seed=seed,
                   how=how, runner=runner, progress=progress).values  # fmt: skip
    return {"datamodel": found["datamodel"], "left-out": found["left out"]}
