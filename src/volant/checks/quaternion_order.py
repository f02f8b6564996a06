"""Quaternions whose real part stands in another place than in the rest of the set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from volant.core import Batch, Fact, Sketch, Verdict

from ._groups import by_group
from ._mirror import better_changed
from ._names import quaternions
from ._profile import FIRST, LAST, MEAN, groups, lengths, likeness, numbers, profile, remember

__all__ = ["QuaternionOrder"]

_COLUMNS = (MEAN, FIRST, LAST)


class QuaternionOrder:
    """How many times nearer a quaternion lies to its set once its four numbers are rolled by one (wxyz and xyzw)."""

    name = "quaternion_order"
    version = "1"
    unit = "times nearer when rolled"
    floor = 1.2
    limit = 1.5
    verdict = Verdict.QUARANTINE
    why = "A quaternion in {stream} lies {value:.3g} {unit}: its real part probably stands in another place."

    def sketches(self, batch: Batch) -> Iterable[Sketch]:
        """Mean, first and last size of each of the four numbers; q and -q are one rotation, so signs are dropped."""
        for alike, signal in numbers(batch):
            for first in quaternions(signal):
                seen = np.abs(profile(alike, signal.name)[:, first : first + 4, _COLUMNS])
                names = groups(alike, f"{likeness(signal)}#{first}")
                yield from remember(alike, names, lengths(alike, signal.name) > 0, seen)

    def compare(self, sketches: Sequence[Sketch]) -> Iterable[Fact]:
        """One fact per episode and quaternion that fits better when rolled either way."""
        by = f"checks/{self.name}@{self.version}"
        for name, subjects, table in by_group(sketches, least=5):
            four = table.reshape(len(table), 4, len(_COLUMNS))
            one = better_changed(table, np.roll(four, 1, axis=1).reshape(len(table), -1))
            other = better_changed(table, np.roll(four, -1, axis=1).reshape(len(table), -1))
            times = np.maximum(one, other)
            for place in np.flatnonzero(times > self.floor):
                stream = name.split("|")[-1].split("[")[0]
                yield Fact(subjects[place], f"check/{self.name}", float(times[place]), by, stream=stream)
