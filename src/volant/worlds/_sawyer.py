"""Sawyer arms of one Meta-World task side by side: one model, a state each, and no task's code between the steps."""

from __future__ import annotations

import copy
from typing import Any

import mujoco
import numpy as np

from ..core.acting import Bools, Floats, Ints, State
from ..core.environment import Environment
from ._sawyer_eyes import Bound, Eyes, gather, pressed, touching
from ._sawyer_stage import HZ, PHYSICS, REACH, STATE, box, experts, sampled, stage, tasks
from ._sawyer_tasks import SIGHTS

__all__ = ["HZ", "PHYSICS", "REACH", "SawyerLanes", "box", "experts", "sampled", "tasks"]

_STEP = np.float32(1.0 / 100)
"""How far an action of 1 moves the hand's target, m; single precision, as Meta-World computes it."""
_SUBSTEPS = 5
_NONE = np.zeros((0, 2), np.int32)
_NEAR = 0.06
"""How near (m) the fingers must come to the thing to have reached it."""
_MOVED = 0.25
"""Share of the way to the goal after which the thing counts as moved."""


class SawyerLanes:
    """Arms of one task, stepped one after the other; physics releases the interpreter.

    They share one MuJoCo model, whose few arrays that differ between environments are put on before each lane's
    steps, so fifty arms take no more memory than one. Not for several threads at once.
    """

    def __init__(self, task: str, lanes: int) -> None:
        self.count, self._stage, self._sight = lanes, stage(task), SIGHTS[task]
        self._model = self._stage.copied()
        self._eyes = Eyes(self._model, self._sight, lanes)
        self._datas = [mujoco.MjData(self._model) for _ in range(lanes)]
        self._bound: list[Bound] = [self._eyes.bind(d, lane) for lane, d in enumerate(self._datas)]
        self._mocap = [data.mocap_pos[0] for data in self._datas]
        self._ctrl = [data.ctrl for data in self._datas]
        self._worn: dict[str, Floats] = {}
        self._fields: list[dict[str, Floats]] = [{} for _ in range(lanes)]
        self._arrays = {name: getattr(self._model, name) for name in self._stage.plain}
        pads = (
            mujoco.mj_name2id(self._model, mujoco.mjtObj.mjOBJ_GEOM, f"{side}pad_geom") for side in ("left", "right")
        )
        self._pads = (next(pads), next(pads))
        self._grasped = mujoco.mj_name2id(self._model, mujoco.mjtObj.mjOBJ_GEOM, "objGeom")
        self._make_columns(lanes)

    def _make_columns(self, n: int) -> None:
        self._state, self._things = np.zeros((n, 4), np.float32), np.zeros((n, 17), np.float32)
        self._success, self._broken, self._contact = (np.zeros(n, np.bool_) for _ in range(3))
        self._progress, self._distance, self._near = (np.zeros(n) for _ in range(3))
        self._first, self._first_near = np.ones(n), np.ones(n)
        self._goal, self._tool, self._target = (np.zeros((n, 3)) for _ in range(3))
        self._time = np.zeros(n)
        self._latency, self._count, self._noise = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n)
        self._queue = np.zeros((n, int(PHYSICS["latency"][2]) + 1, 4), np.float32)
        self._random: list[np.random.Generator | None] = [None] * n

    @property
    def state(self) -> State:
        """What all lanes show now."""
        obs = {"observation.state": self._state, "observation.environment_state": self._things}
        labels = {
            "distance": self._distance,
            "reach": self._near,
            "contact": self._contact.astype(np.float64),
            "milestones": self._count.astype(np.float64),
        }
        return State(obs, self._success, self._progress, self._broken, labels)

    def reset(self, lane: int, environment: Environment, seed: int) -> None:
        """Place the lane's arm and things."""
        placed = self._stage.place(environment, self._eyes.things)
        self._fields[lane] = dict(placed.fields)
        data = self._datas[lane]
        mujoco.mj_resetData(self._model, data)
        mujoco.mj_setState(self._model, data, placed.state, STATE)
        rows = np.array([lane])
        self._goal[lane], self._tool[lane], self._target[lane] = placed.goal, placed.tool, data.mocap_pos[0]
        self._latency[lane] = round(environment.of_physics("latency", 0.0))
        self._noise[lane] = environment.of_physics("noise", 0.0)
        self._random[lane] = np.random.default_rng([seed, 1]) if self._noise[lane] else None
        self._queue[lane] = 0.0, 0.0, 0.0, -1.0
        self._time[lane], self._broken[lane], self._contact[lane] = data.time, False, False
        self._count[lane] = self._progress[lane] = 0
        self._wear(lane)
        mujoco.mj_kinematics(self._model, data)
        gather(self._bound[lane])
        objects = self._eyes.objects(rows)
        self._measure(rows, objects, np.zeros(1, np.bool_))
        self._first[lane] = max(self._distance[lane], 1e-6)
        self._first_near[lane] = max(self._near[lane] - _NEAR, 1e-6)
        self._advance(rows)
        self._show(rows, placed.obs[None, :4], placed.obs[None, 4:18], placed.obs[None, 36:39])

    def step(self, actions: Floats, active: Bools) -> None:
        """One control step of every active lane."""
        rows = np.flatnonzero(active)
        sent = self._sent(actions, rows)
        low, high = self._stage.reach
        self._target[rows] = np.clip(self._target[rows] + sent[:, :3] * _STEP, low, high)
        grip = np.stack((sent[:, 3], -sent[:, 3]), axis=1).astype(np.float64)
        held = np.zeros(len(rows), np.bool_)
        stick = self._sight.rule.also == "stick held"
        pairs: list[Any] = []
        times: list[float] = []
        for i, lane in enumerate(rows.tolist()):
            data = self._datas[lane]
            self._wear(lane)
            self._mocap[lane][:] = self._target[lane]
            self._ctrl[lane][:] = grip[i]
            mujoco.mj_step(self._model, data, _SUBSTEPS)
            mujoco.mj_forward(self._model, data)
            gather(self._bound[lane])
            pairs.append(data.contact.geom if data.ncon else _NONE)
            times.append(data.time)
            if stick:
                held[i] = pressed(data, self._grasped, self._pads)
        self._contact[rows] = touching(pairs, self._eyes.sides)
        self._broken[rows] |= times <= self._time[rows]  # MuJoCo starts anew where numbers diverged
        self._time[rows] = times
        self._look(rows, held)

    def _sent(self, actions: Floats, rows: Ints) -> Any:
        """The actions that take effect now: late ones wait; what is no number breaks its lane and moves nothing."""
        given = np.clip(actions[rows].astype(np.float32), -1.0, 1.0)
        lost = ~np.isfinite(given).all(axis=1)
        self._broken[rows[lost]] = True
        given[lost] = 0.0
        if self._latency[rows].any():
            self._queue[rows] = np.roll(self._queue[rows], 1, axis=1)
            self._queue[rows, 0] = given
            given = self._queue[rows, self._latency[rows]]
        return given

    @property
    def model(self) -> Any:
        """The MuJoCo model that the lanes share."""
        return self._model

    def worn(self, lane: int) -> Any:
        """A lane's MuJoCo data, with the lane's own arrays on the model: ready to be drawn."""
        self._wear(lane)
        return self._datas[lane]

    def _wear(self, lane: int) -> None:
        """Put the lane's own arrays on the model, and take off those of the lane before."""
        fields = self._fields[lane]
        if fields is self._worn:
            return
        for name in self._worn:
            if name not in fields:
                self._arrays[name][:] = self._stage.plain[name]
        for name, value in fields.items():
            self._arrays[name][:] = value
        self._worn = fields

    def _look(self, rows: Ints, pads: Bools) -> None:
        objects, hand = self._eyes.objects(rows), self._eyes.hand(rows)
        held = pads & (hand[:, 3] > 0) & (objects[:, 2] - 0.01 > self._tool[rows, 2])
        self._measure(rows, objects, held)
        self._advance(rows)
        whole = np.clip(np.concatenate((hand, self._goal[rows]), axis=1), self._stage.low, self._stage.high)
        self._broken[rows] |= ~np.isfinite(whole).all(axis=1) | ~np.isfinite(objects).all(axis=1)
        self._show(rows, whole[:, :4], objects, whole[:, 4:])

    def _measure(self, rows: Ints, objects: Floats, held: Bools) -> None:
        self._distance[rows], self._success[rows] = self._eyes.judge(rows, objects, self._goal[rows], held)
        away = self._eyes.fingers(rows) - objects[:, :3]
        self._near[rows] = self._distance[rows] if not self._sight.touch else np.sqrt((away * away).sum(axis=1))

    def _advance(self, rows: Ints) -> None:
        """Milestones: reached, touched, moved, done; each includes those before it. Progress is their share, and of
        the next one as much as has been seen of it: it never falls."""
        near, was = self._near[rows], self._count[rows]
        way = np.clip(1.0 - self._distance[rows] / self._first[rows], 0.0, 1.0)
        if self._sight.touch:
            touch = self._contact[rows]
            moved = (way >= _MOVED) & (touch | (was >= 2))
            now = np.maximum(np.maximum(near <= _NEAR, 2 * touch), 3 * moved)
            came = np.clip(1.0 - (near - _NEAR) / self._first_near[rows], 0.0, 1.0)
            part = np.where(was == 0, came, np.where(was == 1, 0.0, way))
        else:
            now, part = np.floor(4 * np.minimum(way, 0.99)), (4 * way) % 1.0
        count = np.maximum(was, np.where(self._success[rows], 4, now))
        self._count[rows] = count
        shown = np.where(count == 4, 1.0, (count + 0.99 * part * (count == was)) / 4)
        self._progress[rows] = np.maximum(self._progress[rows], shown)

    def _show(self, rows: Ints, hand: Floats, objects: Floats, goal: Floats) -> None:
        self._state[rows], self._things[rows, :14], self._things[rows, 14:] = hand, objects, goal
        for lane in rows[self._noise[rows] > 0].tolist():
            random = self._random[lane]
            assert random is not None
            off = random.normal(0.0, self._noise[lane], 9)
            self._state[lane, :3] += off[:3]
            self._things[lane, :3] += off[3:6]
            if len(self._sight.things) == 2:
                self._things[lane, 7:10] += off[6:]

    def save(self, lane: int) -> object:
        """Everything that decides the lane's future."""
        state = np.empty(mujoco.mj_stateSize(self._model, STATE))
        mujoco.mj_getState(self._model, self._datas[lane], state, STATE)
        random = copy.deepcopy(self._random[lane])
        return state, self._fields[lane], random, [column[lane].copy() for column in self._columns]

    def restore(self, lane: int, state: object) -> None:
        """The lane as it was when it was saved."""
        saved: Any = state
        numbers, self._fields[lane], random, shown = saved
        self._random[lane] = copy.deepcopy(random)
        mujoco.mj_setState(self._model, self._datas[lane], numbers, STATE)
        for column, value in zip(self._columns, shown, strict=True):
            column[lane] = value

    @property
    def _columns(self) -> tuple[np.ndarray[Any, Any], ...]:
        shown = (self._state, self._things, self._success, self._broken, self._contact, self._progress, self._distance)
        kept = (self._near, self._first, self._first_near, self._count, self._goal, self._tool, self._target)
        return (*shown, *kept, self._time, self._latency, self._noise, self._queue)

    def close(self) -> None:
        """Let go of the models."""
        self._datas.clear()
        self._bound.clear()
