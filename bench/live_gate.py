"""Robots and cameras that stream into one server on the same two cores: from capture to verdict, and memory.

python -m bench.live_gate [ROBOTS HZ CAMERAS SECONDS] [--memory[=SECONDS]]   # without: both figures

With ``--memory`` every client ends its episode after 30 s (or so many) and begins the next, as people do, and the
server's memory is looked at every 5 s: the slope through the second half of it, with its interval. Short episodes bring
an hour's worth of them in minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import heapq
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import imagecodecs
import msgspec
import numpy as np
import psutil
from mcap.writer import Writer
from scipy import stats

from bench._clock import ratio
from volant.serve.doors import Book, add_user, make_token
from volant.wire import KEY, PICTURE, SAMPLES, event, pack

PROMISED_MS = 33.0
EPISODE, LOOKED = 30.0, 5.0
"""Seconds of an episode, and between two looks at the server's memory, where memory is what is asked for."""
SERVER = """
import sys
from pathlib import Path
import uvicorn
from volant.serve.app import application
from volant.serve.house import House
from volant.serve.straight import Straight
lake, home, port = sys.argv[1:]

door = application(House(lake, Path(home)), pages=False)
uvicorn.run(door, host="127.0.0.1", port=int(port), log_level="error", ws=Straight, ws_per_message_deflate=False)
"""


class Said(msgspec.Struct):
    """What of the server's words counts here."""

    type: str
    seen: int = 0


decode = msgspec.json.Decoder(Said).decode


class Robot(asyncio.Protocol):
    """One client: its socket, its next number, and when each frame was captured that no verdict has come for yet.

    The WebSocket is spoken here in its barest form, so that a hundred clients leave the cores to the server.
    """

    def __init__(self, number: int, kind: str, hz: float) -> None:
        self.number, self.kind, self.hz, self.seq = number, kind, hz, 1
        self.waiting: dict[int, int] = {}
        self.seen, self.episode = 0, 1
        self.counting = False
        self.late: list[float] = []
        self.transport: asyncio.Transport | None = None
        self.welcome = asyncio.get_running_loop().create_future()
        self._open, self._rest = False, b""

    async def open(self, port: int, token: str) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", port)
        assert self.transport is not None
        self.transport.write(
            f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        while not self._open:
            await asyncio.sleep(0.01)
        name = f"{self.kind}-{self.number:08d}"
        self.speak(1, msgspec.json.encode({"type": "hello", "wire": 1, "session": name}))
        await self.welcome
        state = {"name": "observation.state", "kind": "joint", "shape": [14], "dtype": "float32", "unit": "rad"}
        eye = {"name": "camera", "kind": "image", "shape": [480, 640, 3], "dtype": "uint8", "unit": "1"}
        signal = {**(state if self.kind == "robot" else eye), "hz": self.hz}
        codec = "" if self.kind == "robot" else "jpeg"
        declared = {"event": "stream", "number": 1, "signal": signal, "codec": codec}
        for said in (declared, {"event": "begin", "episode": "a-1", "task": "bench"}):
            self.say(said)

    def say(self, said: dict[str, object]) -> None:
        """An event."""
        self.speak(2, event(self.seq, time.time_ns(), said))
        self.seq += 1

    def next_episode(self) -> None:
        """End one, and begin the next."""
        self.say({"event": "end", "episode": f"a-{self.episode}", "outcome": "success"})
        self.episode += 1
        self.say({"event": "begin", "episode": f"a-{self.episode}", "task": "bench"})

    def speak(self, opcode: int, payload: bytes) -> None:
        """One masked frame; the mask is zero, which leaves the payload as it is."""
        n = len(payload)
        size = (
            bytes([0x80 | n])
            if n < 126
            else b"\xfe" + n.to_bytes(2, "big")
            if n < 65536
            else b"\xff" + n.to_bytes(8, "big")
        )
        assert self.transport is not None
        self.transport.write(bytes([0x80 | opcode]) + size + b"\0\0\0\0" + payload)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._rest += data
        if not self._open:
            head, found, rest = self._rest.partition(b"\r\n\r\n")
            if not found:
                return
            assert b" 101 " in head, head
            self._open, self._rest = True, rest
        at = 0
        rest = self._rest
        while len(rest) - at >= 2:
            n, head = rest[at + 1] & 127, 2
            if n == 126:
                n, head = int.from_bytes(rest[at + 2 : at + 4], "big"), 4
            if len(rest) - at < head + n:
                break
            opcode, payload = rest[at] & 15, rest[at + head : at + head + n]
            at += head + n
            if opcode == 1:
                self.heard(decode(payload))
            elif opcode == 9:
                self.speak(10, payload)
        self._rest = rest[at:]

    def heard(self, said: Said) -> None:
        if said.type == "welcome":
            self.welcome.set_result(said)
        seen = said.seen
        if seen > self.seen:
            now = time.time_ns()
            for seq in range(self.seen + 1, seen + 1):
                captured = self.waiting.pop(seq, None)
                if captured is not None and self.counting:
                    self.late.append((now - captured) / 1e6)
            self.seen = seen

    def send(self, blob: bytes, t: int) -> None:
        self.waiting[self.seq] = t
        self.seq += 1
        self.speak(2, blob)


async def drive(
    robots: list[Robot], states: list[bytes], shots: list[bytes], until: float, rng: np.random.Generator
) -> None:
    """Samples at each robot's rate, each with the time at which it was captured; one clock drives all of them, each
    from a moment of its own within its first period."""
    now = time.monotonic()
    due = [(now + rng.uniform(0, 1 / robot.hz), number, robot, number * 7) for number, robot in enumerate(robots)]
    heapq.heapify(due)
    while due[0][0] < until:
        while (now := time.monotonic()) >= due[0][0]:
            at, number, robot, i = due[0]
            t = time.time_ns()
            if robot.kind == "robot":
                blob = pack(SAMPLES, 1, robot.seq, t, t.to_bytes(8, "little") + states[i % len(states)])
            else:
                blob = pack(PICTURE, 1, robot.seq, t, shots[i % len(shots)], flags=KEY)
            robot.send(blob, t)
            heapq.heapreplace(due, (at + 1 / robot.hz, number, robot, i + 1))
        await asyncio.sleep(max(0.0, due[0][0] - now))


async def episodes(robots: list[Robot], each: float) -> None:
    """Ends every client's episode after ``each`` seconds, one after the other, so that some end at any time."""
    while True:
        for robot in robots:
            await asyncio.sleep(each / len(robots))
            robot.next_episode()


async def watch(server: int, seen: list[tuple[float, float]]) -> None:
    """Seconds, and MB of the server, every 5 s."""
    began = time.monotonic()
    while True:
        held = sum(one.memory_info().rss for one in family(server)) / 1e6
        seen.append((time.monotonic() - began, held))
        await asyncio.sleep(LOOKED)


def family(server: int) -> list[psutil.Process]:
    """A server, and the processes that it began."""
    parent = psutil.Process(server)
    return [parent, *parent.children(recursive=True)]


def burnt(server: int) -> float:
    """CPU seconds of a server so far."""
    return float(sum(sum(one.cpu_times()[:2]) for one in family(server)))


def slope(seen: list[tuple[float, float]]) -> bool:
    """Prints MB a minute through the second half of what was seen, with its 95 % interval; whether that holds zero or
    less."""
    t, mb = np.array(seen[len(seen) // 2 :]).T
    print(f"  memory every {LOOKED:g} s: {' '.join(f'{one:.0f}' for _, one in seen)} MB")
    if len(t) < 4:
        print("  too short a run for a slope")
        return False
    line = stats.linregress(t / 60, mb)
    wide = float(line.stderr * stats.t.ppf(0.975, len(t) - 2))
    low, high = line.slope - wide, line.slope + wide
    kept = bool(low <= 0)
    print(f"  memory grows by {line.slope:.2f} MB a minute [{low:.2f}, {high:.2f}] in the second half, n = {len(t)} "
          f"(measured; promise: bounded) {'KEPT' if kept else 'BROKEN'}", flush=True)  # fmt: skip
    return kept


async def clients(
    port: int, token: str, kinds: list[tuple[str, int, float]], seconds: float, watched: tuple[int, float] | None = None
) -> tuple[dict[str, np.ndarray], int, list[tuple[float, float]]]:
    """All clients in this process; milliseconds from capture to verdict by kind, frames that none came for, and what
    the server took: where that is asked for by its process and the seconds of an episode (``watched``)."""
    rng = np.random.default_rng(0)
    states = [row.tobytes() for row in np.cumsum(rng.normal(0, 0.01, (3000, 14)), 0).astype("<f4")]
    shots = scenes(rng) if any(kind == "camera" and count for kind, count, _ in kinds) else []
    robots = [Robot(i, kind, hz) for kind, count, hz in kinds for i in range(count)]
    for robot in robots:
        await robot.open(port, token)
    gc.collect()
    gc.disable()  # a pause of the clients is none of the server's
    began, mine = time.monotonic(), time.process_time()
    warm = 6.0
    until = time.monotonic() + warm + seconds
    driving, seen = asyncio.create_task(drive(robots, states, shots, until, rng)), []
    beside = []
    if watched:
        beside = [asyncio.create_task(one) for one in (episodes(robots, watched[1]), watch(watched[0], seen))]
    await asyncio.sleep(warm)
    for robot in robots:
        robot.counting = True
    await driving
    for one in beside:
        one.cancel()
    await asyncio.sleep(1.0)
    missing = sum(len(robot.waiting) for robot in robots)
    burns = (time.process_time() - mine) / (time.monotonic() - began)
    print(f"  clients: {burns:.2f} CPU seconds a second, in one process on the same cores")
    late = {
        kind: np.concatenate([np.array(r.late) for r in robots if r.kind == kind]) for kind, count, _ in kinds if count
    }
    return late, missing, seen


def scenes(rng: np.random.Generator) -> list[bytes]:
    """A minute's worth of pictures of a turning camera, 640 x 480 JPEG of some 40 kB."""
    y, x = np.mgrid[0:480, 0:640]
    scene = np.clip(127 + 60 * np.sin(x / 37.0) + 50 * np.cos(y / 23.0), 4, 251)[..., None].repeat(3, 2)
    scene = np.clip(scene + rng.normal(0, 4, scene.shape), 0, 255).astype(np.uint8)
    return [bytes(imagecodecs.jpeg_encode(np.roll(scene, 5 * i, 1), 80)) for i in range(60)]


def recorded(kinds: list[tuple[str, int, float]], seconds: float, folder: Path) -> float:
    """CPU seconds that the mcap library takes to write the same frames into a file: the limit."""
    shot, state = b"\xff" * 40_000, b"\0" * 64
    start = time.process_time()
    with (folder / "limit.mcap").open("wb") as file:
        writer = Writer(file)
        writer.start()
        channel = writer.register_channel("/a", "raw", 0)
        for kind, count, hz in kinds:
            for i in range(int(count * hz * seconds)):
                writer.add_message(channel, i, state if kind == "robot" else shot, i)
        writer.finish()
    return time.process_time() - start


def measure(name: str, kinds: list[tuple[str, int, float]], seconds: float, *, each: float = 0.0) -> bool:
    """One figure: a server of its own, clients here. Episodes of ``each`` seconds, and memory, where that is given."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "home").mkdir()
        with contextlib.closing(Book.open(place / "home")) as book:
            add_user(book, "mei", "collector", by="bench", at=1, identity="mei")
            _, token = make_token(book, "robots", "collector", by="mei", at=time.time_ns())
        with contextlib.closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen([sys.executable, "-c", SERVER, str(place / "lake"), str(place / "home"), str(port)])
        try:
            for _ in range(2400):  # the first start compiles
                with contextlib.suppress(OSError):  # HTTPError is one: it is loading
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5).close()
                    break
                time.sleep(0.05)
            before = burnt(server.pid)
            asked = (server.pid, each) if each else None
            late, missing, seen = asyncio.run(clients(port, token, kinds, seconds, asked))
            after, held = burnt(server.pid), sum(one.memory_info().rss for one in family(server.pid)) / 1e6
        finally:
            server.terminate()
            server.wait(60)
        spent = (after - before) / (seconds + 6)
        limit = recorded(kinds, seconds, place) / seconds
    kept = not missing
    for kind, ms in late.items():
        if not len(ms):
            continue
        p50, p99, top = np.percentile(ms, 50), np.percentile(ms, 99), ms.max()
        ok = bool(p99 < PROMISED_MS)
        kept = kept and ok
        ours = f"median {p50:.1f} ms, p99 {p99:.1f} ms, longest {top:.0f} ms, n = {len(ms)}"
        ratio(f"{name}: {kind}s, capture to verdict", ours, f"a frame period of {PROMISED_MS:g} ms", p99 / PROMISED_MS,
              f"p99 under {PROMISED_MS:g} ms", ok)  # fmt: skip
    print(f"  server: {spent:.2f} CPU seconds a second, {held:.0f} MB; the mcap library alone writes the same frames "
          f"with {limit:.3f}; frames without a verdict: {missing}; load average {os.getloadavg()[0]:.1f}",
          flush=True)  # fmt: skip
    return slope(seen) and kept if each else kept


def main() -> int:
    """Both figures, or the one that is asked for."""
    memory = [word for word in sys.argv[1:] if word.startswith("--memory")]
    words = [float(word) for word in sys.argv[1:] if word not in memory]
    if words:
        robots, hz, cameras, seconds = (words + [100, 50, 8, 20][len(words) :])[:4]
        kinds = [("robot", int(robots), hz), ("camera", int(cameras), 30.0)]
        each = float(memory[0].partition("=")[2] or EPISODE) if memory else 0.0
        return 0 if measure(f"{robots:g} robots at {hz:g} Hz and {cameras:g} cameras", kinds, seconds, each=each) else 1
    one = measure("100 robots at 50 Hz and 8 cameras", [("robot", 100, 50.0), ("camera", 8, 30.0)], 20)
    two = measure("1,000 robots at 20 Hz", [("robot", 1000, 20.0)], 20)
    return 0 if one and two else 1


if __name__ == "__main__":
    sys.exit(main())
