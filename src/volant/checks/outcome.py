"""How an episode ends, beside the others of its task: probably failed, or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from volant.core import LOOK, Alike, Batch, Fact, Kind, Sketch, Verdict

from ._groups import Matrix, by_group
from ._kernels import MOVING
from ._profile import groups, lengths, likeness, numbers, remember

__all__ = ["Outcome"]

_THUMB = LOOK.index("thumb0")
_LAST = 3


class Outcome:
    """How far the end of an episode lies from the usual end of its task, in deviations of that distance.

    The end is the mean of the last three thumbnails of each camera, in percent of its median, and of the last three
    states. Thumbnails are grey: a thing that is as bright as its table is not seen.
    Each of its numbers is measured in robust deviations over the task's episodes, the worst number speaks for the
    episode, and the episodes' worst numbers are measured again: a task that ends in a different place every time stays
    quiet. Needs eight episodes of one task and body.
    """

    name = "outcome"
    version = "1"
    unit = "deviations"
    floor = 3.0
    limit = 4.5
    verdict = Verdict.REVIEW
    why = "The episode ends unlike the others of its task ({stream}, {value:.3g} {unit}): it probably failed."

    def sketches(self, batch: Batch) -> Iterable[Sketch]:
        """The end in each camera and each state."""
        for alike in batch.alike:
            for camera in (signal for signal in alike.signals if signal.kind == Kind.LOOK):
                rows, ends = _ends(alike, camera.name)
                thumb = ends[:, _THUMB : _THUMB + 64]
                lit = thumb * (100.0 / np.maximum(np.median(thumb, axis=1), 1.0))[:, None]
                yield from remember(alike, groups(alike, f"look {camera.name}"), rows, lit)
        for alike, signal in numbers(batch, *MOVING):
            if signal.width <= 64:
                rows, ends = _ends(alike, signal.name)
                finite = np.isfinite(ends).all(axis=1)
                yield from remember(alike, groups(alike, likeness(signal)), rows & finite, ends)

    def compare(self, sketches: Sequence[Sketch]) -> Iterable[Fact]:
        """The worst stream of each episode that ends at least three deviations away."""
        by = f"checks/{self.name}@{self.version}"
        worst: dict[str, tuple[float, str]] = defaultdict(lambda: (0.0, ""))
        for name, subjects, values in by_group(sketches, least=8):
            stream = name.split("|")[-1]
            away = _away(values, 1.0 if stream.startswith("look ") else 0.0)
            for place in np.flatnonzero(away > self.floor):
                here = (float(away[place]), stream.removeprefix("look ").split("[")[0])
                worst[subjects[place]] = max(worst[subjects[place]], here)
        for subject, (value, stream) in sorted(worst.items()):
            yield Fact(subject, f"check/{self.name}", value, by, stream=stream)


def _ends(alike: Alike, name: str) -> tuple[npt.NDArray[np.bool_], Matrix]:
    """Which runs have a task and six samples, and the mean of the last three of each."""
    columns = alike.columns(name)
    rows = (lengths(alike, name) >= 2 * _LAST) & np.array([bool(task) for task in alike.tasks])
    ends = np.zeros((len(rows), columns.x.shape[1]))
    ends[rows] = columns.x[columns.cuts[1:][rows, None] + np.arange(-_LAST, 0)].mean(axis=1)
    return rows, ends


def _away(values: Matrix, slack: float) -> Matrix:
    """Deviations of each row's worst number; ``slack`` in the numbers' own unit, or a tenth of their usual spread."""
    gap = np.abs(values - np.median(values, axis=0))
    usual = 1.4826 * np.median(gap, axis=0)
    floor = slack or 0.1 * np.quantile(gap, 0.8, axis=0) + 0.25 * usual.max() + 1e-9
    worst = (gap / (usual + floor)).max(axis=1)
    middle = np.median(worst)
    spread = 1.4826 * np.median(np.abs(worst - middle))
    return np.asarray(np.maximum(0.0, (worst - middle) / (spread + 0.2 * middle + 1e-9)))
