"""Generated teleoperation: pick a cube, place it, go home, with a hand that hesitates, trembles and is never the same.

Seven numbers in degrees like a small hobby arm's (six joints and a gripper), 30 frames a second, two cameras.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from ..core import Episode, Fact, Kind, Origin, Signal, Stream
from .scenes import HEIGHT, WIDTH, Drawn, Scene

__all__ = ["DIMS", "HZ", "TASKS", "Take", "record"]

HZ = 30
DIMS = ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_yaw", "wrist_roll", "gripper")
TASKS = ("put the cube on the left plate", "put the cube on the right plate", "put the cube on the near plate")
_PLATES = ((84.0, 168.0), (238.0, 164.0), (160.0, 196.0))
_HOME = np.array([160.0, 84.0])
_BASE = np.array([160.0, 232.0])
_LINK = 105.0
_TICK = 360 / 4096
_CLEAR = 40.0
"""Half a plate, half a cube and half a cube between them, in pixels."""

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One take before it becomes an episode: rows of state and action in degrees, the scene, what a camera suffers."""

    task: int
    index: int
    t: npt.NDArray[np.int64]
    state: Rows
    action: Rows
    scene: Scene
    cameras: dict[str, tuple[str, tuple[int, int], float]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.t)

    def part(self, rows: npt.NDArray[np.int64]) -> Take:
        """The take with these frames only, on a fresh clock."""
        scene = replace(
            self.scene,
            hand=self.scene.hand[rows],
            cube=self.scene.cube[rows],
            open=self.scene.open[rows],
            elbow=self.scene.elbow[rows],
        )
        return replace(self, t=clock(len(rows)), state=self.state[rows], action=self.action[rows], scene=scene)

    def episode(self, pictures: bool = True) -> Episode:
        """The take as an episode: state, action and, where wanted, two cameras."""
        state = Signal("observation.state", Kind.STATE, (7,), "float32", "deg", hz=HZ, dims=DIMS)
        action = Signal("action", Kind.ACTION, (7,), "float32", "deg", hz=HZ, dims=DIMS)
        streams = [
            Stream(state, self.t, self.state.astype(np.float32)),
            Stream(action, self.t, self.action.astype(np.float32)),
        ]
        for view in ("front", "wrist") if pictures else ():
            fault, bad, strength = self.cameras.get(view, ("", (0, 0), 0.0))
            signal = Signal(f"observation.images.{view}", Kind.IMAGE, (HEIGHT, WIDTH, 3), "uint8", "1", hz=HZ)
            streams.append(Stream(signal, self.t, Drawn(self.scene, view, 0, len(self), fault, bad, strength)))
        said = (Fact("", "declared/index", self.index, "volant.generated@1"),)
        origin = Origin(uri=f"generated:{self.index}", embodiment="so100", operator=f"operator {self.index % 3}")
        return Episode(tuple(streams), origin, TASKS[self.task], TASKS[self.task], said=said)


def clock(n: int) -> npt.NDArray[np.int64]:
    """Times of ``n`` frames at 30 a second."""
    return np.round(np.arange(n) * 1e9 / HZ).astype(np.int64)


def record(seed: int, index: int, *, fails: bool = False) -> Take:
    """One take of task ``index % 3``; ``fails`` lets the cube slip from the gripper half-way."""
    rng = np.random.default_rng((seed, index))
    task = index % len(TASKS)
    target = np.array(_PLATES[task])
    cube = target
    while np.hypot(*(cube - target)) < 60:
        cube = np.array([rng.uniform(70, 250), rng.uniform(150, 200)])
    hand, grip, phase = _path(rng, cube, target + rng.normal(0, 3, 2), 0.85 + 0.1 * (index % 4))
    seen = _carried(hand, phase, cube, target if fails else None)
    joints = _joints(hand + _wander(rng, len(hand), 1.2), grip)[0]
    joints[:, 3:6] += _wander(rng, len(hand), 1.0)[:, :1] * np.array([1.0, 4.0, 6.0])
    tremble = rng.normal(0, 0.05, joints.shape)
    action = _ticks(joints + tremble)
    state = _follow(rng, joints)
    elbow = _joints(hand, grip)[1]
    light = float(rng.uniform(0.95, 1.05))
    scene = Scene(hand, seen, grip, elbow, (float(_PLATES[task][0]), float(_PLATES[task][1])), light, 7 * index + task)
    return Take(task, index, clock(len(hand)), state, action, scene)


def _path(rng: np.random.Generator, cube: Rows, place: Rows, pace: float) -> tuple[Rows, Rows, Rows]:
    """Hand positions, gripper opening and phase (0 empty, 1 closed on the cube, 2 released) of one pick and place."""
    lift = np.array([0.0, -44.0])
    home: Rows = _HOME + rng.normal(0, 4, 2)
    stops: list[tuple[Rows | None, float, int]] = [
        (home, 0.9, 0),
        (cube + lift + rng.normal(0, 5, 2), 0.9, 0),
        (cube + rng.normal(0, 1.5, 2), 0.9, 0),
        (None, 0.25, 1),
        (cube + lift + rng.normal(0, 5, 2), 0.25, 1),
        (place + lift + rng.normal(0, 5, 2), 0.25, 1),
        (place, 0.25, 1),
        (None, 0.9, 2),
        (place + lift + rng.normal(0, 5, 2), 0.9, 2),
        (_HOME + rng.normal(0, 3, 2), 0.9, 2),
    ]
    now, opened = home, 0.9
    rest = int(rng.integers(5, 15))
    hand, grip, phase = [np.tile(now, (rest, 1))], [np.full(rest, 0.9)], [np.zeros(rest)]
    for goal, opening, state in stops[1:]:
        there: Rows = now if goal is None else goal
        far = float(np.hypot(*(there - now)))
        seconds = (0.21 + far / 400) * rng.uniform(0.85, 1.2) / pace
        frames = max(6, round(seconds * HZ))
        u = np.linspace(0, 1, frames + 1)[1:]
        ease = u**3 * (10 - 15 * u + 6 * u**2)
        hand.append(now + ease[:, None] * (there - now))
        grip.append(opened + ease * (opening - opened))
        phase.append(np.where(u < 0.6, 0 if state == 1 and goal is None else (1 if goal is None else state), state))
        pause = int(rng.integers(4, 20)) if rng.random() < 0.3 else int(rng.integers(0, 3))
        hand.append(np.tile(there, (pause, 1)))
        grip.append(np.full(pause, opening))
        phase.append(np.full(pause, state))
        now, opened = there, opening
    rest = int(rng.integers(6, 18))
    hand.append(np.tile(now, (rest, 1)))
    grip.append(np.full(rest, opened))
    phase.append(np.full(rest, 2))
    return np.concatenate(hand), np.concatenate(grip), np.concatenate(phase)


def _carried(hand: Rows, phase: Rows, cube: Rows, missed: Rows | None) -> Rows:
    """Where the cube is: with the hand while the gripper is closed on it.

    Where it is to miss a target it slips half-way and falls; where that would leave it on its target or within half
    a cube of it, which is no failure, it slips at a quarter of the way or at once.
    """
    held = np.flatnonzero(phase == 1)
    out = np.tile(cube, (len(hand), 1))
    if not len(held):
        return out
    carried = cube + hand[held[0] : held[-1] + 1] - hand[held[0]]
    out[held[0] : held[-1] + 1] = carried
    out[held[-1] + 1 :] = carried[-1]
    for part in (2, 4, len(held)) if missed is not None else ():
        slip = held[len(held) // part]
        fallen = np.array([out[slip - 1, 0], min(out[slip - 1, 1] + 40, 205)])
        if np.abs(fallen - missed).max() >= _CLEAR or part == len(held):
            out[slip:] = fallen
            break
    return out


def _joints(hand: Rows, grip: Rows) -> tuple[Rows, Rows]:
    """Degrees of the seven dimensions for a hand in the picture plane (two links), and where the elbow is."""
    away = hand - _BASE
    far = np.clip(np.hypot(away[:, 0], away[:, 1]), 5, 2 * _LINK - 1)
    towards = np.arctan2(-away[:, 1], away[:, 0])
    bend = np.arccos(far / (2 * _LINK))
    shoulder, elbow = towards + bend, -2 * bend
    corner = _BASE + _LINK * np.column_stack([np.cos(shoulder), -np.sin(shoulder)])
    out = np.column_stack(
        [
            0.3 * (hand[:, 0] - 160),
            np.degrees(shoulder),
            np.degrees(elbow),
            -np.degrees(shoulder + elbow) * 0.6 + 20,
            0.08 * (hand[:, 1] - 120) - 10,
            0.05 * (hand[:, 0] - 160) + 4,
            2 + 53 * grip,
        ]
    )
    return out, corner


def _wander(rng: np.random.Generator, n: int, size: float) -> Rows:
    """Slow deviations of a hand: white noise smoothed over a second."""
    smooth = np.hanning(31)
    noise = rng.normal(0, 1, (n + 30, 2))
    out = np.column_stack([np.convolve(noise[:, k], smooth / np.sqrt((smooth**2).sum()), "valid") for k in range(2)])
    return np.asarray(size * out)


def _follow(rng: np.random.Generator, wanted: Rows) -> Rows:
    """What the motors make of it: two frames late, a first-order lag, encoder noise and ticks."""
    late = np.concatenate([np.repeat(wanted[:1], 2, axis=0), wanted[:-2]])
    out = np.empty_like(late)
    now = late[0]
    for i, goal in enumerate(late):
        now = now + 0.45 * (goal - now)
        out[i] = now
    return _ticks(out + rng.normal(0, 0.06, out.shape))


def _ticks(x: Rows) -> Rows:
    return np.asarray(np.round(x / _TICK) * _TICK)
