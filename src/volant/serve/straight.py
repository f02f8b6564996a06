"""A WebSocket whose binary messages may go straight to whoever hears them, without a queue, a task or a pause between.

uvicorn's own protocol stops reading after each message until the application has taken it, which costs more than
judging it. Here an application may ask, by the ASGI extension ``volant.straight``, that whole binary messages gather in
a ``Tray`` with those of other sockets; everything else (greeting, text, pings, fragments, closing) goes its usual way.
What a client may have under way is bounded by the wire's own window, and by the loop: nothing is read while a tray is
emptied.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from .tray import Tray, cut_frames

__all__ = ["STRAIGHT", "May", "Say", "Straight", "Way"]

STRAIGHT = "volant.straight"
"""The extension of a scope: name a line and its tray, and get who speaks."""

May = Callable[[], bool]
"""Whether the client may still be heard."""
Say = Callable[[bytes], bool]
"""Sends one text at once; false where it was left out, because the client does not take what was sent before."""
Way = Callable[[object, Tray, May], Say]

_TEXT = 0x81


class Straight(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket with a short cut for whole binary messages."""

    line: Any = None
    at = 0
    _tray: Tray | None = None
    _may: May | None = None
    rest: bytearray
    _need = 0
    """Bytes that ``rest`` must reach before it is looked at again."""
    _waiting = False
    _broken = False

    def handle_connect(self, event: Any) -> None:
        """The handshake; the application is started by it, after the scope was made."""
        self.rest = bytearray()
        super().handle_connect(event)
        if not self.close_sent:
            extensions: dict[Any, Any] = self.scope["extensions"]
            extensions[STRAIGHT] = self.straight

    def straight(self, line: object, tray: Tray, may: May) -> Say:
        """From now on whole binary messages gather in the tray as the line's; what it returns sends a text at once."""
        waiting = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
        early = bytearray()
        for message in waiting:  # what came before its turn
            blob = message.get("bytes")
            if isinstance(blob, bytes):
                early += b"\x82\xff" + len(blob).to_bytes(8, "big") + bytes(4) + blob
            else:
                self.queue.put_nowait(message)
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self.transport.resume_reading()
        self.line, self._tray, self._may = line, tray, may
        if early:
            self.rest[:0] = early
            self._gather(tray, len(early))
        return self._say

    def data_received(self, data: bytes) -> None:
        """Bytes came: into the tray, or frame by frame to the slow parser, so that it never holds half of one."""
        if not self.handshake_initiated or self._broken:
            super().data_received(data)
            return
        self.rest += data
        tray = self._tray
        if tray is not None:
            if len(self.rest) >= self._need:
                self._gather(tray, len(data))
        elif len(self.rest) >= self._need:
            whole, most = bytes(self.rest), self.most
            _, rows, ends, _ = cut_frames([self.rest], [most])
            for _, _, start, _, stop in rows.tolist():
                super().data_received(whole[start:stop])
            self.left(*ends[0].tolist())

    def connection_lost(self, exc: Exception | None) -> None:
        """What came before it was lost is heard."""
        if self._waiting and self._tray is not None:
            self._tray.now()
        super().connection_lost(exc)

    @property
    def most(self) -> int:
        """Bytes of the largest message."""
        most: int = self.config.ws_max_size
        return most if self._tray is None else min(most, self._tray.most)

    def hears(self) -> bool:
        """Whether anybody hears what comes."""
        return not self.close_sent and self._may is not None and self._may()

    def aside(self, frame: bytes) -> None:
        """A frame that is no whole binary message: its usual way."""
        super().data_received(frame)

    def left(self, used: int, need: int) -> None:
        """The bytes in front were used; what is left is looked at again when there are ``need`` of it (-1: never)."""
        del self.rest[:used]
        self._need, self._waiting = need, False
        if need < 0:  # against the protocol: the slow parser says so and closes
            self._broken = True
            super().data_received(bytes(self.rest))
            self.rest.clear()

    def _gather(self, tray: Tray, size: int) -> None:
        if not self._waiting:
            self._waiting, self.at = True, tray.clock()
            tray.put(self)
        tray.more(size)

    def _say(self, text: bytes) -> bool:
        if self.close_sent or self.disconnected or not self.writable.is_set() or self.transport.is_closing():
            return False
        size = len(text)
        head = bytes((_TEXT, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
        self.transport.write(head + text)
        return True
