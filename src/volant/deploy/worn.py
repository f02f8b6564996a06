"""A robot that wears out, for experiments: one lane whose joint weakens, or whose commands come later and later."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from ..core import Bools, Environment, Floats, Lanes, State
from ..core.errors import BadValue

__all__ = ["Wear", "Worn"]


@dataclass(frozen=True, slots=True)
class Wear:
    """How a lane wears: from its operation ``after`` on, ``weaker`` of a dimension's command is lost with each
    operation (down to a tenth), and commands come ``later`` steps later with each operation."""

    lane: int
    dimension: int = 0
    weaker: float = 0.0
    later: float = 0.0
    after: int = 0

    def gain(self, operation: int) -> float:
        """The share of the command that is left."""
        return max(0.1, 1 - self.weaker * max(0, operation - self.after))

    def delay(self, operation: int) -> int:
        """Whole steps that commands are late."""
        return int(self.later * max(0, operation - self.after))


@dataclass(slots=True)
class Worn:
    """Lanes of which one wears; the others, and everything else, are as they were."""

    inner: Lanes
    wear: Wear
    operation: int = -1
    _late: deque[Floats] = field(default_factory=deque)

    def __post_init__(self) -> None:
        if not 0 <= self.wear.lane < self.inner.count:
            raise BadValue(
                f"There is no lane {self.wear.lane} to wear.", instead=f"Known: 0 to {self.inner.count - 1}."
            )

    @property
    def count(self) -> int:
        """As many lanes as before."""
        return self.inner.count

    @property
    def state(self) -> State:
        """What the lanes show."""
        return self.inner.state

    def reset(self, lane: int, environment: Environment, seed: int) -> None:
        """Passed on; the worn lane is one operation older."""
        if lane == self.wear.lane:
            self.operation += 1
            self._late.clear()
        self.inner.reset(lane, environment, seed)

    def step(self, actions: Floats, active: Bools) -> None:
        """The worn lane does less of what it is told, later."""
        lane = self.wear.lane
        if active[lane]:
            self._late.append(actions[lane].copy())
            delay = self.wear.delay(self.operation)
            felt = self._late[0] if len(self._late) <= delay else self._late.popleft()
            while len(self._late) > delay + 1:
                self._late.popleft()
            felt = felt.copy()
            felt[self.wear.dimension] *= self.wear.gain(self.operation)
            actions = actions.copy()
            actions[lane] = felt
        self.inner.step(actions, active)

    def save(self, lane: int) -> object:
        """The inner state, and commands under way."""
        return self.inner.save(lane), [command.copy() for command in self._late]

    def restore(self, lane: int, state: object) -> None:
        """As it was saved; wear does not go back."""
        assert isinstance(state, tuple)
        inner, late = state
        self.inner.restore(lane, inner)
        if lane == self.wear.lane:
            self._late = deque(np.asarray(command) for command in late)

    def close(self) -> None:
        """Passed on."""
        self.inner.close()
