"""What every log file offers: channels, messages one after the other, and any payload again by its place."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

__all__ = ["MOST_CHUNK", "Channel", "Place", "Source", "Trouble", "ahead"]

T = TypeVar("T")

Place = tuple[int, int, int]
"""Where a payload lies: (chunk or file, offset inside, bytes)."""

_AHEAD, _AHEAD_BYTES = 4, 32 << 20

MOST_CHUNK = 512 << 20
"""A chunk that declares more than 512 MB unpacked is refused: recorders write 1 to 64 MB."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One topic of one type. ``encoding`` is how messages are written (``cdr``, ``ros1``, ``json``, ``protobuf``),
    ``schema`` the definition that travels with the log in ``schema_encoding``; empty where there is none."""

    topic: str
    type: str
    encoding: str
    schema_encoding: str = ""
    schema: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class Trouble:
    """What was found damaged while reading on: (``damage/...`` key, words). Never empty in silence."""

    found: list[tuple[str, str]] = field(default_factory=list)

    def say(self, key: str, words: str) -> None:
        """Remember one damage, at most 100 of them."""
        if len(self.found) < 100:
            self.found.append((f"damage/{key}", words))


def ahead(items: Iterable[T], weight: Callable[[T], int]) -> Iterator[T]:
    """The same items, up to four and 32 MB of them asked for before they are needed: what they begin has time to
    finish."""
    held: deque[T] = deque()
    held_bytes = 0
    for item in items:
        held.append(item)
        held_bytes += weight(item)
        while held and (len(held) > _AHEAD or held_bytes > _AHEAD_BYTES):
            first = held.popleft()
            held_bytes -= weight(first)
            yield first
    yield from held


class Source(Protocol):
    """An open log. ``messages`` fills ``channels`` and ``trouble`` as it goes and may be called once more."""

    @property
    def channels(self) -> Mapping[int, Channel]: ...
    @property
    def trouble(self) -> Trouble: ...
    def messages(self) -> Iterator[tuple[int, int, memoryview, Place]]:
        """Each message in file order: channel, recording time (ns), payload (valid until the next), place."""
        ...

    def view(self, place: Place) -> memoryview:
        """The same payload again, read-only; what it is a part of stays in memory as long as the view does."""
        ...
