"""Unpacked chunks that are asked for again and again: a few are kept, whoever asks, each unpacked once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["Shelf"]

_MOST_BYTES = 96 << 20
_MOST_CHUNKS = 8


class Shelf:
    """The last chunks by their place: at most 8 of them and 96 MB, and always the last one.

    Cameras of one log are looked at by several threads, each at its own chunk: with room for one chunk only, two
    threads would unpack every chunk anew for every picture.
    """

    def __init__(self, load: Callable[[int], bytes]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._busy: dict[int, threading.Lock] = {}

    def get(self, key: int) -> bytes:
        """The chunk at a place, unpacked now or before."""
        with self._lock:
            known = self._kept.get(key)
            if known is not None:
                self._kept.move_to_end(key)
                return known
            busy = self._busy.setdefault(key, threading.Lock())
        with busy:
            with self._lock:
                known = self._kept.get(key)
            if known is not None:
                return known
            made = self._load(key)
            with self._lock:
                self._kept[key] = made
                self._busy.pop(key, None)
                while len(self._kept) > 1 and (
                    len(self._kept) > _MOST_CHUNKS or sum(map(len, self._kept.values())) > _MOST_BYTES
                ):
                    self._kept.popitem(last=False)
            return made
