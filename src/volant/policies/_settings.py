"""From what a person said to a learner's own dials, and from minutes to steps."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ..core.demonstrations import Demonstrations, Learning
from ..core.errors import BadValue, suggest

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["enough", "settings", "steps"]

T = TypeVar("T", bound="DataclassInstance")

_LEAST, _MOST = 768, 4096

_EPISODES, _SAMPLES = 2, 16

_PER_MINUTE = 130_000
"""Member-steps that a minute stands for: 64 samples, two layers of 128, on one core of 2 GHz at 20 GFLOP/s. A nominal
figure and no measurement, so that the same settings give the same bytes on every machine."""


def enough(lesson: Demonstrations) -> None:
    """Refuse what nothing can be learnt from: too few episodes or samples that count, or numbers that are none."""
    counting = np.unique(lesson.episode[lesson.weight > 0])
    samples = int((lesson.weight > 0).sum())
    if len(counting) < _EPISODES or samples < _SAMPLES:
        raise BadValue(
            f"{len(counting)} episodes with {samples} samples that count are too little to learn from.",
            instead=f"It takes {_EPISODES} episodes and {_SAMPLES} samples at least; 20 to 50 episodes are a start.",
            do="Collect more, or keep failures (--failures keep).",
        )
    columns = {signal.name: lesson.obs[signal.name] for signal in lesson.observations if signal.numeric}
    for name, column in {**columns, lesson.action.name: lesson.actions}.items():
        odd = ~np.isfinite(np.asarray(column, np.float64)).reshape(len(lesson), -1).all(axis=1) & (lesson.weight > 0)
        if odd.any():
            first = lesson.ids[int(lesson.episode[int(np.argmax(odd))])]
            raise BadValue(
                f"Signal {name!r} holds {int(odd.sum())} samples that are no numbers, first in episode {first[:12]}.",
                do="Leave such episodes out: `check/nan` is a fact of theirs.",
            )


def settings(dials: T, how: Learning) -> T:
    """The dials with a person's options in place; an unknown name or a value of the wrong sort is refused."""
    known = {field.name: type(getattr(dials, field.name)) for field in fields(dials)}
    given: dict[str, object] = {}
    for name, value in how.options.items():
        if name not in known:
            raise BadValue(f"This policy has no option {name!r}.", instead=suggest(name, known))
        try:
            given[name] = known[name](value)
        except ValueError as error:
            raise BadValue(f"Option {name!r} is {value!r}; it takes {known[name].__name__}.") from error
    if how.ensemble < 1:
        raise BadValue(f"An ensemble of {how.ensemble} members cannot act.", do="Use 1 or more.")
    if not 0 <= how.minutes <= 10_000:
        raise BadValue(f"{how.minutes} minutes of training make no sense.", do="Use 0 for the policy's own amount.")
    return replace(dials, **given)


def steps(said: int, how: Learning, samples: int) -> int:
    """How many steps to take: as said, or what the minutes stand for, or what the amount of data asks for."""
    if said > 0:
        return said
    if how.minutes:
        return max(1, round(how.minutes * _PER_MINUTE / how.ensemble))
    return min(_MOST, max(_LEAST, samples // 5))
