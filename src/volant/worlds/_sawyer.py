"""Sawyer arms of one Meta-World task side by side: models copied instead of parsed, no reward computed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import mujoco
import numpy as np
from metaworld.env_dict import ALL_V3_ENVIRONMENTS
from metaworld.policies import ENV_POLICY_MAP

from ..core.acting import Bools, Floats, State
from ..core.environment import Environment

__all__ = ["HZ", "SawyerLanes", "box", "experts", "sampled", "tasks"]

HZ = 80.0
"""Control steps a simulated second: five physics steps of 2.5 ms each."""


def tasks() -> tuple[str, ...]:
    """Names of all tasks that have an expert."""
    return tuple(sorted(set(ALL_V3_ENVIRONMENTS) & set(ENV_POLICY_MAP)))


def experts(task: str) -> Callable[[Floats], Floats]:
    """The scripted policy as a function of the 39 numbers that Meta-World shows."""
    return ENV_POLICY_MAP[task]().get_action  # type: ignore[no-any-return]


@cache
def _first(task: str) -> Any:
    """One arm of the task that all others are copied from; parsing its model takes half a second."""
    cls = ALL_V3_ENVIRONMENTS[task]
    lean = type(
        f"Lean{cls.__name__}", (cls,), {"touching_object": _touching, "_gripper_caging_reward": lambda *_, **__: 0.0}
    )
    env = lean()
    env._partially_observable = False
    del env.sawyer_observation_space
    env._set_task_called = True
    env._freeze_rand_vec = False
    env.seeded_rand_vec = True
    env.seed(0)
    env.reset()
    return env


def _touching(self: Any, geom: int) -> bool:
    """Whether both finger pads press on the geom, from MuJoCo's contact arrays."""
    data = self.data
    if not data.ncon:
        return False
    pairs, force = data.contact.geom, data.efc_force[np.maximum(data.contact.efc_address, 0)]
    on = (pairs == geom).any(axis=1) & (data.contact.efc_address >= 0)
    return all(
        force[on & (pairs == data.geom(pad).id).any(axis=1)].sum() > 0 for pad in ("leftpad_geom", "rightpad_geom")
    )


def _copied(env: Any) -> Any:
    """Another arm like this one, with a model and data of its own."""
    made = object.__new__(type(env))
    made.__dict__.update({key: copy.copy(value) for key, value in env.__dict__.items() if key not in ("model", "data")})
    made.model = copy.copy(env.model)
    made.data = mujoco.MjData(made.model)
    made.data.qpos[:], made.data.qvel[:] = env.data.qpos, env.data.qvel
    made.data.mocap_pos[:], made.data.mocap_quat[:] = env.data.mocap_pos, env.data.mocap_quat
    mujoco.mj_forward(made.model, made.data)
    return made


def box(task: str) -> tuple[Floats, Floats]:
    """The lowest and highest values of the task's vector."""
    space = _first(task)._random_reset_space
    return space.low.astype(np.float64), space.high.astype(np.float64)


def sampled(task: str, seed: int) -> Iterator[Floats]:
    """Vectors as the task draws them, its own rejections included, without end."""
    env = _copied(_first(task))
    env._reset_hand = lambda *_, **__: None
    env.seed(seed)
    while True:
        env.reset()
        yield np.array(env._last_rand_vec, np.float64)


class SawyerLanes:
    """Arms of one task, stepped one after the other; physics releases the interpreter."""

    def __init__(self, task: str, lanes: int) -> None:
        self.count = lanes
        self._envs = [_copied(_first(task)) for _ in range(lanes)]
        self._state = np.zeros((lanes, 4), np.float32)
        self._things = np.zeros((lanes, 17), np.float32)
        self._success, self._broken = np.zeros(lanes, np.bool_), np.zeros(lanes, np.bool_)
        self._progress, self._distance, self._first_distance = np.zeros(lanes), np.zeros(lanes), np.ones(lanes)

    @property
    def state(self) -> State:
        """What all lanes show now."""
        obs = {"observation.state": self._state, "observation.environment_state": self._things}
        return State(obs, self._success, self._progress, self._broken, {"distance": self._distance})

    def reset(self, lane: int, environment: Environment, seed: int) -> None:
        """Place the lane's arm and things."""
        env = self._envs[lane]
        env._freeze_rand_vec, env._last_rand_vec = True, np.array(environment.vector)
        obs, _ = env.reset()
        self._success[lane] = self._broken[lane] = False
        self._progress[lane] = 0.0
        self._show(lane, obs)
        _, info = env.evaluate_state(obs, np.zeros(4, np.float32))
        self._distance[lane] = self._first_distance[lane] = max(float(info["obj_to_target"]), 1e-6)

    def step(self, actions: Floats, active: Bools) -> None:
        """One control step of every active lane."""
        for lane in np.flatnonzero(active).tolist():
            env = self._envs[lane]
            env.curr_path_length = 0
            obs, _, _, _, info = env.step(actions[lane].astype(np.float32))
            self._show(lane, obs)
            self._success[lane] = bool(info["success"])
            self._broken[lane] = not bool(np.isfinite(obs).all())
            self._distance[lane] = float(info["obj_to_target"])
            share = 1.0 - self._distance[lane] / self._first_distance[lane]
            self._progress[lane] = 1.0 if self._success[lane] else float(np.clip(share, 0.0, 0.99))

    def _show(self, lane: int, obs: Floats) -> None:
        self._state[lane] = obs[:4]
        self._things[lane, :14], self._things[lane, 14:] = obs[4:18], obs[36:39]

    def save(self, lane: int) -> object:
        """Everything that decides the lane's future."""
        env = self._envs[lane]
        size = mujoco.mj_stateSize(env.model, mujoco.mjtState.mjSTATE_INTEGRATION)
        state = np.empty(size)
        mujoco.mj_getState(env.model, env.data, state, mujoco.mjtState.mjSTATE_INTEGRATION)
        shown = [column[lane].copy() for column in self._columns]
        return state, env._prev_obs.copy(), shown

    def restore(self, lane: int, state: object) -> None:
        """The lane as it was when it was saved."""
        env = self._envs[lane]
        saved: Any = copy.deepcopy(state)
        numbers, env._prev_obs, shown = saved
        mujoco.mj_setState(env.model, env.data, numbers, mujoco.mjtState.mjSTATE_INTEGRATION)
        mujoco.mj_forward(env.model, env.data)
        for column, value in zip(self._columns, shown, strict=True):
            column[lane] = value

    @property
    def _columns(self) -> tuple[np.ndarray[Any, Any], ...]:
        columns = (self._state, self._things, self._success, self._broken)
        return (*columns, self._progress, self._distance, self._first_distance)

    def close(self) -> None:
        """Let go of the models."""
        self._envs.clear()
