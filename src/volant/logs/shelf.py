"""Unpacked chunks that are asked for again and again: some are kept, whoever asks, each unpacked once."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["MOST_KEPT", "Shelf"]

MOST_KEPT = 96 << 20
"""Bytes of unpacked chunks that all logs together keep from their first reading for the second."""

_MOST_BYTES = 96 << 20
_MOST_CHUNKS = 8


class Shelf:
    """Chunks of one log by their place.

    The first chunks of a log are kept from the reading that found its messages (``keep``), as long as all logs together
    keep no more than 96 MB; those that nobody has used since that reading began give way. So the pictures of a
    recording of that size are unpacked once, also while the next recording is read. Beyond them the last chunks asked
    for are kept: at most 8 and 96 MB, and always the last one, because cameras of one log are looked at by several
    threads, each at its own chunk.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: OrderedDict[int, bytes | memoryview] = OrderedDict()
        self._busy: dict[int, threading.Lock] = {}
        self._number = next(_numbers)
        weakref.finalize(self, _first.drop, self._number).atexit = False

    def keep(self, key: int, chunk: bytes | memoryview) -> None:
        """Keep a chunk that was unpacked already, where there is room."""
        _first.keep(self._number, key, chunk)

    def get(self, key: int, load: Callable[[int], bytes | memoryview]) -> bytes | memoryview:
        """The chunk at a place, unpacked now or before."""
        kept = _first.get(self._number, key)
        if kept is not None:
            return kept
        with self._lock:
            known = self._last.get(key)
            if known is not None:
                self._last.move_to_end(key)
                return known
            busy = self._busy.setdefault(key, threading.Lock())
        with busy:
            with self._lock:
                known = self._last.get(key)
            if known is not None:
                return known
            made = load(key)
            with self._lock:
                self._last[key] = made
                self._busy.pop(key, None)
                while len(self._last) > 1 and (
                    len(self._last) > _MOST_CHUNKS or sum(map(len, self._last.values())) > _MOST_BYTES
                ):
                    self._last.popitem(last=False)
            return made


class _First:
    """What all shelves keep of first readings."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a shelf may be collected, and dropped, while another one is served
        self._held: dict[int, _Kept] = {}
        self._bytes = 0
        self._uses = itertools.count()

    def keep(self, shelf: int, key: int, chunk: bytes | memoryview) -> None:
        with self._lock:
            own = self._held.get(shelf)
            if own is None:
                own = self._held[shelf] = _Kept(next(self._uses))
            if self._bytes + len(chunk) > MOST_KEPT:
                for idle in [number for number, other in self._held.items() if other.used < own.begun]:
                    self.drop(idle)
            if key not in own.chunks and self._bytes + len(chunk) <= MOST_KEPT:
                own.chunks[key] = chunk
                self._bytes += len(chunk)

    def get(self, shelf: int, key: int) -> bytes | memoryview | None:
        own = self._held.get(shelf)
        if own is None:
            return None
        own.used = next(self._uses)
        return own.chunks.get(key)

    def drop(self, shelf: int) -> None:
        with self._lock:
            own = self._held.pop(shelf, None)
            self._bytes -= sum(map(len, own.chunks.values())) if own else 0


@dataclass(slots=True)
class _Kept:
    begun: int
    used: int = -1
    chunks: dict[int, bytes | memoryview] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.used = self.begun


_numbers = itertools.count()
_first = _First()
