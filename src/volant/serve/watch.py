"""Two WebSockets about the fleet: what it looks like, for who may read, and what people do, for who may operate."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from ..core.errors import VolantError
from ..deploy.words import Said, Told
from .doors import Book, who_of
from .doors.audit import noted
from .wall import figured, opened

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from .fleet import Fleet
    from .house import House

__all__ = ["routes"]

_EVERY = 0.08
"""Seconds between two glances for who only looks; who holds a robot sees every tick."""
_AT_ONCE = 16
"""Requests of one browser that may wait for an answer at a time."""
_LONG = 2048
_ROOM = 64
_AUDITED = ("take", "back", "rewind")
"""What the audit log remembers of who had a robot in hand. A lock that ran out is in the episode only."""


Note = Callable[[Said], None]


class _Order(msgspec.Struct, frozen=True):
    """What a browser says: its number, what to do, and to what."""

    seq: Annotated[int, msgspec.Meta(ge=0, le=1 << 50)]
    do: Literal["beat", "steer", "take", "back", "rewind", "cause"]
    robot: Annotated[int, msgspec.Meta(ge=-1, le=1 << 20)] = -1
    push: tuple[float, float, float, float] | None = None
    seconds: float = 0.0
    cause: str = ""


def routes(house: House, book: Book) -> list[BaseRoute]:
    """``/watch/live`` and ``/watch/steer``; the page beside them is a page like any other. The fleet becomes a room."""
    if house.fleet is not None:
        house.rooms.append(house.fleet)

    async def live(socket: WebSocket) -> None:
        fleet = await _entered(socket, house, "read")
        if fleet is not None:
            await _gone(asyncio.create_task(_shown(socket, fleet)), asyncio.create_task(_until_left(socket)))

    async def steer(socket: WebSocket) -> None:
        fleet = await _entered(socket, house, "operate")
        if fleet is not None:
            await _heard(socket, fleet, lambda said: noted(book, *_line(said), house.clock()))

    return [WebSocketRoute("/watch/live", live), WebSocketRoute("/watch/steer", steer)]


async def _entered(socket: WebSocket, house: House, right: str) -> Fleet | None:
    """The fleet, for who may; nobody else gets further than this."""
    if not who_of(socket).may(right):
        await socket.close(1008, f"Your role may not {right}.")
        return None
    if house.fleet is None:
        await socket.close(1013, "No fleet is at work here.")
        return None
    await socket.accept()
    return house.fleet


async def _gone(*tasks: asyncio.Task[None]) -> None:
    """Until one of them is over; then none goes on."""
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    for found in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(found, BaseException) and not isinstance(found, asyncio.CancelledError | WebSocketDisconnect):
            raise found


async def _until_left(socket: WebSocket) -> None:
    async for _ in _texts(socket):
        pass


async def _texts(socket: WebSocket) -> AsyncGenerator[str]:
    """Everything that comes, bytes as no words, until the browser leaves."""
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        yield message.get("text") or ""


async def _shown(socket: WebSocket, fleet: Fleet) -> None:
    """Send what is new, the newest glance only, as fast as the browser takes it."""
    name, known, said = who_of(socket).name, False, ""
    figures: Told | None = None
    while True:
        if fleet.trouble != said:
            said = fleet.trouble
            await socket.send_bytes(msgspec.json.encode({"trouble": said}))
        if fleet.opened is not None and not known:
            known = True
            await socket.send_bytes(msgspec.json.encode(opened(fleet.opened, name)))
        if known and fleet.told is not figures:
            figures = fleet.told
            await socket.send_bytes(msgspec.json.encode(figured(figures)))
        if known and fleet.glance is not None:
            await socket.send_bytes(fleet.shown())
        holds = fleet.glance is not None and any(one.name == name and one.robot >= 0 for one in fleet.glance.people)
        if not holds:
            await asyncio.sleep(_EVERY)
        await fleet.turn()  # last, so that what is sent is new


async def _heard(socket: WebSocket, fleet: Fleet, note: Note) -> None:
    """Do what a browser says until it leaves; its robot is then let go by the lock that nobody renews."""
    name, waiting = who_of(socket).name, set[asyncio.Task[None]]()
    decoder = msgspec.json.Decoder(_Order)
    try:
        async for text in _texts(socket):
            try:
                order = decoder.decode(text[:_LONG])
                said = _said(order, name)
                if order.do in ("beat", "steer"):
                    fleet.say(said)
                elif len(waiting) < _AT_ONCE:
                    task = asyncio.create_task(_answered(socket, fleet, said, note))
                    waiting.add(task)
                    task.add_done_callback(waiting.discard)
            except (msgspec.DecodeError, UnicodeDecodeError):
                await _tell(socket, -1, False, "This is no order.")
            except VolantError as problem:
                await _tell(socket, -1, False, str(problem))
    finally:
        for task in waiting:
            task.cancel()


def _said(order: _Order, name: str) -> Said:
    seconds = min(_ROOM, max(0.0, order.seconds)) if math.isfinite(order.seconds) else 0.0
    return Said(order.seq, name, order.do, order.robot, order.push or (), seconds, order.cause)


def _line(said: Said) -> tuple[str, str, str]:
    """Who, what, and of which robot, as the audit log says it."""
    return said.who, f"robot/{said.what}", f"robot {said.robot}" if said.robot >= 0 else "the robot in hand"


async def _answered(socket: WebSocket, fleet: Fleet, said: Said, note: Note) -> None:
    try:
        answer = await fleet.ask(said)
        if answer.done and said.what in _AUDITED:
            await asyncio.to_thread(note, said)
        await _tell(socket, said.seq, answer.done, answer.words)
    except VolantError as problem:
        await _tell(socket, said.seq, False, str(problem))
    except (WebSocketDisconnect, RuntimeError):
        pass  # the browser left meanwhile


async def _tell(socket: WebSocket, seq: int, done: bool, words: str) -> None:
    await socket.send_bytes(msgspec.json.encode({"seq": seq, "done": done, "words": words}))
