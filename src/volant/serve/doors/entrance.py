"""The pages in front of the door: sign in, sign out, and the first admin of a new house."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ...core.errors import VolantError
from ..settings import Serving
from .asked import asked_of, cookie_name, landing
from .audit import noted
from .book import Book
from .first import invited, welcome
from .limits import Limits
from .oidc import Leaver, admitted
from .refusal import Refusal, refusal_of
from .sessions import begin, end
from .sheet import POLICY, sheet
from .sheet import field as entry
from .users import User, sign_in

__all__ = ["Entrance", "remember", "routes"]

_ENGLISH = {
    "sign in": "Sign in",
    "name": "Name",
    "password": "Password",
    "new password": "Password (10 letters or more)",
    "wrong": "Name or password is wrong.",
    "wait": "Too many tries. Wait {seconds} s.",
    "sign out": "Sign out",
    "first": "Make the first admin",
    "make": "Make the account",
    "used": "This link was used already, or is too old. Start volant serve again for a new one.",
}
_CHINESE = {
    "sign in": "登录",
    "name": "用户名",
    "password": "密码",
    "new password": "密码（至少 10 个字符）",
    "wrong": "用户名或密码错误。",
    "wait": "尝试次数过多，请等待 {seconds} 秒。",
    "sign out": "退出登录",
    "first": "创建第一个管理员",
    "make": "创建账户",
    "used": "此链接已被使用或已过期。请重新启动 volant serve 以获取新链接。",
}
_LARGEST = 16 << 10
_AWAY = "volant_away"


@dataclass(frozen=True, slots=True)
class Entrance:
    """What signing in needs. Passwords are hashed two at a time, because each takes 64 MiB and a core for 50 ms."""

    book: Book
    clock: Callable[[], int]
    serving: Serving
    limits: Limits
    leaver: Leaver | None = None
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))


def routes(entrance: Entrance) -> list[BaseRoute]:
    """/login, /logout and /first."""

    async def login(request: Request) -> Response:
        wanted = landing(request.query_params.get("next", "/"))
        if request.method == "POST":
            return await _come_in(entrance, request)
        if request.scope.get("who") is not None:
            return RedirectResponse(wanted, 303)
        return _form(entrance, request, wanted)

    async def logout(request: Request) -> Response:
        words = _words(request)
        if request.method != "POST":
            return _page(words["sign out"], f"<form method=post><button>{words['sign out']}</button></form>", request)
        asked = asked_of(request.scope)
        await asyncio.to_thread(end, entrance.book, asked.session, at=entrance.clock())
        response = RedirectResponse("/login", 303)
        response.delete_cookie(cookie_name(asked.secure), secure=asked.secure, httponly=True, samesite="lax")
        return response

    async def first(request: Request) -> Response:
        if request.method == "POST":
            return await _welcome(entrance, request)
        return _first_form(entrance, request, request.query_params.get("key", ""))

    async def leave(request: Request) -> Response:
        return await _leave(entrance, request)

    async def back(request: Request) -> Response:
        return await _back(entrance, request)

    both = ["GET", "POST"]
    oidc = [Route("/oidc/start", leave), Route("/oidc/back", back)] if entrance.leaver is not None else []
    return [
        Route("/login", login, methods=both),
        Route("/logout", logout, methods=both),
        Route("/first", first, methods=both),
        *oidc,
    ]


def remember(entrance: Entrance, request: Request, secret: str, wanted: str) -> Response:
    """Go on to where somebody wanted to go, signed in."""
    secure = asked_of(request.scope).secure
    response = RedirectResponse(wanted, 303)
    age = int(entrance.serving.session_hours * 3600)
    response.set_cookie(cookie_name(secure), secret, age, path="/", secure=secure, httponly=True, samesite="lax")
    return response


async def _come_in(entrance: Entrance, request: Request) -> Response:
    said = await _said(request)
    name, wanted = said.get("name", ""), landing(said.get("next", "/"))
    address, now = asked_of(request.scope).address, entrance.clock()
    wait = entrance.limits.guess(address, name, now)
    if wait:
        return _form(entrance, request, wanted, wait=wait)
    async with entrance.hashing:
        user = await asyncio.to_thread(sign_in, entrance.book, name, said.get("password", ""))
    if user is None:
        await asyncio.to_thread(noted, entrance.book, "", "session/refused", name[:64], now, address=address)
        return _form(entrance, request, wanted, wrong=True)
    entrance.limits.right(address, name, now)
    return await _begin(entrance, request, user, wanted)


async def _leave(entrance: Entrance, request: Request) -> Response:
    """Off to the provider; a cookie says which browser went."""
    assert entrance.leaver is not None
    asked = asked_of(request.scope)
    if entrance.limits.guess(asked.address, "/oidc", entrance.clock()):
        return Refusal(429, "TooFast", "Too many sign-ins.", headers={"retry-after": "30"}).response(html=True)
    entrance.limits.names.give_back("/oidc", entrance.clock())
    try:
        url, browser = await entrance.leaver.leave(landing(request.query_params.get("next", "/")), entrance.clock())
    except VolantError as error:
        return refusal_of(error).response(html=True)
    response = RedirectResponse(url, 303)
    response.set_cookie(_AWAY, browser, 600, path="/oidc", secure=asked.secure, httponly=True, samesite="lax")
    return response


async def _back(entrance: Entrance, request: Request) -> Response:
    """Back from the provider, with its word."""
    assert entrance.leaver is not None
    said, now = dict(request.query_params), entrance.clock()
    try:
        claims, wanted = await entrance.leaver.back(said, request.cookies.get(_AWAY, ""), now)
        user = await asyncio.to_thread(admitted, entrance.book, entrance.leaver.provider, claims, now)
    except VolantError as error:
        address = asked_of(request.scope).address
        await asyncio.to_thread(
            noted, entrance.book, "", "session/refused", "oidc", now, address=address, why=error.what[:200]
        )
        return refusal_of(error).response(html=True)
    response = await _begin(entrance, request, user, wanted, how="oidc")
    response.delete_cookie(_AWAY, path="/oidc")
    return response


async def _begin(entrance: Entrance, request: Request, user: User, wanted: str, *, how: str = "password") -> Response:
    seconds = entrance.serving.session_hours * 3600
    secret = await asyncio.to_thread(begin, entrance.book, user, at=entrance.clock(), seconds=seconds, how=how)
    return remember(entrance, request, secret, wanted)


async def _welcome(entrance: Entrance, request: Request) -> Response:
    said = await _said(request)
    key, now = said.get("key", ""), entrance.clock()
    wait = entrance.limits.guess(asked_of(request.scope).address, "/first", now)
    if wait:
        return _first_form(entrance, request, "", wait=wait)
    try:
        async with entrance.hashing:
            user = await asyncio.to_thread(
                welcome, entrance.book, key, said.get("name", ""), said.get("password", ""), at=now
            )
    except VolantError as error:
        return _first_form(entrance, request, key, wrong=refusal_of(error))
    return await _begin(entrance, request, user, "/")


def _form(entrance: Entrance, request: Request, wanted: str, *, wrong: bool = False, wait: int = 0) -> Response:
    words = _words(request)
    told = words["wait"].format(seconds=wait) if wait else words["wrong"] if wrong else ""
    inside = _alert(told) + (
        "<form method=post action=/login>"
        + entry(words["name"], "name", "text", "username")
        + entry(words["password"], "password", "password", "current-password")
        + f'<input type=hidden name=next value="{escape(wanted)}"><button>{words["sign in"]}</button></form>'
    )
    if entrance.leaver is not None:
        link = f"/oidc/start?next={quote(wanted, safe='/')}"
        inside += f'<a class="act quiet" href="{escape(link)}">{escape(entrance.leaver.provider.label)}</a>'
    headers = {"retry-after": str(wait)} if wait else {}
    return _page(words["sign in"], inside, request, 429 if wait else 401 if wrong else 200, headers)


def _first_form(
    entrance: Entrance, request: Request, key: str, *, wrong: Refusal | None = None, wait: int = 0
) -> Response:
    words = _words(request)
    if wait:
        told = words["wait"].format(seconds=wait)
        return _page(words["first"], _alert(told), request, 429, {"retry-after": str(wait)})
    if not key or not invited(entrance.book, key, at=entrance.clock()):
        return _page(words["first"], _alert(words["used"]), request, 403)
    inside = _alert(f"{wrong.what} {wrong.do}" if wrong else "") + (
        "<form method=post action=/first>"
        + entry(words["name"], "name", "text", "username")
        + entry(words["new password"], "password", "password", "new-password")
        + f'<input type=hidden name=key value="{escape(key)}"><button>{words["make"]}</button></form>'
    )
    return _page(words["first"], inside, request, wrong.status if wrong else 200)


def _alert(text: str) -> str:
    return f"<p class=wrong role=alert>{escape(text)}</p>" if text else ""


def _page(
    title: str, inside: str, request: Request, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    language = "zh" if _words(request) is _CHINESE else "en"
    # No stricter referrer policy than the door's: with "no-referrer" browsers post our own forms with ``Origin: null``.
    more = {"content-security-policy": POLICY, **(headers or {})}
    return HTMLResponse(sheet(title, inside, language=language), status, more)


def _words(request: Request) -> dict[str, str]:
    return _CHINESE if request.headers.get("accept-language", "").lower().startswith("zh") else _ENGLISH


async def _said(request: Request) -> dict[str, str]:
    """The fields of a form, each once; a form that is none has none."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST:
            return {}
    try:
        fields = parse_qs(body.decode(), max_num_fields=8, keep_blank_values=True)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
