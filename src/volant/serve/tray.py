"""What came over many WebSockets since it was last looked at, cut into messages together.

A coroutine, a queue and a pause for each message cost more than judging it. Here the bytes of every socket gather for
a few milliseconds; then one call finds the messages of all of them, and whoever hears takes them in together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["Messages", "Tray", "cut_frames"]

BINARY = 0x82
"""First byte of a frame that is a whole binary message."""
MOST_BYTES = 4 << 20
"""Bytes that gather at most before they are looked at: the tray is ready at once then."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Messages:
    """Whole binary messages: message ``i`` is ``blob[starts[i]:stops[i]]``, came over ``lines[i]`` at ``ats[i]``."""

    blob: bytes
    lines: list[Any]
    ats: list[int]
    starts: Ints
    stops: Ints


class Gathering(Protocol):
    """A socket whose bytes gather."""

    rest: bytearray
    """What came and was not handed on yet."""
    line: Any
    at: int
    """When the first of it came."""

    @property
    def most(self) -> int: ...
    def hears(self) -> bool: ...
    def aside(self, frame: bytes) -> None: ...
    def left(self, used: int, need: int) -> None: ...


@dataclass(slots=True)
class Tray:
    """Sockets that have something to say. ``ready`` is called when the first of them has, ``now`` where there is so
    much that it should be emptied at once; ``most`` bytes are the largest message."""

    ready: Callable[[], object]
    now: Callable[[], object]
    clock: Callable[[], int]
    most: int = 16 << 20
    _sockets: list[Gathering] = field(default_factory=list)
    _bytes: int = 0

    def put(self, socket: Gathering) -> None:
        """A socket has whole frames, perhaps; once until it is emptied."""
        self._sockets.append(socket)
        if len(self._sockets) == 1:
            self.ready()

    def more(self, size: int) -> None:
        """So many bytes came."""
        self._bytes += size
        if self._bytes > MOST_BYTES:
            self.now()

    def empty(self) -> Messages | None:
        """What came, in the order in which it came over each socket; what is no binary message goes its usual way."""
        sockets, self._sockets, self._bytes = self._sockets, [], 0
        if not sockets:
            return None
        blob, rows, ends, edges = cut_frames([socket.rest for socket in sockets], [socket.most for socket in sockets])
        heard = [socket.hears() for socket in sockets]
        plain = rows[:, 1] == BINARY
        if not plain.all():
            for i, _, start, _, stop in rows[~plain].tolist():
                sockets[i].aside(blob[start:stop])
        for socket, (end, need), edge in zip(sockets, ends.tolist(), edges.tolist(), strict=False):
            socket.left(end - edge, need)
        if not all(heard):
            plain &= np.array(heard)[rows[:, 0]]
        rows = rows[plain]
        whose = rows[:, 0].tolist()
        lines, ats = [socket.line for socket in sockets], [socket.at for socket in sockets]
        return Messages(blob, [lines[i] for i in whose], [ats[i] for i in whose], rows[:, 3], rows[:, 4])


def cut_frames(parts: list[bytearray], mosts: list[int]) -> tuple[bytes, Ints, Ints, Ints]:
    """The frames in stretches of bytes, as ``_cutting.cut`` says: the bytes, rows, ends, and where stretches begin."""
    from ._cutting import COLUMNS, cut  # compiled code takes a moment to load

    joined = np.frombuffer(bytearray().join(parts), np.uint8)
    edges = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=edges[1:])
    rows = np.empty((len(joined) // 6 + 1, COLUMNS), np.int64)
    ends = np.empty((len(parts), 2), np.int64)
    n = cut(joined, edges, np.array(mosts, np.int64), rows, ends)
    return joined.tobytes(), rows[:n], ends, edges
