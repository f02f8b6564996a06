"""A gripper that counts the other way round."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from volant.core import Batch, Fact, Sketch, Verdict

from ._groups import by_group
from ._names import grippers
from ._profile import FIRST, LAST, MAX, MEAN, MIN, groups, lengths, likeness, numbers, profile, remember

__all__ = ["GripperFlip"]

_COLUMNS = (FIRST, LAST, MEAN, MIN, MAX)


class GripperFlip:
    """How many times nearer a gripper's course lies to its set once it is turned round (open means closed).

    Compared are first, last and mean value in the range of all episodes of one task and body, against the same
    turned round, or negated where the set's numbers have one sign and the episode's the other.
    """

    name = "gripper_flip"
    version = "1"
    unit = "times nearer when turned round"
    floor = 2.0
    limit = 3.0
    verdict = Verdict.QUARANTINE
    why = "The gripper in {stream} lies {value:.3g} {unit}: open and closed are probably exchanged."

    def sketches(self, batch: Batch) -> Iterable[Sketch]:
        """Five numbers per gripper."""
        for alike, signal in numbers(batch):
            for dim in grippers(signal)[:4]:
                seen = profile(alike, signal.name)[:, dim, _COLUMNS]
                rows = (lengths(alike, signal.name) >= 16) & (seen[:, 4] > seen[:, 3])
                yield from remember(alike, groups(alike, f"{likeness(signal)}#{dim}"), rows, seen)

    def compare(self, sketches: Sequence[Sketch]) -> Iterable[Fact]:
        """One fact per episode and gripper that fits better when turned round."""
        by = f"checks/{self.name}@{self.version}"
        for name, subjects, table in by_group(sketches, least=5):
            low, high = np.median(table[:, 3]), np.median(table[:, 4])
            if high - low <= 0:
                continue
            course = (table[:, :3] - low) / (high - low)
            turned = 1.0 - course
            negated = (-table[:, :3] - low) / (high - low)
            middle = np.median(course, axis=0)
            here = np.abs(course - middle).mean(axis=1)
            there = np.minimum(np.abs(turned - middle).mean(axis=1), np.abs(negated - middle).mean(axis=1))
            usual = np.median(here)
            times = np.where(here > 0.3 + 2 * usual, here / np.maximum(there, 0.05 + usual), 0.0)
            for place in np.flatnonzero(times > self.floor):
                stream = name.split("|")[-1].split("[")[0]
                yield Fact(subjects[place], f"check/{self.name}", float(times[place]), by, stream=stream)
