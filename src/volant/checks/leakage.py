"""The same experience in two splits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zlib import crc32

import numpy as np

from volant.core import Batch, Episode, Fact, Sketch, Verdict

from ._groups import by_group
from ._profile import alone, likeness, numbers, remember
from ._twins import fingerprint, pairs

__all__ = ["Leakage"]


class Leakage:
    """The share of its moving samples that an episode has in common with one of another declared split."""

    name = "leakage"
    version = "1"
    unit = "share"
    floor = 0.5
    limit = 0.6
    verdict = Verdict.QUARANTINE
    why = "{stream} shares {value:.2f} of its samples with an episode of another split."

    def sketches(self, batch: Batch) -> Iterable[Sketch]:
        """The split as a number and the fingerprint, where the source declares a split."""
        for alike, signal in numbers(batch):
            splits = [_split(episode) for episode in alike.episodes]
            told = np.array([split is not None for split in splits])
            if told.any():
                rows, prints = fingerprint(alike, signal.name)
                numbered = np.array([split or 0.0 for split in splits])[:, None]
                values = np.concatenate([numbered, prints], axis=1)
                yield from remember(alike, alone(alike, likeness(signal)), rows & told, values)

    def compare(self, sketches: Sequence[Sketch]) -> Iterable[Fact]:
        """One fact for each of the two episodes."""
        by = f"checks/{self.name}@{self.version}"
        for name, subjects, values in by_group(sketches, least=2):
            splits = values[:, 0]
            if (splits == splits[0]).all():
                continue
            guilty: dict[str, float] = {}
            for place, head, shared in pairs(values, skip=1):
                if splits[place] != splits[head]:
                    for one in (subjects[place], subjects[head]):
                        guilty[one] = max(guilty.get(one, 0.0), shared)
            for subject, shared in guilty.items():
                yield Fact(subject, f"check/{self.name}", shared, by, stream=name.split("[")[0])


def _split(episode: Episode) -> float | None:
    """The declared split as a number; ``None`` where none is declared."""
    for fact in episode.said:
        if fact.key == "declared/split":
            return float(crc32(str(fact.value).encode())) if str(fact.value) else None
    return None
