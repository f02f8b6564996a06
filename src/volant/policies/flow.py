"""Flow matching: from noise to a chunk of actions along a learnt field, so that two ways of doing it stay two.

A network learns the velocity from noise to the demonstrated chunk at every time between (conditional flow matching
with straight paths: a_t = (1 - t) noise + t action, target action - noise). Acting draws noise from the lane's seed
and follows the field in a few Euler steps. One member acts in each episode, since a mean of ways is no way; how far
the members' answers to the same noise spread is the disagreement.
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
from ._fit import Net, Recipe, fit, forward, moments, net_of
from ._policy import opened, prepared
from ._settings import enough, settings, steps
from ._sight import Scale, Sight

__all__ = ["Flow", "Flowing"]

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Flowing:
    """The dials of flow matching: as those of behaviour cloning; ``euler`` steps lead from noise to actions."""

    chunk: int = 8
    every: int = 4
    history: int = 0
    width: int = 160
    layers: int = 3
    batch: int = 128
    steps: int = 0
    rate: float = 3e-3
    noise: float = 0.02
    euler: int = 6


class Flow:
    """Teaches and opens policies that follow a flow."""

    name = "flow"
    version = "1"

    def learn(self, demonstrations: Demonstrations, how: Learning) -> Policy:
        """Fields taught by the demonstrations; the same demonstrations and settings give the same bytes."""
        dials = settings(Flowing(), how)
        enough(demonstrations)
        lesson = prepared(demonstrations, history=dials.history, chunk=dials.chunk)
        count = len(lesson.x)
        amount = steps(dials.steps, how, count)
        net, losses = fit(
            lesson.x,
            lesson.y.reshape(count, -1),
            np.repeat(lesson.there, lesson.y.shape[2], axis=1),
            lesson.weight,
            members=how.ensemble,
            recipe=Recipe(dials.width, dials.layers, dials.batch, amount, dials.rate, dials.noise, loss="flow"),
            seed=how.seed,
        )
        own = {"chunk": dials.chunk, "every": dials.every, "euler": dials.euler, "steps": len(losses)}
        loss = [round(float(loss), 5) for loss in (losses[:32].mean(), losses[-32:].mean())]
        arrays: Arrays = {f"net{at:02}": array for at, array in enumerate(net)}
        header = lesson.header(self.name, self.version, how, **own, loss=loss)
        return self.open(pack(header, {**arrays, **lesson.arrays()}))

    def open(self, blob: bytes) -> Policy:
        """The policy of these bytes."""
        return opened(blob, self.name, _head)


def _head(header: Header, arrays: Arrays, _: Sight) -> Head:
    seen, done = Scale.read(arrays, "seen"), Scale.read(arrays, "done")
    return _Field(net_of(arrays), seen, done, int(header["chunk"]), int(header["euler"]))


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """The members' fields; the lane's seed says which of them acts, and with its step what noise they start from."""

    net: Net
    seen: Scale
    done: Scale
    length: int
    euler: int

    def chunks(self, rows: Rows, seeds: Ints, step: Ints) -> tuple[Rows, Floats]:
        """The acting member's chunk, and how far the members' chunks from the same noise lie apart."""
        size = self.length * len(self.done.size)
        many = len(self.net[0])
        drawn = zip(seeds.tolist(), step.tolist(), strict=True)
        noise = np.stack([np.random.default_rng((abs(seed), at)).normal(size=size) for seed, at in drawn])
        said = np.repeat(noise[None].astype(np.float32), many, axis=0)
        seen = np.repeat(self.seen.apply(rows)[None], many, axis=0)
        for at in range(self.euler):
            when = np.full((many, len(rows), 1), (at + 0.5) / self.euler, np.float32)
            field = forward(self.net, np.concatenate((seen, said, moments(when)), axis=2))
            said += field * np.float32(1.0 / self.euler)
        spread = said.std(axis=0).mean(axis=1).astype(np.float64)
        acting = said[seeds % many, np.arange(len(rows))]
        return self.done.undo(acting.reshape(len(rows), self.length, -1)), spread
