"""A dimension that never moves, where it moves in other episodes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from volant.core import Batch, Fact, Sketch, Verdict

from ._groups import by_group
from ._profile import HELD, MAX, MIN, groups, lengths, likeness, numbers, profile, remember

__all__ = ["Dead"]


class Dead:
    """The share of a task's episodes in which a dimension moves that stands still in this one.

    Moving means over more than a fiftieth of its usual range. A dimension that never moves in any episode is no
    finding: nobody uses it. Needs five episodes of one task and body.
    """

    name = "dead"
    version = "1"
    unit = "share of the other episodes"
    floor = 0.5
    limit = 0.85
    verdict = Verdict.REVIEW
    why = "A dimension of {stream} stands still that moves in a share of {value:.2f} of the task's episodes."

    def sketches(self, batch: Batch) -> Iterable[Sketch]:
        """The range of each dimension, per stream."""
        for alike, signal in numbers(batch):
            seen = profile(alike, signal.name)
            ranges = np.where(seen[..., HELD] >= 1.0, 0.0, seen[..., MAX] - seen[..., MIN])
            rows = lengths(alike, signal.name) >= 16
            yield from remember(alike, groups(alike, likeness(signal)), rows, ranges)

    def compare(self, sketches: Sequence[Sketch]) -> Iterable[Fact]:
        """One fact per episode and stream with a dead dimension."""
        by = f"checks/{self.name}@{self.version}"
        for name, subjects, values in by_group(sketches, least=5):
            values = np.where(np.isfinite(values), values, 0.0)
            moves = values > 0.02 * np.median(values, axis=0) + 1e-12
            share = moves.sum(axis=0) / (len(moves) - 1)
            worst = np.where(moves, 0.0, share[None, :]).max(axis=1)
            for place in np.flatnonzero(worst > self.floor):
                stream = name.split("|")[-1].split("[")[0]
                yield Fact(subjects[place], f"check/{self.name}", float(worst[place]), by, stream=stream)
