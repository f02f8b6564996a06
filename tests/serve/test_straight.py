"""The short cut past uvicorn's queue: any cut of the bytes gives the same messages, and the protocol is kept."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn

from aside import aside
from volant.serve.straight import STRAIGHT, Straight
from volant.serve.tray import Tray

MOST = 70_000


def _framed(opcode: int, body: bytes, *, fin: bool = True, mask: bytes = b"abcd") -> bytes:
    size = len(body)
    head = bytes([(0x80 if fin else 0) | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += b"\xfe" + size.to_bytes(2, "big")
    else:
        head += b"\xff" + size.to_bytes(8, "big")
    return head + mask + bytes(one ^ mask[i % 4] for i, one in enumerate(body))


class _App:
    """Hears binary messages straight and answers each text with how many there were."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.gone = 0
        self.tray: Tray | None = None

    def empty(self) -> None:
        """Hear what gathered."""
        came = self.tray.empty() if self.tray else None
        if came is not None:
            assert set(map(id, came.lines)) <= {id(self)} and set(came.ats) <= {7}
            self.heard += [came.blob[a:b] for a, b in zip(came.starts.tolist(), came.stops.tolist(), strict=True)]

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Any]) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        tray = Tray(lambda: asyncio.get_running_loop().call_soon(self.empty), self.empty, lambda: 7)
        self.tray = tray
        say = scope["extensions"][STRAIGHT](self, tray, lambda: True)
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self.gone = message["code"]
                return
            if message.get("bytes") is not None:
                self.heard.append(message["bytes"])  # was cut into fragments
            else:
                assert say(f"{message['text']}:{len(self.heard)}".encode())


async def _spoken(chunks: list[bytes], answers: int) -> tuple[_App, bytes]:
    app = _App()
    config = uvicorn.Config(app, port=0, log_level="critical", ws=Straight, lifespan="off", ws_max_size=MOST,
                            ws_per_message_deflate=False)  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    key = base64.b64encode(os.urandom(16))
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n")  # fmt: skip
    head = await reader.readuntil(b"\r\n\r\n")
    magic = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    assert b" 101 " in head and base64.b64encode(hashlib.sha1(key + magic).digest()) in head
    for chunk in chunks:
        writer.write(chunk)
        await writer.drain()
        await asyncio.sleep(0)
    told = b""
    while told.count(b":") < answers and not reader.at_eof():
        told += await asyncio.wait_for(reader.read(1 << 16), 20)
    if not answers:
        told = await asyncio.wait_for(reader.read(1 << 16), 20)
    writer.close()
    server.should_exit = True
    await serving
    return app, told


@pytest.mark.parametrize("step", [1, 7, 1000, 10**6])
def test_any_cut_of_the_bytes_gives_the_same_messages(step: int) -> None:
    bodies = [b"", b"a", b"b" * 125, b"c" * 126, bytes(range(256)) * 8]
    if step > 1:
        bodies.append(b"d" * 66_000)
    blob = b"".join(
        _framed(2, body, mask=b"\0\0\0\0" if i % 2 else b"\x01\x80\xff\x10") for i, body in enumerate(bodies)
    )
    blob += _framed(2, b"one ", fin=False) + _framed(9, b"are you there") + _framed(0, b"two") + _framed(1, b"so")
    app, told = aside(_spoken([blob[i : i + step] for i in range(0, len(blob), step)], 1))
    assert app.heard == [*bodies, b"one two"]
    assert told.endswith(f"so:{len(bodies) + 1}".encode()) and b"\x8a\x0dare you there" in told


@pytest.mark.parametrize(
    ("wrong", "code"), [(b"\x82\x01a" + bytes(8), 1002), (_framed(2, bytes(MOST + 1))[:200], 1009)]
)
def test_what_is_against_the_protocol_closes_it(wrong: bytes, code: int) -> None:
    app, told = aside(_spoken([_framed(2, b"fine") + wrong], 0))
    assert app.heard == [b"fine"] and told[0] == 0x88 and int.from_bytes(told[2:4], "big") == code
