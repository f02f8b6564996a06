"""The first admin of a new house: a link with a key that is printed once and works once."""

from __future__ import annotations

from ...core.errors import Refused
from .book import Book
from .secret import digest, fresh
from .users import User, enter, hashed_password, named

__all__ = ["invite", "invited", "welcome"]

HOURS = 24.0
"""How long the link works; `volant serve` prints a new one at its next start."""


def invite(book: Book, *, at: int) -> str:
    """A fresh key where the house has no admin, empty where it has one. The key before it no longer works."""
    secret = fresh()
    with book.writing() as db:
        db.execute("DELETE FROM invitations")
        if db.execute("SELECT 1 FROM users WHERE role = 'admin' AND NOT disabled").fetchone():
            return ""
        db.execute("INSERT INTO invitations VALUES (?,?)", (digest(secret), at + int(HOURS * 3600e9)))
    return secret


def invited(book: Book, key: str, *, at: int) -> bool:
    """Whether a key still works; looking at it does not use it up."""
    return bool(book.ask("SELECT 1 FROM invitations WHERE hash = ? AND ends > ?", (digest(key), at)))


def welcome(book: Book, key: str, name: str, password: str, *, at: int) -> User:
    """Make the first admin. The key is used up only where that succeeds, and by one alone."""
    if not invited(book, key, at=at):
        raise Refused("This link was used already, or is too old.", do="Start `volant serve` again for a new one.")
    made = User(named(name), "admin", False, at, has_password=True)
    hashed = hashed_password(made.name, password)
    with book.writing() as db:
        if not db.execute("DELETE FROM invitations WHERE hash = ?", (digest(key),)).rowcount:
            raise Refused("This link was used already.", do="Sign in at /login.")
        enter(db, made, hashed, "first link")
    return made
