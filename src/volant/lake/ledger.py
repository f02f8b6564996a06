"""What happened to the lake and under which names: commits, tags, selections, and the journal of sources."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import zstandard

from ..core.errors import BadValue, LakeCorrupt, NotFound, Refused, suggest
from ..core.selection import Selection
from .manifest import Change, Manifest

__all__ = ["Commit", "Difference", "Ledger", "Source"]


@dataclass(frozen=True, slots=True)
class Commit:
    """One line of the log: what was added at a version, when, by whom."""

    version: int
    at: int
    what: str
    author: str
    counts: dict[str, int]
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A line of the journal of sources: how far a file or folder got. ``state`` is done, part or failed."""

    uri: str
    fingerprint: str
    format: str = ""
    how: str = ""
    state: str = "done"
    episodes: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """What came between two versions: ids of episodes added, and how many facts of each key."""

    before: int
    after: int
    episodes: tuple[str, ...]
    facts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The manifest's small tables."""

    manifest: Manifest

    def log(self) -> list[Commit]:
        """Every commit, oldest first."""
        names: dict[int, list[str]] = {}
        for name, version in self.tags().items():
            names.setdefault(version, []).append(name)
        rows = self.manifest.ask("SELECT version, at, what, author, counts FROM commits ORDER BY version")
        return [
            Commit(int(v), int(at), str(what), str(by), msgspec.json.decode(str(counts)), tuple(names.get(int(v), ())))
            for v, at, what, by, counts in rows
        ]

    def tag(self, name: str, version: int | None, at: int) -> int:
        """Name a version; a name is given once. The version named."""
        now = self.manifest.version
        version = now if version is None else version
        if not name or len(name) > 200 or name.isdigit():
            raise BadValue(f"{name!r} is no name for a version.", do="Use words, such as 'before-gloves'.")
        if not 0 <= version <= now:
            raise NotFound(f"There is no version {version}.", instead=f"Versions go up to {now}.")
        known = self.tags().get(name)
        if known == version:
            return version
        done = known is None and self.manifest.commit(
            Change("tag", at, counts={"version": version}, tags=[(name, version)]), lambda: name not in self.tags()
        )
        if not done or done < 0:
            raise Refused(f"The tag {name!r} names version {self.tags()[name]} already.", do="Use another name.")
        return version

    def tags(self) -> dict[str, int]:
        """Names and the versions they stand for."""
        return {str(name): int(v) for name, v in self.manifest.ask("SELECT name, version FROM tags ORDER BY name")}

    def resolve(self, version: int | str | None) -> int:
        """A version by number or tag; the newest for ``None``. Raises ``NotFound``."""
        now = self.manifest.version
        if version is None:
            return now
        if isinstance(version, str) and not version.isdigit():
            tags = self.tags()
            if version not in tags:
                raise NotFound(f"No version is called {version!r}.", instead=suggest(version, tags))
            return tags[version]
        if not 0 <= int(version) <= now:
            raise NotFound(f"There is no version {version}.", instead=f"Versions go up to {now}.")
        return int(version)

    def keep(self, selection: Selection, at: int) -> str:
        """Remember a selection under its hash; its hash. Keeping it again changes nothing."""
        name = selection.hash
        if not self.manifest.ask("SELECT 1 FROM selections WHERE hash = ?", (name,)):
            payload = zstandard.compress(msgspec.msgpack.encode(selection), 3)
            change = Change("select", at, counts={"episodes": len(selection)}, selections=[(name, payload)])
            self.manifest.commit(change, lambda: not self._kept(name))
        return name

    def _kept(self, name: str) -> bool:
        return bool(self.manifest.ask("SELECT 1 FROM selections WHERE hash = ?", (name,)))

    def selection(self, name: str) -> Selection:
        """A selection by its hash or a unique beginning of it. Raises ``NotFound``."""
        rows = self.manifest.ask("SELECT hash, payload FROM selections WHERE substr(hash, 1, ?) = ?", (len(name), name))
        if len(rows) != 1 or not name:
            every = [str(row[0])[:12] for row in self.manifest.ask("SELECT hash FROM selections ORDER BY added DESC")]
            what = f"{len(rows)} selections begin with {name!r}." if rows else f"The lake keeps no selection {name!r}."
            raise NotFound(what, instead=f"It keeps {', '.join(every[:8])}." if every else "It keeps none yet.")
        full, payload = rows[0]
        try:
            found = msgspec.msgpack.decode(zstandard.decompress(payload), type=Selection)
        except (msgspec.DecodeError, msgspec.ValidationError, zstandard.ZstdError) as error:
            raise LakeCorrupt(f"The selection {full} cannot be read: {error}.") from error
        if found.hash != full:
            raise LakeCorrupt(f"The selection {full} was altered.", do="Run `volant verify`.")
        return found

    def selections(self) -> list[Selection]:
        """Every selection the lake keeps, oldest first."""
        return [self.selection(str(row[0])) for row in self.manifest.ask("SELECT hash FROM selections ORDER BY added")]

    def seen(self, uri: str, fingerprint: str) -> bool:
        """Whether this very content at this place went in wholly."""
        row = self.source(uri)
        return row is not None and row.fingerprint == fingerprint and row.state == "done"

    def source(self, uri: str) -> Source | None:
        """The newest line of the journal about a place."""
        rows = self.manifest.ask(
            "SELECT uri, fingerprint, format, how, state, episodes FROM sources WHERE uri = ?"
            " ORDER BY added DESC, rowid DESC LIMIT 1",
            (uri,),
        )
        return Source(*rows[0]) if rows else None

    def mark(self, source: Source, at: int) -> int:
        """Write a line into the journal; the version that holds it."""
        line = (source.uri, source.fingerprint, source.format, source.how, source.state, source.episodes)
        return self.manifest.commit(Change("mark", at, counts={"episodes": source.episodes}, sources=[line]))
