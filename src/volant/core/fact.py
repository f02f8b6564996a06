"""What is known of an episode, and who says so: facts, spans and verdicts."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import BadValue

__all__ = ["OUTCOMES", "Fact", "FactTable", "Span", "Value", "Verdict"]

Value = bool | int | float | str | tuple[float, ...]
"""What a fact can say: truth, number, words or a vector."""

OUTCOMES = ("success", "partial", "failure", "recovered", "aborted", "invalid")
"""The values of the fixed key ``outcome``: how the *task* ended. Whether the *recording* is valid is a verdict."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time, half-open: ``start`` belongs to it, ``stop`` does not. Nanoseconds on the episode's clock."""

    start: int
    stop: int

    def __post_init__(self) -> None:
        if self.stop < self.start:
            raise BadValue(f"A span cannot stop ({self.stop}) before it starts ({self.start}).")

    @property
    def seconds(self) -> float:
        """How long it lasts, in seconds."""
        return (self.stop - self.start) / 1e9

    def __repr__(self) -> str:
        return f"Span({self.start / 1e9:.3f} s to {self.stop / 1e9:.3f} s)"


class Verdict(str, enum.Enum):
    """What the gate decides about a recording. Nothing is ever deleted."""

    ACCEPT = "accept"
    REVIEW = "review"
    QUARANTINE = "quarantine"

    def __str__(self) -> str:
        return self.value

    @property
    def rank(self) -> int:
        """0 for accept, 1 for review, 2 for quarantine: the worst finding decides."""
        return ("accept", "review", "quarantine").index(self.value)


@dataclass(frozen=True, slots=True)
class Fact:
    """Who says what of which subject, over which span, by which version. Never edited, only superseded.

    ``subject`` is an episode id, a selection hash or a policy hash; empty while a reader speaks of the episode it
    is reading. ``key`` is ``folder/name`` (``check/freeze``, ``measure/duration``, ``declared/fps``) or one of the
    fixed keys (``outcome``, ``error_cause``, ``restorable``, ``verdict``). ``by`` is ``author@version``. ``stream``
    names the channel, or is empty. ``at`` is when it was said, nanoseconds since 1970, given by the caller.
    """

    subject: str
    key: str
    value: Value
    by: str
    span: Span | None = None
    stream: str = ""
    at: int = 0

    def __post_init__(self) -> None:
        if not self.key:
            raise BadValue("A fact needs a key.", do="Use folder/name, such as 'check/freeze'.")
        if "@" not in self.by:
            raise BadValue(f"Fact {self.key!r}: author {self.by!r} has no version.", do="Write author@version.")

    def of(self, subject: str) -> Fact:
        """The same statement about another subject."""
        return Fact(subject, self.key, self.value, self.by, self.span, self.stream, self.at)


@dataclass(frozen=True, slots=True, eq=False)
class FactTable:
    """Many facts as columns of equal length: what travels between gate and lake, a million at a time.

    ``start`` and ``stop`` are -1 where a fact has no span. Rows mean what ``Fact`` means.
    """

    subject: list[str] = field(default_factory=list)
    key: list[str] = field(default_factory=list)
    value: list[Value] = field(default_factory=list)
    by: list[str] = field(default_factory=list)
    start: list[int] = field(default_factory=list)
    stop: list[int] = field(default_factory=list)
    stream: list[str] = field(default_factory=list)
    at: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> FactTable:
        """The same facts as columns."""
        table = cls()
        for fact in facts:
            table.add(fact)
        return table

    def add(self, fact: Fact) -> None:
        """Append one fact while the table is being built."""
        span = fact.span or _NO_SPAN
        self.subject.append(fact.subject)
        self.key.append(fact.key)
        self.value.append(fact.value)
        self.by.append(fact.by)
        self.start.append(span.start)
        self.stop.append(span.stop)
        self.stream.append(fact.stream)
        self.at.append(fact.at)

    def row(self, subject: str, key: str, value: Value, by: str) -> None:
        """Append a statement about a whole subject."""
        self.subject.append(subject)
        self.key.append(key)
        self.value.append(value)
        self.by.append(by)
        self.start.append(-1)
        self.stop.append(-1)
        self.stream.append("")
        self.at.append(0)

    def many(self, subjects: Sequence[str], key: str, values: Sequence[Value], by: str, stream: str = "") -> None:
        """Append one statement of the same sort about each of many whole subjects."""
        count = len(subjects)
        self.subject.extend(subjects)
        self.key.extend([key] * count)
        self.value.extend(values)
        self.by.extend([by] * count)
        self.start.extend([-1] * count)
        self.stop.extend([-1] * count)
        self.stream.extend([stream] * count)
        self.at.extend([0] * count)

    def extend(self, other: FactTable) -> None:
        """Append all rows of another table."""
        for mine, more in zip(self._columns, other._columns, strict=True):
            mine.extend(more)

    def rows(self, places: Sequence[int]) -> FactTable:
        """The facts at these places, in this order."""
        return FactTable(*([column[place] for place in places] for column in self._columns))

    @property
    def _columns(self) -> tuple[list[Any], ...]:
        return self.subject, self.key, self.value, self.by, self.start, self.stop, self.stream, self.at

    def __len__(self) -> int:
        return len(self.subject)

    def __iter__(self) -> Iterator[Fact]:
        rows = zip(
            self.subject, self.key, self.value, self.by, self.start, self.stop, self.stream, self.at, strict=True
        )
        for subject, key, value, by, start, stop, stream, at in rows:
            yield Fact(subject, key, value, by, Span(start, stop) if start != -1 or stop != -1 else None, stream, at)


_NO_SPAN = Span(-1, -1)
