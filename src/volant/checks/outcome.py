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
_LEAST, _LEAST_LOOK = 0.3, 0.35
_PART = 0.5


class Outcome:
    """How far the end of an episode lies from the usual end of its task, in deviations of that distance.

    The end is the mean of the last three thumbnails of each camera, in percent of its median, and of the last three
    states. Thumbnails are grey: a thing that is as bright as its table is not seen.
    The distance is Mahalanobis', with the covariance that the task's other episodes and those of the body's other tasks
    show (an arm that rests a little elsewhere every time moves many blocks at once, and that is usual; a missing cube
    is not). The distances are measured against their own median and spread; a task that ends in a different place
    every time is measured by its own median and stays quiet. Needs eight episodes of one task and body.
    """

    name = "outcome"
    version = "2"
    unit = "deviations"
    floor = 2.5
    limit = 3.75
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
        """The worst stream of each episode that ends more than the floor away."""
        by = f"checks/{self.name}@{self.version}"
        worst: dict[str, tuple[float, str]] = defaultdict(lambda: (0.0, ""))
        families: dict[str, list[tuple[list[str], Matrix]]] = defaultdict(list)
        for name, subjects, values in by_group(sketches, least=8):
            families[name.partition("|")[2]].append((subjects, values - np.median(values, axis=0)))
        for name, tasks in sorted(families.items()):
            stream = name.split("|")[-1]
            looked = stream.startswith("look ")
            for (subjects, _), away in zip(tasks, _away([gaps for _, gaps in tasks], looked), strict=True):
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


def _away(tasks: Sequence[Matrix], looked: bool) -> list[Matrix]:
    """Deviations of each row of each task; rows are differences from their task's median.

    Pictures are in percent and taken to vary by a third of one on their own; other numbers are brought to the size of
    their usual spread first, of which a part comes from the number that varies most, because one that never varied
    would make much of nothing.
    """
    least, slack = (_LEAST_LOOK, 1.0) if looked else (_LEAST, 0.2)
    if not looked:
        gaps = np.abs(np.concatenate(tasks))
        usual = 1.4826 * np.median(gaps, axis=0)
        size = usual + 0.1 * np.quantile(gaps, 0.8, axis=0) + 0.25 * usual.max() + 1e-9
        tasks = [rows / size for rows in tasks]
    cuts = np.cumsum([len(rows) for rows in tasks])[:-1]
    far = _distances(tasks, least, slack)
    middle = float(np.median(far)) + 1e-9
    spread = 1.4826 * float(np.median(np.abs(far - middle))) + _PART * middle
    out = []
    for mine in np.split(far, cuts):
        wider = max(1.0, float(np.median(mine)) / middle)
        out.append(np.asarray(np.maximum(0.0, (mine / wider - middle) / spread)))
    return out


def _distances(tasks: Sequence[Matrix], least: float, slack: float) -> Matrix:
    """Mahalanobis distance of each row from its task's middle, in the covariance of all rows but this one.

    Rows are cut off at six deviations before they count, and ``least`` is added to every number's own variation. To
    leave one row out is a change of rank one, so that Sherman and Morrison's formula does for all rows at once.
    """
    cut = []
    for rows in tasks:
        most = 6 * (1.4826 * np.median(np.abs(rows), axis=0) + slack)
        cut.append(np.clip(rows, -most, most))
    every, kept = np.concatenate(tasks), np.concatenate(cut)
    n = max(1, len(kept) - len(tasks))
    inverse = np.linalg.inv(kept.T @ kept / n + least**2 * np.eye(kept.shape[1]))
    own, both, cross = ((a @ inverse * b).sum(axis=1) for a, b in ((every, every), (kept, kept), (kept, every)))
    return np.asarray(np.sqrt(own + cross**2 / n / np.maximum(1 - both / n, 0.05)))
