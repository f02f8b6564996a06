"""A toy plane as a world: hands that a policy moves to a mark, but not past 0.4 m, and that people can push on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from volant.core import Act, Bools, Embodiment, Environment, Floats, Ints, Joint, Kind, Moment, Signal, State

__all__ = ["BODY", "Plane", "Planned"]

SEEN = ("hand.x", "hand.y", "goal.x", "goal.y")
BODY = Embodiment(
    "hand",
    tuple(Joint(name, "m", -0.1, 0.1) for name in ("dx", "dy")) + tuple(Joint(name, "m", -1.0, 2.0) for name in SEEN),
    (
        Signal("observation.state", Kind.STATE, (4,), "float64", "m", "world", 10.0, SEEN),
        Signal("action", Kind.ACTION, (2,), "float64", "m", "world", 10.0, ("dx", "dy")),
    ),
)


class Tables:
    """Lanes of the plane: success within 0.05 m of the mark."""

    def __init__(self, lanes: int) -> None:
        self.count, self.x = lanes, np.zeros((lanes, 4))

    @property
    def state(self) -> State:
        gap = np.hypot(self.x[:, 2] - self.x[:, 0], self.x[:, 3] - self.x[:, 1])
        return State({"observation.state": self.x}, gap < 0.05, np.clip(1 - gap, 0, 1), ~np.isfinite(gap))

    def reset(self, lane: int, environment: Environment, seed: int) -> None:
        self.x[lane] = 0.0, 0.0, environment.vector[0], 0.0

    def step(self, actions: Floats, active: Bools) -> None:
        self.x[active, :2] += np.clip(actions[active], -0.1, 0.1)

    def save(self, lane: int) -> object:
        return self.x[lane].copy()

    def restore(self, lane: int, state: object) -> None:
        self.x[lane] = state

    def close(self) -> None:
        pass


class Plane:
    """Marks 1 m to the right."""

    name, version = "plane", "1"

    def tasks(self) -> tuple[str, ...]:
        return ("push",)

    def body(self, task: str) -> Embodiment:
        return BODY

    def horizon(self, task: str) -> int:
        return 200

    def physics(self, task: str) -> dict[str, tuple[float, float, float]]:
        return {}

    def regions(self, task: str) -> tuple[str, ...]:
        return ("all",)

    def region(self, environment: Environment) -> str:
        return "all"

    def sample(
        self, task: str, count: int, seed: int, *, region: str = "", vary: float = 0.0
    ) -> tuple[Environment, ...]:
        return tuple(Environment.of(self.name, task, [1.0 + 0.001 * i]) for i in range(count))

    def open(self, task: str, lanes: int) -> Tables:
        return Tables(lanes)


class Going:
    """Moves to the right by 0.1 m a step, up to 0.4 m."""

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        pass

    def act(self, moment: Moment) -> Act:
        x = moment.state.obs["observation.state"][:, 0]
        step = np.where(x < 0.4 - 1e-9, 0.1, 0.0)
        return Act(np.stack([step, 0 * step], axis=1), np.zeros(len(x), np.int8))


class Planned:
    """The policy of it."""

    name, version, hash, blob = "planned", "1", "5eed", b""
    observations, action = BODY.signals[:1], BODY.signals[1]

    def controller(self, lanes: int) -> Going:
        return Going()
