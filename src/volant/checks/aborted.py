"""Takes that were broken off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from volant.core import Batch, Fact, Sketch, Verdict

from ._groups import by_group
from ._profile import groups

__all__ = ["Aborted"]


class Aborted:
    """How many times shorter than the median of its task an episode is; 100 for less than three samples or 0.3 s.

    The median needs five episodes of a known task; what is shorter than 0.3 s shows nothing whatever the task.
    """

    name = "aborted"
    version = "1"
    unit = "times shorter than usual"
    floor = 2.0
    limit = 4.0
    verdict = Verdict.QUARANTINE
    why = "The episode is {value:.3g} {unit}: probably an aborted take."

    def sketches(self, batch: Batch) -> Iterable[Sketch]:
        """Seconds and frames."""
        for alike in batch.alike:
            for episode, name in zip(alike.episodes, groups(alike), strict=True):
                yield Sketch(episode.id, name, (episode.seconds, float(episode.frames)))

    def compare(self, sketches: Sequence[Sketch]) -> Iterable[Fact]:
        """One fact per episode that is at least twice as short as usual, or shows nothing."""
        by = f"checks/{self.name}@{self.version}"
        for name, subjects, values in by_group(sketches, least=1):
            seconds, frames = values[:, 0], values[:, 1]
            usual = float(np.median(seconds)) if len(seconds) >= 5 and not name.startswith("|") else 0.0
            shorter = np.minimum(usual / np.maximum(seconds, 1e-9), 100.0)
            shorter[(frames <= 2) | ((seconds < 0.3) & (frames < 30))] = 100.0
            for place in np.flatnonzero(shorter > self.floor):
                yield Fact(subjects[place], f"check/{self.name}", float(shorter[place]), by)
