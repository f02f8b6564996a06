"""The way to the server and back: connects, resends, obeys the window, and comes again when the link was cut."""

from __future__ import annotations

import asyncio
import threading
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection, connect

from ..core.errors import BadInput, Refused, VolantError
from ..wire import WIRE, Offset, offset_of
from .outbox import Outbox

__all__ = ["Link", "Told", "address", "asked_triggers"]

_PINGS = 5
_TRIES = 10
_SLOWEST = 5.0
_AGAIN = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Told:
    """What the server says of a recording: the light and why, advice, and how far it is.

    ``durable`` frames are on its disk, ``seen`` are judged. ``connected`` says whether it can be heard at all.
    """

    light: str = "grey"
    why: str = ""
    check: str = ""
    stream: str = ""
    advice: str = ""
    durable: int = 0
    seen: int = 0
    connected: bool = False
    trouble: str = ""


@dataclass(eq=False)
class Link:
    """Sends one outbox to a server, in a thread of its own, until everything is acknowledged and it is told to end.

    ``heard`` is called, in that thread, whenever the server said something, ``compared`` once the clocks are.
    ``refused`` is what it said where it will not have the recording; nothing is sent then, and nothing is lost.
    """

    url: str
    box: Outbox
    token: str
    title: str
    clock: Callable[[], int]
    heard: Callable[[Told], object]
    compared: Callable[[Offset], None] | None = None
    told: Told = field(default_factory=Told)
    stored: dict[str, dict[str, Any]] = field(default_factory=dict)
    offset: Offset | None = None
    refused: VolantError | None = None
    _ending: bool = False
    _waiting: set[str] = field(default_factory=set)

    def start(self) -> None:
        """Begin to connect and send."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="volant-link", daemon=True)
        self._ready = threading.Event()
        self._thread.start()
        self._ready.wait()

    def finish(self, episodes: set[str], timeout: float) -> bool:
        """Wait until everything is acknowledged and these episodes are stored; whether that was so in time."""
        self._waiting, self._ending = episodes, True
        self._wake()
        self._thread.join(timeout)
        done = not self._thread.is_alive()
        if not done:
            with suppress(RuntimeError):  # it has ended meanwhile
                self._loop.call_soon_threadsafe(self._task.cancel)
            self._thread.join(2.0)
        return done and self.refused is None

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self._ending and not self.box.waiting and self._waiting <= self.stored.keys()

    async def _run(self) -> None:
        self._loop, self._changed = asyncio.get_running_loop(), asyncio.Event()
        self._task = asyncio.current_task() or asyncio.create_task(asyncio.sleep(0))
        self.box.changed = self._wake
        self._ready.set()
        tries = 0
        with suppress(asyncio.CancelledError):
            while not self.done and self.refused is None:
                try:
                    await self._connected()
                    tries = 0
                except (OSError, TimeoutError, websockets.WebSocketException, EOFError) as error:
                    self._tell(connected=False, trouble=str(error)[:200])
                    await asyncio.sleep(_AGAIN[min(tries, len(_AGAIN) - 1)])
                    tries += 1

    async def _connected(self) -> None:
        head = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            socket = await connect(
                address(self.url), additional_headers=head, max_size=1 << 20, compression=None, open_timeout=_SLOWEST
            )
        except websockets.InvalidStatus as error:
            status = error.response.status_code
            if status in (401, 403):
                raise self._never(Refused(
                    f"{self.url} does not let this recording in ({status}).",
                    do="Give a token of the role collector: `volant token create --role collector`.",
                )) from error  # fmt: skip
            raise
        async with socket:
            hello = {
                "type": "hello",
                "wire": WIRE,
                "session": self.box.session,
                "time": self.clock(),
                "name": self.title,
            }
            await socket.send(_encode(hello).decode())
            welcome = msgspec.json.decode(await asyncio.wait_for(socket.recv(), _SLOWEST))
            if welcome.get("type") != "welcome":
                self._hear(welcome)
                raise EOFError(welcome.get("what", "The server does not welcome this recording."))
            self.box.acknowledged(welcome["next"] - 1)
            self._next, self._window = welcome["next"], welcome["window"]
            self._tell(connected=True, trouble="")
            jobs = [
                asyncio.create_task(job) for job in (self._listening(socket), self._sending(socket), self._ping(socket))
            ]
            try:
                await asyncio.wait(jobs[:2], return_when=asyncio.FIRST_COMPLETED)
            finally:
                for job in jobs:
                    job.cancel()
                found = await asyncio.gather(*jobs, return_exceptions=True)
            for one in found[:2]:
                if isinstance(one, Exception):
                    raise one

    async def _sending(self, socket: ClientConnection) -> None:
        under_way = 0
        sizes: dict[int, int] = {}
        while not self.done:
            for seq in [seq for seq in sizes if seq <= self.box.acked]:
                under_way -= sizes.pop(seq)
            frame = self.box.frame(self._next) if under_way < self._window else None
            if frame is None:
                self._changed.clear()
                if self.box.frame(self._next) is None or under_way >= self._window:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._changed.wait(), 0.5)
                continue
            seq = self._next
            self._next = seq + 1
            under_way += len(frame) - sizes.get(seq, 0)
            sizes[seq] = len(frame)
            await socket.send(frame)

    async def _listening(self, socket: ClientConnection) -> None:
        async for text in socket:
            self._hear(msgspec.json.decode(text))
            if self.refused is not None:
                return

    def _hear(self, said: dict[str, Any]) -> None:
        kind = said.get("type")
        if kind == "state":
            if "durable" in said:
                self.box.acknowledged(said["durable"])
            self._window = said.get("window", self._window)
            self._tell(**{name: said[name] for name in ("light", "why", "check", "stream", "advice", "durable", "seen")
                          if name in said})  # fmt: skip
        elif kind == "resend":
            self._next = max(self.box.acked + 1, said["from"])
        elif kind == "stored":
            self.stored[said["episode"]] = {key: said.get(key) for key in ("id", "verdict", "reasons")}
            self._tell()
        elif kind == "pong":
            self._pongs.append((said["t0"], said["t1"], said["t2"], self.clock()))
        elif kind == "refused" and said.get("kind") != "LakeUnwritable":
            self._never(BadInput(said["what"], instead=said.get("instead", ""), do=said.get("do", "")))
        elif kind == "refused":
            self._tell(trouble=said["what"])
        self._changed.set()

    async def _ping(self, socket: ClientConnection) -> None:
        """Compare clocks a few times, and say once what came of it."""
        self._pongs: list[tuple[int, int, int, int]] = []
        found = None
        for _ in range(_TRIES):  # a server that has just begun may be too busy to answer in time
            for _ in range(_PINGS):
                await socket.send(_encode({"type": "ping", "t0": self.clock()}).decode())
                await asyncio.sleep(0.02)
            found = offset_of(self._pongs)
            if found is not None:
                break
            await asyncio.sleep(0.5)
        if found is not None and self.compared is not None and self.offset is None:
            self.compared(found)
            self.offset = found

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._changed.set)

    def _never(self, error: VolantError) -> EOFError:
        """The server will not have it: stop."""
        self.refused = error
        self._tell(connected=False, trouble=error.what)
        return EOFError(error.what)

    def _tell(self, **news: Any) -> None:
        self.told = replace(self.told, **news)
        self.heard(self.told)


def asked_triggers(url: str, token: str) -> str:
    """The triggers that a server keeps for robots, as TOML."""
    plain = address(url).removesuffix("/live").replace("ws", "http", 1)
    head = {"Authorization": f"Bearer {token}"}
    asked = urllib.request.Request(f"{plain}/api/triggers", headers=head)  # noqa: S310 - the address says http
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310
            return str(msgspec.json.decode(answer.read())["toml"])
    except (OSError, msgspec.DecodeError, KeyError, TypeError) as error:
        raise Refused(f"{url} does not say its triggers: {error}.", do="Give a file with --passive.") from error


def address(url: str) -> str:
    """The WebSocket address of a server that is named as people name it."""
    for plain, live in (("http://", "ws://"), ("https://", "wss://")):
        if url.startswith(plain):
            url = live + url.removeprefix(plain)
    if not url.startswith(("ws://", "wss://")):
        raise BadInput(f"{url!r} is no address of a server.", do="Give one such as http://volant.local:7070.")
    return url.rstrip("/") + ("" if url.rstrip("/").endswith("/live") else "/live")
