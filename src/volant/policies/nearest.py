"""Nearest neighbours: do what was done where it looked most like this. Nothing is fitted, so nothing is invented.

The memory is every demonstrated sample, scaled. Asked for a chunk, the ``near`` samples that look most alike answer,
the nearer the louder; how far their answers spread is the disagreement. A baseline that any learnt policy should
beat, and the best there is from very few demonstrations.
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
from ._policy import opened, prepared
from ._settings import enough, settings
from ._sight import Scale, Sight

__all__ = ["Nearest", "Nearing"]

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Nearing:
    """The dials: how many samples answer, how long a chunk is, and how much of it is played before the next look."""

    near: int = 5
    chunk: int = 4
    every: int = 2
    history: int = 0


class Nearest:
    """Teaches and opens policies that remember."""

    name = "nearest"
    version = "1"

    def learn(self, demonstrations: Demonstrations, how: Learning) -> Policy:
        """A memory of the demonstrations. Minutes, ensemble and seed make no difference to it."""
        dials = settings(Nearing(), how)
        enough(demonstrations)
        lesson = prepared(demonstrations, history=dials.history, chunk=dials.chunk)
        counts = lesson.weight > 0
        own = {"chunk": dials.chunk, "every": dials.every, "near": dials.near}
        header = lesson.header(self.name, self.version, how, **own)
        arrays: Arrays = {"x": lesson.x[counts], "y": lesson.y[counts].reshape(int(counts.sum()), -1)}
        return self.open(pack(header, {**arrays, **lesson.arrays()}))

    def open(self, blob: bytes) -> Policy:
        """The policy of these bytes."""
        return opened(blob, self.name, _head)


def _head(header: Header, arrays: Arrays, _: Sight) -> Head:
    x, y = arrays["x"].astype(np.float32), arrays["y"].astype(np.float32)
    return _Memory(x, y, Scale.read(arrays, "seen"), Scale.read(arrays, "done"), int(header["near"]))


@dataclass(frozen=True, slots=True, eq=False)
class _Memory:
    """All samples; the nearest answer, weighed by 1 / distance."""

    x: Rows
    y: Rows
    seen: Scale
    done: Scale
    near: int

    def chunks(self, rows: Rows, seeds: Ints, step: Ints) -> tuple[Rows, Floats]:
        """The neighbours' mean chunk and their spread over it."""
        asked = self.seen.apply(rows)
        count = min(self.near, len(self.x))
        mean = np.empty((len(rows), self.y.shape[1]), np.float32)
        spread = np.empty(len(rows))
        for at, row in enumerate(asked):  # one lane at a time: the distances of all to all would not be bounded
            far = np.sqrt(((self.x - row) ** 2).sum(axis=1))
            some = np.argsort(far, kind="stable")[:count]
            loud = 1.0 / (far[some] + 1e-3)
            loud /= loud.sum()
            mean[at] = loud @ self.y[some]
            spread[at] = np.sqrt(loud @ (self.y[some] - mean[at]) ** 2).mean()
        return self.done.undo(mean.reshape(len(rows), -1, len(self.done.size))), spread
