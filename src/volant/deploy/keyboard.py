"""A person at a keyboard who takes a robot over: keys become commands, one robot at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..core import CONTROL, Act, Embodiment, Environment, Floats, Ints, Moment
from ..core.errors import BadValue
from .cockpit import HANDBACK

__all__ = ["HELP", "Keyboard"]

HELP = "a d: left right   s w: back forward   f r: down up   g: grip   h: hand back   x: give up"

_PAIRS = (("dx", "a", "d"), ("dy", "s", "w"), ("dz", "f", "r"))
_LASTS = 3


@dataclass(slots=True)
class Keyboard:
    """Drives the robot that it was given by the keys that ``read`` returns since the last tick.

    A key moves its dimension at full speed for three ticks, so that a held key (which repeats) moves evenly. ``show``
    is told in words which robot is in hand. Bodies must name their movements ``dx``, ``dy`` and ``dz``.
    """

    body: Embodiment
    read: Callable[[], str]
    show: Callable[[str], None]
    _left: Ints = field(init=False)
    _sign: Floats = field(init=False)
    _closed: bool = False

    def __post_init__(self) -> None:
        dims = self.body.signals[-1].dims
        if not any(name in dims for name, _, _ in _PAIRS):
            raise BadValue(
                f"A keyboard cannot drive the body {self.body.name!r}.",
                instead=f"Its commands are {', '.join(dims) or 'without names'}.",
                do="Let the expert take over.",
            )
        self._left, self._sign = np.zeros(len(dims), np.int64), np.zeros(len(dims))

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """This robot is in hand now; keys pressed before do not count, and its fingers open."""
        self.read()
        self._left[:], self._closed = 0, False
        self.show(f"Robot {int(lanes[0])} is yours.   {HELP}")

    def act(self, moment: Moment) -> Act:
        """What the keys say."""
        keys = self.read()
        dims = self.body.signals[-1].dims
        for name, down, up in _PAIRS:
            if name in dims and (down in keys or up in keys):
                place = dims.index(name)
                self._left[place] = _LASTS
                self._sign[place] = 1.0 if keys.rfind(up) > keys.rfind(down) else -1.0
        self._closed ^= keys.count("g") % 2 == 1
        command = np.zeros(len(dims))
        for place, (low, high) in enumerate(self.body.limits(dims)):
            if dims[place] == "grip":
                command[place] = (high if self._closed else low) or 0.0
            elif self._left[place] > 0:
                command[place] = (high if self._sign[place] > 0 else low) or 0.0
        self._left = np.maximum(self._left - 1, 0)
        n = len(moment.active)
        marks = {HANDBACK: np.full(n, float("h" in keys))}
        stop = np.full(n, "x" in keys)
        return Act(np.tile(command, (n, 1)), np.full(n, CONTROL.index("person"), np.int8), marks, stop)
