"""Behaviour cloning: do what was demonstrated, in chunks, by an ensemble whose members may disagree.

The common ground of imitation: a network from what is seen to the next few actions, mean absolute error, several
members that differ in their first weights and in the order of their samples. The mean of the members acts; how far
they spread is recorded with every step as ``mark/disagreement``, and is what gates call for help by.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..core.acting import Floats, Ints
from ..core.checkpoint import Arrays, Header, digest, pack, unpack
from ..core.demonstrations import Demonstrations, Learning
from ..core.errors import BadValue, Damaged
from ..core.ports import Controller, Policy
from ..core.signal import Signal
from ._chunks import ChunkController
from ._fit import Net, Recipe, fit, forward, windows
from ._settings import enough, settings, steps
from ._sight import CONDITION, Scale, Sight, numbers

__all__ = ["BC", "Cloned", "Cloning"]

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Cloning:
    """The dials of behaviour cloning.

    ``chunk`` actions are learnt from every sample and ``every`` of them are played before the next look, ``history``
    is how many steps back the earlier observation lies (0: none), ``noise`` is added to scaled inputs, and ``steps``
    0 takes what ``minutes`` or the amount of data asks for.
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
    """How far a policy that knows wishes leans towards them: 0 not at all, 1 as taught, above 1 further."""


class BC:
    """Teaches and opens cloned policies."""

    name = "bc"
    version = "1"

    def learn(self, demonstrations: Demonstrations, how: Learning) -> Policy:
        """An ensemble taught by the demonstrations; the same demonstrations and settings give the same bytes."""
        return Cloned(taught(self, demonstrations, how))

    def open(self, blob: bytes) -> Policy:
        """The policy of these bytes."""
        made = Cloned(blob)
        if made.header["learner"] != self.name:
            raise BadValue(f"This policy was made by {made.header['learner']!r}, not by {self.name!r}.")
        made.controller(1)
        return made


def taught(learner: BC, demonstrations: Demonstrations, how: Learning) -> bytes:
    """The checkpoint that the demonstrations give."""
    dials = settings(Cloning(), how)
    enough(demonstrations)
    sight = Sight(numbers(demonstrations.observations), dials.history)
    weight = demonstrations.weight
    x = sight.of(demonstrations.obs, demonstrations.episode)
    y = demonstrations.actions.astype(np.float32)
    seen, done = Scale.of(x, weight), Scale.of(y, weight)
    ahead, there = windows(done.apply(y), demonstrations.episode, dials.chunk)
    recipe = Recipe(dials.width, dials.layers, dials.batch, steps(dials.steps, how, len(y)), dials.rate, dials.noise)
    net, losses = fit(
        seen.apply(x),
        ahead.reshape(len(y), -1),
        np.repeat(there, y.shape[1], axis=1),
        weight,
        members=how.ensemble,
        recipe=recipe,
        seed=how.seed,
    )
    header: Header = {
        "learner": learner.name,
        "version": learner.version,
        "observations": [signal.to_json() for signal in sight.signals],
        "action": demonstrations.action.to_json(),
        "tasks": sorted(set(demonstrations.tasks)),
        "taught": demonstrations.digest,
        "episodes": len(demonstrations.ids),
        "samples": len(y),
        "seed": how.seed,
        "members": how.ensemble,
        "steps": len(losses),
        "chunk": dials.chunk,
        "every": dials.every,
        "history": dials.history,
        "guidance": dials.guidance,
        "loss": [round(float(loss), 5) for loss in (losses[:32].mean(), losses[-32:].mean())],
    }
    if demonstrations.scenes and all(demonstrations.scenes):
        header["scenes"] = sorted(set(demonstrations.scenes))
    arrays: Arrays = {f"net{at:02}": array for at, array in enumerate(net)}
    arrays |= seen.write("seen") | done.write("done")
    arrays["bounds"] = np.stack((y.min(axis=0), y.max(axis=0)))
    return pack(header, arrays)


@dataclass(frozen=True)
class Cloned:
    """A cloned policy: networks and the statistics that they were taught with, as the bytes of a checkpoint."""

    blob: bytes

    name = BC.name
    version = BC.version

    @cached_property
    def _parts(self) -> tuple[Header, Arrays]:
        return unpack(self.blob)

    @property
    def header(self) -> Header:
        """What the checkpoint says of itself."""
        return self._parts[0]

    @cached_property
    def hash(self) -> str:
        """Digest of the bytes."""
        return digest(self.blob)

    @cached_property
    def sight(self) -> Sight:
        """What it reads, wishes included."""
        return Sight(tuple(map(Signal.from_json, self.header["observations"])), int(self.header["history"]))

    @cached_property
    def observations(self) -> tuple[Signal, ...]:
        """What it must see."""
        return tuple(signal for signal in self.sight.signals if not signal.name.startswith(CONDITION))

    @cached_property
    def action(self) -> Signal:
        """What it does."""
        return Signal.from_json(self.header["action"])

    def controller(self, lanes: int) -> Controller:
        """The policy at work on so many lanes."""
        header, arrays = self._parts
        try:
            net: Net = tuple(arrays[name].astype(np.float32) for name in sorted(arrays) if name.startswith("net"))
            seen = Scale.read(arrays, "seen")
            done = Scale.read(arrays, "done")
            bounds: Rows = arrays["bounds"].astype(np.float32)
            head = _Mean(net, seen, done, self.sight.wishes, float(header["guidance"]))
            return ChunkController(self.sight, head, bounds, lanes, int(header["every"]))
        except KeyError as error:
            raise Damaged(f"The policy {self.hash[:8]} lacks {error}.") from error

    def __repr__(self) -> str:
        return f"Policy({self.hash[:8]}, {self.name}, {', '.join(self.header['tasks'])})"


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
