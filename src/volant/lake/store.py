"""The memory itself: episodes go in once, facts are added, nothing is ever edited; every commit is a version."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.compute as pc

from ..core.episode import Episode
from ..core.errors import LakeCorrupt, LakeUnwritable, NotFound, Refused
from ..core.fact import Fact, FactTable
from . import facts as told
from .folder import Files, Folder
from .manifest import Change, Manifest
from .media import Media
from .query import Query
from .rows import catalogue_rows, episodes_of, stream_rows
from .segments import Shelf

__all__ = ["Receipt", "Source", "Store", "open_store"]

_BY = "volant.lake@1"
_GROUP_BYTES, _GROUP_EPISODES = 8 << 20, 256
_SEGMENT_BYTES = 48 << 20
_MANIFEST = "manifest.sqlite"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a put did: ids that were added, ids that were there before, and the version that holds them all."""

    added: tuple[str, ...]
    known: tuple[str, ...]
    version: int


@dataclass(frozen=True, slots=True)
class Source:
    """A line of the journal of sources: how far a file or folder got. ``state`` is done, part or failed."""

    uri: str
    fingerprint: str
    format: str = ""
    how: str = ""
    state: str = "done"
    episodes: int = 0


class Store:
    """A lake at a folder or object store. One Store serves one thread at a time; open as many as there are writers.

    Raises ``NotFound`` where there is none and ``create`` is false, ``LakeNewer``, ``LakeUnwritable``,
    ``LakeCorrupt``, and ``Refused`` for a folder that holds something else.
    """

    def __init__(self, place: str | Path, *, create: bool = True, spool: Path | None = None) -> None:
        self.place = str(place)
        self.files, self.manifest = _opened(place, create, spool)
        self.shelf = Shelf(self.manifest, self.files)
        self.media = Media(self.manifest, self.files)
        self.query = Query(self.shelf)

    @property
    def version(self) -> int:
        """Number of the last commit; 0 for an empty lake."""
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
            change = Change("put", at, _BY, sources=[_line(source) for source in sources])
            with self.files.writing():
                self._origins(unique, known, change, spoken)
                self._episodes(fresh, change)
                self._facts(spoken, change)
                change.counts = {"episodes": len(fresh), "known": len(known), "facts": len(spoken)}
                there = tuple(episode.id for episode in unique if episode.id in known)
                if not (fresh or len(spoken) or sources):
                    return Receipt((), there, self.version)
                version = self.manifest.commit(change, lambda: not self.known(episode.id for episode in fresh))
            if version > 0:
                return Receipt(tuple(episode.id for episode in fresh), there, version)

    def tell(self, facts: FactTable | Iterable[Fact], *, at: int, author: str = _BY) -> int:
        """Add facts in one atomic commit; the version that holds them."""
        table = facts if isinstance(facts, FactTable) else FactTable.of(facts)
        if not len(table):
            return self.version
        change = Change("tell", at, author, {"facts": len(table)})
        with self.files.writing():
            self._facts(table, change)
            return self.manifest.commit(change)

    def known(self, ids: Iterable[str]) -> set[str]:
        """Which of these episodes the lake holds."""
        found: set[str] = set()
        wanted = [_raw(id) for id in ids]
        for start in range(0, len(wanted), 500):
            some = wanted[start : start + 500]
            rows = self.manifest.ask(f"SELECT id FROM held WHERE id IN ({','.join('?' * len(some))})", some)
            found.update(row[0].hex() for row in rows)  # type: ignore[attr-defined]
        return found

    def episode(self, id: str) -> Episode:
        """One episode, its pictures lazy. Raises ``NotFound``."""
        rows = self.manifest.ask("SELECT seq, grp FROM held WHERE id = ?", (_raw(id),))
        if not rows:
            raise NotFound(f"The lake holds no episode {id!r}.", do="`volant episodes` lists what it holds.")
        seq, group = rows[0]
        table = self.shelf.read(self.manifest.segment(int(seq)), group=int(group))  # type: ignore[call-overload]
        for episode in episodes_of(table, self.media.open, {id}):
            return episode
        raise LakeCorrupt(f"Episode {id} is not where the manifest says.", do="Run `volant verify`.")

    def episodes(
        self, ids: Iterable[str] | None = None, *, version: int | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[Episode]:
        """Episodes in the order they came, or these in the order asked for; at most one row group is in memory.

        ``columns`` names the streams to give back; pictures of others are not even opened.
        """
        names = None if columns is None else set(columns)
        if ids is not None:
            yield from self._asked(list(ids), names)
            return
        bound = self.version if version is None else version
        for segment in self.manifest.segments("streams", bound):
            for table in self.shelf.groups(segment):
                if segment.mixed and bound < self.version:
                    table = table.filter(pc.less_equal(table["added"], bound))
                yield from episodes_of(table, self.media.open, names=names)

    def _asked(self, ids: list[str], names: set[str] | None) -> Iterator[Episode]:
        """Episodes in the order asked for, each row group read once while its run lasts."""
        last: tuple[object, object] | None = None
        table = None
        for start in range(0, len(ids), 500):
            some = ids[start : start + 500]
            marks = ",".join("?" * len(some))
            rows = self.manifest.ask(f"SELECT id, seq, grp FROM held WHERE id IN ({marks})", [_raw(id) for id in some])
            spots = {row[0].hex(): (row[1], row[2]) for row in rows}  # type: ignore[attr-defined]
            for id in some:
                if id not in spots:
                    raise NotFound(f"The lake holds no episode {id!r}.", do="`volant episodes` lists what it holds.")
                if spots[id] != last:
                    last = spots[id]
                    held = self.manifest.segment(int(last[0]))  # type: ignore[call-overload]
                    table = self.shelf.read(held, group=int(last[1]))  # type: ignore[call-overload]
                yield from episodes_of(table, self.media.open, {id}, names)

    def facts(
        self, subject: str | Iterable[str] | None = None, key: str | None = None, version: int | None = None
    ) -> FactTable:
        """What is known, in the order it was told: of one or some subjects, of one key, at a version."""
        return told.table_of(self.fact_groups(subject, key, version))

    def fact_groups(
        self, subject: str | Iterable[str] | None = None, key: str | None = None, version: int | None = None
    ) -> list[told.Group]:
        """The same as typed Arrow tables, one per key, author and type of value."""
        wanted = (
            None if subject is None else pa.array([subject] if isinstance(subject, str) else list(subject), pa.string())
        )
        bound = self.version if version is None else version
        parts: list[told.Group] = []
        for segment in (*self.manifest.segments("facts", bound, key), *self.manifest.segments("loose", bound, key)):
            table = self.shelf.dated(segment)
            if segment.mixed:
                table = table.filter(pc.less_equal(table["added"], bound))
            if wanted is not None:
                table = table.filter(pc.is_in(table["subject"], value_set=wanted))
            if segment.kind == "loose" and key is not None:
                table = table.filter(pc.equal(table["key"], key))
            if len(table):
                found = [told.Group(segment.key, segment.author, segment.type, table)]
                parts += told.unloose(table) if segment.kind == "loose" else found
        return parts

    def catalogue(self, version: int | None = None) -> pa.Table:
        """One row per episode with its verdict, outcome and the version that added it, in the order they came."""
        return self.sql("SELECT * FROM episodes ORDER BY added, pos", version=version).drop_columns(["pos"])

    def sql(self, query: str, *, version: int | None = None, params: Sequence[object] = ()) -> pa.Table:
        """The answer to a question asked of the views, at a version. Nothing outside them can be read or written."""
        return self.query.ask(query, self.version if version is None else version, params)

    def _news(self, facts: FactTable, known: set[str]) -> FactTable:
        """Facts without those that were told before of episodes that were known before."""
        before = {_same(fact) for fact in self.facts(known)}
        return FactTable.of(fact for fact in facts if fact.subject not in known or _same(fact) not in before)

    def _origins(self, unique: list[Episode], known: set[str], change: Change, spoken: FactTable) -> None:
        """Remember where episodes were seen; a known one in a new place says so as a fact."""
        for episode in unique:
            uri = episode.origin.uri
            if not uri:
                continue
            mark = hashlib.blake2b(uri.encode("utf-8", "replace"), digest_size=8).digest()
            row = (bytes.fromhex(episode.id), mark)
            if episode.id in known:
                if self.manifest.ask("SELECT 1 FROM origins WHERE id = ? AND uri = ?", row):
                    continue
                spoken.row(episode.id, "origin/also", uri, _BY)
            change.origins.append(row)

    def _episodes(self, fresh: list[Episode], change: Change) -> None:
        windows = self.media.take(fresh, change)
        for some in _bundles(fresh, _SEGMENT_BYTES, 1 << 16):
            bundles = list(_bundles(some, _GROUP_BYTES, _GROUP_EPISODES))
            sizes = [sum(1 + len(episode.streams) for episode in bundle) for bundle in bundles]
            number = self.shelf.add(change, stream_rows(some, windows), "streams", groups=sizes)
            for group, bundle in enumerate(bundles):
                change.held += [(bytes.fromhex(episode.id), number, group) for episode in bundle]
        if fresh:
            self.shelf.add(change, catalogue_rows(fresh), "episodes")

    def _facts(self, table: FactTable, change: Change) -> None:
        """Many facts of one sort get a typed file of their own; the rest lie together, loose."""
        parts = told.groups(table, change.at)
        for part in parts:
            if len(part.table) >= told.MANY:
                self.shelf.add(change, part.table, "facts", key=part.key, author=part.by, type=part.type)
        few = [part for part in parts if len(part.table) < told.MANY]
        if few:
            self.shelf.add(change, told.loose_rows(few), "loose")


def open_store(place: str | Path, *, create: bool = False) -> Store:
    """The lake at a place; by default it must be there."""
    return Store(place, create=create)


def _opened(place: str | Path, create: bool, spool: Path | None) -> tuple[Files, Manifest]:
    root = Path(place).expanduser()
    if root.exists() and not root.is_dir():
        raise Refused(f"{root} is a file, not a lake.", do="Name a folder.")
    manifest = root / _MANIFEST
    try:
        others = [] if manifest.exists() or not root.exists() else [path.name for path in root.iterdir()]
    except OSError as error:
        raise LakeUnwritable(f"The folder {root} cannot be read: {error.strerror}.") from error
    strangers = [name for name in others if name not in ("lock", "tmp") and not name.startswith(_MANIFEST)]
    if strangers and create:
        raise Refused(
            f"{root} holds other things ({', '.join(sorted(strangers)[:3])}) and no lake.",
            do="Name an empty or new folder.",
        )
    return Folder(root), Manifest.open(manifest, create=create)


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


def _raw(id: str) -> bytes:
    """An episode's id as bytes; what is no id becomes a key that nothing has."""
    try:
        return bytes.fromhex(id)
    except ValueError:
        return b"?" + id.encode("utf-8", "replace")[:64]


def _same(fact: Fact) -> tuple[object, ...]:
    return (fact.subject, fact.key, fact.by, repr(fact.value), fact.span, fact.stream)


def _line(source: Source) -> tuple[str, str, str, str, str, int]:
    return (source.uri, source.fingerprint, source.format, source.how, source.state, source.episodes)
