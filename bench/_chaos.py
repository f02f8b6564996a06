"""A recording under attack: a client, a rough road and a server, each killed or cut at moments drawn from a seed.

Processes are forked from one that has loaded everything, so that a killed server is back in a tenth of a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing as mp
import os
import random
import shutil
import signal
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
import websockets
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_sockets

import volant
from volant.record import left, sync
from volant.serve.app import application
from volant.serve.doors import Book, add_user, make_token
from volant.serve.house import House
from volant.serve.straight import Straight
from volant.wire import SAMPLES, numbers, unpack
from volant.wire.spool import entries

__all__ = ["Outcome", "Plan", "run"]

FORK = mp.get_context("fork")
RATE = 200.0
EPISODE = 60
_START = 0.5
"""Seconds that the first server has until the attacks begin."""


@dataclass(frozen=True)
class Plan:
    """What happens to one recording, in seconds from its begin; all of it follows from the seed."""

    seed: int
    seconds: float
    server_kills: tuple[float, ...]
    client_kill: float
    cuts: tuple[float, ...]
    full: tuple[float, float]
    rough: float
    clock_jumps: bool

    @classmethod
    def of(cls, seed: int) -> Plan:
        """The plan of a seed."""
        rng = random.Random(seed)
        seconds = rng.uniform(1.2, 2.5)
        moments = lambda most: tuple(sorted(rng.uniform(0.05, seconds) for _ in range(rng.randint(0, most))))  # noqa: E731
        full = rng.uniform(0.1, seconds)
        return cls(
            seed, seconds, moments(3), rng.uniform(0.5, seconds) if rng.random() < 0.35 else 0.0, moments(4),
            (full, full + rng.uniform(0.1, 0.6)) if rng.random() < 0.25 else (0.0, 0.0),
            rng.choice([0.0, 0.0, 0.02, 0.08]), rng.random() < 0.3,
        )  # fmt: skip

    @property
    def words(self) -> str:
        """The attacks in short."""
        found = [f"{len(self.server_kills)} server kills" if self.server_kills else ""]
        found += ["client killed" if self.client_kill else "", f"{len(self.cuts)} cuts" if self.cuts else ""]
        found += ["disk full" if self.full[1] else "", f"rough {self.rough:.0%}" if self.rough else ""]
        return ", ".join(filter(None, (*found, "clock jumps" if self.clock_jumps else ""))) or "nothing"


@dataclass
class Outcome:
    """Samples that were logged, spooled, acknowledged, found in the lake; there twice; acknowledged, not there."""

    plan: Plan
    sent: int = 0
    spooled: int = 0
    acknowledged: int = 0
    found: int = 0
    duplicated: int = 0
    lost: int = 0
    broken: list[str] = field(default_factory=list)


def run(plan: Plan, place: Path) -> Outcome:
    """One schedule from begin to end, and what is in the lake afterwards."""
    shutil.rmtree(place, ignore_errors=True)
    (place / "spool").mkdir(parents=True)
    port, road = _free_port(), _free_port()
    token = _prepared(place)
    told = FORK.RawArray("q", 2)  # without a lock, which a killed process would keep
    stop = FORK.Event()
    keeper = FORK.Process(target=_keeper, args=(place, port, plan, stop))
    proxy = FORK.Process(target=_road, args=(road, port, plan))
    keeper.start()
    proxy.start()
    for _ in range(200):
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    client = FORK.Process(target=_client, args=(f"http://127.0.0.1:{road}", place, token, plan, told))
    client.start()
    if plan.client_kill:
        time.sleep(plan.client_kill)
        os.kill(client.pid or 0, signal.SIGKILL)
    client.join(60)
    proxy.terminate()
    spools = {path: list(_samples(path)) for path in left(place / "spool")}
    outcome = Outcome(plan, sent=told[0])
    _finish(place, port, token, outcome)
    stop.set()
    keeper.join(30)
    for one in (client, proxy, keeper):
        one.kill()
        one.join()
    _judge(place, spools, told[1], outcome)
    return outcome


def _prepared(place: Path) -> str:
    home = place / "home"
    home.mkdir()
    volant.Lake(place / "lake").close()
    with contextlib.closing(Book.open(home)) as book:
        add_user(book, "mei", "collector", by="bench", at=1, identity="mei")
        _, secret = make_token(book, "robot", "collector", by="mei", at=time.time_ns())
    return secret


def _keeper(place: Path, port: int, plan: Plan, stop: Any) -> None:
    """Keeps a server alive, and kills it when the plan says so."""
    begun = time.monotonic() + _START
    kills = list(plan.server_kills)
    child = FORK.Process(target=_server, args=(place, port, plan, begun))
    child.start()
    while not stop.is_set():
        stop.wait(0.01)
        if kills and time.monotonic() - begun >= kills[0]:
            kills.pop(0)
            os.kill(child.pid or 0, signal.SIGKILL)
            child.join()
        if not child.is_alive():
            child = FORK.Process(target=_server, args=(place, port, plan, begun))
            child.start()
    child.terminate()
    child.join(20)
    child.kill()


def _server(place: Path, port: int, plan: Plan, begun: float) -> None:
    """The live gate behind its door; its disk is full for a while where the plan says so."""
    real = os.write

    def write(file: int, blob: Any) -> int:
        if plan.full[1] and plan.full[0] <= time.monotonic() - begun < plan.full[1] and len(blob) > 200:
            raise OSError(28, "No space left on device")
        return real(file, blob)

    os.write = write
    door = application(House(str(place / "lake"), place / "home"), pages=False)
    uvicorn.run(door, host="127.0.0.1", port=port, log_level="critical", ws=Straight, ws_max_size=16 << 20,
                ws_per_message_deflate=False)  # fmt: skip


def _client(url: str, place: Path, token: str, plan: Plan, told: Any) -> None:
    """Logs a counter at 200 Hz, in episodes of 60 samples."""
    jumps = random.Random(plan.seed + 1)
    shift = [0]

    def clock() -> int:
        if plan.clock_jumps and jumps.random() < 0.01:
            shift[0] = jumps.randint(-3600, 3600) * 10**9
        return time.time_ns() + shift[0]

    def heard(state: Any) -> None:
        told[1] = max(told[1], state.durable)

    begun = time.monotonic()
    rec = volant.record(url, task="chaos", robot=f"r{plan.seed}", token=token, spool=place / "spool", clock=clock,
                        on_light=heard, timeout=20.0)  # fmt: skip
    i = 0
    while time.monotonic() - begun < plan.seconds:
        if i % EPISODE == 0:
            rec.end("success")
            rec.begin()
        rec.log("count", None, np.array([float(i), np.sin(i / 20)]))
        i += 1
        told[0] = i
        time.sleep(1 / RATE)
    rec.close("success")


def _road(road: int, port: int, plan: Plan) -> None:
    """Between client and server: cuts the link, sends frames twice and in the wrong order."""
    asyncio.run(_travel(road, port, plan))


async def _travel(road: int, port: int, plan: Plan) -> None:
    rng = random.Random(plan.seed + 2)
    begun, open_now = time.monotonic(), set[Any]()

    async def carried(near: ServerConnection) -> None:
        head = {"Authorization": near.request.headers["Authorization"]} if near.request else {}
        try:
            async with connect(f"ws://127.0.0.1:{port}/live", additional_headers=head, compression=None) as far:
                open_now.update((near, far))
                jobs = [asyncio.create_task(_there(near, far, rng, plan.rough)), asyncio.create_task(_back(far, near))]
                await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
                for job in jobs:
                    job.cancel()
                await asyncio.gather(*jobs, return_exceptions=True)
        except (OSError, websockets.WebSocketException):
            pass
        near.transport.abort()

    async with serve_sockets(carried, "127.0.0.1", road, compression=None, max_size=16 << 20):
        for cut in plan.cuts:
            await asyncio.sleep(max(0.0, begun + cut - time.monotonic()))
            for one in list(open_now):
                one.transport.abort()
            open_now.clear()
        await asyncio.sleep(3600)


async def _there(near: Any, far: Any, rng: random.Random, rough: float) -> None:
    held: bytes | None = None
    async for message in near:
        if isinstance(message, str) or not rough:
            await far.send(message)
            continue
        if rng.random() < rough:
            await far.send(message)  # twice
        if held is None and rng.random() < rough:
            held = message  # after the next one
            continue
        await far.send(message)
        if held is not None:
            await far.send(held)
            held = None


async def _back(far: Any, near: Any) -> None:
    async for message in far:
        await near.send(message)


def _finish(place: Path, port: int, token: str, outcome: Outcome) -> None:
    """Nothing attacks any more: what is left in spools is sent, and everything lands."""
    for _ in range(5):
        result = sync(place / "spool", f"http://127.0.0.1:{port}", token=token, timeout=20)
        if not result.waiting:
            break
    outcome.broken += [f"not sent: {why}" for why in result.waiting.values()]
    time.sleep(0.3)


def _samples(path: Path) -> list[tuple[int, list[int]]]:
    """Numbers of frames in a spool, and the counts in each."""
    found = []
    for entry in entries(path):
        frame = unpack(entry.frame)
        if frame.kind == SAMPLES:
            _, x = numbers(frame, (2,), "float64")
            found.append((frame.seq, x[:, 0].astype(int).tolist()))
    return found


def _judge(place: Path, spools: dict[Path, list[tuple[int, list[int]]]], durable: int, outcome: Outcome) -> None:
    """What is in the lake, against what was sent and acknowledged."""
    with volant.Lake(place / "lake") as lake:
        counted: dict[int, int] = {}
        for episode in lake.store.episodes():
            for one in episode["count"].values[:, 0].astype(int).tolist():
                counted[one] = counted.get(one, 0) + 1
        seals = lake.sql("SELECT value FROM facts WHERE key = 'wire/sealed'")["value"].to_pylist()
        outcome.broken += ["seal"] * sum(value != "true" for value in seals)
        outcome.broken += ["verify"] if lake.verify(deep=True).problems else []
    spooled = [one for frames in spools.values() for _, many in frames for one in many]
    acknowledged = [one for frames in spools.values() for seq, many in frames if seq <= durable for one in many]
    if not spools:  # the client heard that the server has everything, and let go
        spooled = acknowledged = list(range(outcome.sent))
    outcome.spooled, outcome.acknowledged, outcome.found = len(spooled), len(acknowledged), len(counted)
    outcome.duplicated = sum(many - 1 for many in counted.values())
    outcome.lost = len(set(acknowledged) - counted.keys())
    outcome.broken += ["spooled and not there"] if set(spooled) - counted.keys() else []


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
