"""PushT: a round finger pushes a T-shaped block onto its outline, seen as numbers or as 96x96 pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
from gym_pusht.envs.pusht import PushTEnv, pymunk_to_shapely

from ..core.acting import Bools, Floats, State
from ..core.embodiment import Embodiment, Joint
from ..core.environment import Environment
from ..core.errors import NotFound, Refused, suggest
from ..core.ports import Controller, Lanes
from ..core.signal import Kind, Signal
from ._drawing import drawn

__all__ = ["PushT"]

HZ = 10.0
_SIDE = 512.0
_GOAL = (256.0, 256.0, np.pi / 4)
_TASKS = {"push": False, "push-pixels": True}
_PHYSICS = {"friction": (0.0, 0.0, 1.0), "latency": (0.0, 0.0, 3.0), "noise": (0.0, 0.0, 6.0)}
"""Nominal, lowest, highest: friction between finger and block; whole control steps (0.1 s) until an action takes
effect; standard deviation of places that are seen as numbers (px), not as pictures. The block's mass would change
nothing: it stops at once where nobody pushes, and the finger cannot be pushed back."""


class PushT:
    """A finger pushes a block to where its outline is drawn: 95 of 100 parts covered is done.

    Lengths are pixels of a 512 x 512 table, origin in a corner. ``observation.state`` is the finger's place,
    ``observation.environment_state`` the block's place and its turn as cosine and sine (task ``push``);
    ``observation.image`` what a camera above sees (task ``push-pixels``). The action is where the finger should go.
    """

    name = "pusht"
    version = "1"

    def tasks(self) -> tuple[str, ...]:
        """``push`` from numbers, ``push-pixels`` from pictures."""
        return tuple(_TASKS)

    def body(self, task: str) -> Embodiment:
        """The finger."""
        self._known(task)
        return _body(_TASKS[task])

    def horizon(self, task: str) -> int:
        """300 steps of 0.1 s, as the environment is usually run."""
        self._known(task)
        return 300

    def physics(self, task: str) -> Mapping[str, tuple[float, float, float]]:
        """Friction, latency in control steps of 0.1 s, noise of what is seen as numbers (px)."""
        self._known(task)
        return _PHYSICS

    def regions(self, task: str) -> tuple[str, ...]:
        """Quarters of the table by where the block lies, x before y."""
        self._known(task)
        return ("aa", "ab", "ba", "bb")

    def region(self, environment: Environment) -> str:
        """The quarter that the block lies in."""
        return "".join("ab"[int(environment.vector[axis] >= 250)] for axis in (2, 3))

    def sample(
        self, task: str, count: int, seed: int, *, region: str = "", vary: float = 0.0
    ) -> tuple[Environment, ...]:
        """Places of finger and block as the environment draws them; physics evenly within ``vary`` of its bounds."""
        self._known(task)
        return drawn(self, task, _vectors(seed), count, seed=seed, region=region, vary=vary)

    def open(self, task: str, lanes: int) -> Lanes:
        """So many tables."""
        self._known(task)
        return _Tables(lanes, pixels=_TASKS[task])

    def expert(self, task: str, lanes: int) -> Controller:
        """None: nobody has written a script that turns the block home reliably, and this one does not pretend."""
        self._known(task)
        raise Refused(
            "PushT has no scripted expert, so nobody who bends one can drive it either.",
            do="Drive it by a policy, or add recorded demonstrations.",
        )

    def _known(self, task: str) -> None:
        if task not in _TASKS:
            raise NotFound(f"PushT has no task {task!r}.", instead=suggest(task, _TASKS))


class _Tables:
    """Tables side by side. A lane is saved as what was done on it, and restored by doing it again: exact, if slow."""

    def __init__(self, lanes: int, *, pixels: bool) -> None:
        self.count, self._pixels = lanes, pixels
        self._envs = [PushTEnv(obs_type="state") for _ in range(lanes)]
        self._done: list[list[Floats]] = [[] for _ in range(lanes)]
        self._places: list[tuple[Environment, int] | None] = [None] * lanes
        self._random = [np.random.default_rng(0) for _ in range(lanes)]
        self._finger, self._block = np.zeros((lanes, 2), np.float32), np.zeros((lanes, 4), np.float32)
        self._image = np.zeros((lanes, 96, 96, 3), np.uint8)
        self._success, self._broken = np.zeros(lanes, np.bool_), np.zeros(lanes, np.bool_)
        self._progress, self._covered, self._contact = np.zeros(lanes), np.zeros(lanes), np.zeros(lanes)
        self._pose = np.zeros((lanes, 3))

    @property
    def state(self) -> State:
        """What all tables show now; ``covered`` is the share of the outline that the block lies on."""
        obs: dict[str, np.ndarray[Any, Any]] = {"observation.state": self._finger}
        obs |= {"observation.image": self._image} if self._pixels else {"observation.environment_state": self._block}
        goal = np.hypot(self._pose[:, 0] - _GOAL[0], self._pose[:, 1] - _GOAL[1])
        labels = {"covered": self._covered, "contact": self._contact, "distance": goal, "block": self._pose}
        return State(obs, self._success, self._progress, self._broken, labels)

    def reset(self, lane: int, environment: Environment, seed: int) -> None:
        """Lay finger and block down."""
        env = self._envs[lane]
        env.reset(options={"reset_to_state": list(environment.vector)})
        for shape in (*env._block_shapes, *env.agent.shapes):
            shape.friction = environment.of_physics("friction", 0.0)
        self._places[lane], self._done[lane] = (environment, seed), []
        self._random[lane] = np.random.default_rng([seed, 1])
        self._progress[lane] = self._contact[lane] = 0.0
        self._broken[lane] = False
        self._look(lane)

    def step(self, actions: Floats, active: Bools) -> None:
        """One control step of every active table."""
        for lane in np.flatnonzero(active).tolist():
            self._step(lane, np.array(actions[lane], np.float64))

    def _step(self, lane: int, action: Floats) -> None:
        place, done, env = self._places[lane], self._done[lane], self._envs[lane]
        assert place is not None, "a lane moves after it was placed"
        if not np.isfinite(action).all():
            self._broken[lane] = True
            action = np.asarray(env.agent.position)
        done.append(np.clip(action, 0.0, _SIDE))
        late = round(place[0].of_physics("latency", 0.0))
        sent = done[-1 - late] if len(done) > late else np.array(place[0].vector[:2])
        env.step(sent)
        self._contact[lane] = float(env.n_contact_points > 0)
        self._look(lane)

    def _look(self, lane: int) -> None:
        env = self._envs[lane]
        x, y, angle = float(env.block.position[0]), float(env.block.position[1]), float(env.block.angle)
        noise = self._noise(lane)
        self._finger[lane] = np.asarray(env.agent.position) + noise[:2]
        self._block[lane] = x + noise[2], y + noise[3], np.cos(angle), np.sin(angle)
        self._pose[lane] = x, y, angle
        if self._pixels:
            self._image[lane] = env._render()
        self._covered[lane] = _coverage(env)
        self._success[lane] = self._covered[lane] > env.success_threshold
        self._broken[lane] |= not np.isfinite(self._pose[lane]).all()
        share = min(1.0, self._covered[lane] / env.success_threshold)
        best = 1.0 if self._success[lane] else min(share, 0.99)
        self._progress[lane] = max(self._progress[lane], best)

    def _noise(self, lane: int) -> Floats:
        place = self._places[lane]
        wide = place[0].of_physics("noise", 0.0) if place else 0.0
        return self._random[lane].normal(0.0, wide, 4) if wide else np.zeros(4)

    def save(self, lane: int) -> object:
        """Where the lane began and all that was done since."""
        return self._places[lane], [action.copy() for action in self._done[lane]]

    def restore(self, lane: int, state: object) -> None:
        """Begin there again and do the same."""
        saved: Any = state
        (environment, seed), done = saved
        self.reset(lane, environment, seed)
        for action in done:
            self._step(lane, action)

    def close(self) -> None:
        """Let go of the tables."""
        self._envs.clear()


def _coverage(env: Any) -> float:
    """Share of the outline that the block lies on."""
    goal = pymunk_to_shapely(env.get_goal_pose_body(env.goal_pose), env.block.shapes)
    block = pymunk_to_shapely(env.block, env.block.shapes)
    return float(goal.intersection(block).area / goal.area)


@cache
def _body(pixels: bool) -> Embodiment:
    finger = Signal("observation.state", Kind.STATE, (2,), "float32", "px", "table", HZ, ("finger.x", "finger.y"))
    dims = ("block.x", "block.y", "block.cos", "block.sin")
    block = Signal("observation.environment_state", Kind.STATE, (4,), "float32", "mixed", "table", HZ, dims)
    image = Signal("observation.image", Kind.IMAGE, (96, 96, 3), "uint8", "1", "camera", HZ)
    action = Signal("action", Kind.ACTION, (2,), "float32", "px", "table", HZ, ("x", "y"))
    joints = [Joint(dim, "px", 0.0, _SIDE) for dim in (*finger.dims, *dims[:2], *action.dims)]
    joints += [Joint(dim, "1", -1.0, 1.0) for dim in dims[2:]]
    return Embodiment("finger", tuple(joints), (finger, image if pixels else block, action))


def _vectors(seed: int) -> Iterator[list[float]]:
    """Places of finger and block, and the block's turn, without end."""
    random = np.random.default_rng(seed)
    while True:
        yield [*random.integers(50, 450, 2), *random.integers(100, 400, 2), random.uniform(-np.pi, np.pi)]
