"""A picture that stands still while the robot moves: a camera that hangs, whatever the scene."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from volant.core import Columns, Kind, Reach, Signal, Verdict

from ._kernels import MOVING, Floats, Ints, Marks, Scores, jit, ready, tall
from ._looks import is_look, standing

__all__ = ["FreezeMoving"]

_MOST = 600
_STEPS = 32


class FreezeMoving:
    """For how many seconds the picture has been the same while the robot moved (standing robots do not count).

    The robot moves at a sample where some dimension went at least six times its mean step within the last 32 samples:
    noise goes to and fro and gives one or two, motion goes somewhere and gives up to 32, in any unit.
    """

    name = "freeze_moving"
    version = "1"
    unit = "s"
    floor = 0.2
    limit = 0.5
    verdict = Verdict.QUARANTINE
    why = "The picture of {stream} stands still while the robot moves, for {value:.3g} {unit}."
    reach = Reach(samples=_MOST + _STEPS + 2, span=0)

    def pairs(self, signals: Sequence[Signal]) -> Sequence[tuple[str, str]]:
        """Each camera beside the first signal that says where the body is."""
        bodies = [signal for signal in signals if signal.kind in MOVING and tall(signal)]
        bodies.sort(key=lambda signal: (MOVING.index(signal.kind), signal.name))
        cameras = [signal.name for signal in signals if signal.kind == Kind.LOOK and is_look(signal)]
        return [(camera, bodies[0].name) for camera in cameras] if bodies else []

    def pair_scores(self, first: Columns, second: Columns) -> Scores:
        """Seconds frozen in motion at each frame."""
        t, _, cuts = ready(first)
        u, y, marks = ready(second)
        out = np.zeros(len(t), np.float32)
        goes = np.zeros(len(u), np.uint8)
        _going(y, marks, goes)
        _frozen((t, cuts, standing(first).view(np.uint8)), (u, marks, goes), out)
        return out


@jit
def _going(y: Floats, marks: Ints, goes: Marks) -> None:
    for run in range(len(marks) - 1):
        a = marks[run]
        for i in range(a + _STEPS, marks[run + 1]):
            for dim in range(y.shape[1]):
                way = 0.0
                for j in range(i - _STEPS + 1, i + 1):
                    way += abs(y[j, dim] - y[j - 1, dim])
                if way > 0.0 and abs(y[i, dim] - y[i - _STEPS, dim]) * _STEPS >= 6.0 * way:
                    goes[i] = 1


@jit
def _frozen(frames: tuple[Ints, Ints, Marks], body: tuple[Ints, Ints, Marks], out: Scores) -> None:
    t, cuts, still = frames
    u, marks, goes = body
    for run in range(len(cuts) - 1):
        a, k, last = cuts[run], marks[run], marks[run + 1]
        held = 0
        for i in range(a, cuts[run + 1]):
            while k < last and u[k] <= t[i]:
                k += 1
            moving = k > marks[run] and goes[k - 1] == 1
            held = min(held + 1, _MOST) if i > a and still[i] == 1 and moving else 0
            out[i] = max(0.0, (t[i] - t[i - held]) / 1e9)
