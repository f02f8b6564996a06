"""Settings of accounts and tokens. Every deed goes through the doors, which write it into the audit log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from html import escape
from typing import TYPE_CHECKING

from nicegui import ui

from ...core.errors import VolantError
from ..doors import ROLES, add_user, make_token
from ..doors.tokens import DAYS, Token, revoke, tokens
from ..doors.users import User, change_user, users
from .frame import button, markup
from .parts import badge, empty
from .words import say

if TYPE_CHECKING:
    from ..doors import Book
    from ..house import House

__all__ = ["moment", "tokens_tab", "users_tab"]

_MOST = 100


def moment(at: int) -> str:
    """A time in ns since 1970 as people read it, UTC."""
    return datetime.fromtimestamp(at / 1e9, UTC).strftime("%Y-%m-%d %H:%M") if at else "–"


def _roles() -> dict[str, str]:
    return {role: say(role) for role in ROLES}


async def _tried(told: ui.html, work: Callable[[], Awaitable[str]]) -> bool:
    """Do something and say what came of it, or why not."""
    try:
        words = await work()
    except VolantError as error:
        told.set_content(f'<p class="v-wrong" role="alert">{escape(str(error))}</p>')
        return False
    told.set_content(words)
    return True


def users_tab(house: House, book: Book, by: str) -> None:
    """Accounts: their roles, shutting and opening them, new ones."""
    told = markup("", props='role="status"')
    listed = ui.element("div")

    def draw() -> None:
        listed.clear()
        with listed:
            for one in users(book)[:_MOST]:
                _user(one, change)

    async def change(name: str, role: str | None = None, disabled: bool | None = None) -> None:
        async def work() -> str:
            new = await asyncio.to_thread(
                change_user, book, name, by=by, at=house.clock(), role=role, disabled=disabled
            )
            state = say("settings.shut" if new.disabled else "settings.open")
            return f"<p>{escape(say('settings.user.changed', name=new.name, role=say(new.role), state=state))}</p>"

        await _tried(told, work)
        draw()

    async def add() -> None:
        async def work() -> str:
            said, secret = str(name.value or ""), str(password.value or "")
            made = await asyncio.to_thread(
                add_user, book, said, str(role.value), by=by, at=house.clock(), password=secret
            )
            return f"<p>{escape(say('settings.user.added', name=made.name, role=say(made.role)))}</p>"

        if await _tried(told, work):
            name.value = password.value = ""
            draw()

    draw()
    markup(f"<h2>{escape(say('settings.user.add'))}</h2>")
    with ui.element("div").classes("v-row"):
        name = ui.input(say("settings.name")).props("outlined dense autocomplete=off")
        role = ui.select(_roles(), value="collector", label=say("settings.role")).props("outlined dense")
        password = ui.input(say("settings.password"), password=True).props("outlined dense autocomplete=new-password")
        button(say("settings.user.add"), add, strong=True)


def _user(one: User, change: Callable[..., Awaitable[None]]) -> None:
    """One account as a line: who, a role to give, and a button that shuts it or opens it again."""
    way = "password" if one.has_password else "oidc" if one.identity else "none"
    state = say("settings.shut" if one.disabled else "settings.open")
    with ui.element("div").classes("v-line").props("data-row tabindex=-1"):
        markup(
            f"<b>{escape(one.name)}</b> {badge('quarantine' if one.disabled else 'accept', state)}"
            f"<p class='how'>{escape(say(f'settings.way.{way}'))} · {moment(one.made)}</p>"
        )
        role = ui.select(_roles(), value=one.role, label=f"{say('settings.role')}: {one.name}").props("outlined dense")
        role.on_value_change(lambda event: change(one.name, role=event.value))
        words = say("settings.do.open" if one.disabled else "settings.do.shut")
        button(words, partial(change, one.name, disabled=not one.disabled), label=f"{words} {one.name}")


def tokens_tab(house: House, book: Book, by: str) -> None:
    """Tokens: what they open and until when, new ones whose secret is shown once, and revoking."""
    told = markup("", props='role="status"')
    listed = ui.element("div")

    def draw() -> None:
        listed.clear()
        with listed:
            found = tokens(book)[:_MOST]
            if not found:
                markup(empty(say("settings.token.none"), say("settings.token.none.do")))
            for one in found:
                _token(one, house.clock(), end)

    async def end(name: str) -> None:
        async def work() -> str:
            one = await asyncio.to_thread(revoke, book, name, by=by, at=house.clock())
            return f"<p>{escape(one.name)}: {escape(say('settings.token.revoked'))}</p>"

        await _tried(told, work)
        draw()

    async def make() -> None:
        async def work() -> str:
            _, secret = await asyncio.to_thread(
                make_token,
                book,
                str(name.value or ""),
                str(role.value),
                by=by,
                at=house.clock(),
                days=float(days.value or 0),
            )
            return f"<p class='card'>{escape(say('settings.token.secret'))}<br><code data-secret>{escape(secret)}</code></p>"

        if await _tried(told, work):
            name.value = ""
            draw()

    draw()
    markup(f"<h2>{escape(say('settings.token.make'))}</h2>")
    with ui.element("div").classes("v-row"):
        name = ui.input(say("settings.token.name")).props("outlined dense autocomplete=off")
        role = ui.select(_roles(), value="collector", label=say("settings.role")).props("outlined dense")
        days = ui.number(say("settings.token.days"), value=DAYS, min=1, max=3660).props("outlined dense")
        button(say("settings.token.make"), make, strong=True)


def _token(one: Token, now: int, end: Callable[[str], Awaitable[None]]) -> None:
    """One token as a line: what it opens, until when, and a button that revokes it."""
    good = one.good(now)
    state = "revoked" if one.revoked else "good" if good else "over"
    rights = ", ".join(one.scopes)
    with ui.element("div").classes("v-line").props("data-row tabindex=-1"):
        markup(
            f"<b>{escape(one.name)}</b> <code>{escape(one.id)}</code> "
            f"{badge('accept' if good else 'quarantine', say(f'settings.token.{state}'))}<p class='how'>{escape(say(one.role))}"
            f"{' (' + escape(rights) + ')' if rights else ''} · {escape(say('settings.token.by'))} {escape(one.made_by)} · "
            f"{escape(say('settings.token.ends'))} {moment(one.ends)}</p>"
        )
        if good:
            words = say("settings.token.revoke")
            button(words, partial(end, one.id), label=f"{words} {one.name}")
