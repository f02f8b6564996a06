"""Pictures looked at by a process of its own: encoded frames go there, rows of numbers come back.

A thread that looks needs the interpreter for moments only, but waits for it each time while another thread computes,
and makes that one wait: with eight cameras a frame that takes 1.2 ms alone took 2.8.
"""

from __future__ import annotations

import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections import deque
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from ..core.columns import LOOK
from ..core.errors import Damaged
from ._eye import Counts
from .passing import Pass
from .stills import Stills

__all__ = ["MOST", "Apart", "Looked", "serve"]

MOST = 1 << 17
"""Frames of one pass."""
_HEAD = struct.Struct("<BIII")
"""What it is, which pass, which frame, and how many bytes follow."""
_OPEN, _SEE, _SHUT = 1, 2, 3
_LOOKED, _BROKEN = 1, 2
_ROW = 4 * len(LOOK)
_ONCE = 1 << 16
_PROGRAM = "import sys; from volant.video.apart import serve; serve(int(sys.argv[1]))"


class Looked(NamedTuple):
    """What came back of one frame: its look, the colour counts of its pass so far where they have changed, or why the
    pass has ended."""

    number: int
    frame: int
    row: npt.NDArray[np.float32]
    counts: Counts | None = None
    why: Damaged | None = None


class Apart:
    """A process that looks at pictures, frame after frame of each pass. ``gone`` once it has died.

    One thread at a time asks and hears. Nothing waits: what the process does not take yet is sent by a thread.
    """

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        self._socket.setblocking(False)  # as a loop that watches it would
        with theirs:
            command = [sys.executable, "-c", _PROGRAM, str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL)
        self.gone = False
        self._came = bytearray()
        self._left: deque[memoryview] = deque()
        self._sending = threading.Lock()
        self._late: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def fileno(self) -> int:
        """What can be read when something came back."""
        return self._socket.fileno()

    def open(self, number: int, codec: str, shape: tuple[int, ...], dtype: str) -> None:
        """Begin a pass over stills of one camera."""
        self._send(_OPEN, number, 0, msgspec.json.encode([codec, shape, dtype]))

    def see(self, number: int, frame: int, blob: bytes) -> None:
        """Look at the next frame of a pass."""
        self._send(_SEE, number, frame, blob)

    def shut(self, number: int) -> None:
        """Let go of a pass."""
        self._send(_SHUT, number, 0, b"")

    def heard(self, patience: float = 0.0) -> list[Looked]:
        """What came back since it was last asked; waits for something so many seconds."""
        if not self.gone:
            if patience:
                _wait(self._socket, select.POLLIN, patience)
            try:
                while part := self._socket.recv(_ONCE):
                    self._came += part
                    if len(part) < _ONCE:
                        break
                else:
                    self.gone = True
            except BlockingIOError:
                pass
            except OSError:
                self.gone = True
        return self._cut()

    def close(self) -> None:
        """End it: it ends by itself when nobody listens any more."""
        self.gone = True
        self._socket.shutdown(socket.SHUT_RDWR)
        if self._late is not None:
            self._late.join()
        self._socket.close()
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _cut(self) -> list[Looked]:
        whole, at, found = bytes(self._came), 0, []
        while len(whole) - at >= _HEAD.size:
            what, number, frame, size = _HEAD.unpack_from(whole, at)
            if len(whole) - at < _HEAD.size + size:
                break
            found.append(_looked(what, number, frame, whole[at + _HEAD.size : at + _HEAD.size + size]))
            at += _HEAD.size + size
        del self._came[:at]
        return found

    def _send(self, what: int, number: int, frame: int, body: bytes) -> None:
        parts = [memoryview(_HEAD.pack(what, number, frame, len(body))), memoryview(body)]
        with self._sending:
            if self._late is not None and self._late.is_alive() and self._left:
                self._left.extend(parts)
                return
            try:
                sent = self._socket.sendmsg(parts, [], socket.MSG_NOSIGNAL)
            except BlockingIOError:
                sent = 0
            except OSError:
                return  # it has died, which is found where it is heard
            for part in parts:
                if sent < len(part):
                    self._left.append(part[sent:])
                sent = max(0, sent - len(part))
            if self._left:
                self._late = threading.Thread(target=self._send_late, name="volant-apart", daemon=True)
                self._late.start()

    def _send_late(self) -> None:
        """What it did not take at once."""
        while True:
            try:
                _wait(self._socket, select.POLLOUT, 1.0)
                sent = self._socket.send(self._left[0], socket.MSG_NOSIGNAL)
            except BlockingIOError:
                continue
            except (OSError, ValueError):  # it has died, or was closed
                self._left.clear()
                return
            with self._sending:
                part = self._left.popleft()
                if sent < len(part):
                    self._left.appendleft(part[sent:])
                if not self._left:
                    return


def _wait(line: socket.socket, what: int, seconds: float) -> None:
    poll = select.poll()
    poll.register(line, what)
    poll.poll(1000 * seconds)


def _looked(what: int, number: int, frame: int, body: bytes) -> Looked:
    row = np.zeros(len(LOOK), np.float32)
    if what == _BROKEN:
        text, instead, do = msgspec.json.decode(body, type=tuple[str, str, str])
        return Looked(number, frame, row, None, Damaged(text, instead=instead, do=do))
    row[:] = np.frombuffer(body, np.float32, len(LOOK))
    counts = np.frombuffer(body, np.int64, offset=_ROW).reshape(3, 256) if len(body) > _ROW else None
    return Looked(number, frame, row, counts)


def serve(fd: int) -> None:
    """The process itself: looks until nobody sends any more."""
    for sort in (signal.SIGINT, signal.SIGTERM):  # who began it ends it, after its own last pictures
        signal.signal(sort, signal.SIG_IGN)
    passes: dict[int, tuple[Pass, dict[int, bytes]]] = {}
    with socket.socket(fileno=fd) as line, line.makefile("rb", 1 << 18) as came:
        while len(head := came.read(_HEAD.size)) == _HEAD.size:
            what, number, frame, size = _HEAD.unpack(head)
            body = came.read(size)
            if len(body) < size:
                return
            if what == _OPEN:
                passes[number] = _opened(body)
            elif what == _SHUT:
                passes.pop(number, None)
            elif number in passes:
                try:
                    line.sendall(_see(*passes[number], number, frame, body))
                except OSError:
                    return


def _opened(body: bytes) -> tuple[Pass, dict[int, bytes]]:
    codec, shape, dtype = msgspec.json.decode(body, type=tuple[str, tuple[int, ...], str])
    blobs: dict[int, bytes] = {}
    return Pass(Stills(lambda i: blobs[i], MOST, codec, shape, dtype)), blobs


def _see(seen: Pass, blobs: dict[int, bytes], number: int, frame: int, blob: bytes) -> bytes:
    """The answer to one frame."""
    before = seen.counts[0].sum()
    blobs[frame] = blob
    seen.one(frame)
    del blobs[frame]
    why = seen.why
    if why is not None:
        text = msgspec.json.encode([why.what, why.instead, why.do])
        return _HEAD.pack(_BROKEN, number, frame, len(text)) + text
    body: bytes = seen.looks[frame].tobytes()
    if seen.counts[0].sum() != before:
        body += seen.counts.tobytes()
    return _HEAD.pack(_LOOKED, number, frame, len(body)) + body
