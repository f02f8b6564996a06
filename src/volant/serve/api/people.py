"""Accounts, tokens and the audit log over the API."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec

from ...core.errors import BadValue, Refused
from ..doors import RIGHTS, add_user, make_token
from ..doors.audit import Entry, Trail, entries, verify
from ..doors.tokens import DAYS, Token, revoke, tokens
from ..doors.users import User, change_user, set_password, sign_in, users
from .table import Asking, Counted, Desk, Nothing, Row, Short

__all__ = ["ROWS"]

Password = Annotated[str, msgspec.Meta(min_length=10, max_length=512)]
Named = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Me(msgspec.Struct, frozen=True):
    """Who asks, and what they may do."""

    name: str
    role: str
    token: str
    rights: list[str]


class MyPassword(Asking, frozen=True):
    """The password that one has, and the one that one wants. All of one's sessions end."""

    old: Annotated[str, msgspec.Meta(max_length=512)]
    new: Password


class Users(msgspec.Struct, frozen=True):
    """Every account, by name."""

    users: list[User]


class NewUser(Asking, frozen=True):
    """A new account."""

    name: Named
    role: Short
    password: Password


class ChangedUser(Asking, frozen=True):
    """What to change of an account; what is left out stays."""

    name: Named
    role: Short | None = None
    disabled: bool | None = None
    password: Password | None = None


class Tokens(msgspec.Struct, frozen=True):
    """Every token there ever was, newest first."""

    tokens: list[Token]


class NewToken(Asking, frozen=True):
    """A new token; ``scopes`` leaves it only these rights of its role."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    role: Short
    days: Annotated[float, msgspec.Meta(gt=0, le=3660)] = DAYS
    scopes: Annotated[tuple[Short, ...], msgspec.Meta(max_length=20)] = ()


class MadeToken(msgspec.Struct, frozen=True):
    """The token and its secret, which is never shown again."""

    token: Token
    secret: str


class TokenAsked(Asking, frozen=True):
    """A token by its id."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class AuditAsked(Asking, frozen=True):
    """The newest lines, before one."""

    limit: Counted = 100
    before: Annotated[int, msgspec.Meta(ge=1, le=1 << 53)] | None = None


class Audit(msgspec.Struct, frozen=True):
    """Lines of the audit log, newest first."""

    entries: list[Entry]


async def me(desk: Desk, asked: Nothing) -> Me:
    """Oneself."""
    del asked
    return Me(desk.who.name, desk.who.role, desk.who.token, [right for right in RIGHTS if desk.who.may(right)])


async def my_password(desk: Desk, asked: MyPassword) -> User:
    """Change one's own password; the old one is asked for, so that an open screen is not enough."""
    if desk.who.token:
        raise Refused("A token has no password.", do="Sign in at /login.")
    wait = desk.limits.guess(desk.address, desk.who.name, desk.house.clock())
    if wait:
        raise Refused(f"Too many wrong passwords. Wait {wait} s.")
    found = await asyncio.to_thread(sign_in, desk.book, desk.who.name, asked.old)
    if found is None:
        raise BadValue("The old password is wrong.")
    desk.limits.right(desk.address, desk.who.name, desk.house.clock())
    return await asyncio.to_thread(set_password, desk.book, found.name, asked.new, by=found.name, at=desk.house.clock())


async def listed_users(desk: Desk, asked: Nothing) -> Users:
    """Every account."""
    del asked
    return Users(users(desk.book))


async def new_user(desk: Desk, asked: NewUser) -> User:
    """Make an account."""
    return await asyncio.to_thread(
        add_user, desk.book, asked.name, asked.role, by=desk.who.name, at=desk.house.clock(), password=asked.password
    )


async def changed_user(desk: Desk, asked: ChangedUser) -> User:
    """Another role, shut or open, another password."""
    by, at = desk.who.name, desk.house.clock()

    def work() -> User:
        if asked.password is not None:
            set_password(desk.book, asked.name, asked.password, by=by, at=at)
        return change_user(desk.book, asked.name, by=by, at=at, role=asked.role, disabled=asked.disabled)

    return await asyncio.to_thread(work)


async def listed_tokens(desk: Desk, asked: Nothing) -> Tokens:
    """Every token."""
    del asked
    return Tokens(tokens(desk.book))


async def new_token(desk: Desk, asked: NewToken) -> MadeToken:
    """Make a token."""
    made = await asyncio.to_thread(
        make_token,
        desk.book,
        asked.name,
        asked.role,
        by=desk.who.name,
        at=desk.house.clock(),
        days=asked.days,
        scopes=asked.scopes,
    )
    return MadeToken(*made)


async def revoked(desk: Desk, asked: TokenAsked) -> Token:
    """Let a token open nothing from now on."""
    return await asyncio.to_thread(revoke, desk.book, asked.id, by=desk.who.name, at=desk.house.clock())


async def audit(desk: Desk, asked: AuditAsked) -> Audit:
    """Who did what."""
    return Audit(await asyncio.to_thread(entries, desk.book, limit=asked.limit, before=asked.before))


async def trail(desk: Desk, asked: Nothing) -> Trail:
    """Whether nobody edited the log."""
    del asked
    return await asyncio.to_thread(verify, desk.book)


ROWS = (
    Row("GET", "/api/me", "", Nothing, Me, me, "Who asks, and what they may do."),
    Row("POST", "/api/me/password", "", MyPassword, User, my_password, "Change one's own password."),
    Row("GET", "/api/users", "admin", Nothing, Users, listed_users, "Every account."),
    Row("POST", "/api/users", "admin", NewUser, User, new_user, "Make an account."),
    Row("PATCH", "/api/users/{name}", "admin", ChangedUser, User, changed_user, "Change an account."),
    Row("GET", "/api/tokens", "admin", Nothing, Tokens, listed_tokens, "Every token."),
    Row("POST", "/api/tokens", "admin", NewToken, MadeToken, new_token, "Make a token; its secret is shown once."),
    Row("DELETE", "/api/tokens/{id}", "admin", TokenAsked, Token, revoked, "Revoke a token."),
    Row("GET", "/api/audit", "admin", AuditAsked, Audit, audit, "Who did what."),
    Row("GET", "/api/audit/trail", "admin", Nothing, Trail, trail, "Make the audit log's chain again."),
)
