"""Where Sawyer arms are set up: one unmodified Meta-World environment a task, asked only for what it alone knows.

It places things for a vector as Meta-World does, and hands over the state, the model's changed fields and the goal.
Lanes step from there without it.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import mujoco
import numpy as np
from metaworld.env_dict import ALL_V3_ENVIRONMENTS
from metaworld.policies import ENV_POLICY_MAP

from ..core.acting import Floats
from ..core.environment import Environment

__all__ = ["HZ", "PHYSICS", "REACH", "Placed", "Stage", "box", "experts", "sampled", "stage", "tasks"]

HZ = 80.0
"""Control steps a simulated second: five physics steps of 2.5 ms each."""

REACH = ((-0.525, 0.348, -0.0525), (0.525, 1.025, 0.7))
"""Where the hand is seen at most, lowest and highest (m); what lies beyond is shown at the edge."""

PHYSICS = {
    "friction": (1.0, 0.5, 2.0),
    "grip": (1.0, 0.4, 1.6),
    "latency": (0.0, 0.0, 6.0),
    "mass": (1.0, 0.4, 2.5),
    "noise": (0.0, 0.0, 0.006),
}
"""Nominal, lowest, highest: factors of all friction, of the fingers' force and of the task's thing's mass; whole
control steps (12.5 ms) until an action takes effect; standard deviation of every position that is seen (m)."""

_SCALED = {
    "friction": ("geom_friction",),
    "grip": ("actuator_gainprm", "actuator_biasprm"),
    "mass": ("body_mass", "body_inertia"),
}
_DERIVED = ("body_subtreemass", "body_invweight0", "dof_invweight0", "dof_M0", "tendon_invweight0", "actuator_acc0")
"""What MuJoCo computes of masses when a model is compiled, and ``mj_setConst`` again."""
_FIELDS = ("body_pos", "site_pos", *(name for names in _SCALED.values() for name in names), *_DERIVED)
_MOVING = tuple(name for name in _FIELDS if name != "site_pos")
_REMEMBERED = 512
STATE = mujoco.mjtState.mjSTATE_INTEGRATION


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """An arm in an environment, before its first step.

    ``state`` is all that MuJoCo integrates, ``fields`` the model's arrays that differ from lane to lane, ``obs`` the
    39 numbers that Meta-World shows, ``goal`` and ``tool`` (where a stick lay) what its rules need.
    """

    state: Floats
    fields: Mapping[str, Floats]
    obs: Floats
    goal: Floats
    tool: Floats


class Stage:
    """The one environment of a task; it places arms, and remembers where it placed the last ones."""

    def __init__(self, task: str) -> None:
        self.env = _lean(task)
        self.model = self.env.model
        self.plain = {name: getattr(self.model, name).copy() for name in _FIELDS}
        self.low = np.concatenate((self.env._HAND_SPACE.low, [-1.0], self.env.goal_space.low))
        self.high = np.concatenate((self.env._HAND_SPACE.high, [1.0], self.env.goal_space.high))
        self.reach = (self.env.mocap_low.copy(), self.env.mocap_high.copy())
        self._known: OrderedDict[tuple[object, ...], Placed] = OrderedDict()

    def copied(self) -> Any:
        """A model of its own for somebody, as it is before anything is placed."""
        model = copy.copy(self.model)
        for name, plain in self.plain.items():
            getattr(model, name)[:] = plain
        return model

    def place(self, environment: Environment, things: tuple[int, ...]) -> Placed:
        """An arm in that environment; ``things`` are the bodies whose mass varies."""
        scaled = tuple((name, value) for name, value in environment.physics if name in _SCALED)
        key = (environment.vector, scaled)
        there = self._known.pop(key, None)
        if there is None:
            there = self._place(np.array(environment.vector), dict(scaled), things)
        self._known[key] = there
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return there

    def _place(self, vector: Floats, scaled: Mapping[str, float], things: tuple[int, ...]) -> Placed:
        env = self.env
        for name, plain in self.plain.items():
            getattr(self.model, name)[:] = plain
        for physics, factor in scaled.items():
            for name in _SCALED[physics]:
                rows = list(things) if physics == "mass" else slice(None)
                getattr(self.model, name)[rows] *= factor
        if "mass" in scaled:
            mujoco.mj_setConst(self.model, mujoco.MjData(self.model))
        env._freeze_rand_vec, env._last_rand_vec = True, vector
        env.settle = False
        mujoco.mj_resetData(self.model, env.data)
        env.reset_model()
        env.settle = True
        mujoco.mj_resetData(self.model, env.data)
        obs = env.reset_model()
        fields = {
            name: now.copy()
            for name in _FIELDS
            if not np.array_equal(now := getattr(self.model, name), self.plain[name])
        }
        tool = getattr(env, "stick_init_pos", np.zeros(3))
        return Placed(
            _state(self.model, env.data),
            fields,
            obs.astype(np.float64),
            np.array(env._target_pos, float),
            np.array(tool),
        )


def tasks() -> tuple[str, ...]:
    """Names of all tasks that have an expert."""
    return tuple(sorted(set(ALL_V3_ENVIRONMENTS) & set(ENV_POLICY_MAP)))


def experts(task: str) -> Callable[[Floats], Floats]:
    """The scripted policy as a function of the 39 numbers that Meta-World shows."""
    return ENV_POLICY_MAP[task]().get_action  # type: ignore[no-any-return]


@cache
def stage(task: str) -> Stage:
    """The stage of a task; parsing its model takes half a second, once a process."""
    return Stage(task)


def box(task: str) -> tuple[Floats, Floats]:
    """The lowest and highest values of the task's vector."""
    space = stage(task).env._random_reset_space
    return space.low.astype(np.float64), space.high.astype(np.float64)


def sampled(task: str, seed: int) -> Iterator[Floats]:
    """Vectors as the task draws them, its own rejections included, without end."""
    there = stage(task).env
    env = object.__new__(type(there))  # copied by hand: the environment's own way of copying parses its model again
    env.__dict__.update(there.__dict__)
    env.model = copy.copy(there.model)
    env.data = mujoco.MjData(env.model)
    env._freeze_rand_vec, env.seeded_rand_vec, env.settle = False, True, False
    env.np_random = np.random.default_rng(seed)
    while True:
        mujoco.mj_resetData(env.model, env.data)
        env.reset_model()
        yield np.array(env._last_rand_vec, np.float64)


def _lean(task: str) -> Any:
    """The task's environment, fully observed, whose hand settles only where it must."""
    cls = ALL_V3_ENVIRONMENTS[task]
    env = type(f"Lean{cls.__name__}", (cls,), {"_reset_hand": _settle, "settle": True, "rested": None})()
    env._partially_observable = False
    del env.sawyer_observation_space
    env._set_task_called, env._freeze_rand_vec, env.seeded_rand_vec = True, False, True
    env.seed(0)
    env.reset()
    return env


def _state(model: Any, data: Any) -> Floats:
    numbers = np.empty(mujoco.mj_stateSize(model, STATE))
    mujoco.mj_getState(model, data, numbers, STATE)
    return numbers


def _settle(self: Any, steps: int = 50) -> None:
    """Fifty steps that bring the hand to its start: the same from the same model and state, so the last are kept.

    Where ``settle`` is off, nothing moves: what is placed then is placed again.
    """
    if not self.settle:
        mujoco.mj_forward(self.model, self.data)
    else:
        key = (_state(self.model, self.data).tobytes(), *(getattr(self.model, name).tobytes() for name in _MOVING))
        if self.rested is None or self.rested[0] != key:
            super(type(self), self)._reset_hand(steps)
            self.rested = (key, copy.copy(self.data))
        else:
            self.data = copy.copy(self.rested[1])
    self.init_tcp = self.tcp_center
