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
from ..straight import STRAIGHT, Say

if TYPE_CHECKING:
    from starlette.types import Receive, Send

    from .receiving import Receiving

__all__ = ["Line"]

_GREETING = 10.0
_MOST_TEXT = 4096
_GREY = Light("grey")
_encode = msgspec.json.Encoder().encode


@dataclass(eq=False)
class Line:
    """A socket and the session behind it."""

    socket: WebSocket
    receiving: Receiving
    receive: Receive
    send: Send
    session: Session | None = None
    speaking: Session | None = None
    """The session, while frames that come straight are heard."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _said: dict[str, Any] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _shown: tuple[str, ...] = ()
    """Colour, words, check and stream of the light that was said last."""
    _asked: int = 0
    _say: Say | None = None
    _wrong: asyncio.Future[None] | None = None

    async def serve(self) -> None:
        """Until either side goes."""
        who = who_of(self.socket)
        await self.socket.accept()
        if self.receiving.house.loading:
            await self.close(1013, self.receiving.house.loading)
            return
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
            self.speaking = None
            if self.session is not None and self.receiving.lines.get(self.session.name) is self:
                self.receiving.hung_up(self.session)

    def wake(self) -> None:
        """Something that this client wants to know may have changed; how far it was judged is said at once."""
        session = self.session
        if session is None or not self._only_further(session):
            self._changed.set()
        else:
            self.further(self.receiving.lights.get(session.name, _GREY))

    def further(self, light: Light) -> None:
        """Say at once how far it was judged and made durable, where the light is shown as it was; else soon."""
        session, say = self.session, self._say
        if say is None or session is None or light[:4] != self._shown:
            self._changed.set()
            return
        text = self._further(light.seen, session.durable)
        if text and not say(text):
            self._said["seen"] = -1  # it did not take it: the next word says it
            self._changed.set()

    def answered(self, said: int | VolantError) -> None:
        """A frame that came straight was not taken in: the number to ask for again, or what is wrong with it, which is
        said by a task of its own, and nothing more is heard."""
        if isinstance(said, VolantError):
            self.speaking = None
            code = 4507 if isinstance(said, LakeUnwritable) else 4400
            self._wrong = asyncio.ensure_future(self.refuse(said, code))
        elif said != self._asked and self._say is not None:
            self._asked = said
            self._say(_encode({"type": "resend", "from": said}))

    async def refuse(self, error: VolantError, code: int) -> None:
        """Say what is wrong, and close."""
        self.speaking = None
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
            before.speaking = None
            await before.close(4409, "A newer connection goes on with this session.")
        await here.commit()
        welcome["next"] = session.durable + 1  # what came since the commit is not on disk yet
        await self._send(welcome)
        return session

    async def _listening(self, session: Session) -> None:
        way = (self.socket.scope.get("extensions") or {}).get(STRAIGHT)
        if way is not None:
            self.speaking = session
            self._say = way(self, self.receiving.tray, lambda: self.speaking is not None)
        while True:
            message = await self.receive()
            if message["type"] == "websocket.disconnect":
                return
            blob = message.get("bytes")
            if blob is None:
                await self._heard(session, str(message.get("text") or ""))
                continue
            here = self.receiving
            again = here.reception.receive(session, blob, here.house.clock())
            here.received()
            if again is not None and again != self._asked:
                self._asked = again
                await self._send({"type": "resend", "from": again})

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
            if self._only_further(session):
                seen = self.receiving.lights.get(session.name, _GREY).seen
                if text := self._further(seen, session.durable):
                    await self._text(text.decode())
                continue
            light = self.receiving.lights.get(session.name, _GREY)
            state = {
                "durable": session.durable, "seen": light.seen, "window": WINDOW, "light": light.colour,
                "why": light.why, "check": light.check, "stream": light.stream, "advice": self._advice(session),
            }  # fmt: skip
            news = {key: value for key, value in state.items() if self._said.get(key) != value}
            self._shown = light[:4]
            if news:
                self._said = state
                await self._send({"type": "state", **news})
            for episode, became in list(session.landed.items()):
                if episode not in self._told:
                    self._told.add(episode)
                    await self._send({"type": "stored", "episode": episode, **became})

    def _advice(self, session: Session) -> str:
        station = self.receiving.house.floor.station(session.name)
        return station.advice if station else ""

    def _only_further(self, session: Session) -> bool:
        """Whether nothing is new but how far it was judged and made durable."""
        light = self.receiving.lights.get(session.name, _GREY)
        if light[:4] != self._shown or len(self._told) < len(session.landed):
            return False
        return bool(self._said["advice"] == self._advice(session))

    def _further(self, seen: int, durable: int) -> bytes:
        """How far it was judged and made durable; empty where that was said."""
        said = self._said
        if said["seen"] == seen and said["durable"] == durable:
            return b""
        said["seen"], said["durable"] = seen, durable
        return b'{"type":"state","durable":%d,"seen":%d}' % (durable, seen)

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
