"""What a write adds: rows and files made ready for one commit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..core.episode import Episode
from ..core.fact import FactTable
from . import facts as told
from .manifest import Change
from .media import Media
from .rows import catalogue_rows, stream_rows
from .segments import Shelf

__all__ = ["AUTHOR", "Putting"]

AUTHOR = "volant.lake@1"
"""Who says what the lake itself notices."""

_GROUP_BYTES, _GROUP_EPISODES = 8 << 20, 256
_GROUP_FACTS = 1 << 16
_SEGMENT_BYTES, _SEGMENT_EPISODES = 48 << 20, 1 << 16


@dataclass(frozen=True, slots=True)
class Putting:
    """Fills a change with episodes and facts; their files are durable when a method returns."""

    shelf: Shelf
    media: Media

    def episodes(self, fresh: list[Episode], change: Change) -> None:
        """Samples in row groups of at most 8 MB or 256 episodes, pictures beside them, and catalogue rows."""
        windows = self.media.take(fresh, change)
        for some in _bundles(fresh, _SEGMENT_BYTES, _SEGMENT_EPISODES):
            bundles = list(_bundles(some, _GROUP_BYTES, _GROUP_EPISODES))
            sizes = [sum(1 + len(episode.streams) for episode in bundle) for bundle in bundles]
            number = self.shelf.add(change, stream_rows(some, windows), "streams", groups=sizes)
            for group, bundle in enumerate(bundles):
                change.held += [(bytes.fromhex(episode.id), number, group) for episode in bundle]
        if fresh:
            self.shelf.add(change, catalogue_rows(fresh), "episodes")

    def facts(self, table: FactTable, change: Change) -> None:
        """Many facts of one sort get a typed table of their own; the rest lie together, loose."""
        self.grouped(told.groups(table, change.at), change)

    def grouped(self, parts: Sequence[told.Group], change: Change) -> None:
        """The same of facts that are in groups already."""
        for part in parts:
            if (n := len(part.table)) >= told.MANY:
                sizes = [min(_GROUP_FACTS, n - start) for start in range(0, n, _GROUP_FACTS)]
                self.shelf.add(change, part.table, "facts", groups=sizes, key=part.key, author=part.by, type=part.type)
        few = [part for part in parts if len(part.table) < told.MANY]
        if few:
            self.shelf.add(change, told.loose_rows(few), "loose")

    def origins(self, unique: list[Episode], known: set[str], change: Change, spoken: FactTable) -> None:
        """Remember where episodes were seen; a known one in a new place says so as a fact."""
        for episode in unique:
            uri = episode.origin.uri
            if not uri:
                continue
            mark = hashlib.blake2b(uri.encode("utf-8", "replace"), digest_size=8).digest()
            row = (bytes.fromhex(episode.id), mark)
            if episode.id in known:
                if self.shelf.manifest.ask("SELECT 1 FROM origins WHERE id = ? AND uri = ?", row):
                    continue
                spoken.row(episode.id, "origin/also", uri, AUTHOR)
            change.origins.append(row)


def _bundles(episodes: Sequence[Episode], most: int, count: int) -> Iterator[list[Episode]]:
    """Runs of episodes with at most so many bytes of samples and so many episodes; at least one each."""
    bundle: list[Episode] = []
    size = 0
    for episode in episodes:
        weight = sum(
            stream.t.nbytes + (stream.values.nbytes if stream.video is None else 0) for stream in episode.streams
        )
        if bundle and (size + weight > most or len(bundle) >= count):
            yield bundle
            bundle, size = [], 0
        bundle.append(episode)
        size += weight
    if bundle:
        yield bundle
