"""What stays beside a request that was let in: how much it may send, and whether a WebSocket's owner still may."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect

from ..straight import May, Say, Way
from ..tray import Tray
from .asked import Asked
from .refusal import Refusal

__all__ = ["HEADERS", "Guard", "Narrow", "TooLarge"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

# NiceGUI compiles its templates in the browser and writes its page with inline script, hence the two "unsafe".
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)

HEADERS: dict[bytes, bytes] = {
    b"content-security-policy": _POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(self), microphone=(self), accelerometer=(self), gyroscope=(self), "
    b"gamepad=(self), geolocation=(), payment=(), usb=()",
}
"""What every answer says unless it says so itself."""


class TooLarge(ClientDisconnect):
    """The request carries more than it may; for who reads it the client is gone. Never leaves the door."""


@dataclass(slots=True)
class Narrow:
    """Counts what comes in, and adds our headers to what goes out.

    Once too much came, whatever the application answers is replaced by a refusal, unless its answer began before.
    """

    most: int
    asked: Asked
    inner: Receive
    outer: Send
    came: int = 0
    began: bool = False
    over: bool = False

    def fits(self, scope: Mapping[str, Any]) -> bool:
        """Whether the request says itself that it is too large, before it comes."""
        sizes = [value for name, value in scope["headers"] if name == b"content-length"]
        self.over = any(not size.isdigit() or len(size) > 18 or int(size) > self.most for size in sizes)
        return not self.over

    async def receive(self) -> Message:
        """The next part of the request."""
        message = await self.inner()
        if message["type"] == "http.request":
            self.came += len(message.get("body", b""))
            if self.came > self.most:
                self.over = True
                raise TooLarge
        return message

    async def send(self, message: Message) -> None:
        """The next part of the answer."""
        if self.over and not self.began:
            return
        if message["type"] == "http.response.start":
            self.began = True
            message = {**message, "headers": self._headers(message)}
        await self.outer(message)

    async def finish(self, scope: MutableMapping[str, Any]) -> None:
        """Refuse what was too large, where nothing was answered yet."""
        if self.over and not self.began:
            self.over = False
            what = f"A request may carry {self.most / (1 << 20):g} MiB here, and this one carries more."
            refusal = Refusal(413, "TooLarge", what, do="Send it in parts, or upload files under /uploads.",
                              headers={"connection": "close"})  # fmt: skip
            await refusal.response()(scope, self.inner, self.send)

    def _headers(self, message: Message) -> list[tuple[bytes, bytes]]:
        headers: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
        there = {name.lower() for name, _ in headers}
        headers += [(name, value) for name, value in HEADERS.items() if name not in there]
        if b"cache-control" not in there and not self.asked.static:
            headers.append((b"cache-control", b"no-store"))
        if self.asked.secure:
            headers.append((b"strict-transport-security", b"max-age=31536000"))
        return headers


@dataclass(slots=True)
class Guard:
    """Lets a WebSocket's messages through while its owner may still be here, asked again every so often."""

    still: Callable[[], bool]
    clock: Callable[[], int]
    every: int
    inner: Receive
    outer: Send
    asked: int = -1
    out: bool = False
    closing: asyncio.Future[None] | None = None

    async def receive(self) -> Message:
        """The client's next message; a disconnect where it may no longer speak."""
        message = await self.inner()
        if message["type"] == "websocket.receive" and not self._may():
            await self._close()
            return {"type": "websocket.disconnect", "code": 1008}
        return message

    async def send(self, message: Message) -> None:
        """The next message to the client; nothing more once it was shut out."""
        if message["type"] == "websocket.send" and not self._may():
            await self._close()
        if not self.out:
            await self.outer(message)

    def straight(self, way: Way) -> Way:
        """The same for a way past the queue (``serve.straight``): nothing is heard of who was shut out."""

        def guarded(line: object, tray: Tray, may: May) -> Say:
            def heard() -> bool:
                if self.closing is None and not self._may():
                    self.closing = asyncio.ensure_future(self._close())
                return self.closing is None and may()

            say = way(line, tray, heard)
            return lambda text: self.closing is None and self._may() and say(text)

        return guarded

    def _may(self) -> bool:
        now = self.clock()
        if self.asked < 0:
            self.asked = now  # the door has just looked
        elif now - self.asked >= self.every and not self.out:
            self.asked = now
            return self.still()
        return not self.out

    async def _close(self) -> None:
        if not self.out:
            self.out = True
            await self.outer({"type": "websocket.close", "code": 1008, "reason": "SignIn"})
