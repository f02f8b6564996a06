"""Who did what when: a log that only grows, each line hashed into the next, so that an edit shows where it was made."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass

import msgspec

from .book import Book

__all__ = ["Broken", "Entry", "Trail", "entries", "note", "noted", "verify"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: ``who`` did ``what`` (``token/revoke``) to ``about``, at ``at`` ns since 1970; more in ``details``."""

    seq: int
    at: int
    who: str
    what: str
    about: str
    details: dict[str, str]


@dataclass(frozen=True, slots=True)
class Broken:
    """The first line at which the chain does not hold, and what is wrong there."""

    seq: int
    why: str


@dataclass(frozen=True, slots=True)
class Trail:
    """What a look at the whole log found: its lines, the digest of the last (keep it elsewhere), where it breaks."""

    rows: int
    head: str
    broken: Broken | None


def note(db: sqlite3.Connection, who: str, what: str, about: str, at: int, **details: str) -> None:
    """Write a line inside a transaction that is open already, so that the deed and its record are one."""
    row = db.execute("SELECT seq, chain FROM audit_head").fetchone()
    seq, before = (int(row[0]) + 1, bytes(row[1])) if row else (1, b"")
    said = msgspec.json.encode(details, order="sorted").decode()
    chain = _link(before, (seq, at, who, what, about, said))
    db.execute("INSERT INTO audit VALUES (?,?,?,?,?,?,?)", (seq, at, who, what, about, said, chain))
    db.execute("INSERT OR REPLACE INTO audit_head VALUES (1,?,?)", (seq, chain))


def noted(book: Book, who: str, what: str, about: str, at: int, **details: str) -> None:
    """Write a line of its own."""
    with book.writing() as db:
        note(db, who, what, about, at, **details)


def entries(book: Book, *, limit: int = 100, before: int | None = None) -> list[Entry]:
    """Lines, newest first; ``before`` pages on."""
    rows = book.ask(
        "SELECT seq, at, who, what, about, details FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?",
        ((1 << 62) if before is None else before, limit),
    )
    return [Entry(seq, when, who, what, about, _details(said)) for seq, when, who, what, about, said in rows]


def verify(book: Book) -> Trail:
    """Make every link again, in memory bounded by a page. A log that lost its last lines breaks after those left."""
    chain, seq = b"", 0
    while rows := book.ask("SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT 1000", (seq,)):
        for row in rows:
            if row[0] != seq + 1:
                return Trail(seq, chain.hex(), Broken(seq + 1, "The line is missing."))
            if _link(chain, row[:6]) != row[6]:
                return Trail(seq, chain.hex(), Broken(int(row[0]), "The line, or one before it, was changed."))
            seq, chain = int(row[0]), bytes(row[6])
    head = book.ask("SELECT seq, chain FROM audit_head")
    said, link = (int(head[0][0]), bytes(head[0][1])) if head else (0, b"")
    # Lines may have come between the two questions; then the head is ahead of what was read, and the file has them.
    if (said, link) != (seq, chain) and (said <= seq or not book.ask("SELECT 1 FROM audit WHERE seq = ?", (said,))):
        return Trail(seq, chain.hex(), Broken(seq + 1, f"The log says it has {said} lines."))
    return Trail(seq, chain.hex(), None)


def _link(before: bytes, row: tuple[object, ...]) -> bytes:
    return hashlib.blake2b(before + msgspec.msgpack.encode(row), digest_size=16).digest()


def _details(text: str) -> dict[str, str]:
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except msgspec.DecodeError:
        return {"unreadable": text}
