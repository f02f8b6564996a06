"""What every log file offers: channels, messages one after the other, and any payload again by its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["MOST_CHUNK", "Channel", "Place", "Source", "Trouble"]

Place = tuple[int, int, int]
"""Where a payload lies: (chunk or file, offset inside, bytes)."""

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


class Source(Protocol):
    """An open log. ``messages`` fills ``channels`` and ``trouble`` as it goes and may be called once more."""

    @property
    def channels(self) -> Mapping[int, Channel]: ...
    @property
    def trouble(self) -> Trouble: ...
    def messages(self) -> Iterator[tuple[int, int, memoryview, Place]]:
        """Each message in file order: channel, recording time (ns), payload (valid until the next), place."""
        ...

    def payload(self, place: Place) -> bytes:
        """The same payload again."""
        ...
