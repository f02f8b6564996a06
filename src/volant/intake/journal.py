"""What arrives live, on disk before it is acknowledged: a row of spools, the last of which grows."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..core.durable import sync
from ..core.errors import LakeUnwritable
from ..wire.sheaf import Sheaf, recorded
from ..wire.spool import Entry, Spool, entries, frame_at

__all__ = ["Journal", "Place"]

SEGMENT = 64 << 20
"""Bytes after which a new file is begun, so that old ones can go."""
_NAME = re.compile(r"journal-(\d{8})\.mcap")


class Place(NamedTuple):
    """Where the bytes of a frame lie: number of the file, offset, size."""

    segment: int
    offset: int
    size: int


class Journal:
    """Frames of all sessions in the order in which they came. One thread adds, another may commit.

    ``commit`` raises ``LakeUnwritable`` where the disk refuses; what was not durable then is gone, and the journal goes
    on in a new file as soon as it can.
    """

    def __init__(self, folder: Path, *, segment: int = SEGMENT) -> None:
        self._folder, self._most = folder, segment
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = threading.Lock()
        self._spool: Spool | None = None
        self.segment = max((number for number, _ in self._files()), default=0)
        """Number of the file that grows."""

    def replay(self) -> Iterator[tuple[int, Entry]]:
        """Every whole frame of every file, oldest first, with the number of its file."""
        for number, path in self._files():
            if path.stat().st_size > 8:
                sync(path)  # what a killed process wrote may lie in memory only, and is about to be believed
                for entry in entries(path):
                    yield number, entry

    def add(self, session: str, frame: bytes, *, seq: int, t: int, at: int) -> Place:
        """Append a frame; where it will lie. It is not durable before the next commit."""
        spool = self.begin()
        return Place(self.segment, spool.add(session, frame, seq=seq, t=t, at=at), len(frame))

    def add_all(self, names: Sequence[str], sheaf: Sheaf, which: Sequence[int], ats: Sequence[int]) -> None:
        """Append frames of a sheaf, by whose they are and when they came; for batches of samples, whose place nobody
        asks for. Cannot fail once ``begin`` did not."""
        spool = self.begin()
        edges = [(sheaf.starts[i], sheaf.stops[i]) for i in which]
        heads = []
        for name, i, at in zip(names, which, ats, strict=True):
            row = sheaf.rows[i]
            assert row is not None
            heads.append((spool.channel(name), row[1] & 0xFFFFFFFF, at, row[2]))
        spool.add_records(recorded(sheaf.blob, edges, heads))

    def begin(self) -> Spool:
        """The file that grows, begun where there is none. Raises ``LakeUnwritable``."""
        spool = self._spool
        if spool is None:
            with self._lock:
                spool = self._spool = self._spool or self._begun()
        return spool

    @property
    def full(self) -> bool:
        """Whether the growing file is as large as files should become."""
        return self._spool is not None and self._spool.size >= self._most

    def turn(self) -> None:
        """Go on in a new file; what was added before is durable then."""
        with self._lock:
            spool, self._spool = self._spool, None
        if spool is not None:
            try:
                spool.close()
            except OSError as error:
                raise _unwritable(self._folder, error) from error

    def commit(self) -> None:
        """Everything that was added before is on disk when this returns."""
        spool = self._spool
        if spool is None:
            return
        try:
            spool.commit()
        except OSError as error:
            with self._lock:
                self._spool = None
            spool.abandon()
            raise _unwritable(self._folder, error) from error

    def read(self, place: Place) -> bytes:
        """The bytes of a committed frame."""
        return frame_at(self._path(place.segment), place.offset, place.size)

    def release(self, needed: Iterable[int]) -> list[int]:
        """Remove files that nobody needs, never the growing one; which."""
        kept = {*needed, self.segment}
        gone = [number for number, _ in self._files() if number not in kept]
        for number in gone:
            self._path(number).unlink(missing_ok=True)
        return gone

    def close(self) -> None:
        """Commit, and let go."""
        self.turn()

    def _begun(self) -> Spool:
        self.segment += 1
        try:
            return Spool(self._path(self.segment))
        except OSError as error:
            raise _unwritable(self._folder, error) from error

    def _path(self, number: int) -> Path:
        return self._folder / f"journal-{number:08d}.mcap"

    def _files(self) -> list[tuple[int, Path]]:
        found = ((_NAME.fullmatch(path.name), path) for path in self._folder.iterdir())
        return sorted((int(match[1]), path) for match, path in found if match)


def _unwritable(folder: Path, error: OSError) -> LakeUnwritable:
    return LakeUnwritable(
        f"What arrives cannot be written to {folder}: {error.strerror or error}.",
        do="Make room there; clients keep what was not acknowledged and send it again.",
    )
