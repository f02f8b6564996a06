"""The one SQLite file that says what the lake holds at which version: an append-only, hash-chained list of commits.

Every row carries the version that added it. Nothing is updated except ``segments.removed`` (a segment was merged
into a larger one) and the index ``held``, which can be made again from the segments. Small
segments lie in ``hot`` until they are sealed. ``commits.chain`` is the digest of the commit's rows and of the chain
before it, so an edit of the file is noticed.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec

from ..core.errors import LakeCorrupt, LakeUnwritable, NotFound, VolantError
from .connect import APPLICATION, LAYOUT, connect, entered, fits, keep_log, left, look, opening, told
from .witness import Witness

__all__ = ["LAYOUT", "Behind", "Change", "Manifest", "Segment"]

_SCHEMA = """
CREATE TABLE commits (version INTEGER PRIMARY KEY, at INTEGER NOT NULL, what TEXT NOT NULL, author TEXT NOT NULL,
    counts TEXT NOT NULL, writer TEXT NOT NULL, retired TEXT NOT NULL, chain TEXT NOT NULL);
CREATE TABLE segments (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, author TEXT NOT NULL,
    type TEXT NOT NULL, digest TEXT NOT NULL, bytes INTEGER NOT NULL, rows INTEGER NOT NULL, low INTEGER NOT NULL,
    mixed INTEGER NOT NULL, place TEXT NOT NULL, groups TEXT NOT NULL, added INTEGER NOT NULL, removed INTEGER);
CREATE TABLE hot (digest TEXT PRIMARY KEY, payload BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE media (digest TEXT NOT NULL, bytes INTEGER NOT NULL, kind TEXT NOT NULL, place TEXT NOT NULL,
    added INTEGER NOT NULL, PRIMARY KEY (digest)) WITHOUT ROWID;
CREATE TABLE held (id BLOB PRIMARY KEY, seq INTEGER NOT NULL, grp INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE origins (id BLOB NOT NULL, uri BLOB NOT NULL, added INTEGER NOT NULL, PRIMARY KEY (id, uri)) WITHOUT ROWID;
CREATE INDEX origins_added ON origins (added);
CREATE TABLE tags (name TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, added INTEGER NOT NULL);
CREATE TABLE selections (hash TEXT NOT NULL PRIMARY KEY, payload BLOB NOT NULL, added INTEGER NOT NULL);
CREATE TABLE sources (uri TEXT NOT NULL, fingerprint TEXT NOT NULL, format TEXT NOT NULL, how TEXT NOT NULL,
    state TEXT NOT NULL, episodes INTEGER NOT NULL, added INTEGER NOT NULL);
CREATE INDEX sources_uri ON sources (uri, added);
CREATE INDEX segments_live ON segments (kind, removed);
CREATE INDEX segments_digest ON segments (digest);
CREATE INDEX segments_added ON segments (added);
"""

_CHAINED = {
    "segments": "seq, kind, key, author, type, digest, bytes, rows, low, mixed, place, groups",
    "origins": "id, uri",
    "media": "digest, bytes, kind, place",
    "tags": "name, version",
    "selections": "hash, payload",
    "sources": "uri, fingerprint, format, how, state, episodes",
}
"""Tables whose rows are hashed into the chain, and their columns in order."""

_SLOTS = 1 << 20
"""Segments one commit may add: a segment's number is ``version * _SLOTS + place in the commit``."""


class Segment(msgspec.Struct, frozen=True, array_like=True):
    """One immutable table: ``place`` is its file's key, empty while its bytes are hot (inside the manifest).

    ``low`` is the version of its first row, ``mixed`` says that rows carry their own ``added``; ``groups`` is the
    number of rows in each row group.
    """

    seq: int
    kind: str
    key: str
    author: str
    type: str
    digest: str
    bytes: int
    rows: int
    low: int
    mixed: bool
    place: str
    groups: tuple[int, ...]


class Change(msgspec.Struct):
    """What one commit adds. ``segments`` have numbers from 0; the commit shifts them to their own.

    ``held`` are (episode, segment number, row group), ``origins`` (episode, digest of its uri), ``retired`` numbers
    of segments that a merged one replaces, ``counts`` figures for the log.
    """

    what: str
    at: int = 0
    author: str = ""
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    segments: list[Segment] = msgspec.field(default_factory=list)
    hot: dict[str, bytes] = msgspec.field(default_factory=dict)
    media: list[tuple[str, int, str, str]] = msgspec.field(default_factory=list)
    held: list[tuple[bytes, int, int]] = msgspec.field(default_factory=list)
    origins: list[tuple[bytes, bytes]] = msgspec.field(default_factory=list)
    tags: list[tuple[str, int]] = msgspec.field(default_factory=list)
    selections: list[tuple[str, bytes]] = msgspec.field(default_factory=list)
    sources: list[tuple[str, str, str, str, str, int]] = msgspec.field(default_factory=list)
    retired: list[int] = msgspec.field(default_factory=list)
    writer: str = ""


class Behind(Exception):
    """Another writer took the number first; catch up and take the next. Never leaves ``Manifest.commit``."""


class Shared(Protocol):
    """A log of commits that several machines write."""

    def publish(self, version: int, change: Change) -> None: ...
    def catch_up(self) -> None: ...


@dataclass(slots=True)
class Manifest:
    """A connection to the manifest; ``log`` ties it to a shared one where many machines write."""

    path: Path
    db: sqlite3.Connection
    writable: bool = True
    log: Shared | None = None
    witness: Witness | None = None
    lost: str = ""
    _depth: int = field(default=0, repr=False)
    _inode: tuple[int, int] | None = field(default=None, repr=False)

    @classmethod
    def open(cls, path: Path, *, create: bool, rescue: bool = False, shared: bool = False) -> Manifest:
        """Open or make the manifest. Raises ``NotFound``, ``LakeNewer``, ``LakeCorrupt`` or ``LakeUnwritable``.

        Where acknowledged commits are gone, ``rescue`` opens what is left and says so in ``lost``. A ``shared`` one is
        but the replica of a log elsewhere, and needs no witness.
        """
        witness = None if shared else Witness(path.with_name(path.name + "-witness"))
        # Asked before the manifest is, because others may be writing: then it knows at most what the manifest knows.
        last = (0, "") if witness is None else witness.last()
        with opening(path) as alone:
            fresh = not path.exists() or not path.stat().st_size
            if not fresh and alone:
                look(path)
            if fresh and last[0] and not rescue:
                what = f"Version {last[0]} of the lake at {path.parent} was acknowledged, its manifest is gone."
                raise _lost(path, what)
            if fresh and not create and not last[0]:
                raise NotFound(f"There is no lake at {path.parent}.", do="`volant add` makes one.")
            try:
                db, writable = connect(path, fresh=fresh)
            except sqlite3.DatabaseError as error:
                raise told(error, path) from error
            manifest = cls(path, db, writable, witness=witness, _inode=entered(path))
        try:
            manifest.lost = manifest._missing(*last)
            if manifest.lost:
                # Before anything is written: SQLite's log may hold what it does not read, even all of the lake.
                keep_log(path, last[0])
                if not rescue:
                    raise _lost(path, manifest.lost)
            manifest._settle(fresh or create or bool(manifest.lost))
        except sqlite3.DatabaseError as error:
            manifest.close()
            raise told(error, path) from error
        except VolantError:
            manifest.close()
            raise
        return manifest

    def _missing(self, acknowledged: int, chain: str) -> str:
        """What the witness knows and the manifest does not; empty where they agree."""
        if not acknowledged:
            return ""
        born = self.ask("SELECT 1 FROM sqlite_master WHERE name = 'commits'")
        held = self.version if born else 0
        if acknowledged > held:
            return f"Version {acknowledged} was acknowledged, the lake holds {held}."
        if self.chain(acknowledged) != chain:
            return f"Version {acknowledged} is not the one that was acknowledged."
        return ""

    def accept(self, at: int, author: str) -> int:
        """Go on from what is left, on record: a commit that says what was acknowledged; the version after it."""
        if not self.lost or self.witness is None:
            return self.version
        change = Change("loss", at, author, {"acknowledged": self.witness.last()[0], "held": self.version})
        self.witness.forget()
        self.lost = ""
        return self.commit(change)

    def _settle(self, fresh: bool) -> None:
        """Set what SQLite must keep to; where nothing is in the file yet, one of all that make the lake fills it."""
        self.db.execute("PRAGMA busy_timeout = 60000")
        if self.writable:
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA synchronous = FULL")
        if fresh and self.writable and not self.db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            with self.transaction():
                if not self.db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                    for statement in _SCHEMA.split(";"):
                        self.db.execute(statement)
                    self.db.execute(f"PRAGMA application_id = {APPLICATION}")
                    self.db.execute(f"PRAGMA user_version = {LAYOUT}")
        layout = int(self.db.execute("PRAGMA user_version").fetchone()[0])
        mark = int(self.db.execute("PRAGMA application_id").fetchone()[0])
        if not mark and not layout and not self.db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            raise NotFound(f"The lake at {self.path.parent} is just being made.", do="Try again in a moment.")
        fits(mark, layout, self.path)

    @classmethod
    def scratch(cls) -> Manifest:
        """An empty manifest in memory, to replay a log in."""
        manifest = cls(Path("replay"), sqlite3.connect(":memory:", isolation_level=None))
        manifest._settle(fresh=True)
        return manifest

    def copy(self, path: Path) -> None:
        """Write the manifest as it is now into one new file."""
        self.ask("VACUUM INTO ?", (str(path),))

    def chain(self, version: int) -> str:
        """The link of the chain at a version; empty before the first."""
        rows = self.ask("SELECT chain FROM commits WHERE version = ?", (version,))
        return str(rows[0][0]) if rows else ""

    @property
    def version(self) -> int:
        """Number of the last commit; 0 for an empty lake."""
        row = self.ask("SELECT max(version) FROM commits")[0]
        return int(row[0] or 0)

    def ask(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query of our own."""
        try:
            return self.db.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise told(error, self.path) from error

    @contextmanager
    def transaction(self) -> Generator[None, None, None]:
        """One atomic write; nothing of it stays when anything inside raises. Nested ones join the outer one."""
        if self._depth:
            yield
            return
        if not self.writable:
            raise LakeUnwritable(f"The lake at {self.path.parent} cannot be written.", do="Check its permissions.")
        try:
            self.db.execute("BEGIN IMMEDIATE")
        except sqlite3.DatabaseError as error:
            raise told(error, self.path) from error
        self._depth = 1
        try:
            yield
            self.db.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise told(error, self.path) from error
        finally:
            self._depth = 0
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")

    def commit(self, change: Change, check: Callable[[], bool] | None = None) -> int:
        """Add a change durably and return its version, or -1 where ``check``, asked inside, says it no longer fits."""
        if self.lost:
            raise _lost(self.path, self.lost)
        version = self._commit(change, check)
        if version > 0 and self.witness is not None:
            self.witness.say(version, self.chain(version))
        return version

    def _commit(self, change: Change, check: Callable[[], bool] | None) -> int:
        with self.transaction():
            while True:
                if self.log is not None:
                    self.log.catch_up()
                if check is not None and not check():
                    return -1
                version = self.version + 1
                try:
                    if self.log is not None:
                        self.log.publish(version, change)
                except Behind:
                    continue
                self.apply(version, change)
                return version

    def apply(self, version: int, change: Change) -> None:
        """Write a change's rows under its version; inside a transaction."""
        base = version * _SLOTS
        rows = [msgspec.structs.replace(s, seq=base + s.seq, low=s.low or version) for s in change.segments]
        many = self.db.executemany
        many(
            "INSERT INTO segments VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,NULL)",
            [(*(_flat(value) for value in msgspec.structs.astuple(row)), version) for row in rows],
        )
        many("INSERT OR IGNORE INTO hot VALUES (?,?)", change.hot.items())
        many("INSERT OR IGNORE INTO media VALUES (?,?,?,?,?)", [(*row, version) for row in change.media])
        many("INSERT OR REPLACE INTO held VALUES (?,?,?)", [(i, base + s, g) for i, s, g in change.held])
        many("INSERT OR IGNORE INTO origins VALUES (?,?,?)", [(*row, version) for row in change.origins])
        many("INSERT INTO tags VALUES (?,?,?)", [(*row, version) for row in change.tags])
        many("INSERT OR IGNORE INTO selections VALUES (?,?,?)", [(*row, version) for row in change.selections])
        many("INSERT INTO sources VALUES (?,?,?,?,?,?,?)", [(*row, version) for row in change.sources])
        many("UPDATE segments SET removed = ? WHERE seq = ?", [(version, seq) for seq in change.retired])
        if change.retired:
            # Those retired by this very commit stay until the next one: a reader may have just listed them.
            self.db.execute(
                "DELETE FROM hot WHERE NOT EXISTS (SELECT 1 FROM segments s WHERE s.digest = hot.digest"
                " AND s.place = '' AND (s.removed IS NULL OR s.removed >= ?))",
                (version,),
            )
        head = (version, change.at, change.what, change.author, _text(change.counts), change.writer)
        retired = _text(sorted(change.retired))
        self.db.execute("INSERT INTO commits VALUES (?,?,?,?,?,?,?,'')", (*head, retired))
        self.db.execute("UPDATE commits SET chain = ? WHERE version = ?", (self.link(version), version))

    def link(self, version: int) -> str:
        """What the chain must be at a version: the digest of that commit's rows and of the link before it."""
        digest = hashlib.blake2b(digest_size=16)
        before = self.db.execute("SELECT chain FROM commits WHERE version = ?", (version - 1,)).fetchone()
        digest.update(b"" if before is None else before[0].encode())
        head = self.db.execute(
            "SELECT version, at, what, author, counts, writer, retired FROM commits WHERE version = ?", (version,)
        ).fetchone()
        digest.update(msgspec.msgpack.encode(head))
        for table, columns in _CHAINED.items():
            for row in self.db.execute(f"SELECT {columns} FROM {table} WHERE added = ? ORDER BY 1, 2", (version,)):
                digest.update(msgspec.msgpack.encode(row))
        return digest.hexdigest()

    def segments(self, kind: str, version: int | None = None, keys: Sequence[str] | None = None) -> list[Segment]:
        """Live segments of a kind that hold rows of ``version`` or before, oldest rows first.

        ``keys`` leaves out segments of other keys; a key that ends in ``*`` stands for all that begin like it.
        """
        bound = (1 << 62) if version is None else version
        query = f"SELECT {_CHAINED['segments']} FROM segments WHERE kind = ? AND removed IS NULL AND low <= ?"
        values: tuple[object, ...] = (kind, bound)
        if keys is not None:
            query += f" AND (key = ''{' OR key GLOB ?' * len(keys)})"
            values = (*values, *(_glob(key) for key in keys))
        return [_segment(row) for row in self.ask(query + " ORDER BY low, seq", values)]

    def segment(self, seq: int) -> Segment:
        """One segment by its number."""
        rows = self.ask(f"SELECT {_CHAINED['segments']} FROM segments WHERE seq = ?", (seq,))
        if not rows:
            raise LakeCorrupt(f"The manifest names segment {seq}, which it does not hold.", do="Run `volant verify`.")
        return _segment(rows[0])

    def payload(self, digest: str) -> bytes:
        """Bytes of a hot segment."""
        rows = self.ask("SELECT payload FROM hot WHERE digest = ?", (digest,))
        if not rows:
            raise LakeCorrupt(f"The bytes of segment {digest[:12]} are gone from the manifest.", do="Restore a copy.")
        return bytes(rows[0][0])

    def close(self) -> None:
        """Let go of the file."""
        self.db.close()
        if self._inode is not None:
            left(self._inode)
            self._inode = None
        if self.witness is not None:
            self.witness.close()


def _lost(path: Path, what: str) -> LakeCorrupt:
    kept = sorted(log.name for log in path.parent.glob(f"{path.name}-wal-lost-*"))
    return LakeCorrupt(
        what,
        instead=f"The log that holds the rest, damaged, is kept as {kept[-1]}." if kept else "",
        do="Restore the lake from a copy, or go on from what is left with `volant verify --accept-loss`.",
    )


def _glob(key: str) -> str:
    """The key as a pattern in which only a ``*`` at its end is special."""
    plain = key.removesuffix("*").replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")
    return plain + "*" if key.endswith("*") else plain


def _segment(row: Sequence[object]) -> Segment:
    *head, mixed, place, groups = row
    sizes = msgspec.json.decode(str(groups), type=list[int])
    return msgspec.convert([*head, bool(mixed), place, sizes], Segment)


def _flat(value: object) -> object:
    return _text(list(value)) if isinstance(value, tuple) else int(value) if isinstance(value, bool) else value


def _text(value: object) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
