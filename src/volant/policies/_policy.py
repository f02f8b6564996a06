"""What policies that act by chunks share: demonstrations made ready to learn from, and the policy that bytes are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ..core.acting import Floats
from ..core.checkpoint import Arrays, Header, digest, unpack
from ..core.demonstrations import Demonstrations, Learning
from ..core.errors import BadValue, Damaged
from ..core.ports import Controller
from ..core.signal import Signal
from ._chunks import ChunkController, Head
from ._fit import windows
from ._sight import CONDITION, Scale, Sight, numbers

__all__ = ["Chunked", "Lesson", "opened", "prepared"]

Rows = npt.NDArray[np.float32]
MakeHead = Callable[[Header, Arrays, Sight], Head]


@dataclass(frozen=True, eq=False)
class Lesson:
    """Demonstrations as rows of numbers around 0: ``x [N, k]`` what is seen, ``y [N, chunk, a]`` what is done next.

    ``there [N, chunk]`` is 1 where that step exists, ``bounds [2, a]`` the lowest and highest command ever given.
    """

    demonstrations: Demonstrations
    sight: Sight
    seen: Scale
    done: Scale
    x: Rows
    y: Rows
    there: Rows
    weight: Floats
    bounds: Rows

    def header(self, learner: str, version: str, how: Learning, **own: object) -> Header:
        """What the checkpoint says of itself: who taught it by what; ``own`` are the learner's further words."""
        all_of = self.demonstrations
        said: Header = {
            "learner": learner,
            "version": version,
            "observations": [signal.to_json() for signal in self.sight.signals],
            "action": all_of.action.to_json(),
            "tasks": sorted(set(all_of.tasks)),
            "taught": all_of.digest,
            "episodes": len(all_of.ids),
            "samples": len(all_of),
            "seed": how.seed,
            "members": how.ensemble,
            "history": self.sight.history,
            **own,
        }
        if all_of.scenes and all(all_of.scenes):
            said["scenes"] = sorted(set(all_of.scenes))
        return said

    def arrays(self) -> Arrays:
        """The statistics that acting needs too."""
        return {**self.seen.write("seen"), **self.done.write("done"), "bounds": self.bounds}


def prepared(demonstrations: Demonstrations, *, history: int, chunk: int) -> Lesson:
    """Demonstrations scaled by their own statistics and cut into chunks."""
    sight = Sight(numbers(demonstrations.observations), history)
    weight, y = demonstrations.weight, demonstrations.actions.astype(np.float32)
    x = sight.of(demonstrations.obs, demonstrations.episode)
    seen, done = Scale.of(x, weight), Scale.of(y, weight)
    ahead, there = windows(done.apply(y), demonstrations.episode, chunk)
    counts = y[weight > 0]
    bounds = np.stack((counts.min(axis=0), counts.max(axis=0)))
    return Lesson(demonstrations, sight, seen, done, seen.apply(x), ahead, there, weight, bounds)


@dataclass(frozen=True)
class Chunked:
    """A policy that acts by chunks: the bytes of its checkpoint, and how a head is made of what they hold."""

    blob: bytes = field(repr=False)
    make: MakeHead = field(repr=False)

    @cached_property
    def _parts(self) -> tuple[Header, Arrays]:
        return unpack(self.blob)

    @property
    def header(self) -> Header:
        """What the checkpoint says of itself."""
        return self._parts[0]

    @property
    def name(self) -> str:
        """Who taught it."""
        return str(self.header["learner"])

    @property
    def version(self) -> str:
        """The version of who taught it."""
        return str(self.header["version"])

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
        bounds = arrays["bounds"].astype(np.float32)
        return ChunkController(self.sight, self.make(header, arrays, self.sight), bounds, lanes, int(header["every"]))

    def __repr__(self) -> str:
        return f"Policy({self.hash[:8]}, {self.name}, {', '.join(self.header['tasks'])})"


def opened(blob: bytes, learner: str, make: MakeHead) -> Chunked:
    """The policy of these bytes; refused where another learner made them or something is missing in them."""
    made = Chunked(blob, make)
    if made.name != learner:
        raise BadValue(f"This policy was made by {made.name!r}, not by {learner!r}.")
    try:
        made.controller(1)
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"The policy {made.hash[:8]} is damaged: {error!r}.", do="Copy or train it again.") from error
    return made
