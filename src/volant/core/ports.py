"""The seams: what a format, a check, a measure, an embedding, a world, a policy and so on must be. Protocols only.

A stranger's plug-in is one file that satisfies one of these, one entry-point line in the group of the same name
(``volant.formats``, ``volant.checks``, ``volant.measures``, ``volant.embeddings``, ``volant.worlds``,
``volant.policies``, ``volant.operators``, ``volant.runners``), and the laws of ``volant.conform``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from .acting import Act, Bools, Floats, Ints, Moment, State
from .batch import Batch
from .columns import Columns, Reach
from .demonstrations import Demonstrations, Learning
from .embodiment import Embodiment
from .environment import Environment
from .episode import Episode
from .estimate import Estimate
from .fact import Fact, Value, Verdict
from .signal import Signal
from .sketch import Sketch
from .space import Embedding, Searched, SearchingMeasure, SpaceMeasure

__all__ = [
    "Bid",
    "Check",
    "Controller",
    "Embedding",
    "EpisodeCheck",
    "Format",
    "Lanes",
    "Learner",
    "Measure",
    "Measured",
    "Operator",
    "PairCheck",
    "Policy",
    "Reading",
    "Runner",
    "SetCheck",
    "SetMeasure",
    "Sketch",
    "Searched",
    "SearchingMeasure",
    "SpaceMeasure",
    "World",
    "Writing",
    "Written",
]

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Bid:
    """How sure a format is that a path is its own, 0 to 1, and why. 0.5 and more claims the path."""

    score: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read: what a person may say beside the path.

    ``split`` cuts a log without episodes (``"topic:/episode"``, ``"gap:2.0"`` seconds, ``"annotation:FILE"``),
    ``mapping`` is a TOML file that maps topics or datasets to signals, ``task`` overrides the task's name,
    ``limit`` stops after so many episodes.
    """

    split: str = ""
    mapping: Path | None = None
    task: str = ""
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """How to write: what the publisher adds to the episodes.

    ``facts`` maps an episode id to columns that go beside it where the format has room (outcome, quality, operator,
    ...), ``robot`` and ``licence`` describe the set, ``fps`` is the rate of formats that know only one (``None``
    takes the episodes' own), ``reencode`` is the video codec a person asked for, or empty: pictures are then copied
    packet by packet. ``looks`` maps (episode id, camera) to the 3 x 256 RGB histogram that screening kept, so that
    statistics need no second decode. ``progress`` is told of each episode written.
    """

    robot: str = ""
    licence: str = ""
    fps: float | None = None
    reencode: str = ""
    facts: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    looks: Mapping[tuple[str, str], npt.NDArray[np.int64]] = field(default_factory=dict)
    progress: Callable[[int], None] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a writer put down and proved: episodes, frames, files (relative) and declared losses in words.

    ``frames`` are the sum of what the episodes count when they are read again: samples of the longest stream of each.
    """

    episodes: int
    frames: int
    files: tuple[str, ...]
    losses: tuple[str, ...] = ()


@runtime_checkable
class Format(Protocol):
    """A way recordings lie on disk: reader and, where ``writes``, writer.

    ``read`` yields episodes one after the other with bounded memory: the first is usable before the second is
    opened. What is damaged is saved as far as it goes and says so in ``Episode.said`` (key ``damage/...``);
    what cannot be read at all raises. ``loses`` names, in words, what a round trip through this format loses.
    """

    name: str
    version: str
    writes: bool
    loses: tuple[str, ...]

    def bid(self, path: Path) -> Bid: ...
    def read(self, path: Path, how: Reading) -> Iterator[Episode]: ...
    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written: ...


class _Judging(Protocol):
    """What every check states of itself.

    ``unit`` is the unit of its scores, ``floor`` the score above which an excursion is remembered, ``limit`` the
    default above which it counts, ``verdict`` the default consequence, ``why`` a sentence with ``{value}``,
    ``{unit}``, ``{stream}``, ``{seconds}`` for people.
    """

    name: str
    version: str
    unit: str
    floor: float
    limit: float
    verdict: Verdict
    why: str


@runtime_checkable
class Check(_Judging, Protocol):
    """One score per sample of one stream, from that sample and at most ``reach`` before it. Higher is worse.

    Law: wherever a run is cut, with ``reach`` of context before the cut, the scores are the same.
    """

    reach: Reach

    def applies(self, signal: Signal) -> bool: ...
    def scores(self, columns: Columns) -> Scores: ...


@runtime_checkable
class PairCheck(_Judging, Protocol):
    """One score per sample of a first stream, judged beside a second of the same episodes (lag, skew)."""

    reach: Reach

    def pairs(self, signals: Sequence[Signal]) -> Sequence[tuple[str, str]]: ...
    def pair_scores(self, first: Columns, second: Columns) -> Scores: ...


@runtime_checkable
class EpisodeCheck(_Judging, Protocol):
    """What an episode contradicts in its own description: declared against found. Reads no pictures.

    A finding is a fact ``check/<name>`` about an episode's id whose value is the score; the same subject, stream and
    span may carry a fact ``why/<name>`` with a sentence that then stands in place of the check's own ``why``.

    Law: what is found of a batch is what is found of each of its episodes alone.
    """

    def findings(self, batch: Batch) -> Iterable[Fact]: ...


@runtime_checkable
class SetCheck(_Judging, Protocol):
    """What an episode shows only beside others: duplicates, flips, dead dimensions, leakage between splits.

    ``sketches`` sees each episode once, in some batch, with the looks of its cameras; ``compare`` needs sketches
    only, in any order; from a lake they come as ``Sketches``, columns that read like a list. Its findings are facts
    ``check/<name>`` (and ``why/<name>``, see ``EpisodeCheck``) about the sketched subjects.

    Law: the sketches of a batch are the sketches of each of its episodes alone.
    """

    def sketches(self, batch: Batch) -> Iterable[Sketch]: ...
    def compare(self, sketches: Sequence[Sketch]) -> Iterable[Fact]: ...


@runtime_checkable
class Measure(Protocol):
    """One number of a whole episode; ``None`` where it is not defined."""

    name: str
    version: str
    unit: str

    def of(self, episode: Episode) -> float | None: ...


Tally = Mapping[str, npt.NDArray[np.generic]]


@runtime_checkable
class SetMeasure(Protocol):
    """A figure of many episodes: tallied from columns, mergeable, free of order.

    ``tally`` sees a table of episodes as columns (id, task, scene, embodiment, robot, operator, site, region, tier,
    seconds, frames, verdict, outcome; text as object arrays), ``merge`` joins two disjoint tallies, ``estimates``
    makes figures from one.
    """

    name: str
    version: str
    unit: str

    def tally(self, table: Mapping[str, npt.NDArray[np.generic]]) -> Tally: ...
    def merge(self, one: Tally, other: Tally) -> Tally: ...
    def estimates(self, tally: Tally) -> tuple[Estimate, ...]: ...


In = TypeVar("In")
Out = TypeVar("Out")


@runtime_checkable
class Runner(Protocol):
    """Where work runs: results in the order of the items, the same wherever they were made."""

    name: str

    def map(self, function: Callable[[In], Out], items: Iterable[In]) -> Iterator[Out]: ...


@runtime_checkable
class Controller(Protocol):
    """Whoever moves robots: a script, a person, a policy, or a fleet of policies with people on call."""

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """These lanes begin anew: forget what was remembered of them; all that is random follows from the seeds."""

    def act(self, moment: Moment) -> Act:
        """What every active lane does next."""
        ...


@runtime_checkable
class Lanes(Protocol):
    """Several robots of one task side by side, each in an environment of its own.

    ``state`` is what they show now. ``save`` and ``restore`` take a lane back to an earlier moment, exactly.
    """

    count: int

    @property
    def state(self) -> State: ...
    def reset(self, lane: int, environment: Environment, seed: int) -> None: ...
    def step(self, actions: Floats, active: Bools) -> None: ...
    def save(self, lane: int) -> object: ...
    def restore(self, lane: int, state: object) -> None: ...
    def close(self) -> None: ...


@runtime_checkable
class World(Protocol):
    """A simulator as a source of experience: tasks, environments that can be named, and robots to move in them.

    Law: seeded and without a wall clock; the same environment, seed and actions give the same states bit for bit.
    """

    name: str
    version: str

    def tasks(self) -> tuple[str, ...]:
        """Names of its tasks."""
        ...

    def body(self, task: str) -> Embodiment:
        """The robot: its observation signals first, the action signal last, with rates, units and limits."""
        ...

    def horizon(self, task: str) -> int:
        """Steps after which an episode that has not succeeded has failed."""
        ...

    def physics(self, task: str) -> Mapping[str, tuple[float, float, float]]:
        """What can be varied besides the task's own vector: name to (nominal, low, high)."""
        ...

    def regions(self, task: str) -> tuple[str, ...]:
        """Names of the parts that the task's environments fall into: the cells of plans and heat maps."""
        ...

    def region(self, environment: Environment) -> str:
        """The part that an environment falls into."""
        ...

    def sample(
        self, task: str, count: int, seed: int, *, region: str = "", vary: float = 0.0
    ) -> tuple[Environment, ...]:
        """Environments drawn at random, of one region where named; ``vary`` 0 to 1 is how far physics may deviate."""
        ...

    def open(self, task: str, lanes: int) -> Lanes:
        """So many robots of the task, not yet placed."""
        ...

    def expert(self, task: str, lanes: int) -> Controller:
        """The scripted expert; refused where the task has none. It may read everything the state holds."""
        ...


@runtime_checkable
class Measured(Protocol):
    """A world that knows what its own experts achieve."""

    def measured(self, task: str) -> Estimate | None:
        """Share of episodes in which the expert succeeded, with n and interval; ``None`` where nobody measured."""
        ...


@runtime_checkable
class Operator(Protocol):
    """A person, or somebody who acts like one, that can drive robots of a task or take them over.

    ``expert`` is the world's own; an operator bends it (lag, tremor, pauses, mistakes with recovery).
    """

    name: str
    version: str

    def drive(self, expert: Controller, body: Embodiment, lanes: int) -> Controller: ...


@runtime_checkable
class Policy(Protocol):
    """A policy: what it must see, what it does, and the bytes that are the whole of it, statistics included.

    Immutable; what it remembers of a lane lives in the controller. ``hash`` is the digest of ``blob``.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def observations(self) -> tuple[Signal, ...]: ...
    @property
    def action(self) -> Signal: ...
    @property
    def hash(self) -> str: ...
    @property
    def blob(self) -> bytes: ...
    def controller(self, lanes: int) -> Controller: ...


@runtime_checkable
class Learner(Protocol):
    """How policies of one sort are taught and opened again.

    Law: the same demonstrations and settings give the same bytes; ``open(policy.blob)`` acts as the policy did.
    """

    name: str
    version: str

    def learn(self, demonstrations: Demonstrations, how: Learning) -> Policy: ...
    def open(self, blob: bytes) -> Policy: ...
