"""One policy for several tasks: behaviour cloning that is told which task it is about.

Which task a sample belongs to is one more thing that the network sees (one of K numbers is 1); where an episode
begins, the environment's task says which. Tasks that it was not taught are refused by name before anything moves.
The ancestor is ``bc``; all its dials are here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..core.acting import Act, Ints, Moment
from ..core.checkpoint import Header
from ..core.demonstrations import Demonstrations, Learning
from ..core.environment import Environment
from ..core.errors import BadValue
from ..core.ports import Controller, Policy
from ..core.signal import Kind, Signal
from ._policy import Chunked, opened
from ._sight import CONDITION
from .bc import clone, mean_head

__all__ = ["Goal", "Instructed"]

_TASK = CONDITION + "task"


class Goal:
    """Teaches and opens policies that know several tasks."""

    name = "goal"
    version = "1"

    def learn(self, demonstrations: Demonstrations, how: Learning) -> Policy:
        """One ensemble for all tasks of the demonstrations, each task weighing the same in sum."""
        tasks = sorted(set(demonstrations.tasks))
        if not all(tasks):
            raise BadValue("Some episodes name no task, which this policy tells tasks apart by.", do="Name their task.")
        which = np.array([tasks.index(task) for task in demonstrations.tasks])[demonstrations.episode]
        share = np.bincount(which, demonstrations.weight, len(tasks))
        weight = demonstrations.weight / np.maximum(share, 1e-12)[which] * (share.sum() / len(tasks))
        signal = Signal(_TASK, Kind.FLAG, (len(tasks),), "float32", "1", "1")
        told = np.eye(len(tasks), dtype=np.float32)[which]
        lesson = replace(
            demonstrations,
            observations=(*demonstrations.observations, signal),
            obs={**demonstrations.obs, _TASK: told},
            weight=weight,
        )
        return self.open(clone(self.name, self.version, lesson, how))

    def open(self, blob: bytes) -> Policy:
        """The policy of these bytes."""
        return Instructed(opened(blob, self.name, mean_head))


@dataclass(frozen=True)
class Instructed:
    """A policy whose controllers are told their task by the environments that they begin in."""

    chunked: Chunked

    @property
    def header(self) -> Header:
        """What the checkpoint says of itself."""
        return self.chunked.header

    @property
    def name(self) -> str:
        """Who taught it."""
        return self.chunked.name

    @property
    def version(self) -> str:
        """The version of who taught it."""
        return self.chunked.version

    @property
    def hash(self) -> str:
        """Digest of the bytes."""
        return self.chunked.hash

    @property
    def blob(self) -> bytes:
        """The whole of it."""
        return self.chunked.blob

    @property
    def observations(self) -> tuple[Signal, ...]:
        """What it must see."""
        return self.chunked.observations

    @property
    def action(self) -> Signal:
        """What it does."""
        return self.chunked.action

    def controller(self, lanes: int) -> Controller:
        """The policy at work on so many lanes."""
        tasks = tuple(self.header["tasks"])
        return _Told(self.chunked.controller(lanes), tasks, np.zeros((lanes, len(tasks)), np.float32))

    def __repr__(self) -> str:
        return repr(self.chunked)


@dataclass(slots=True, eq=False)
class _Told:
    """Adds the lane's task to what is seen."""

    inner: Controller
    tasks: tuple[str, ...]
    told: npt.NDArray[np.float32]

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """Note which task each lane is about."""
        for lane, environment in zip(lanes.tolist(), environments, strict=True):
            if environment.task not in self.tasks:
                raise BadValue(
                    f"The policy was not taught {environment.task!r}.", instead=f"It knows {', '.join(self.tasks)}."
                )
            self.told[lane] = [float(task == environment.task) for task in self.tasks]
        self.inner.start(lanes, environments, seeds)

    def act(self, moment: Moment) -> Act:
        """What the policy does about its task."""
        state = replace(moment.state, obs={**moment.state.obs, _TASK: self.told})
        return self.inner.act(replace(moment, state=state))
