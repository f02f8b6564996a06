"""Probes: hundreds of tiny policies taught at once, each by its own part of the same demonstrations.

No learner of the market, for nobody would deploy one: what they tell is how success depends on what was shown. One
compiled program teaches them all, and one driver plays all of them on the lanes of one world, each in its own jobs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..core.acting import Floats, Ints
from ..core.demonstrations import Demonstrations
from ..core.errors import BadValue
from ..core.ports import Controller
from ._chunks import ChunkController
from ._fit import Net, Recipe, fit
from ._policy import prepared
from ._settings import enough
from ._sight import Scale, Sight

__all__ = ["Crowd", "Probing", "crowd"]

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Probing:
    """The dials of a probe: hidden layers of ``width``, ``batch`` samples in each of ``steps``, chunks of actions.

    ``every`` actions of a ``chunk`` are played before the next look, ``noise`` is added to scaled inputs.
    """

    width: int = 32
    layers: int = 2
    batch: int = 32
    steps: int = 768
    rate: float = 4e-3
    noise: float = 0.02
    chunk: int = 8
    every: int = 4


@dataclass(frozen=True, eq=False)
class Crowd:
    """Many probes as one driver of robots: a job whose seed is ``s`` is done by probe ``s`` modulo ``members``."""

    net: Net = field(repr=False)
    sight: Sight = field(repr=False)
    seen: Scale = field(repr=False)
    done: Scale = field(repr=False)
    bounds: Rows = field(repr=False)
    every: int

    @property
    def members(self) -> int:
        """How many probes there are."""
        return len(self.net[0])

    def controller(self, world: str, task: str, lanes: int) -> Controller:
        """All probes at work on so many lanes."""
        return ChunkController(self.sight, self, self.bounds, lanes, self.every)

    def chunks(self, rows: Rows, seeds: Ints, step: Ints) -> tuple[Rows, Floats]:
        """The next actions ``[n, length, a]``, each lane's by its own probe; a probe alone disagrees with nobody."""
        member = seeds % self.members
        out = self.seen.apply(rows)[:, None]
        for at in range(0, len(self.net), 2):
            out = out @ self.net[at][member] + self.net[at + 1][member][:, None]
            if at < len(self.net) - 2:
                np.maximum(out, 0.0, out=out)
        return self.done.undo(out.reshape(len(rows), -1, len(self.done.size))), np.zeros(len(rows))


def crowd(demonstrations: Demonstrations, inside: Floats, how: Probing | None = None, *, seed: int = 0) -> Crowd:
    """One probe for each row of ``inside [m, E]``: how much each of the E episodes counts for it (0: not shown).

    All read numbers scaled by the statistics of all episodes, so that they differ by what they were shown, and by
    their first weights. Refused where a probe would be shown nothing. The same input gives the same numbers.
    """
    how = how or Probing()
    enough(demonstrations)
    if inside.ndim != 2 or inside.shape[1] != len(demonstrations.ids) or not len(inside):
        raise BadValue(f"Probes need a row of {len(demonstrations.ids)} weights each, not {inside.shape}.")
    lesson = prepared(demonstrations, history=0, chunk=how.chunk)
    weight = inside[:, demonstrations.episode] * lesson.weight
    if bool((weight.sum(axis=1) <= 0).any()) or bool((weight < 0).any()):
        raise BadValue("A probe would be shown nothing.", do="Leave out fewer episodes at a time.")
    count = len(lesson.x)
    net, _ = fit(
        lesson.x,
        lesson.y.reshape(count, -1),
        np.repeat(lesson.there, lesson.y.shape[2], axis=1),
        weight,
        members=len(inside),
        recipe=Recipe(how.width, how.layers, how.batch, how.steps, how.rate, how.noise),
        seed=seed,
    )
    return Crowd(net, lesson.sight, lesson.seen, lesson.done, lesson.bounds, how.every)
