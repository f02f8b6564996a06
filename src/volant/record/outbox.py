"""Frames that wait to be acknowledged: all of them on disk, the newest also in memory."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path

from ..core.errors import Damaged
from ..wire import EVENT, event, unpack, words
from ..wire.spool import Spool, entries, frame_at

__all__ = ["Outbox"]

_IN_MEMORY = 32 << 20


class Outbox:
    """Every frame of one session from its number on; a frame goes once the server has it on disk.

    One thread adds, another takes. ``spool`` is where frames are written to, ``None`` where they lie there already.
    """

    def __init__(self, path: Path, session: str, spool: Spool | None) -> None:
        self.path, self.session, self._spool = path, session, spool
        self.changed: Callable[[], None] = lambda: None
        """Told when a frame was added."""
        self._lock = threading.Lock()
        self._places: deque[tuple[int, int]] = deque()
        self._recent: dict[int, bytes] = {}
        self._bytes = 0
        self._first = self.next = 1

    @classmethod
    def of(cls, path: Path) -> tuple[Outbox, set[str]]:
        """What an earlier process left in a spool, and the episodes in it.

        One that it did not end, because it was killed, ends as ``aborted`` after its last sample: by the same frame
        each time, so that sending again adds nothing.
        """
        box: Outbox | None = None
        episodes, under_way, last = set[str](), "", 0
        for entry in entries(path):
            box = box or cls(path, entry.session, None)
            frame = unpack(entry.frame)
            if frame.seq != box.next:
                continue
            box._places.append((entry.offset, len(entry.frame)))
            box.next += 1
            last = frame.t
            if frame.kind == EVENT and (said := words(frame))["event"] in ("begin", "end"):
                under_way = str(said["episode"]) if said["event"] == "begin" else ""
                episodes.add(str(said["episode"]))
        if box is None:
            raise Damaged(f"{path} holds no frame of a recording.", do="It can be removed.")
        if under_way:
            end = event(box.next, last, {"event": "end", "episode": under_way, "outcome": "aborted"})
            box._places.append((0, len(end)))
            box._recent[box.next] = end
            box.next += 1
        return box, episodes

    def add(self, made: Callable[[int], bytes], t: int, at: int) -> int:
        """Append the frame that ``made`` makes of its number; the number."""
        with self._lock:
            seq, spool = self.next, self._spool
            assert spool is not None
            frame = made(seq)
            offset = spool.add(self.session, frame, seq=seq, t=t, at=at)
            self._places.append((offset, len(frame)))
            self._recent[seq] = frame
            self._bytes += len(frame)
            self.next += 1
        return seq

    def write(self, *, sync: bool) -> None:
        """Put what was added into the file, and wake whoever sends it."""
        if self._spool is not None:
            self._spool.commit(sync=sync)
        with self._lock:
            while self._bytes > _IN_MEMORY and len(self._recent) > 1:
                self._bytes -= len(self._recent.pop(next(iter(self._recent))))
        self.changed()

    def frame(self, seq: int) -> bytes | None:
        """The frame of that number; ``None`` where it was acknowledged, or does not exist yet."""
        with self._lock:
            if not self._first <= seq < self.next:
                return None
            known = self._recent.get(seq)
            if known is not None:
                return known
            offset, size = self._places[seq - self._first]
        return frame_at(self.path, offset, size)

    def acknowledged(self, seq: int) -> None:
        """The server has everything up to this number on disk."""
        with self._lock:
            while self._first <= seq and self._places:
                self._places.popleft()
                self._bytes -= len(self._recent.pop(self._first, b""))
                self._first += 1

    @property
    def waiting(self) -> int:
        """Frames that are not acknowledged."""
        return self.next - self._first

    @property
    def acked(self) -> int:
        """The last acknowledged number."""
        return self._first - 1
