"""Behaviour cloning: do what was demonstrated, in chunks, by an ensemble whose members may disagree.

The common ground of imitation: a network from what is seen to the next few actions, mean absolute error, several
members that differ in their first weights and in the order of their samples. The mean of the members acts; how far
they spread is recorded with every step as ``mark/disagreement``, and is what gates call for help by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.acting import Floats, Ints
from ..core.checkpoint import Arrays, Header, pack
from ..core.demonstrations import Demonstrations, Learning
from ..core.ports import Policy
from ._chunks import Head
from ._fit import Net, Recipe, fit, forward, net_of
from ._policy import opened, prepared
from ._settings import enough, settings, steps
from ._sight import Scale, Sight

__all__ = ["BC", "Cloning", "clone", "mean_head"]

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Cloning:
    """The dials of behaviour cloning.

    ``chunk`` actions are learnt from every sample and ``every`` of them are played before the next look, ``history``
    is how many steps back the earlier observation lies (0: none), ``noise`` is added to scaled inputs, and ``steps``
    0 takes what ``minutes`` or the amount of data asks for. ``guidance`` is how far a policy that knows wishes leans
    towards them: 0 not at all, 1 as taught, above 1 further.
    """

    chunk: int = 8
    every: int = 4
    history: int = 0
    width: int = 128
    layers: int = 2
    batch: int = 64
    steps: int = 0
    rate: float = 2e-3
    noise: float = 0.02
    guidance: float = 1.0


class BC:
    """Teaches and opens cloned policies."""

    name = "bc"
    version = "1"

    def learn(self, demonstrations: Demonstrations, how: Learning) -> Policy:
        """An ensemble taught by the demonstrations; the same demonstrations and settings give the same bytes."""
        return self.open(clone(self.name, self.version, demonstrations, how))

    def open(self, blob: bytes) -> Policy:
        """The policy of these bytes."""
        return opened(blob, self.name, mean_head)


def clone(name: str, version: str, demonstrations: Demonstrations, how: Learning) -> bytes:
    """The checkpoint that the demonstrations give."""
    dials = settings(Cloning(), how)
    enough(demonstrations)
    lesson = prepared(demonstrations, history=dials.history, chunk=dials.chunk)
    count = len(lesson.x)
    recipe = Recipe(dials.width, dials.layers, dials.batch, steps(dials.steps, how, count), dials.rate, dials.noise)
    net, losses = fit(
        lesson.x,
        lesson.y.reshape(count, -1),
        np.repeat(lesson.there, lesson.y.shape[2], axis=1),
        lesson.weight,
        members=how.ensemble,
        recipe=recipe,
        seed=how.seed,
    )
    own = {"chunk": dials.chunk, "every": dials.every, "guidance": dials.guidance, "steps": len(losses)}
    loss = [round(float(loss), 5) for loss in (losses[:32].mean(), losses[-32:].mean())]
    arrays = {f"net{at:02}": array for at, array in enumerate(net)}
    return pack(lesson.header(name, version, how, **own, loss=loss), {**arrays, **lesson.arrays()})


def mean_head(header: Header, arrays: Arrays, sight: Sight) -> Head:
    """The ensemble of a checkpoint."""
    seen, done = Scale.read(arrays, "seen"), Scale.read(arrays, "done")
    return _Mean(net_of(arrays), seen, done, sight.wishes, float(header["guidance"]))


@dataclass(frozen=True, slots=True, eq=False)
class _Mean:
    """The mean of the members; their standard deviation, in units of the demonstrated actions', is the disagreement."""

    net: Net
    seen: Scale
    done: Scale
    wishes: Ints
    guidance: float

    def chunks(self, rows: Rows, seeds: Ints, step: Ints) -> tuple[Rows, Floats]:
        """The members' mean chunk and their spread over it."""
        said = forward(self.net, self.seen.apply(rows))
        if self.guidance != 1.0 and len(self.wishes):
            silent = rows.copy()
            silent[:, self.wishes] = 0.0
            plain = forward(self.net, self.seen.apply(silent))
            said = plain + self.guidance * (said - plain)
        spread = said.std(axis=0).mean(axis=1).astype(np.float64)
        mean = said.mean(axis=0).reshape(len(rows), -1, len(self.done.size))
        return self.done.undo(mean), spread
