"""The book of the house: accounts, sessions, tokens and the audit log in one SQLite file that only we can read."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...core.errors import LakeCorrupt, LakeError, LakeNewer, LakeUnwritable

__all__ = ["LAYOUT", "Book", "Rows", "layout_of"]

Rows = list[tuple[Any, ...]]

LAYOUT = 1
"""Version of the tables; a book of a newer one is refused, one of an older is brought up when it is opened."""

_APPLICATION = 0x564F4C44  # "VOLD"

_STEPS = (
    """
CREATE TABLE users (name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL, identity TEXT NOT NULL,
    disabled INTEGER NOT NULL, made INTEGER NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX users_identity ON users (identity) WHERE identity != '';
CREATE TABLE sessions (hash BLOB PRIMARY KEY, user TEXT NOT NULL, begun INTEGER NOT NULL,
    ends INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user);
CREATE TABLE tokens (hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role TEXT NOT NULL,
    scopes TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, ends INTEGER NOT NULL,
    revoked INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE invitations (hash BLOB PRIMARY KEY, ends INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE departures (hash BLOB PRIMARY KEY, payload TEXT NOT NULL, ends INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE audit (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
    about TEXT NOT NULL, details TEXT NOT NULL, chain BLOB NOT NULL);
CREATE TABLE audit_head (only_one INTEGER PRIMARY KEY CHECK (only_one = 1), seq INTEGER NOT NULL, chain BLOB NOT NULL);
CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_stands BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
""",
)
"""What each layout added to the one before it."""


@dataclass(eq=False, slots=True)
class Book:
    """Two connections to one file: one reads, so that nobody who asks ever waits for one who writes.

    Any thread may use it. Secrets (sessions, tokens, invitations) are in it as SHA-256 of 256 random bits, passwords
    as Argon2id.
    """

    path: Path
    _read: sqlite3.Connection
    _pen: sqlite3.Connection
    _reading: threading.Lock = field(default_factory=threading.Lock)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, home: Path) -> Book:
        """The book of a house, made where there is none. Raises ``LakeNewer``, ``LakeCorrupt``, ``LakeUnwritable``."""
        path = home / "accounts.sqlite"
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Only a new file is touched: closing one that SQLite has open in this process would drop its locks.
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            pen, read = _connect(path), _connect(path)
        except OSError as error:
            raise LakeUnwritable(f"No accounts can be kept in {home}: {error.strerror or error}.") from error
        except sqlite3.Error as error:
            raise _told(error, path) from error
        book = cls(path, read, pen)
        with book.writing() as write:
            _grow(write, path)
        return book

    def ask(self, question: str, values: Sequence[object] = ()) -> Rows:
        """Rows of a question of our own."""
        with self._reading:
            try:
                return self._read.execute(question, values).fetchall()
            except sqlite3.Error as error:
                raise _told(error, self.path) from error

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """One atomic write, durable when it ends; nothing of it stays when anything inside raises."""
        with self._writing:
            try:
                self._pen.execute("BEGIN IMMEDIATE")
                yield self._pen
                self._pen.execute("COMMIT")
            except sqlite3.Error as error:
                raise _told(error, self.path) from error
            finally:
                if self._pen.in_transaction:
                    self._pen.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file."""
        with self._reading, self._writing:
            self._read.close()
            self._pen.close()


def layout_of(home: Path) -> int | None:
    """The layout of the accounts in a folder, before they are opened; None where there are none."""
    path = home / "accounts.sqlite"
    if not path.exists() or not path.stat().st_size:
        return None
    with path.open("rb") as file:
        return int.from_bytes(file.read(64)[60:64], "big")


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=30.0, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db


def _grow(db: sqlite3.Connection, path: Path) -> None:
    """Bring the tables of an older layout, or of none, to ours."""
    mark = int(db.execute("PRAGMA application_id").fetchone()[0])
    layout = int(db.execute("PRAGMA user_version").fetchone()[0])
    if mark != _APPLICATION and (mark or layout or db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()):
        raise LakeCorrupt(f"{path} is a database of something else.", do="Name another folder with --home.")
    if layout > LAYOUT:
        raise LakeNewer(f"The accounts at {path} have layout {layout}; this Volant knows {LAYOUT}.",
                        do="Install a newer Volant.")  # fmt: skip
    for step in _STEPS[layout:]:
        for statement in _statements(step):
            db.execute(statement)
    if layout < LAYOUT:
        db.execute(f"PRAGMA application_id = {_APPLICATION}")
        db.execute(f"PRAGMA user_version = {LAYOUT}")


def _statements(script: str) -> list[str]:
    """The statements of a script one by one, because ``executescript`` would end our transaction."""
    found, held = [], ""
    for line in script.strip().splitlines():
        held += line + "\n"
        if sqlite3.complete_statement(held):
            found.append(held)
            held = ""
    return found


def _told(error: sqlite3.Error, path: Path) -> LakeError:
    text = str(error)
    if any(word in text for word in ("full", "readonly", "disk I/O", "unable to open")):
        return LakeUnwritable(f"The accounts at {path} cannot be written: {text}.", do="Free space, check permissions.")
    if "locked" in text or "busy" in text:
        return LakeError(f"Another process keeps the accounts at {path} locked.", do="Try again in a moment.")
    return LakeCorrupt(f"The accounts at {path} are damaged: {text}.", do="Restore the file from a copy.")
