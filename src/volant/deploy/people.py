"""People at the desk as controllers: who helps, and what anybody does first with a robot that got into trouble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .. import plug
from ..core import Act, Controller, Embodiment, Environment, Floats, Ints, Moment, World

__all__ = ["RETREAT", "BackOff", "people"]

RETREAT = 12
"""Steps of letting go and lifting: a Sawyer's fingers open fully and its hand rises 12 cm."""


@dataclass(slots=True)
class BackOff:
    """Lets go and lifts the hand for the first steps after a take-over, then does as the inner controller does.

    Scripts expect to start with an open hand: without this, Meta-World's expert lowers closed fingers onto what a
    policy has lost, for good. ``first`` is the action of these steps: the gripper opened (its lowest command), the
    hand moved up; what a body has no dimension for is left out, and a body with neither does not back off.
    """

    inner: Controller
    first: Floats
    lanes: int
    steps: int = RETREAT
    _left: Ints = field(init=False)

    def __post_init__(self) -> None:
        self._left = np.zeros(self.lanes, np.int64)

    @classmethod
    def of(cls, inner: Controller, body: Embodiment, lanes: int) -> BackOff:
        """For a body whose action names its dimensions (``dz``, ``grip``)."""
        dims = body.signals[-1].dims
        limits = body.limits(dims)
        first = np.zeros(body.signals[-1].width)
        for place, (name, (low, high)) in enumerate(zip(dims, limits, strict=True)):
            if name == "grip" and low is not None:
                first[place] = low
            elif name == "dz" and high is not None:
                first[place] = high
        return cls(inner, first, lanes, RETREAT if first.any() else 0)

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """Somebody took these lanes."""
        self._left[lanes] = self.steps
        self.inner.start(lanes, environments, seeds)

    def act(self, moment: Moment) -> Act:
        """Back off where there are steps of it left."""
        away = moment.active & (self._left > 0)
        act = self.inner.act(replace(moment, active=moment.active & ~away))
        actions = np.where(away[:, None], self.first, act.actions)
        self._left[away] -= 1
        return replace(act, actions=actions)


def people(takeover: str, count: int, world: World, task: str, lanes: int) -> tuple[Controller, ...]:
    """Controllers for so many operators: the world's expert serves all, others take turns by name."""
    body = world.body(task)
    expert = BackOff.of(world.expert(task, lanes), body, lanes)
    names = [name.strip() for name in takeover.split(",")]
    if names == ["expert"]:
        return (expert,) * count
    kinds = [plug.operator(names[i % len(names)]) for i in range(count)]
    return tuple(kind.drive(BackOff.of(world.expert(task, lanes), body, lanes), body, lanes) for kind in kinds)
