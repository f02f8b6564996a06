"""Many small segments into few large ones, and files that nobody needs away; no row is ever changed or lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa

from . import facts as told
from .folder import Files
from .manifest import Change, Manifest, Segment
from .putting import AUTHOR
from .segments import Shelf

__all__ = ["Upkeep"]

_SMALL = 16 << 20
"""Segments smaller than this are merged by ``compact``."""

_LARGE = 48 << 20
"""No merged segment is made of more bytes than this."""

_GROUP_EPISODES, _GROUP_ROWS_BYTES = 256, 8 << 20


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Merges segments: the new ones carry the version of each row, so every version stays readable."""

    manifest: Manifest
    files: Files
    shelf: Shelf

    def seal(self, at: int) -> int:
        """Move what is hot into files; the version after it."""
        return self._merge("seal", at, lambda segment: not segment.place)

    def compact(self, at: int) -> int:
        """Merge small files as well; the version after it."""
        return self._merge("compact", at, lambda segment: segment.bytes < _SMALL)

    def clean(self, *, keep: int, grace: float) -> list[str]:
        """Remove temporary files, orphans of killed writers, and segments that were merged ``keep`` commits ago."""
        with self.files.alone():
            return self.files.sweep(self.wanted(keep), grace=grace)

    def wanted(self, keep: int) -> set[str]:
        """Keys of all files that the last ``keep`` versions refer to."""
        oldest = self.manifest.version - keep
        rows = self.manifest.ask(
            "SELECT place FROM segments WHERE place <> '' AND (removed IS NULL OR removed > ?)"
            " UNION SELECT place FROM media",
            (oldest,),
        )
        return {str(row[0]) for row in rows}

    def _merge(self, what: str, at: int, small: Callable[[Segment], bool]) -> int:
        change = Change(what, at, AUTHOR)
        with self.files.writing():
            for run in self._runs("streams", small):
                self._streams(run, change)
            for run in self._runs("episodes", small):
                self._catalogue(run, change)
            self._facts([s for kind in ("facts", "loose") for s in self.manifest.segments(kind) if small(s)], change)
            if not change.retired:
                return self.manifest.version
            change.counts = {"segments": len(change.retired), "into": len(change.segments)}
            self.manifest.commit(change, lambda: self._live(change.retired))
        return self.manifest.version

    def _live(self, numbers: list[int]) -> bool:
        """Whether nobody else merged these meanwhile; if so there is nothing to do, their merge holds the rows."""
        live = {int(row[0]) for row in self.manifest.ask("SELECT seq FROM segments WHERE removed IS NULL")}
        return live.issuperset(numbers)

    def _runs(self, kind: str, small: Callable[[Segment], bool]) -> Iterator[list[Segment]]:
        """Neighbours that are small, up to 48 MB at a time: only neighbours, so that episodes stay in order."""
        run: list[Segment] = []
        for segment in (*self.manifest.segments(kind), None):
            full = segment is None or not small(segment) or sum(s.bytes for s in run) + segment.bytes > _LARGE
            if full:
                if len(run) > 1:
                    yield run
                run = []
            if segment is not None and small(segment):
                run.append(segment)

    def _streams(self, run: list[Segment], change: Change) -> None:
        table = _joined(self.shelf.dated(segment) for segment in run)
        heads = np.flatnonzero(table["ord"].to_numpy() == -1)
        edges = np.append(heads, len(table))
        weight = max(1, table.nbytes // max(1, len(heads)))
        step = max(1, min(_GROUP_EPISODES, _GROUP_ROWS_BYTES // weight))
        cuts = [*range(0, len(heads), step), len(heads)]
        sizes = [int(edges[b] - edges[a]) for a, b in pairwise(cuts)]
        number = self.shelf.add(change, table, "streams", groups=sizes, low=_low(run))
        ids = table["episode"].take(pa.array(heads)).to_pylist()
        change.held += [(bytes.fromhex(name), number, row // step) for row, name in enumerate(ids)]
        change.retired += [segment.seq for segment in run]

    def _catalogue(self, run: list[Segment], change: Change) -> None:
        table = _joined(self.shelf.dated(segment) for segment in run)
        sizes = [min(1 << 16, len(table) - start) for start in range(0, len(table), 1 << 16)]
        self.shelf.add(change, table, "episodes", groups=sizes, low=_low(run))
        change.retired += [segment.seq for segment in run]

    def _facts(self, small: list[Segment], change: Change) -> None:
        """Facts of one sort into one typed table where they are many; the few stay together, loose."""
        if len(small) < 2:
            return
        piles: dict[tuple[str, str, str], list[tuple[Segment, pa.Table]]] = {}
        for segment in small:
            table = self.shelf.dated(segment)
            own = [told.Group(segment.key, segment.author, segment.type, table)]
            for key, by, kind, part in told.unloose(table) if segment.kind == "loose" else own:
                piles.setdefault((key, by, kind), []).append((segment, part))
        few = []
        for (key, by, kind), pile in sorted(piles.items()):
            whole = pa.concat_tables([part for _, part in pile])
            if len(whole) < told.MANY:
                few.append(told.Group(key, by, kind, whole))
                continue
            low = min(segment.low for segment, _ in pile)
            self.shelf.add(change, whole, "facts", key=key, author=by, type=kind, low=str(low))
        if few:
            self.shelf.add(change, told.loose_rows(few), "loose", low=_low(small))
        change.retired += [segment.seq for segment in small]


def _joined(tables: Iterable[pa.Table]) -> pa.Table:
    return pa.concat_tables(list(tables), promote_options="default").combine_chunks()


def _low(run: list[Segment]) -> str:
    return str(min(segment.low for segment in run))
