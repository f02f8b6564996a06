"""What a fleet looks like at one tick, as columns over its robots: all that a wall of tiles needs to be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core import Embodiment, Floats, Ints, Kind, Obs
from .logbook import Modes

__all__ = ["Glance", "Person", "Scene"]

ABSENT = np.nan
"""Where nothing is: a thing that the body's numbers leave at the origin."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who watches: their place at the desk, whether they are there, and the robot in their hands (or -1)."""

    seat: int
    name: str
    here: bool
    robot: int


@dataclass(frozen=True, slots=True)
class Glance:
    """The fleet at a tick, columns ``[n]`` in the order of the robots. Durations are ticks, -1 where there is none.

    ``mode`` counts ``logbook.MODES``; ``need`` is 1 where a robot begins to ask; ``risk`` the probability that it fails
    as it is, nan where nothing foresees it; ``holder`` the seat of who holds it; ``held`` how long, ``left`` until the
    lock ends, ``waits`` how long it has been asking; ``step`` of its take, ``operation`` the number of its job;
    ``places`` ``[n, things, 4]`` where everything lies (x, y, z as shares of the reach; turn in rad; nan: not there).
    """

    tick: int
    mode: Modes
    need: Floats
    risk: Floats
    holder: Ints
    held: Ints
    left: Ints
    waits: Ints
    step: Ints
    operation: Ints
    progress: Floats
    success: npt.NDArray[np.bool_]
    places: npt.NDArray[np.float32]
    people: tuple[Person, ...] = ()
    counts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scene:
    """Which things a body sees and where in its numbers they are, found by the names of its dimensions.

    ``things`` are names (``hand``, ``object1``, ``goal``), what is driven first; ``low`` and ``high`` the corners of
    what is drawn, in the world's unit.
    """

    things: tuple[str, ...]
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    _columns: tuple[tuple[str, tuple[int, int, int], tuple[int, int]], ...] = ()

    @classmethod
    def of(cls, body: Embodiment) -> Scene:
        """The scene of everything that has an ``.x`` and a ``.y`` (``.z``, ``.cos`` and ``.sin`` where they are)."""
        found: list[tuple[str, str, Any]] = []
        for signal in body.signals[:-1]:
            if signal.kind is not Kind.STATE:
                continue
            for dim in signal.dims:
                name, _, axis = dim.rpartition(".")
                if axis == "x" and f"{name}.y" in signal.dims:
                    at = [signal.dims.index(f"{name}.{a}") if f"{name}.{a}" in signal.dims else -1 for a in "xyz"]
                    turn = [
                        signal.dims.index(f"{name}.{a}") if f"{name}.{a}" in signal.dims else -1 for a in ("cos", "sin")
                    ]
                    found.append((name, signal.name, (tuple(at), tuple(turn))))
        reach = body.limits(tuple(f"{found[0][0]}.{axis}" for axis in "xyz")) if found else ()
        low = tuple(0.0 if pair[0] is None else pair[0] for pair in reach) or (0.0, 0.0, 0.0)
        high = tuple(1.0 if pair[1] is None else pair[1] for pair in reach) or (1.0, 1.0, 1.0)
        return cls(
            tuple(name for name, _, _ in found),
            (low[0], low[1], low[2]),
            (high[0], high[1], high[2]),
            tuple((signal, *where) for _, signal, where in found),
        )

    def places(self, obs: Obs, robots: int) -> npt.NDArray[np.float32]:
        """Where everything lies now: ``[robots, things, 4]``."""
        made = np.zeros((robots, len(self.things), 4), np.float32)
        low, span = np.array(self.low), np.array(self.high) - np.array(self.low)
        for thing, (signal, at, (cos, sin)) in enumerate(self._columns):
            numbers: Any = obs[signal]
            raw = np.stack([numbers[:, i] if i >= 0 else np.zeros(robots) for i in at], axis=1)
            made[:, thing, :3] = (raw - low) / span
            if cos >= 0 and sin >= 0:
                made[:, thing, 3] = np.arctan2(numbers[:, sin], numbers[:, cos])
            made[(raw == 0).all(axis=1), thing] = ABSENT
        return made
