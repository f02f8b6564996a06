"""Episodes back from a lake: all in the order they came, or some in the order asked for, with bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from ..core.episode import Episode
from ..core.errors import LakeCorrupt, NotFound
from .manifest import Manifest
from .media import Media
from .rows import episodes_of
from .segments import Shelf

__all__ = ["Reader", "key_of"]

_HELD = 64
"""Episodes that are asked for by id and held in memory at a time."""


@dataclass(slots=True)
class Reader:
    """Reads episodes by way of the manifest; at most one row group is in memory."""

    manifest: Manifest
    shelf: Shelf
    media: Media
    _last: tuple[tuple[int, int], pa.Table] | None = field(default=None, repr=False)

    def every(self, bound: int, names: set[str] | None) -> Iterator[Episode]:
        """All episodes of a version in the order they came; ``names`` are the streams to give back, ``None`` all."""
        done, seen = 0, -1
        while True:
            try:
                for episode in islice(self._every(bound, names), done, None):
                    done += 1
                    yield episode
                return
            except LakeCorrupt:
                # What a slow reader listed may have been merged and cleaned away meanwhile; the order stays the same.
                if self.manifest.version == seen:
                    raise
                seen = self.manifest.version

    def _every(self, bound: int, names: set[str] | None) -> Iterator[Episode]:
        for segment in self.manifest.segments("streams", bound):
            for table in self.shelf.groups(segment):
                rows = table.filter(pc.field("added") <= bound) if segment.mixed else table
                for _, episode in episodes_of(rows, self.media.open, names=names):
                    yield episode

    def asked(self, ids: Sequence[str], names: set[str] | None) -> Iterator[Episode]:
        """Episodes in the order asked for; of every 64 each row group is read once, in the order they lie in."""
        for start in range(0, len(ids), _HELD):
            some = list(ids[start : start + _HELD])
            try:
                found = self._fetched(some, names)
            except LakeCorrupt:
                found = self._fetched(some, names)  # a merge may have moved them between the look-up and the read
            for one in some:
                yield found[one]

    def _fetched(self, some: list[str], names: set[str] | None) -> dict[str, Episode]:
        marks = ",".join("?" * len(some))
        rows = self.manifest.ask(
            f"SELECT id, seq, grp FROM held WHERE id IN ({marks}) ORDER BY seq, grp", [key_of(one) for one in some]
        )
        groups: dict[tuple[int, int], set[str]] = {}
        for raw, seq, group in rows:
            groups.setdefault((seq, group), set()).add(raw.hex())
        missing = set(some).difference(*groups.values()) if groups else set(some)
        if missing:
            raise NotFound(f"The lake holds no episode {min(missing)!r}.", do="`volant episodes` lists what it holds.")
        found: dict[str, Episode] = {}
        for spot, wanted in groups.items():
            if self._last is None or self._last[0] != spot:
                self._last = (spot, self.shelf.read(self.manifest.segment(spot[0]), group=spot[1]))
            # A few episodes are copied out, so that they do not keep their whole row group in memory.
            own = len(wanted) <= 8
            found.update(episodes_of(self._last[1], self.media.open, wanted, names, own=own))
        return found


def key_of(id: str) -> bytes:
    """An episode's id as bytes; what is no id becomes a key that nothing has."""
    try:
        return bytes.fromhex(id)
    except ValueError:
        return b"?" + id.encode("utf-8", "replace")[:64]
