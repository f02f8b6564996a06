"""Meta-World v3: fifty table-top tasks of a Sawyer arm in MuJoCo, with scripted experts."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from ..core.acting import Act, Ints, Moment
from ..core.embodiment import Embodiment, Joint
from ..core.environment import Environment
from ..core.errors import NotFound, suggest
from ..core.estimate import Estimate
from ..core.ports import Controller, Lanes
from ..core.signal import Kind, Signal
from ..statistics.intervals import clopper_pearson
from ._drawing import drawn
from ._sawyer import HZ, PHYSICS, REACH, SawyerLanes, box, experts, sampled, tasks
from ._sawyer_tasks import EXPERTS

__all__ = ["MetaWorld"]

_HAND = ("hand.x", "hand.y", "hand.z", "gripper.opening")
_THINGS = tuple(f"object{i}.{axis}" for i in (1, 2) for axis in ("x", "y", "z", "turn1", "turn2", "turn3", "turn4"))
_GOAL = ("goal.x", "goal.y", "goal.z")


class MetaWorld:
    """Fifty manipulation tasks of one arm: what the robot feels, where things are, and where they should be.

    ``observation.state`` is the hand's position (m, world frame) and the gripper's opening (1: 0.1 m),
    ``observation.environment_state`` two objects' poses and the goal (m). Turns are quaternions in an order that
    differs from task to task (wxyz or xyzw), or zeros, and so is an object that is not there: as Meta-World shows them.
    As units differ within a signal it has none (``mixed``); those of each number are the joints'.
    The action moves the hand by up to 1 cm a step on each axis and closes the gripper (1) or opens it (-1).
    """

    name = "metaworld"
    version = "1"

    def tasks(self) -> tuple[str, ...]:
        """Names of the fifty tasks, such as ``push-v3``."""
        return tasks()

    def body(self, task: str) -> Embodiment:
        """The Sawyer arm with two fingers."""
        self._known(task)
        return _body()

    def horizon(self, task: str) -> int:
        """Steps until an episode counts as failed: two and a half times what 95 of 100 of the expert's successes
        need, 150 to 500; people are slower than scripts."""
        self._known(task)
        return min(500, max(150, -(-EXPERTS[task][2] * 5 // 100) * 50))

    def measured(self, task: str) -> Estimate:
        """Share of episodes in which the scripted expert succeeded within 500 steps, as measured with MuJoCo 3.3."""
        self._known(task)
        hits, n, _ = EXPERTS[task]
        return Estimate("success", hits / n, "share", n, *clopper_pearson(hits, n), method="95% Clopper-Pearson")

    def physics(self, task: str) -> Mapping[str, tuple[float, float, float]]:
        """Factors of friction, of the fingers' force (grip) and of the thing's mass; latency in control steps of
        12.5 ms; noise, the standard deviation of every place that is seen (m)."""
        self._known(task)
        return PHYSICS

    def regions(self, task: str) -> tuple[str, ...]:
        """Halves of the two widest directions of the task's vector."""
        low, high = self._box(task)
        return tuple(_halves(len(_widest(low, high))))

    def region(self, environment: Environment) -> str:
        """Which halves the environment lies in."""
        low, high = self._box(environment.task)
        axes = _widest(low, high)
        middle = (low + high) / 2
        return "".join("ab"[int(environment.vector[axis] >= middle[axis])] for axis in axes)

    def sample(
        self, task: str, count: int, seed: int, *, region: str = "", vary: float = 0.0
    ) -> tuple[Environment, ...]:
        """Environments as the task itself draws them; physics evenly within ``vary`` of the way to its bounds."""
        self._known(task)
        return drawn(self, task, sampled(task, seed), count, seed=seed, region=region, vary=vary)

    def open(self, task: str, lanes: int) -> Lanes:
        """So many arms of the task, on one model."""
        self._known(task)
        return SawyerLanes(task, lanes)

    def expert(self, task: str, lanes: int) -> Controller:
        """The task's scripted expert."""
        self._known(task)
        return _Expert(task)

    def _known(self, task: str) -> None:
        if task not in tasks():
            raise NotFound(f"Meta-World has no task {task!r}.", instead=suggest(task, tasks()))

    def _box(self, task: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        self._known(task)
        return box(task)


class _Expert:
    """The scripted policy of one task; it keeps nothing between steps."""

    def __init__(self, task: str) -> None:
        self._act = experts(task)

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """Nothing is remembered."""

    def act(self, moment: Moment) -> Act:
        """Where the script would go from here, cut to the action's range."""
        obs = moment.state.obs
        near, far = obs["observation.state"], obs["observation.environment_state"]
        now = np.concatenate((near, far[:, :14]), axis=1).astype(np.float64)
        whole = np.concatenate((now, now, far[:, 14:]), axis=1)
        actions = np.zeros((len(whole), 4))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for lane in np.flatnonzero(moment.active):
                actions[lane] = self._act(whole[lane])
        return Act(np.clip(actions, -1.0, 1.0), np.full(len(actions), 2, np.int8))


@cache
def _body() -> Embodiment:
    state = Signal("observation.state", Kind.STATE, (4,), "float32", "mixed", "world", HZ, _HAND)
    seen = (*_THINGS, *_GOAL)
    things = Signal("observation.environment_state", Kind.STATE, (17,), "float32", "mixed", "world", HZ, seen)
    action = Signal("action", Kind.ACTION, (4,), "float32", "1", "world", HZ, ("dx", "dy", "dz", "grip"))
    joints = (
        *(Joint(dim, "1", -1.0, 1.0) for dim in action.dims),
        *(Joint(dim, "m", low, high) for dim, low, high in zip(_HAND, *REACH, strict=False)),
        Joint(_HAND[3], "1", 0.0, 1.0),
        *(Joint(dim, "1" if "turn" in dim else "m") for dim in seen),
    )
    return Embodiment("sawyer", joints, (state, things, action))


def _widest(low: np.ndarray[Any, Any], high: np.ndarray[Any, Any]) -> list[int]:
    width = high - low
    return [int(axis) for axis in np.argsort(-width, kind="stable")[:2] if width[axis] > 1e-9]


def _halves(axes: int) -> list[str]:
    names = [""]
    for _ in range(axes):
        names = [name + half for name in names for half in "ab"]
    return names
