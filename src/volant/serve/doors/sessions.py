"""Signed-in people: a session is a random secret in a cookie; the book keeps its digest, whose it is and its end."""

from __future__ import annotations

from .audit import note
from .book import Book
from .secret import digest, fresh
from .users import User, named
from .who import Who

__all__ = ["COOKIE", "begin", "end", "end_all", "session"]

COOKIE = "volant_session"
"""Name of the cookie; behind TLS it is called ``__Host-volant_session``, so that no sibling host can set it."""


def begin(book: Book, user: User, *, at: int, seconds: float, how: str = "password") -> str:
    """A new session; its secret, for the cookie. Sessions that are over are swept away on this occasion."""
    secret = fresh()
    with book.writing() as db:
        db.execute("DELETE FROM sessions WHERE ends <= ?", (at,))
        db.execute("INSERT INTO sessions VALUES (?,?,?,?)", (digest(secret), user.name, at, at + int(seconds * 1e9)))
        note(db, user.name, "session/begin", user.name, at, how=how)
    return secret


def session(book: Book, secret: str, *, at: int) -> Who | None:
    """Whose session this is now; None where it is none, over, or the account is shut."""
    rows = book.ask(
        "SELECT u.name, u.role FROM sessions s JOIN users u ON u.name = s.user"
        " WHERE s.hash = ? AND s.ends > ? AND NOT u.disabled",
        (digest(secret), at),
    )
    return Who(str(rows[0][0]), str(rows[0][1])) if rows else None


def end(book: Book, secret: str, *, at: int) -> None:
    """Sign out: this one session."""
    with book.writing() as db:
        row = db.execute("DELETE FROM sessions WHERE hash = ? RETURNING user", (digest(secret),)).fetchone()
        if row:
            note(db, str(row[0]), "session/end", str(row[0]), at)


def end_all(book: Book, name: str, *, by: str, at: int) -> int:
    """Sign somebody out everywhere; how many sessions ended."""
    with book.writing() as db:
        gone = db.execute("DELETE FROM sessions WHERE user = ?", (named(name),)).rowcount
        note(db, by, "session/end_all", named(name), at, sessions=str(gone))
    return gone
