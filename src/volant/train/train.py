"""From a selection to a policy, with what taught it remembered both ways."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from .. import plug
from ..core import Demonstrations, Episode, Fact, FactTable, Learning, Policy, Selection, Value
from ..core.errors import Refused
from .failures import use
from .gather import Gathering, gather_from

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["Trained", "Training", "lineage", "remember", "save", "teach", "train"]


@runtime_checkable
class LearnsFromEpisodes(Protocol):
    """A learner that reads episodes themselves, pictures included; ``lesson`` says which of them count."""

    def learn_from(self, episodes: Iterable[Episode], how: Learning, lesson: Demonstrations) -> Policy: ...


@dataclass(frozen=True, slots=True)
class Training:
    """How a policy is made of a selection.

    ``learner`` is an installed policy's name. ``minutes`` is how long to learn (0: as long as the learner thinks
    right), ``ensemble`` how many members, ``failures`` one of drop, keep, sirius, rabc, recap. ``options`` are the
    learner's own dials.
    """

    learner: str = "bc"
    minutes: float = 0.0
    ensemble: int = 5
    seed: int = 0
    failures: str = "drop"
    gathering: Gathering | None = None
    options: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Trained:
    """What training gave: the policy, the selection's hash, the seconds it took, and what taught it.

    ``taught`` are the ids of the episodes that weighed anything, ``samples`` their samples that did, ``lesson`` the
    digest of both, ``tasks`` the tasks they show.
    """

    policy: Policy
    selection: str
    lesson: str
    taught: tuple[str, ...]
    tasks: tuple[str, ...]
    samples: int
    seconds: float

    @property
    def episodes(self) -> int:
        """How many episodes taught it."""
        return len(self.taught)

    def __repr__(self) -> str:
        return f"Trained({self.policy!r}, {self.episodes} episodes, {self.samples} samples, {self.seconds:.1f} s)"


def train(store: Store, selection: Selection, how: Training | None = None, *, at: int = 0) -> Trained:
    """Teach a policy by a selection and tell the lake of it; see ``lineage`` for what is told.

    Teaching the same selection the same way again gives the same policy, and tells nothing new.
    """
    how = how or Training()
    lesson = gather_from(store, selection, how.gathering)
    made = teach(lesson, how, selection.hash, episodes=store.episodes(selection.ids))
    store.keep(selection, at=at)
    remember(store, made, how, at=at)
    return made


def remember(store: Store, made: Trained, how: Training, *, at: int) -> None:
    """Tell the lake what taught a policy, unless it knows."""
    if made.selection not in store.facts(made.policy.hash, "policy/selection").value:
        store.tell(FactTable.of(lineage(made, how, at)), at=at)


def teach(
    lesson: Demonstrations,
    how: Training,
    selection: str = "",
    *,
    episodes: Iterable[Episode] | None = None,
    known: Policy | None = None,
) -> Trained:
    """Teach a policy by demonstrations in memory; ``episodes`` are the same, whole, for who learns from pictures.

    ``known`` is what this very lesson has taught before: then nothing is learnt again.
    """
    name, _, kind = how.learner.partition(":")
    learner = plug.learner(name)
    options = {**how.options, "type": kind} if kind else how.options
    settings = Learning(how.minutes, how.ensemble, how.seed, options)
    began = time.perf_counter()
    weighed = use(lesson, how.failures, how.seed)
    if known is not None:
        policy = known
    elif episodes is not None and isinstance(learner, LearnsFromEpisodes):
        policy = learner.learn_from(episodes, settings, weighed)
    else:
        policy = learner.learn(weighed, settings)
    counts = weighed.weight > 0
    taught = np.unique(weighed.episode[counts]).tolist()
    return Trained(
        policy,
        selection,
        weighed.digest,
        tuple(lesson.ids[one] for one in taught),
        tuple(sorted({lesson.tasks[one] for one in taught})),
        int(counts.sum()),
        time.perf_counter() - began,
    )


def lineage(made: Trained, how: Training, at: int = 0) -> list[Fact]:
    """What is remembered of a policy.

    About the policy's hash: ``policy/learner``, ``policy/selection``, ``policy/lesson``, ``policy/failures``,
    ``policy/episodes``, ``policy/samples``, ``policy/tasks``, ``policy/seed``. About every episode that weighed
    anything: ``taught``, whose value is the policy's hash.
    """
    learner = plug.learner(how.learner.partition(":")[0])
    by = f"{learner.name}@{learner.version}"
    said: dict[str, Value] = {
        "policy/learner": f"{how.learner}@{learner.version}",
        "policy/selection": made.selection,
        "policy/lesson": made.lesson,
        "policy/failures": how.failures,
        "policy/episodes": made.episodes,
        "policy/samples": made.samples,
        "policy/tasks": ", ".join(made.tasks),
        "policy/seed": how.seed,
    }
    facts = [Fact(made.policy.hash, key, value, by, at=at) for key, value in said.items()]
    return facts + [Fact(one, "taught", made.policy.hash, by, at=at) for one in made.taught]


def save(policy: Policy, path: Path) -> Path:
    """Write a policy's bytes to a file, whole or not at all; a different policy that lies there is not overwritten."""
    if path.is_file() and path.read_bytes() != policy.blob:
        raise Refused(f"Another policy lies at {path}.", do="Name another file, or move that one away.")
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(policy.blob)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise Refused(f"The policy cannot be written to {path}: {error.strerror or error}.") from error
    return path
