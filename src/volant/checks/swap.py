"""Left and right have changed places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from volant.core import Batch, Fact, Sketch, Verdict

from ._groups import by_group
from ._mirror import better_changed
from ._names import mirrored
from ._profile import FIRST, LAST, MAX, MEAN, MIN, groups, lengths, likeness, numbers, profile, remember

__all__ = ["Swap"]

_COLUMNS = (MEAN, MIN, MAX, FIRST, LAST)


class Swap:
    """How many times nearer an episode lies to its set once its left and right blocks are exchanged.

    Compared are mean, extremes, first and last value of each dimension over the episodes of one task and body; where
    both arms do the same, nothing can be said and nothing is.
    """

    name = "swap"
    version = "1"
    unit = "times nearer when swapped"
    floor = 1.2
    limit = 1.5
    verdict = Verdict.QUARANTINE
    why = "{stream} lies {value:.3g} {unit} (left and right): its blocks are probably exchanged."

    def sketches(self, batch: Batch) -> Iterable[Sketch]:
        """Where each dimension goes when swapped, then five numbers per dimension."""
        for alike, signal in numbers(batch):
            there = mirrored(signal)
            if there:
                seen = profile(alike, signal.name)[..., _COLUMNS].reshape(len(alike.episodes), -1)
                values = np.concatenate(
                    [np.broadcast_to(np.array(there, dtype=np.float64), (len(seen), len(there))), seen], axis=1
                )
                rows = lengths(alike, signal.name) >= 16
                yield from remember(alike, groups(alike, likeness(signal)), rows, values)

    def compare(self, sketches: Sequence[Sketch]) -> Iterable[Fact]:
        """One fact per episode and stream that fits better when swapped."""
        by = f"checks/{self.name}@{self.version}"
        for name, subjects, table in by_group(sketches, least=5):
            width = table.shape[1] // (1 + len(_COLUMNS))
            there = table[0, :width].astype(np.int64)
            values = table[:, width:].reshape(len(table), width, len(_COLUMNS))
            times = better_changed(values.reshape(len(table), -1), values[:, there].reshape(len(table), -1))
            for place in np.flatnonzero(times > self.floor):
                stream = name.split("|")[-1].split("[")[0]
                yield Fact(subjects[place], f"check/{self.name}", float(times[place]), by, stream=stream)
