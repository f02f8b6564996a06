"""People and their passwords: who they are, what their role is, whether they may still come in."""

from __future__ import annotations

import sqlite3
import unicodedata
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ...core.errors import BadValue, NotFound, Refused, suggest
from .audit import note
from .book import Book
from .who import ROLES

__all__ = [
    "User",
    "add_user",
    "change_user",
    "enter",
    "hashed_password",
    "named",
    "set_password",
    "sign_in",
    "user",
    "users",
]

SHORTEST, LONGEST = 10, 512
"""Letters of a password."""

_COLUMNS = "name, role, disabled, made, identity, password != ''"


@dataclass(frozen=True, slots=True)
class User:
    """One account. ``identity`` is who an OIDC provider says this is (issuer and subject), empty for passwords."""

    name: str
    role: str
    disabled: bool
    made: int
    identity: str = ""
    has_password: bool = False


def named(name: str) -> str:
    """A name as it is kept: letters and digits of any script, dot, dash, underscore; small; never a path or author."""
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    if not 1 <= len(plain) <= 64 or not plain[0].isalnum() or not all(x.isalnum() or x in "._-" for x in plain):
        raise BadValue(f"{name[:40]!r} is no name for an account.", do="Use letters, digits, dots, dashes; at most 64.")
    return plain


def users(book: Book) -> list[User]:
    """Every account, by name."""
    return [_user(row) for row in book.ask(f"SELECT {_COLUMNS} FROM users ORDER BY name")]


def user(book: Book, name: str) -> User:
    """One account. Raises ``NotFound``."""
    rows = book.ask(f"SELECT {_COLUMNS} FROM users WHERE name = ?", (named(name),))
    if not rows:
        known = [str(row[0]) for row in book.ask("SELECT name FROM users ORDER BY name")]
        raise NotFound(f"Nobody is called {name!r} here.", instead=suggest(named(name), known))
    return _user(rows[0])


def add_user(
    book: Book, name: str, role: str, *, by: str, at: int, password: str = "", identity: str = ""
) -> User:  # fmt: skip
    """A new account with a password, or one that an OIDC provider answers for. Raises ``Refused`` where it exists."""
    made = User(named(name), _role(role), False, at, identity, bool(password))
    hashed = hashed_password(made.name, password) if password else ""
    with book.writing() as db:
        enter(db, made, hashed, by)
    return made


def enter(db: sqlite3.Connection, made: User, hashed: str, by: str) -> None:
    """Write a new account inside a transaction. Raises ``Refused`` where the name is taken."""
    if db.execute("SELECT 1 FROM users WHERE name = ?", (made.name,)).fetchone():
        raise Refused(f"There is an account {made.name!r} already.", do="Take another name, or change that one.")
    db.execute("INSERT INTO users VALUES (?,?,?,?,0,?)", (made.name, made.role, hashed, made.identity, made.made))
    note(db, by, "user/add", made.name, made.made, role=made.role)


def change_user(
    book: Book, name: str, *, by: str, at: int, role: str | None = None, disabled: bool | None = None
) -> User:
    """Give another role, or shut an account (its sessions end at once) and open it again. One admin always stays."""
    before = user(book, name)
    new = User(
        before.name,
        before.role if role is None else _role(role),
        before.disabled if disabled is None else disabled,
        before.made,
        before.identity,
        before.has_password,
    )
    with book.writing() as db:
        db.execute("UPDATE users SET role = ?, disabled = ? WHERE name = ?", (new.role, new.disabled, new.name))
        if not db.execute("SELECT 1 FROM users WHERE role = 'admin' AND NOT disabled").fetchone():
            raise Refused("This is the last admin.", do="Make somebody else admin first.")
        if new.disabled:
            db.execute("DELETE FROM sessions WHERE user = ?", (new.name,))
        if role is not None:
            note(db, by, "user/role", new.name, at, before=before.role, role=new.role)
        if disabled is not None:
            note(db, by, "user/disable" if disabled else "user/enable", new.name, at)
    return new


def set_password(book: Book, name: str, password: str, *, by: str, at: int) -> User:
    """Give a new password; every session of the account ends."""
    found = user(book, name)
    hashed = hashed_password(found.name, password)
    with book.writing() as db:
        db.execute("UPDATE users SET password = ? WHERE name = ?", (hashed, found.name))
        db.execute("DELETE FROM sessions WHERE user = ?", (found.name,))
        note(db, by, "user/password", found.name, at)
    return user(book, name)


def sign_in(book: Book, name: str, password: str) -> User | None:
    """The account that name and password open, or None. Takes as long (some 50 ms) where there is no such account."""
    try:
        plain = named(name)
    except BadValue:
        plain = ""
    rows = book.ask(f"SELECT {_COLUMNS}, password FROM users WHERE name = ?", (plain,))
    hashed = str(rows[0][-1]) if rows else ""
    right = _verified(hashed or _nobodys(), password[:LONGEST])
    return _user(rows[0][:-1]) if rows and hashed and right and not rows[0][2] else None


def _user(row: tuple[object, ...]) -> User:
    name, role, disabled, made, identity, has = row
    return User(str(name), str(role), bool(disabled), int(str(made)), str(identity), bool(has))


def _role(role: str) -> str:
    if role not in ROLES:
        raise BadValue(f"There is no role {role!r}.", instead=suggest(role, ROLES))
    return role


def hashed_password(name: str, password: str) -> str:
    """A password as it is kept (Argon2id). Raises ``BadValue`` where it is too short, or easy to guess."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadValue(f"A password has {SHORTEST} to {LONGEST} letters.", do="A few unrelated words are a good one.")
    if password.casefold() == name or len(set(password)) < 4:
        raise BadValue("This password is too easy to guess.", do="A few unrelated words are a good one.")
    return PasswordHasher().hash(password)


def _verified(hashed: str, password: str) -> bool:
    try:
        return PasswordHasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    """A hash that no password fits, so that an unknown name takes as long as a known one."""
    return PasswordHasher().hash("\0nobody's")
