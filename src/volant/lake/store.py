"""The memory itself: episodes go in once, facts are added, nothing is ever edited; every commit is a version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from ..core.episode import Episode
from ..core.errors import LakeUnwritable
from ..core.fact import Fact, FactTable
from ..core.selection import Selection
from ..core.stream import Array
from . import facts as told
from . import vectors as bulk
from .exports import export
from .folder import Files, open_folder
from .ledger import Commit, Difference, Ledger, Source
from .manifest import Change
from .media import Media
from .objects import Log, open_bucket
from .points import Keeper
from .putting import AUTHOR, Putting
from .query import Limits, Query
from .reading import Reader, key_of
from .segments import Shelf
from .upkeep import Upkeep
from .vectors import Rows, Spans, Vectors
from .verify import Report, Verify
from .windows import Windowing, windows

__all__ = ["Receipt", "Source", "Store", "open_store"]

Names = str | Iterable[str]

_TIDY = 64
"""Every so many commits the writer that made the last of them seals what is hot."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a put did: ids that were added, ids that were there before, and the version that holds them all."""

    added: tuple[str, ...]
    known: tuple[str, ...]
    version: int


class Store:
    """A lake at a folder or object store. One Store serves one thread at a time; open as many as there are writers.

    ``rescue`` opens a folder that lost acknowledged commits, to read and verify what is left.

    Raises ``NotFound`` where there is none and ``create`` is false, ``LakeNewer``, ``LakeUnwritable``,
    ``LakeCorrupt``, and ``Refused`` for a folder that holds something else.
    """

    def __init__(
        self, place: str | Path, *, create: bool = True, spool: Path | None = None, rescue: bool = False
    ) -> None:
        self.place = str(place)
        self.files: Files
        self._log: Log | None
        if str(place).startswith("s3://"):
            self.files, self.manifest, self._log = open_bucket(str(place), create=create, spool=spool)
        else:
            self.files, self.manifest, self._log = *open_folder(place, create=create, rescue=rescue), None
        self.shelf = Shelf(self.manifest, self.files)
        self.media = Media(self.manifest, self.files)
        self.putting = Putting(self.shelf, self.media)
        self.query = Query(self.shelf)
        self.points = Keeper(self.query, self.files.kept)
        self.ledger = Ledger(self.manifest)
        self.reader = Reader(self.manifest, self.shelf, self.media)
        self.upkeep = Upkeep(self.manifest, self.files, self.shelf)

    @property
    def version(self) -> int:
        """Number of the last commit, whoever made it; 0 for an empty lake."""
        if self._log is not None:
            self._log.refresh()
        return self.manifest.version

    def close(self) -> None:
        """Let go of the lake."""
        self.media.close()
        self.manifest.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Store({self.place!r}, version {self.version})"

    def put(
        self,
        episodes: Sequence[Episode],
        facts: FactTable | Iterable[Fact] = (),
        *,
        at: int,
        sources: Sequence[Source] = (),
    ) -> Receipt:
        """Add episodes and facts in one atomic commit. Known episodes add nothing, except where they were seen again.

        ``at`` is the time of the commit and of facts that state none, nanoseconds since 1970. What the episodes'
        sources say (``said``) is stored with the episode as subject.
        """
        unique = list({episode.id: episode for episode in episodes}.values())
        given = facts if isinstance(facts, FactTable) else FactTable.of(facts)
        while True:
            known = self.known(episode.id for episode in unique)
            fresh = [episode for episode in unique if episode.id not in known]
            spoken = FactTable.of(fact.of(episode.id) for episode in fresh for fact in episode.said)
            spoken.extend(self._news(given, known) if known else given)
            change = Change("put", at, AUTHOR, sources=[_line(source) for source in sources])
            with self.files.writing():
                self.putting.origins(unique, known, change, spoken)
                self.putting.episodes(fresh, change)
                self.putting.facts(spoken, change)
                change.counts = {"episodes": len(fresh), "known": len(known), "facts": len(spoken)}
                there = tuple(episode.id for episode in unique if episode.id in known)
                if not (fresh or len(spoken) or sources):
                    return Receipt((), there, self.version)
                version = self.manifest.commit(change, partial(self._new, fresh))
            if version > 0:
                self._tidy(version, at)
                return Receipt(tuple(episode.id for episode in fresh), there, version)

    def tell(self, facts: FactTable | Iterable[Fact], *, at: int, author: str = AUTHOR) -> int:
        """Add facts in one atomic commit; the version that holds them."""
        table = facts if isinstance(facts, FactTable) else FactTable.of(facts)
        if not len(table):
            return self.version
        change = Change("tell", at, author, {"facts": len(table)})
        with self.files.writing():
            self.putting.facts(table, change)
            version = self.manifest.commit(change)
        self._tidy(version, at)
        return version

    def tell_vectors(
        self, subjects: Sequence[str], key: str, rows: Rows, by: str, *, at: int, spans: Spans | None = None
    ) -> int:
        """Add one vector ``[d]`` about each subject (and window, ``spans`` in ns) in one commit; the version after."""
        parts = bulk.groups(subjects, key, rows, by, at=at, spans=spans)
        change = Change("tell", at, AUTHOR, {"facts": len(subjects)})
        if not parts:
            return self.version
        with self.files.writing():
            self.putting.grouped(parts, change)
            version = self.manifest.commit(change)
        self._tidy(version, at)
        return version

    def vectors(self, key: str, by: str = "", *, windows: bool = False, version: int | str | None = None) -> Vectors:
        """The latest vector of every subject under a key, as columns; see ``lake.vectors.read``."""
        return bulk.read(self.shelf, self._at(version), key, by, windows=windows)

    def known(self, ids: Iterable[str]) -> set[str]:
        """Which of these episodes the lake holds."""
        found: set[str] = set()
        wanted = [key_of(one) for one in ids]
        for start in range(0, len(wanted), 500):
            some = wanted[start : start + 500]
            rows = self.manifest.ask(f"SELECT id FROM held WHERE id IN ({','.join('?' * len(some))})", some)
            found.update(row[0].hex() for row in rows)
        return found

    def ids(self, version: int | None = None) -> list[str]:
        """Ids of all episodes in the order they came."""
        return [
            str(one)
            for one in self.sql("SELECT id FROM episodes ORDER BY added, pos", version=version)["id"].to_pylist()
        ]

    def episode(self, id: str) -> Episode:
        """One episode, its pictures lazy. Raises ``NotFound``."""
        return next(self.reader.asked([id], None))

    def episodes(
        self,
        ids: Iterable[str] | None = None,
        *,
        version: int | str | None = None,
        columns: Sequence[str] | None = None,
    ) -> Iterator[Episode]:
        """Episodes in the order they came, or these in the order asked for; at most one row group is in memory.

        ``columns`` names the streams to give back; pictures of others are not even opened.
        """
        names = None if columns is None else set(columns)
        if ids is not None:
            yield from self.reader.asked(list(ids), names)
            return
        yield from self.reader.every(self._at(version), names)

    def facts(
        self, subject: Names | None = None, key: Names | None = None, version: int | str | None = None
    ) -> FactTable:
        """What is known, in the order it was told: of some subjects, of some keys, at a version.

        ``key`` may be a pattern such as ``"check/*"``, or several.
        """
        return told.table_of(self.fact_groups(subject, key, version))

    def fact_groups(
        self, subject: Names | None = None, key: Names | None = None, version: int | str | None = None
    ) -> list[told.Group]:
        """The same as typed Arrow tables, one per key, author and type of value."""
        subjects = None if subject is None else [subject] if isinstance(subject, str) else list(subject)
        keys = None if key is None else [key] if isinstance(key, str) else list(key)
        return list(told.find(self.shelf, self._at(version), subjects, keys))

    def catalogue(self, version: int | str | None = None) -> pa.Table:
        """One row per episode with its verdict, outcome and the version that added it, in the order they came."""
        return self.sql("SELECT * FROM episodes ORDER BY added, pos", version=version).drop_columns(["pos"])

    def sql(
        self,
        query: str,
        *,
        version: int | str | None = None,
        params: Sequence[object] = (),
        limits: Limits | None = None,
        keys: Sequence[str] | None = None,
    ) -> pa.Table:
        """The answer to a question asked of the views, at a version. Nothing outside them can be read or written.

        ``keys``, such as ``["measure/*", "value/*"]``, says which facts it asks for: files of others stay shut.
        """
        return self.query.ask(query, self._at(version), params, limits=limits, keys=keys)

    def log(self) -> list[Commit]:
        """Every commit, oldest first."""
        return self.ledger.log()

    def tag(self, name: str, version: int | None = None, *, at: int = 0) -> int:
        """Name a version, the newest unless said; the version named. Raises ``Refused`` for a name that is taken."""
        return self.ledger.tag(name, version, at)

    def tags(self) -> dict[str, int]:
        """Names and the versions they stand for."""
        return self.ledger.tags()

    def diff(self, before: int | str, after: int | str | None = None) -> Difference:
        """What came between two versions or tags: episodes, and facts by key."""
        a, b = sorted((self.ledger.resolve(before), self.ledger.resolve(after)))
        ids = self.sql("SELECT id FROM episodes WHERE added > ? ORDER BY added, pos", version=b, params=[a])
        keys = self.sql(
            "SELECT key, count(*) AS n FROM facts WHERE added > ? GROUP BY 1 ORDER BY 1", version=b, params=[a]
        )
        counts = dict(zip(keys["key"].to_pylist(), keys["n"].to_pylist(), strict=True))
        return Difference(a, b, tuple(ids["id"].to_pylist()), counts)

    def keep(self, selection: Selection, *, at: int = 0) -> str:
        """Remember a selection under its hash, so that facts can speak of it; its hash."""
        return self.ledger.keep(selection, at)

    def selection(self, name: str) -> Selection:
        """A kept selection by its hash or a unique beginning of it. Raises ``NotFound``."""
        return self.ledger.selection(name)

    def selections(self) -> list[Selection]:
        """Every kept selection, oldest first."""
        return self.ledger.selections()

    def seen(self, uri: str, fingerprint: str) -> bool:
        """Whether this very content at this place went in wholly."""
        return self.ledger.seen(uri, fingerprint)

    def mark(self, uri: str, fingerprint: str, *, at: int = 0, **said: Any) -> int:
        """Write into the journal how far a source got (``format``, ``how``, ``state``, ``episodes``)."""
        return self.ledger.mark(Source(uri, fingerprint, **said), at)

    def windows(
        self,
        selection: Selection,
        *,
        length: int,
        stride: int = 1,
        batch: int = 64,
        seed: int | None = None,
        signals: Sequence[str] | None = None,
        resample: float | None = None,
    ) -> Iterator[dict[str, Array]]:
        """One epoch of training batches: each signal ``[batch, length, *shape]`` with ``episode``, ``t``, ``valid``.

        The same selection and seed (its own unless said) give the same batches, bit for bit. ``resample`` is a rate
        in Hz; see ``lake.windows``.
        """
        chosen = selection.seed if seed is None else seed
        how = Windowing(length, stride, batch, chosen, tuple(signals or ()), resample)
        return windows(self.query, self._loaded, selection, how)

    def _loaded(self, ids: list[str], names: Sequence[str]) -> Iterator[Episode]:
        return self.reader.asked(ids, set(names))

    def export(self, kind: str, out: str | Path, *, version: int | str | None = None) -> dict[str, int]:
        """Write the lake at a version as tables (``kind``: parquet, lance, delta, iceberg); rows of each."""
        return export(kind, Path(out), self.shelf, self.query, self._at(version))

    def seal(self, *, at: int = 0) -> int:
        """Move small hot segments into files; the version after it. Nothing that can be asked changes."""
        return self.upkeep.seal(at)

    def compact(self, *, at: int = 0) -> int:
        """Merge small files into large ones; the version after it. ``clean`` removes the old ones later."""
        return self.upkeep.compact(at)

    def clean(self, *, keep: int = 16, grace: float = 3600.0) -> list[str]:
        """Remove what killed writers left and segments that were merged ``keep`` commits ago; what went.

        Waits for writers on this machine. On an object store, files younger than ``grace`` seconds stay.
        """
        return self.upkeep.clean(keep=keep, grace=grace)

    def verify(self, *, deep: bool = False) -> Report:
        """Hash every stored byte again; ``deep`` also computes every episode's id anew, reading every picture."""
        found = Verify(self.manifest, self.files, self.shelf, self.media, self._log)
        return found.report(deep=deep, wanted=self.upkeep.wanted(self.version))

    def accept_loss(self, *, at: int = 0) -> int:
        """Go on from what is left of a lake that lost acknowledged commits, on record; the version after that."""
        return self.manifest.accept(at, AUTHOR)

    def _at(self, version: int | str | None) -> int:
        """A version by number, tag, or ``None`` for the newest there is."""
        return self.version if version is None else self.ledger.resolve(version)

    def _tidy(self, version: int, at: int) -> None:
        """Now and then seal. The commit is durable already, so want of space is left for the next write to say."""
        if version % _TIDY == 0:
            with suppress(LakeUnwritable):
                self.upkeep.seal(at)
                if self._log is not None:
                    self._log.snapshot()

    def _new(self, episodes: list[Episode]) -> bool:
        return not self.known(episode.id for episode in episodes)

    def _news(self, facts: FactTable, known: set[str]) -> FactTable:
        """Facts without those that were told before of episodes that were known before."""
        before = {_same(fact) for fact in self.facts(known)}
        return FactTable.of(fact for fact in facts if fact.subject not in known or _same(fact) not in before)


def open_store(place: str | Path, *, create: bool = False) -> Store:
    """The lake at a place; by default it must be there."""
    return Store(place, create=create)


def _same(fact: Fact) -> tuple[object, ...]:
    return (fact.subject, fact.key, fact.by, repr(fact.value), fact.span, fact.stream)


def _line(source: Source) -> tuple[str, str, str, str, str, int]:
    return (source.uri, source.fingerprint, source.format, source.how, source.state, source.episodes)
