"""The same experience twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from volant.core import Alike, Batch, Fact, Sketch, Verdict

from ._groups import by_group
from ._profile import alone, likeness, numbers, remember
from ._twins import fingerprint, order, pairs

__all__ = ["Duplicate"]


class Duplicate:
    """The share of its moving samples that an episode has in common with an earlier one, from 0.5 to 1.

    Commands and states are compared apart, across files and tasks: copies, trimmed copies, and copies changed by less
    than a thousandth of the set's spread. The earlier recording is the original and is not found guilty.
    """

    name = "duplicate"
    version = "1"
    unit = "share"
    floor = 0.5
    limit = 0.6
    verdict = Verdict.QUARANTINE
    why = "{stream} shares {value:.2f} of its samples with an earlier episode."

    def sketches(self, batch: Batch) -> Iterable[Sketch]:
        """Two numbers that order the copies and sixteen that recognise them, per stream that moves."""
        for alike, signal in numbers(batch):
            rows, prints = fingerprint(alike, signal.name)
            place = alike.once(_orders, "")
            yield from remember(alike, alone(alike, likeness(signal)), rows, np.concatenate([place, prints], axis=1))

    def compare(self, sketches: Sequence[Sketch]) -> Iterable[Fact]:
        """One fact per copy and stream, about the later of the two, and which episode it copies in words."""
        by = f"checks/{self.name}@{self.version}"
        for name, subjects, values in by_group(sketches, least=2):
            age = np.lexsort((values[:, 1], values[:, 0]))  # equal ones stay in the order of their subjects
            stream = name.split("[")[0]
            for place, head, shared in pairs(values[age], skip=2):
                late, early = subjects[age[max(place, head)]], subjects[age[min(place, head)]]
                if late != early:
                    yield Fact(late, f"check/{self.name}", shared, by, stream=stream)
                    words = f"{stream} shares {shared:.2f} of its samples with the earlier episode {early[:8]}."
                    yield Fact(late, f"why/{self.name}", words, by, stream=stream)


def _orders(alike: Alike, _: str) -> npt.NDArray[np.float64]:
    return np.array([order(episode) for episode in alike.episodes], dtype=np.float64)
