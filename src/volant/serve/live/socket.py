"""One connection of one client: greetings, frames in, state out. The other end of ``spec/wire.md``."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from ...core.errors import BadInput, LakeUnwritable, Refused, VolantError
from ...intake.live import Light
from ...intake.reception import WINDOW
from ...intake.session import Session
from ..doors import who_of

if TYPE_CHECKING:
    from starlette.types import Receive, Send

    from .receiving import Receiving

__all__ = ["Line"]

_GREETING = 10.0
_MOST_TEXT = 4096
_encode = msgspec.json.Encoder().encode


@dataclass(eq=False)
class Line:
    """A socket and the session behind it."""

    socket: WebSocket
    receiving: Receiving
    receive: Receive
    send: Send
    session: Session | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _said: dict[str, Any] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _asked: int = 0

    async def serve(self) -> None:
        """Until either side goes."""
        who = who_of(self.socket)
        await self.socket.accept()
        if not who.may("collect"):
            await self.refuse(Refused(f"The role {who.role} may not record.", do="Ask for the role collector."), 4403)
            return
        try:
            session = await self._greeted(who.name)
            if session is None:
                return
            sender = asyncio.create_task(self._telling(session))
            try:
                await self._listening(session)
            finally:
                sender.cancel()
        except LakeUnwritable as error:
            await self.refuse(error, 4507)
        except (BadInput, Refused) as error:
            await self.refuse(error, 4400)
        except (WebSocketDisconnect, RuntimeError, OSError):
            pass  # gone without a word, or closed by ourselves meanwhile
        finally:
            if self.session is not None and self.receiving.lines.get(self.session.name) is self:
                self.receiving.hung_up(self.session)

    def wake(self) -> None:
        """Something that this client wants to know may have changed."""
        self._changed.set()

    async def refuse(self, error: VolantError, code: int) -> None:
        """Say what is wrong, and close."""
        said = {"type": "refused", "kind": type(error).__name__, "what": error.what}
        said |= {key: text for key, text in (("instead", error.instead), ("do", error.do)) if text}
        with suppress(RuntimeError, WebSocketDisconnect, OSError):
            await self._send(said)
        await self.close(code, error.what)

    async def close(self, code: int, why: str) -> None:
        """Close, with a word that fits into a closing frame."""
        if self.socket.application_state is WebSocketState.CONNECTED:
            with suppress(RuntimeError, WebSocketDisconnect, OSError):
                await self.socket.close(code, why.encode()[:120].decode(errors="ignore"))

    async def _greeted(self, collector: str) -> Session | None:
        try:
            text = await asyncio.wait_for(self.socket.receive_text(), _GREETING)
        except (TimeoutError, KeyError):
            await self.refuse(BadInput("Nobody said hello.", do="Greet first."), 4400)
            return None
        here = self.receiving
        session, welcome = here.reception.greet(_words(text), collector, here.house.clock())
        before = here.lines.get(session.name)
        here.lines[session.name], self.session = self, session
        if before is not None:
            await before.close(4409, "A newer connection goes on with this session.")
        await here.commit()
        welcome["next"] = session.durable + 1  # what came since the commit is not on disk yet
        await self._send(welcome)
        return session

    async def _listening(self, session: Session) -> None:
        here, receive = self.receiving, self.receive
        reception, clock = here.reception, here.house.clock
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            blob = message.get("bytes")
            if blob is None:
                await self._heard(session, str(message.get("text") or ""))
                continue
            again = reception.receive(session, blob, clock())
            if again is None:
                here.received()
            elif again != self._asked:
                self._asked = again
                await self._send({"type": "resend", "from": again})
            if again is None and self._asked and session.next > self._asked:
                self._asked = 0

    async def _heard(self, session: Session, text: str) -> None:
        came = self.receiving.house.clock()
        said = _words(text)
        if said.get("type") == "ping":
            await self._send({"type": "pong", "t0": said.get("t0"), "t1": came, "t2": self.receiving.house.clock()})
        else:
            raise BadInput(f"No message is called {str(said.get('type'))[:40]!r}.", instead="Known: ping.")

    async def _telling(self, session: Session) -> None:
        """Send what has changed, whenever something has; of several states only the last."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            light = self.receiving.lights.get(session.name, Light("grey"))
            station = self.receiving.house.floor.station(session.name)
            advice = station.advice if station else ""
            only = self._said.get("light") == light.colour and self._said.get("why") == light.why
            if only and self._said.get("advice") == advice and len(self._told) >= len(session.landed):
                if self._said["seen"] != light.seen or self._said["durable"] != session.durable:
                    self._said |= {"seen": light.seen, "durable": session.durable}
                    await self._text(f'{{"type":"state","durable":{session.durable},"seen":{light.seen}}}')
                continue
            state = {
                "durable": session.durable, "seen": light.seen, "window": WINDOW, "light": light.colour,
                "why": light.why, "check": light.check, "stream": light.stream, "advice": advice,
            }  # fmt: skip
            news = {key: value for key, value in state.items() if self._said.get(key) != value}
            if news:
                self._said = state
                await self._send({"type": "state", **news})
            for episode, became in list(session.landed.items()):
                if episode not in self._told:
                    self._told.add(episode)
                    await self._send({"type": "stored", "episode": episode, **became})

    async def _send(self, said: dict[str, Any]) -> None:
        await self._text(_encode(said).decode())

    async def _text(self, text: str) -> None:
        await self.send({"type": "websocket.send", "text": text})


def _words(text: str) -> dict[str, Any]:
    if len(text) > _MOST_TEXT:
        raise BadInput(f"A message of {len(text)} characters is too long.")
    try:
        said = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(f"A message is no JSON: {error}.") from error
    if not isinstance(said, dict):
        raise BadInput("A message is one JSON object.")
    return said
