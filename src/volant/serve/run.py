"""The server as a process: bound, announced, and told to stop without losing what is under way."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

import uvicorn

from ..core.errors import BadInput, Refused
from ..deploy.words import Shifting
from .app import application
from .doors.door import Door
from .doors.first import invite
from .fleet import Fleet
from .house import House
from .settings import Serving
from .straight import Straight
from .upgrade import Prepared, alone, prepared

__all__ = ["Started", "serve"]

_LAST_WORDS = 5
"""Seconds that answers under way have, once everything else is done."""


@dataclass(frozen=True, slots=True)
class Started:
    """What whoever started the server wants to know: where it is, how the first admin gets in, what was prepared."""

    url: str
    first: str
    prepared: Prepared


def serve(
    serving: Serving,
    started: Callable[[Started], None],
    told: Callable[[str], None],
    *,
    fleet: tuple[bytes, str, Shifting] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then let in nobody new, wait for episodes under way, and return.

    ``fleet`` goes to work beside it: a policy's bytes, WORLD/TASK, and how. ``started`` is called once it listens,
    ``told`` with words while it leaves. A second signal stops it at once. Raises ``Refused`` where the address is
    taken, and what ``prepared`` raises.
    """
    _certified(serving)
    house = House(serving.lake, serving.place)
    house.fleet = Fleet(house, *fleet) if fleet else None
    with _bound(serving) as bound:
        ready = prepared(serving, house.clock())
        with alone(serving.place):
            door = application(house, serving)
            url = _url(serving, bound)
            key = invite(door.book, at=house.clock())
            first = f"{url}/first?key={key}" if key else ""
            server = uvicorn.Server(_config(door, serving))
            leaving = _Leaving(server, door, house, serving.drain_seconds, told)
            # uvicorn would raise the signal again after it has left; who is told to stop and did so exits with 0.
            server.handle_exit = leaving.heard  # type: ignore[method-assign]
            started(Started(url, first, ready))
            server.run(sockets=[bound])


@dataclass(slots=True)
class _Leaving:
    """Leaves in order: nobody new, then episodes under way, then answers under way."""

    server: uvicorn.Server
    door: Door
    house: House
    seconds: float
    told: Callable[[str], None]
    task: asyncio.Task[None] | None = field(default=None)

    def heard(self, sig: int, frame: FrameType | None) -> None:
        """A signal came, on whatever line of code the main thread is."""
        del frame
        if self.door.leaving:
            self.server.should_exit = True
            self.server.force_exit = True
            return
        self.door.leaving = True
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.server.should_exit = True
            return
        loop.call_soon_threadsafe(self._begin, signal.Signals(sig).name)

    def _begin(self, name: str) -> None:
        self.task = asyncio.get_running_loop().create_task(self._drain(name))

    async def _drain(self, name: str) -> None:
        count = self._under_way()
        self.told(f"{name}: leaving; {count} episodes are under way." if count else f"{name}: leaving.")
        tick = 0.1
        waited = 0.0
        while self._under_way() and waited < self.seconds:
            await asyncio.sleep(tick)
            waited += tick
        if self._under_way():
            self.told(f"{self._under_way()} episodes were still under way; their senders keep and resend them.")
        self.server.should_exit = True

    def _under_way(self) -> int:
        return sum(station.recording and station.connected for station in self.house.floor.stations())


def _config(door: Door, serving: Serving) -> uvicorn.Config:
    config = uvicorn.Config(
        door,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(serving.proxy),
        forwarded_allow_ips=serving.proxy or "",
        ssl_certfile=serving.cert,
        ssl_keyfile=serving.key,
        timeout_graceful_shutdown=_LAST_WORDS,
        timeout_keep_alive=30,
        ws=Straight,
        ws_max_size=serving.upload_bytes,
        ws_per_message_deflate=False,  # samples hardly shrink, and shrinking costs more than judging
    )
    config.load()
    return config


def _certified(serving: Serving) -> None:
    """Refuse a certificate and key that TLS cannot use, before anything else is done."""
    if serving.cert is None:
        return
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(serving.cert, serving.key)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise BadInput(
            f"The certificate or its key cannot be used: {error}.", do="Give PEM files that belong to each other."
        ) from error


def _bound(serving: Serving) -> socket.socket:
    family = socket.AF_INET6 if ":" in serving.host else socket.AF_INET
    try:
        made = socket.create_server((serving.host, serving.port), family=family, backlog=1024)
    except OSError as error:
        raise Refused(
            f"Nothing can listen at {serving.host} port {serving.port}: {os.strerror(error.errno or 0)}.",
            do="Take another --port or --host.",
        ) from error
    made.setblocking(False)
    return made


def _url(serving: Serving, bound: socket.socket) -> str:
    host = "127.0.0.1" if serving.host in ("0.0.0.0", "::") else serving.host  # noqa: S104
    named = f"[{host}]" if ":" in host else host
    return f"{'https' if serving.cert else 'http'}://{named}:{bound.getsockname()[1]}"
