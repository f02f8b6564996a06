"""Tokens for machines: shown once, kept as a digest, with a role, perhaps fewer rights than it, and an end."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from ...core.errors import BadValue, NotFound, suggest
from .audit import note
from .book import Book
from .secret import digest, fresh
from .who import RIGHTS, ROLES, Who

__all__ = ["DAYS", "Token", "bearer", "make_token", "revoke", "tokens"]

DAYS = 90.0
"""How long a token lasts unless said otherwise."""

_PREFIX = "volant_"
_COLUMNS = "id, name, role, scopes, made, made_by, ends, revoked"


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token, which is everything but its secret. Times in ns since 1970; ``revoked`` 0 if not."""

    id: str
    name: str
    role: str
    scopes: tuple[str, ...]
    made: int
    made_by: str
    ends: int
    revoked: int = 0

    def good(self, at: int) -> bool:
        """Whether it opens the door at this time."""
        return not self.revoked and at < self.ends


def make_token(
    book: Book,
    name: str,
    role: str,
    *,
    by: str,
    at: int,
    days: float = DAYS,
    scopes: Sequence[str] = (),
) -> tuple[Token, str]:
    """A token and its secret, which nobody can show again. ``scopes`` leaves it only these rights of its role."""
    if not 0 < days <= 3660:
        raise BadValue(f"A token cannot last {days:g} days.", do="Give 1 to 3660.")
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise BadValue("A token needs a name that says where it is used.", do="For instance 'phone 3'.")
    if role not in ROLES:
        raise BadValue(f"There is no role {role!r}.", instead=suggest(role, ROLES))
    for scope in scopes:
        if scope not in RIGHTS:
            raise BadValue(f"There is no right {scope!r}.", instead=suggest(scope, RIGHTS))
        if role not in RIGHTS[scope]:
            had = ", ".join(right for right in RIGHTS if role in RIGHTS[right])
            raise BadValue(f"The role {role} has no right {scope!r} to pass on.", instead=f"It has {had}.")
    kept = tuple(sorted(set(scopes)))
    token = Token(secrets.token_hex(4), name.strip(), role, kept, at, by, at + int(days * 86400e9))
    secret = fresh(_PREFIX)
    with book.writing() as db:
        row = (token.id, token.name, role, " ".join(kept), at, by, token.ends)
        db.execute("INSERT INTO tokens VALUES (?,?,?,?,?,?,?,?,0)", (digest(secret), *row))
        note(db, by, "token/create", token.id, at, name=token.name, role=role, scopes=" ".join(kept))
    return token, secret


def tokens(book: Book) -> list[Token]:
    """Every token there ever was, newest first."""
    return [_token(row) for row in book.ask(f"SELECT {_COLUMNS} FROM tokens ORDER BY made DESC, id")]


def revoke(book: Book, id: str, *, by: str, at: int) -> Token:
    """A token opens nothing from now on. Doing it twice changes nothing. Raises ``NotFound``."""
    with book.writing() as db:
        row = db.execute(f"SELECT {_COLUMNS} FROM tokens WHERE id = ?", (id,)).fetchone()
        if not row:
            raise NotFound(f"There is no token {id[:40]!r}.", do="`volant token list` shows them.")
        if not row[-1]:
            db.execute("UPDATE tokens SET revoked = ? WHERE id = ?", (at, id))
            note(db, by, "token/revoke", id, at, name=str(row[1]))
    return next(token for token in tokens(book) if token.id == id)


def bearer(book: Book, secret: str, *, at: int) -> Who | None:
    """Who comes with this token; None where it is none, over or revoked."""
    if not secret.startswith(_PREFIX):
        return None
    rows = book.ask(f"SELECT {_COLUMNS} FROM tokens WHERE hash = ?", (digest(secret),))
    found = _token(rows[0]) if rows else None
    return Who(found.name, found.role, found.id, found.scopes) if found and found.good(at) else None


def _token(row: tuple[object, ...]) -> Token:
    own, name, role, scopes, made, made_by, ends, revoked = (str(part) for part in row)
    return Token(own, name, role, tuple(scopes.split()), int(made), made_by, int(ends), int(revoked))
