"""How an episode ends, beside the others of its task: probably failed, or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from volant.core import LOOK, Episode, Fact, Sketch, Stream, Verdict

from ._groups import Matrix, by_group
from ._profile import group, likeness, numbers

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

    def sketch(self, episode: Episode, looks: Mapping[str, Stream]) -> tuple[Sketch, ...]:
        """The end in each camera and each state."""
        made = []
        if not (episode.task or episode.instruction):
            return ()
        for name, seen in looks.items():
            if len(seen) >= 2 * _LAST:
                thumb = np.asarray(seen.values[-_LAST:, _THUMB : _THUMB + 64], dtype=np.float64).mean(axis=0)
                lit = thumb * (100.0 / max(float(np.median(thumb)), 1.0))
                made.append(Sketch(episode.id, group(episode, f"look {name}"), tuple(lit.tolist())))
        for stream in numbers(episode):
            if stream.signal.kind != "action" and len(stream) >= 2 * _LAST and stream.signal.width <= 64:
                end = np.asarray(stream.values[-_LAST:], dtype=np.float64).reshape(_LAST, -1).mean(axis=0)
                if np.isfinite(end).all():
                    made.append(Sketch(episode.id, group(episode, likeness(stream.signal)), tuple(end.tolist())))
        return tuple(made)

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


def _away(values: Matrix, slack: float) -> Matrix:
    """Deviations of each row's worst number; ``slack`` in the numbers' own unit, or a tenth of their usual spread."""
    gap = np.abs(values - np.median(values, axis=0))
    usual = 1.4826 * np.median(gap, axis=0)
    floor = slack or 0.1 * np.quantile(gap, 0.8, axis=0) + 0.25 * usual.max() + 1e-9
    worst = (gap / (usual + floor)).max(axis=1)
    middle = np.median(worst)
    spread = 1.4826 * np.median(np.abs(worst - middle))
    return np.asarray(np.maximum(0.0, (worst - middle) / (spread + 0.2 * middle + 1e-9)))
