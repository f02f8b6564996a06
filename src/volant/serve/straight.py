"""A WebSocket whose binary messages may go straight to whoever hears them, without a queue, a task or a pause between.

uvicorn's own protocol stops reading after each message until the application has taken it, which costs more than
judging it. Here an application may ask, by the ASGI extension ``volant.straight``, for whole binary messages as they
come; everything else (greeting, text, pings, fragments, closing) goes its usual way. What a client may have under way
is bounded by the wire's own window, and by the loop: nothing is read while a message is heard.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.speedups import apply_mask

__all__ = ["STRAIGHT", "Hear", "Say", "Straight"]

STRAIGHT = "volant.straight"
"""The extension of a scope: give it who hears, and get who speaks."""

Hear = Callable[[bytes], None]
Say = Callable[[bytes], bool]
"""Sends one text at once; false where it was left out, because the client does not take what was sent before."""

_BINARY, _TEXT = 0x82, 0x81
_NO_MASK = b"\0\0\0\0"


class Straight(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket with a short cut for whole binary messages."""

    _hear: Hear | None = None
    _rest: bytearray
    _need = 0
    """Bytes that ``_rest`` must reach before it is looked at again."""
    _broken = False

    def handle_connect(self, event: Any) -> None:
        """The handshake; the application is started by it, after the scope was made."""
        self._rest = bytearray()
        super().handle_connect(event)
        if not self.close_sent:
            extensions: dict[Any, Any] = self.scope["extensions"]
            extensions[STRAIGHT] = self.straight

    def straight(self, hear: Hear) -> Say:
        """From now on ``hear`` gets every whole binary message, as bytes; what it returns sends a text at once."""
        waiting = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
        for message in waiting:  # what came before its turn
            blob = message.get("bytes")
            if isinstance(blob, bytes):
                hear(blob)
            else:
                self.queue.put_nowait(message)
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self.transport.resume_reading()
        self._hear = hear
        return self._say

    def data_received(self, data: bytes) -> None:
        """Bytes came: cut into frames. Whole binary messages go straight, others to the slow parser, whole, too."""
        if not self.handshake_initiated or self._broken:
            super().data_received(data)
            return
        if self._rest:
            self._rest += data
            if len(self._rest) < self._need:
                return
            data = bytes(self._rest)
        at = self._cut(data)
        self._rest = bytearray(data[at:])

    def _cut(self, data: bytes) -> int:
        """Hand on every whole frame; where the first that is not begins."""
        at, end = 0, len(data)
        self._need = 0
        while end - at >= 6:
            size, head = data[at + 1] & 0x7F, 6
            if size == 126:
                size, head = int.from_bytes(data[at + 2 : at + 4], "big"), 8
            elif size == 127:
                size, head = int.from_bytes(data[at + 2 : at + 10], "big"), 14
            if end - at < head:
                break
            if not data[at + 1] & 0x80 or size > self.config.ws_max_size:
                self._broken = True  # against the protocol: the slow parser says so and closes
                super().data_received(data[at:])
                return end
            stop = at + head + size
            if stop > end:
                self._need = stop - at
                break
            if data[at] == _BINARY and self._hear is not None:
                mask, body = data[at + head - 4 : at + head], data[at + head : stop]
                if not self.close_sent:
                    self._hear(body if mask == _NO_MASK else apply_mask(body, mask))
            else:
                super().data_received(data[at:stop])
            at = stop
        return at

    def _say(self, text: bytes) -> bool:
        if self.close_sent or self.disconnected or not self.writable.is_set() or self.transport.is_closing():
            return False
        size = len(text)
        head = bytes((_TEXT, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
        self.transport.write(head + text)
        return True
