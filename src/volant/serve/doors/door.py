"""The door: whatever nobody let in does not get in, be it a request or a WebSocket."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from starlette.responses import RedirectResponse

from ..metrics import Meters
from ..settings import Serving
from ..straight import STRAIGHT
from .asked import Asked, asked_of
from .book import Book
from .guard import Guard, Narrow, TooLarge
from .limits import Limits
from .refusal import Refusal
from .sessions import session
from .tokens import bearer
from .who import Who

__all__ = ["PAGES", "Door", "right_for"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

PAGES = {
    "api": "",
    "openapi.json": "",
    "_nicegui": "",
    "_nicegui_ws": "",
    "collect": "collect",
    "live": "collect",
    "uploads": "collect",
    "review": "review",
    "settings": "admin",
}
"""The right that the first part of a path needs; empty where being signed in is enough, because what lies there asks
for rights itself. Everything else needs ``read``."""

_RECHECK = 5_000_000_000
"""Ns after which a WebSocket's owner is looked up again, so that who was shut out is out."""

_NOBODY = Refusal(
    401,
    "SignIn",
    "Nobody has signed in.",
    do="Open /login, or send Authorization: Bearer TOKEN.",
    headers={"www-authenticate": "Bearer"},
)
_WRONG_TOKEN = Refusal(
    401,
    "SignIn",
    "This token opens nothing: it is unknown, over or revoked.",
    do="Ask an admin for a new one.",
    headers={"www-authenticate": 'Bearer error="invalid_token"'},
)
_FOREIGN = Refusal(
    403,
    "ForeignOrigin",
    "The page that asks is not one of ours.",
    do="Use the pages of this server, or a token.",
)
_STRANGE = Refusal(404, "NotFound", "There is nothing at such a path.")
_LEAVING = Refusal(
    503, "Leaving", "This server is being stopped.", do="Try again in a few seconds.", headers={"retry-after": "5"}
)


@dataclass(eq=False, slots=True)
class Door:
    """ASGI middleware that lets in who may come and says so in ``scope["who"]``; ``leaving`` is set by who drains."""

    app: App
    book: Book
    clock: Callable[[], int]
    serving: Serving = field(default_factory=Serving)
    limits: Limits = field(default_factory=Limits)
    meters: Meters = field(default_factory=Meters)
    timer: Callable[[], float] = time.perf_counter
    leaving: bool = False

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """One request, one WebSocket, or the life of the whole application."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] in ("http", "websocket"):
            await self._open(asked_of(scope), scope, receive, send)

    async def _open(self, asked: Asked, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        found = self._look(asked)
        scope["who"] = None if isinstance(found, Refusal) else found
        began, status = self.timer(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
            await send(message)

        inside = asked.method == "WS" and not isinstance(found, Refusal)
        if inside:
            self.meters.socket(asked.path, 1)
        try:
            if isinstance(found, Refusal):
                await _turn_away(asked, found, scope, receive, watched)
            else:
                await self._let_in(asked, scope, receive, watched)
        finally:
            if inside:
                self.meters.socket(asked.path, -1)
            else:
                self.meters.answered(asked.path, asked.method, status, self.timer() - began)

    def _look(self, asked: Asked) -> Who | Refusal | None:
        """Who may pass, None where everybody may, or why not."""
        now = self.clock()
        if asked.strange:
            return _STRANGE
        if self.leaving and asked.path not in ("/health", "/ready"):
            return _LEAVING
        wait = 0.0 if asked.static else self.limits.address.take(asked.address, now)
        if wait:
            return _too_fast(wait)
        if asked.public:
            return _FOREIGN if asked.changes and not asked.ours else None if asked.static else self.who(asked)
        who = self.who(asked)
        if who is None:
            return _WRONG_TOKEN if asked.bearer else _NOBODY
        wait = self.limits.account.take(f"{who.token}/{who.name}", now)
        if wait:
            return _too_fast(wait)
        # A browser sends the cookie along whoever asks; a token is only sent by who holds it.
        if not who.token and asked.changes and not asked.ours:
            return _FOREIGN
        return _right(asked, who)

    def who(self, asked: Asked) -> Who | None:
        """Who comes with these credentials; a token goes before a cookie, and a wrong one is not made up for by it."""
        if asked.scheme:
            return None
        if asked.bearer:
            return bearer(self.book, asked.bearer, at=self.clock())
        return session(self.book, asked.session, at=self.clock()) if asked.session else None

    async def _let_in(self, asked: Asked, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if asked.method == "WS":
            guard = Guard(lambda: self.who(asked) == scope["who"], self.clock, _RECHECK, receive, send)
            extensions = scope.get("extensions") or {}
            if STRAIGHT in extensions:
                scope["extensions"] = {**extensions, STRAIGHT: guard.straight(extensions[STRAIGHT])}
            await self.app(scope, guard.receive, guard.send)
            return
        upload = asked.path.startswith("/uploads") and scope["who"] is not None
        most = self.serving.upload_bytes if upload else self.serving.body_bytes
        narrow = Narrow(most, asked, receive, send)
        try:
            if narrow.fits(scope):
                await self.app(scope, narrow.receive, narrow.send)
        except TooLarge:
            pass  # whoever read the request gave up on it
        await narrow.finish(scope)


def right_for(path: str) -> str:
    """The right that a path needs, empty where being signed in is enough."""
    return PAGES.get(path.split("/")[1] if "/" in path else path, "read")


def _right(asked: Asked, who: Who) -> Who | Refusal:
    right = right_for(asked.path)
    if asked.path == "/metrics" and not (who.token or who.role == "admin"):
        right = "admin"
    if not right or who.may(right):
        return who
    return Refusal(403, "NoRight", f"{who.name} ({who.role}) has no right to {right} here.", do="Ask an admin for it.")


def _too_fast(wait: float) -> Refusal:
    seconds = math.ceil(wait)
    return Refusal(429, "TooFast", "Too many requests at once.", do=f"Wait {seconds} s.",
                   headers={"retry-after": str(seconds)})  # fmt: skip


async def _turn_away(
    asked: Asked, refusal: Refusal, scope: MutableMapping[str, Any], receive: Receive, send: Send
) -> None:
    if asked.method == "WS":
        await _turn_away_socket(refusal, scope, receive, send)
        return
    narrow = Narrow(0, asked, receive, send)
    response = refusal.response(html=not asked.machine)
    if refusal.status == 401 and asked.method == "GET" and not asked.machine:
        wanted = asked.path + (f"?{asked.question}" if asked.question else "")
        response = RedirectResponse(f"/login?next={quote(wanted, safe='/')}", 303)
    elif refusal.kind == "NoRight" and asked.path == "/":
        response = RedirectResponse("/collect", 303)  # who only collects starts there
    await response(scope, receive, narrow.send)


async def _turn_away_socket(refusal: Refusal, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """Before it is accepted: as an HTTP answer where the server can send one, else closed with 1008."""
    await receive()
    if "websocket.http.response" in (scope.get("extensions") or {}):
        body = refusal.body()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        headers += [(name.encode(), value.encode()) for name, value in refusal.headers.items()]
        await send({"type": "websocket.http.response.start", "status": refusal.status, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": body})
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": refusal.kind})
