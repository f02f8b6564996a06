"""A world of one number per lane: the robot walks along a line to a mark; small enough to compute by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from volant.core import Act, Bools, Embodiment, Environment, Floats, Ints, Kind, Moment, Signal, State

BODY = Embodiment(
    "walker",
    (),
    (
        Signal("observation.state", Kind.STATE, (2,), "float64", "m", "world", 10.0, ("place", "mark")),
        Signal("action", Kind.ACTION, (1,), "float64", "m", "world", 10.0, ("step",)),
    ),
)


class Line:
    """Lanes of the toy world: success within 0.05 m of the mark."""

    def __init__(self, lanes: int) -> None:
        self.count = lanes
        self.x = np.zeros((lanes, 2))
        self.start = np.ones(lanes)

    @property
    def state(self) -> State:
        gap = np.abs(self.x[:, 1] - self.x[:, 0])
        progress = np.clip(1 - gap / self.start, 0, 1)
        return State({"observation.state": self.x}, gap < 0.05, progress, ~np.isfinite(gap), {"distance": gap})

    def reset(self, lane: int, environment: Environment, seed: int) -> None:
        self.x[lane] = 0.0, environment.vector[0]
        self.start[lane] = abs(environment.vector[0])

    def step(self, actions: Floats, active: Bools) -> None:
        self.x[active, 0] += np.clip(actions[active, 0], -0.1, 0.1)

    def save(self, lane: int) -> object:
        return self.x[lane].copy()

    def restore(self, lane: int, state: object) -> None:
        self.x[lane] = state

    def close(self) -> None:
        pass


class Walk:
    """Walks to the mark at a speed; stops or rewinds where told to."""

    def __init__(self, speed: float = 0.1, *, stop_at: int = -1, back: tuple[int, int] = (-1, 0)) -> None:
        self.speed, self.stop_at, self.back = speed, stop_at, back
        self.started: list[tuple[tuple[int, ...], tuple[int, ...]]] = []

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        self.started.append((tuple(lanes.tolist()), tuple(seeds.tolist())))

    def act(self, moment: Moment) -> Act:
        x = moment.state.obs["observation.state"]
        gap = (x[:, 1] - x[:, 0]).astype(np.float64)
        actions = np.clip(gap, -self.speed, self.speed)[:, None]
        control = (moment.step >= 3).astype(np.int8)
        stop = moment.step == self.stop_at
        back = np.where(moment.step == self.back[0], self.back[1], 0)
        if back.any():
            self.back = (-1, 0)
        return Act(actions, control, {"gap": gap}, stop, back)
