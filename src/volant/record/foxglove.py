"""A client of the Foxglove WebSocket protocol: any robot with a bridge of that kind, without a line of code on it."""

from __future__ import annotations

import asyncio
import base64
import fnmatch
import json
import struct
from collections.abc import Callable, Sequence
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection, connect

from ..core.errors import BadInput, Refused
from ..logs.source import Channel
from .carrier import Carrier
from .recorder import Recorder
from .standby import Standby

__all__ = ["listen"]

PROTOCOLS = ("foxglove.sdk.v1", "foxglove.websocket.v1")
EVERY = 0.03
"""Seconds between two looks at what has arrived."""
_MESSAGE = struct.Struct("<BIQ")


async def listen(
    url: str,
    recorder: Recorder | Standby,
    *,
    topics: Sequence[str] = (),
    stop: asyncio.Event,
    told: Callable[[Carrier], object],
) -> Carrier:
    """Record the topics of a server (patterns such as ``/camera/*``; all where none are given) until ``stop`` is set.

    ``told`` is called now and then with what was carried so far. Raises ``Refused`` where nobody answers there.
    """
    carrier = Carrier(recorder)
    try:
        socket = await connect(url, subprotocols=[websockets.Subprotocol(name) for name in PROTOCOLS], max_size=None,
                               compression=None, open_timeout=5)  # fmt: skip
    except (OSError, TimeoutError, websockets.WebSocketException) as error:
        raise Refused(
            f"No Foxglove server answers at {url}: {error}.", do="Give one such as ws://robot:8765."
        ) from error
    async with socket:
        if socket.subprotocol not in PROTOCOLS:
            raise Refused(
                f"{url} does not speak the Foxglove protocol.", instead=f"Spoken here: {', '.join(PROTOCOLS)}."
            )
        jobs = [asyncio.create_task(_hearing(socket, carrier, topics)), asyncio.create_task(stop.wait())]
        while not any(job.done() for job in jobs):
            await asyncio.wait(jobs, timeout=EVERY, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.to_thread(carrier.flush)
            told(carrier)
        for job in jobs:
            job.cancel()
        for found in await asyncio.gather(*jobs, return_exceptions=True):
            if isinstance(found, Exception) and not isinstance(found, websockets.ConnectionClosed):
                raise found
    carrier.flush()
    return carrier


async def _hearing(socket: ClientConnection, carrier: Carrier, topics: Sequence[str]) -> None:
    """Subscribe to what is advertised, and take in what comes."""
    subscribed: dict[int, int] = {}
    async for message in socket:
        if isinstance(message, bytes):
            if len(message) >= _MESSAGE.size and message[0] == 1:
                _, subscription, log = _MESSAGE.unpack_from(message)
                if subscription in subscribed:
                    carrier.add(subscribed[subscription], log, message[_MESSAGE.size :])
            continue
        said = _words(message)
        if said.get("op") == "advertise":
            new = []
            for raw in said.get("channels", ()):
                number, channel = _channel(raw)
                if number in carrier.channels or (topics and not _wanted(channel.topic, topics)):
                    continue
                carrier.channels[number] = channel
                subscribed[number] = number
                new.append({"id": number, "channelId": number})
            if new:
                await socket.send(json.dumps({"op": "subscribe", "subscriptions": new}))
        elif said.get("op") == "unadvertise":
            for number in said.get("channelIds", ()):
                subscribed.pop(number, None)
        elif said.get("op") == "status" and said.get("level") == 2:
            carrier.left_out.setdefault("server", str(said.get("message"))[:500])


def _channel(raw: dict[str, Any]) -> tuple[int, Channel]:
    try:
        encoding, schema = str(raw["encoding"]), str(raw.get("schema") or "")
        kind = str(raw.get("schemaEncoding") or {"cdr": "ros2msg", "ros1": "ros1msg"}.get(encoding, encoding))
        blob = base64.b64decode(schema) if kind in ("protobuf", "flatbuffer") else schema.encode()
        return int(raw["id"]), Channel(str(raw["topic"]), str(raw.get("schemaName") or ""), encoding, kind, blob)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"The server advertises a channel that makes no sense: {error}.") from error


def _wanted(topic: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(topic, pattern) for pattern in patterns)


def _words(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError as error:
        raise BadInput(f"The server says something that is no JSON: {error}.") from error
    return said if isinstance(said, dict) else {}
