"""A take-over as labelled training data: context before it, cause, correction and outcome, each with its span."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..core import Fact, Span, Take, Value
from .causes import cause
from .logbook import REWOUND, Help

__all__ = ["BY", "CONTEXT", "Clock", "reason", "told"]

BY = "deploy/pilot@1"
CONTEXT = 15
"""Steps before a take-over that count as leading to it; the number that Sirius relabels."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Steps of a take as times of its episode, and ticks of the floor as seconds; both run at ``hz``."""

    hz: float
    length: int

    def span(self, start: int, stop: int) -> Span:
        """The half-open span of these steps; after the last step it ends just behind the last sample."""
        return Span(self._at(start), self._at(stop))

    def _at(self, step: int) -> int:
        last = max(0, self.length - 1)
        return round(step * 1e9 / self.hz) if step <= last else round(last * 1e9 / self.hz) + 1


def told(take: Take, helps: Sequence[Help], hz: float, *, late: bool = False) -> Iterator[Fact]:
    """Everything that the take-overs of a take have to say, with an empty subject.

    ``intervention/context`` (steps), ``/cause`` (a word), ``/correction`` (operator) and ``/outcome`` (what came of
    it) each with the span that it speaks of; over the correction's span also ``/gate``, ``/score``, ``/waited`` and
    ``/handling`` (seconds), ``/rewound`` (steps). A take that was rewound holds context and cause, and the outcome
    ``rewound``; the correction lies in the take that grew out of it, and where a person undid a correction, in both.
    ``error_cause`` says why a take did not succeed.
    """
    clock = Clock(hz, len(take))
    for place, help_ in enumerate(helps):
        leaving = not help_.ended
        again = place > 0 and helps[place - 1].ended == REWOUND
        if (leaving or not help_.rewound) and not again:
            yield from _before(take, help_, clock)
        if leaving:
            yield Fact("", "intervention/outcome", "rewound", BY, clock.span(len(take), len(take)))
            continue
        yield from _correction(help_, clock, hz)
        follows = helps[place + 1].asked_step if place + 1 < len(helps) else len(take)
        more = REWOUND if help_.ended == REWOUND else "asked again"
        word = more if place + 1 < len(helps) else take.outcome
        yield Fact("", "intervention/outcome", word, BY, clock.span(help_.last, max(help_.last, follows)))
    if take.outcome != "success" and len(take):
        yield Fact("", "error_cause", cause(take, len(take), late=late), BY)
    elif helps:
        yield Fact("", "restorable", True, BY)


def reason(take: Take, help_: Help, hz: float) -> Span:
    """The span that a cause named by a person speaks of: what led to the take-over, or what was corrected for it."""
    clock, asked = Clock(hz, len(take)), min(help_.asked_step, len(take))
    if help_.rewound and help_.ended:
        return clock.span(0, min(help_.last, len(take)))
    return clock.span(max(0, asked - CONTEXT), asked)


def _before(take: Take, help_: Help, clock: Clock) -> Iterator[Fact]:
    asked = min(help_.asked_step, len(take))
    begin = max(0, asked - CONTEXT)
    if asked > begin:
        yield Fact("", "intervention/context", float(asked - begin), BY, clock.span(begin, asked))
    need = take.marks.get("need")
    quiet = np.flatnonzero(need[:asked] < 0.5) if need is not None else np.zeros(0, np.int64)
    since = int(quiet[-1]) + 1 if len(quiet) else 0
    since = min(since, max(0, asked - 1))
    why = cause(take, asked) if help_.gate else "taken unasked"
    yield Fact("", "intervention/cause", why, BY, clock.span(since, asked))


def _correction(help_: Help, clock: Clock, hz: float) -> Iterator[Fact]:
    if help_.first < 0:
        return
    span = clock.span(help_.first, max(help_.first, help_.last))
    values: dict[str, Value] = {
        "correction": help_.operator,
        "gate": help_.gate,
        "score": help_.score,
        "waited": help_.waited / hz,
        "handling": help_.handled / hz,
        "rewound": help_.rewound,
    }
    for key, value in values.items():
        yield Fact("", f"intervention/{key}", value, BY, span)
