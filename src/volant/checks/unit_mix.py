"""Episodes of one set in different units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from volant.core import Batch, Fact, Sketch, Verdict

from ._groups import Matrix, by_group
from ._profile import SIZE, alone, lengths, likeness, numbers, profile, remember

__all__ = ["UnitMix"]

_FACTORS = np.log(np.array([180 / np.pi, np.pi / 180, 1000.0, 0.001]))


class UnitMix:
    """The share of dimensions whose size differs from the set's by the same factor of 180/pi or 1000.

    Sizes are mean absolute values; those of one body are compared over all its tasks. A dimension agrees where its
    ratio to the set's median lies within a factor of 2.5 of the unit's; at least three must agree.
    """

    name = "unit_mix"
    version = "1"
    unit = "share of dimensions"
    floor = 0.5
    limit = 0.6
    verdict = Verdict.QUARANTINE
    why = "{stream} is in another unit than the rest: a share of {value:.2f} of its dimensions differs by 57.3 or 1000."

    def sketches(self, batch: Batch) -> Iterable[Sketch]:
        """The logarithm of each dimension's size, per stream of at least three dimensions."""
        for alike, signal in numbers(batch):
            if signal.width >= 3:
                sizes = np.log(np.maximum(profile(alike, signal.name)[..., SIZE], 1e-12))
                names = alone(alike, f"{alike.embodiment}|{likeness(signal)}")
                yield from remember(alike, names, lengths(alike, signal.name) > 0, sizes)

    def compare(self, sketches: Sequence[Sketch]) -> Iterable[Fact]:
        """One fact per episode and stream in another unit."""
        by = f"checks/{self.name}@{self.version}"
        for name, subjects, values in by_group(sketches, least=4):
            share = _share(values)
            for place in np.flatnonzero(share > self.floor):
                stream = name.split("|")[-1].split("[")[0]
                yield Fact(subjects[place], f"check/{self.name}", float(share[place]), by, stream=stream)


def _share(values: Matrix) -> Matrix:
    """Per row, the largest share of non-zero dimensions that agree on one factor."""
    known = values > np.log(1e-11)
    ever = known.sum(axis=0) * 2 > len(known)
    apart = np.where(known & ever, values - np.median(values, axis=0), np.nan)
    filled = np.maximum(np.isfinite(apart).sum(axis=1), 1)
    best = np.zeros(len(values))
    for factor in _FACTORS:
        agree = (np.abs(apart - factor) < np.log(2.5)).sum(axis=1)
        best = np.maximum(best, np.where(agree >= 3, agree / filled, 0.0))
    return best
