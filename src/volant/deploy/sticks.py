"""What a person's sticks mean for a body: pushes to the right, forward and up become the action of any robot."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..core import Embodiment, Floats, Obs
from ..core.errors import BadValue

__all__ = ["AXES", "Sticks"]

AXES = ("x", "y", "z", "grip")
"""What a command holds: to the right, forward and up from -1 to 1, and how far the hand is closed, 0 to 1."""

_LEAD = 0.08
"""Share of the reach that a body which is told places is sent ahead of where it is by a stick at its end."""


@dataclass(frozen=True, slots=True)
class Sticks:
    """Turns commands into actions of one body, by the names of its action's dimensions.

    ``dx`` ``dy`` ``dz`` are movements, 0 where nobody pushes; ``x`` ``y`` ``z`` are places, reached from where the body
    sees its own dimension of that name (``finger.x``), so that it stops where it is let go. ``grip`` opens and
    closes. A body without any movement by these names is refused.
    """

    body: Embodiment
    _low: Floats = field(init=False)
    _high: Floats = field(init=False)
    _seen: tuple[tuple[str, int] | None, ...] = field(init=False)

    def __post_init__(self) -> None:
        dims = self.body.signals[-1].dims
        limits = self.body.limits(dims)
        moves = [name for name in dims if name.removeprefix("d") in AXES[:3]]
        if not moves or any(low is None or high is None for low, high in limits):
            raise BadValue(
                f"A person's sticks cannot drive the body {self.body.name!r}.",
                instead=f"Its commands are {', '.join(dims) or 'without names'}.",
            )
        object.__setattr__(self, "_low", np.array([low for low, _ in limits], np.float64))
        object.__setattr__(self, "_high", np.array([high for _, high in limits], np.float64))
        object.__setattr__(self, "_seen", tuple(self._where(name) for name in dims))

    @property
    def axes(self) -> tuple[str, ...]:
        """Which parts of a command this body heeds."""
        dims = {name if name == "grip" else name.removeprefix("d") for name in self.body.signals[-1].dims}
        return tuple(axis for axis in AXES if axis in dims)

    def _where(self, name: str) -> tuple[str, int] | None:
        """Signal and column in which the body sees the place that a dimension of its action names."""
        if name not in AXES[:3]:
            return None
        for signal in self.body.signals[:-1]:
            for column, dim in enumerate(signal.dims):
                if dim.rpartition(".")[2] == name:
                    return signal.name, column
        raise BadValue(f"The body {self.body.name!r} is told {name!r} and does not see where it is.")

    def action(self, command: Floats, obs: Obs, lane: int) -> Floats:
        """The action ``[a]`` of a command ``[4]`` (see ``AXES``) for the robot on a lane, within the body's limits."""
        made = np.clip(0.0, self._low, self._high)
        for place, name in enumerate(self.body.signals[-1].dims):
            low, high, axis = self._low[place], self._high[place], name.removeprefix("d")
            if name == "grip":
                made[place] = low + command[3] * (high - low)
            elif axis in AXES[:3]:
                push, seen = command[AXES.index(axis)], self._seen[place]
                if seen is None:
                    made[place] = push * high if push > 0 else -push * low
                else:
                    columns: npt.NDArray[np.generic] = obs[seen[0]]
                    made[place] = float(columns[lane, seen[1]]) + push * _LEAD * (high - low)
        return np.asarray(np.clip(made, self._low, self._high), np.float64)
