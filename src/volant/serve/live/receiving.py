"""What goes on behind the socket: judging, committing and landing, each at its own pace, none waiting for another."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ... import plug
from ...core.errors import LakeUnwritable, VolantError
from ...intake import Screener
from ...intake.beside import beside_others
from ...intake.eyes import Eyes
from ...intake.landing import Ended, land
from ...intake.live import Light, LiveGate
from ...intake.policy import DEFAULT, LIVED, Policy
from ...intake.policy import load as load_policy
from ...intake.reception import Reception
from ...intake.session import Session
from ...intake.take import Take
from ...wire import sheaf
from ..floor import Station
from ..tray import Messages, Tray, cut_frames
from .needing import Needing

if TYPE_CHECKING:
    from ...api import Lake
    from ..house import House
    from .socket import Line

__all__ = ["Receiving", "warm"]

COMMIT = 0.04
"""Seconds between two commits while frames arrive."""
TICK = 0.002
"""Seconds that frames gather before they are taken in and judged together."""
ROUND = 16
"""Stations that are looked at before what came meanwhile has its turn."""
SWITCH = 0.0005
"""Seconds after which a thread gives way to others that wait for the interpreter: a camera's frame is looked at by
threads that need it for moments only, and waited up to 5 ms for each of them while the loop was judging."""
HURRIED = 0.006
"""Seconds of judging from which on long look-backs wait, so that lights stay in time."""
LEAST, MOST = 1_000, 12_000
"""Samples of look-backs that a tick may go through again: when it is hurried, and when it has time."""
LOADING = "The server is still loading its checks: try again."
PATIENCE = 10.0
"""Seconds of loading after which whoever started the server is told what it does."""
QUIET = 5.0
"""Seconds without a landing after which new episodes are compared with all others."""
_LOG = logging.getLogger("volant.serve.live")


def warm(gate: LiveGate) -> None:
    """Load what is compiled, so that the first frames are as quick as all others."""
    gate.warm()
    sheaf.warm()
    cut_frames([bytearray(b"\x82\x80" + bytes(4))], [1])


@dataclass(eq=False)
class Receiving:
    """All live sessions of a house: reception, gate, and the lines that are open now. Implements ``Room``."""

    house: House
    policy: Policy = DEFAULT
    lines: dict[str, Line] = field(default_factory=dict)
    reception: Reception = field(init=False)
    gate: LiveGate = field(init=False)
    lights: dict[str, Light] = field(init=False, default_factory=dict)
    needing: Needing = field(init=False)
    tray: Tray = field(init=False)
    _next: asyncio.TimerHandle | None = field(init=False, default=None)
    _budget: int = field(init=False, default=MOST)
    _dirty: bool = field(init=False, default=False)
    _landing: bool = field(init=False, default=False)
    _grown: set[str] = field(init=False, default_factory=set)
    """Sessions of which the last commit made more durable; told with their next light, or by the next commit."""

    async def start(self) -> None:
        """Read the journal, and begin to judge, commit and land."""
        self._loop = asyncio.get_running_loop()
        own = self.house.home / "gate.toml"
        if own.is_file():
            self.policy = load_policy(own)
        self._switch = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH)
        self._checks, self.needing = plug.checks(), Needing(self.house)
        self.tray = Tray(self._soon, self._turn, self.house.clock)
        eyes = Eyes(apart=max(1, (os.cpu_count() or 1) - 1), watch=self._watch)
        self.gate = LiveGate(self._checks, self.policy, eyes=eyes, wake=self._seen)
        self._writer = ThreadPoolExecutor(1, "volant-journal")
        self.reception = await self._loop.run_in_executor(
            self._writer, lambda: Reception(self.house.home / "live", watcher=self.gate)
        )
        self.house.loading = LOADING
        work = (self._warming, self._committing, self._landings, self._looking_round)
        self._tasks = [self._loop.create_task(one()) for one in work]

    async def stop(self) -> None:
        """Say good-bye to every client, make durable what came, and land what has ended."""
        for line in list(self.lines.values()):
            await line.close(1012, "The server restarts: try again.")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._turn()
        with suppress(LakeUnwritable):
            await self.commit()
            await self._land(last=True)
            await self._loop.run_in_executor(self._writer, self.reception.close)
        sys.setswitchinterval(self._switch)
        gc.unfreeze()
        self._writer.shutdown(wait=True)
        self.gate.eyes.close()

    def hung_up(self, session: Session) -> None:
        """A client has gone. What was kept to judge it by goes, too, unless its episode may go on."""
        del self.lines[session.name]
        if session.take is None:
            self.gate.gone(session)
            self._soon()

    def received(self) -> None:
        """Something arrived: the judge and the journal have work."""
        self._dirty = True
        self._soon()

    async def commit(self) -> None:
        """Make durable what came so far, and tell whoever waits for it."""
        self._dirty = False
        try:
            grown = await self._loop.run_in_executor(self._writer, self.reception.commit, self.reception.reached())
        except LakeUnwritable as error:
            _LOG.error("%s", error)
            self.reception.lost()
            self.gate.watched.clear()
            for line in list(self.lines.values()):
                await line.refuse(error, 4507)
            raise
        self._grown, late = set(grown), self._grown
        self._woken(late)
        self._landing = self._landing or bool(self.reception.ripe())

    async def _warming(self) -> None:
        """Let robots in once what judges them is loaded; pages are served meanwhile."""
        loaded = asyncio.Event()
        # A daemon, so that who is told to stop meanwhile need not wait for a compiler.
        threading.Thread(target=self._warm, args=(loaded,), name="volant-warming", daemon=True).start()
        with suppress(TimeoutError):
            await asyncio.wait_for(loaded.wait(), PATIENCE)
        if slow := not loaded.is_set():
            _LOG.warning(
                "Checks are being compiled for this machine, once, for a minute or two: pages are open, robots wait."
            )
        await loaded.wait()
        self.house.loading = ""
        if slow:
            _LOG.warning("Checks are compiled: robots are let in.")

    def _warm(self, loaded: asyncio.Event) -> None:
        """Load what is compiled, and say so."""
        warm(self.gate)
        gc.collect()
        gc.freeze()  # what lives as long as the server need not be walked again while robots wait: 0.1 s each time
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(loaded.set)

    def _watch(self, fd: int, ready: Callable[[], object] | None) -> None:
        """Hear of what a process that looks at pictures saw; in the loop, whoever began or ended it."""
        if ready is None:
            self._loop.remove_reader(fd)
        else:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._loop.add_reader, fd, ready)

    def _seen(self) -> None:
        """A picture was looked at, by a thread of its own."""
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._soon)

    def _soon(self) -> None:
        """There is something to take in, or to judge."""
        if self._next is None:
            self._next = self._loop.call_later(TICK, self._turn)

    def _turn(self) -> None:
        """Take in what gathered, judge it, and say so: many sessions at once, and in the loop's own thread, because two
        threads that both need the interpreter all the time wait for each other more than they work."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
        if (came := self.tray.empty()) is not None:
            self._take_in(came)
        self._judge()
        if self.gate.eyes.gather():  # of pictures that came just now, while samples were judged
            self._judge()

    def _judge(self) -> None:
        began = time.perf_counter()
        lights = self.gate.tick(self._budget)
        took = time.perf_counter() - began
        self._budget = max(LEAST, self._budget // 2) if took > HURRIED else min(MOST, self._budget + LEAST)
        self.lights |= lights
        for name, light in lights.items():
            if (line := self.lines.get(name)) is not None:
                line.further(light)

    def _take_in(self, came: Messages) -> None:
        whose = [line.speaking for line in came.lines]
        frames = sheaf.Sheaf.of(came.blob, came.starts, came.stops)
        for i, said in self.reception.receive_all(whose, frames, came.ats):
            came.lines[i].answered(said)
        self._dirty = True

    def _woken(self, names: Iterable[str]) -> None:
        for name in names:
            if (line := self.lines.get(name)) is not None:
                line.wake()

    async def _committing(self) -> None:
        while True:
            await asyncio.sleep(COMMIT)
            if self._dirty or self._grown:
                with suppress(LakeUnwritable):
                    await self.commit()

    async def _landings(self) -> None:
        quiet, fresh = 0.0, True
        while True:
            await asyncio.sleep(COMMIT)
            quiet += COMMIT
            if self._landing:
                self._landing = False
                quiet, fresh = 0.0, await self._land() or fresh
            elif fresh and quiet >= QUIET and self.lines:
                with suppress(VolantError, OSError):
                    fresh = await self.needing.refresh()
                if not fresh:
                    await self._safely(lambda lake: beside_others(lake.store, self._screener(), self.house.clock()))

    async def _land(self, *, last: bool = False) -> bool:
        """Everything that has ended, into the lake, once its pictures were looked at (the ``last`` time at any rate, if
        need be after a wait); whether something new came."""
        every = self.reception.ripe()
        ripe = [one for one in every if last or self.gate.eyes.through(one[0].name, one[1].name)]
        self._landing = self._landing or len(ripe) < len(every)
        for simulated in (False, True):
            some = [
                (session, one)
                for session, take in ripe
                if (one := self._ended(session, take)).take.simulated is simulated
            ]
            if not some:
                continue
            screener, ended = self._screener(simulated=simulated), [one for _, one in some]
            at, read = self.house.clock(), self.reception.read
            became = await self._safely(lambda lake: land(lake.store, screener, ended, read, at))  # noqa: B023
            for (session, one), what in zip(some, became or (), strict=False):
                self.reception.landed(session, one.take, what, at)
                self.gate.eyes.forget(session.name, one.take.name)
                self._counted(session, one.take, what)
                self._woken([session.name])
            self._dirty = True
        if ripe:
            with suppress(LakeUnwritable):  # said by the next commit
                self.reception.tidy(self.house.clock())
        return bool(ripe)

    async def _safely(self, work: Callable[[Lake], Any]) -> Any:
        """Something that the lake may refuse: said, and tried again with the next."""
        try:
            return await self.house.do(work)
        except (VolantError, OSError) as error:
            _LOG.error("%s", error)
            return None

    def _ended(self, session: Session, take: Take) -> Ended:
        return Ended(take, self.gate.eyes.looks(session.name, take.name))

    def _screener(self, *, simulated: bool = False) -> Screener:
        return Screener(self._checks, LIVED if simulated else self.policy)

    async def _looking_round(self) -> None:
        """Twice a second: how every station looks; those that are gone look as they did when they went."""
        floor = self.house.floor
        while True:
            await asyncio.sleep(0.5)
            here = [one for one in self.reception.sessions.values() if self._changing(one)]
            await self.needing.ask([session.take for session in here if session.take is not None])
            for first in range(0, len(here), ROUND):
                stations = [self._station(session) for session in here[first : first + ROUND]]
                other = [one.session for one in stations if one != floor.station(one.session)]
                floor.show(stations)
                self._woken(other)
                await asyncio.sleep(0)

    def _changing(self, session: Session) -> bool:
        """Whether a station may look otherwise than it is shown: it is connected, or was when it was last shown."""
        shown = self.house.floor.station(session.name)
        return session.name in self.lines or shown is None or shown.connected

    def _station(self, session: Session) -> Station:
        old = self.house.floor.station(session.name) or Station(session.name, since=session.heard)
        light, take = self.lights.get(session.name, Light("grey")), session.take
        said = take.said if take else {}
        origin = take.origin if take else {}
        connected = session.name in self.lines
        return replace(
            old,
            robot=str(origin.get("robot") or session.title or old.robot or session.name),
            operator=str(origin.get("operator") or old.operator or session.collector),
            task=str(said.get("task") or old.task),
            site=str(origin.get("site") or old.site),
            embodiment=str(origin.get("embodiment") or old.embodiment),
            light=light.colour if connected else "grey",
            why=light.why if connected else "",
            check=light.check,
            stream=light.stream,
            advice=self.needing.advice(take),
            recording=take is not None,
            connected=connected,
            seconds=take.seconds if take else 0.0,
            waiting=max(0, session.next - 1 - light.seen),
            heard=session.heard,
        )

    def _counted(self, session: Session, take: Take, became: dict[str, Any]) -> None:
        old = self._station(session)
        accepted = became["verdict"] == "accept"
        self.house.floor.show(
            [
                replace(
                    old,
                    episodes=old.episodes + 1,
                    accepted=old.accepted + accepted,
                    accepted_seconds=old.accepted_seconds + (take.seconds if accepted else 0.0),
                )
            ]
        )
