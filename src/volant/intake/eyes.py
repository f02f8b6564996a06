"""Cameras that are looked at while they record: each frame once, decoded beside the others, in order."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt

from ..video import Pass, Stills
from ..video.apart import MOST, Apart, Looked
from ..wire import Frame
from .take import Declared

__all__ = ["Eyes"]

AHEAD = 24

_PATIENCE = 10.0
_START = 60.0
_FULL = 8
"""Cameras of one process before another is begun, where there may be more."""
_DEATHS = 3
"""Processes that may die before no other is begun: something in the pictures kills them, or the machine is full."""

Told = Callable[[int, npt.NDArray[np.float32] | None], object]
"""Hears when a frame was taken and its look; no look where its camera cannot be looked at any more."""
Watch = Callable[[int, Callable[[], object] | None], object]


@dataclass(slots=True)
class _Camera:
    """One camera in one take: frames that nobody has looked at yet, with their time and who is to be told."""

    take: str
    seen: Pass
    number: int
    apart: Apart | None = None
    blobs: dict[int, bytes] = field(default_factory=dict)
    told: dict[int, tuple[int, Told]] = field(default_factory=dict)
    before: bytes = b""
    """The last frame that the process looked at: where it dies, the next is compared with it."""
    n: int = 0
    done: int = 0
    whole: bool = True
    until: float = 0.0
    """When nobody waits any longer for what was not looked at yet; 0 while nobody waits."""
    changed: threading.Condition = field(default_factory=threading.Condition)

    def through(self) -> bool:
        """Whether everything that came was looked at."""
        return self.done == self.n


@dataclass(eq=False)
class Eyes:
    """Looks at pictures of all cameras; at most ``ahead`` of each camera may wait.

    Where more wait, nobody keeps up: some frames are left out, and the whole take is looked at when it has ended.

    With ``apart`` so many processes look, and ``gather`` takes in what they saw; ``watch`` is given what can be read
    when there is something (and ``None`` when no more). Frames are kept until they were looked at: where a process
    dies, the threads here go on with its cameras. Without, a thread for every core but one looks.
    """

    threads: int = max(1, (os.cpu_count() or 1) - 1)
    ahead: int = AHEAD
    apart: int = 0
    watch: Watch | None = None
    _pool: ThreadPoolExecutor = field(init=False)
    _cameras: dict[tuple[str, str], _Camera] = field(init=False, default_factory=dict)
    _numbered: dict[int, _Camera] = field(init=False, default_factory=dict)
    _beside: list[Apart] = field(init=False, default_factory=list)
    _numbers: int = field(init=False, default=0)
    _deaths: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(self.threads, "volant-eyes")

    def warm(self) -> None:
        """Load what is compiled, and begin the first process."""
        blob = bytes(imagecodecs.jpeg_encode(np.zeros((64, 64, 3), np.uint8), 90))
        one = Pass(Stills.of([blob, blob]))
        one.one(0)
        one.one(1)
        if self.apart and not self._beside:
            first = Apart()
            first.open(0, "jpeg", (64, 64, 3), "uint8")
            for i in range(2):
                first.see(0, i, blob)
            first.shut(0)
            first.heard(_START)
            self._begun(first)

    def see(self, session: str, take: str, declared: Declared, frame: Frame, told: Told) -> bool:
        """Look at one picture soon, and tell its time and look; false where nobody keeps up, and it is left out."""
        key = (session, declared.signal.name)
        camera = self._cameras.get(key)
        if camera is None or camera.take != take:
            if camera is not None:
                self._let_go(camera)
            camera = self._cameras[key] = self._opened(take, declared)
        if len(camera.blobs) >= self.ahead or camera.n >= MOST:
            camera.whole = False
            return False
        i = camera.n
        camera.n += 1
        blob = camera.blobs[i] = bytes(frame.payload)
        camera.told[i] = frame.t, told
        if camera.apart is not None:
            camera.apart.see(camera.number, i, blob)
        else:
            self._pool.submit(self._look, camera, i)
        return True

    def gather(self, patience: float = 0.0) -> int:
        """Take in what the processes saw, waiting for something so many seconds; how many frames that was."""
        many = 0
        for apart in list(self._beside):
            for looked in apart.heard(patience):
                camera = self._numbered.get(looked.number)
                if camera is not None and camera.apart is apart:
                    _took(camera, looked)
                    many += 1
            if apart.gone:
                self._fallen(apart)
        return many

    def through(self, session: str, take: str) -> bool:
        """Whether all that came of a take that has ended was looked at, or it took so long that nobody waits for it."""
        now, whole = time.monotonic(), True
        for (whose, _), camera in self._cameras.items():
            if whose == session and camera.take == take and camera.whole and not camera.through():
                camera.until = camera.until or now + _PATIENCE
                whole = whole and now > camera.until
        return whole

    def looks(self, session: str, take: str) -> dict[str, Pass]:
        """What was seen of a take that has ended, by camera, where every frame of it was; waits for the last of them,
        where ``through`` did not."""
        found = {}
        for (whose, name), camera in list(self._cameras.items()):
            if whose == session and camera.take == take and camera.whole and self._waited(camera):
                found[name] = camera.seen.cut(camera.n)
        return found

    def forget(self, session: str, take: str) -> None:
        """Let go of a session's cameras in one take; an empty name is what was seen between takes."""
        for key, camera in list(self._cameras.items()):
            if key[0] == session and camera.take == take:
                self._cameras.pop(key, None)
                self._let_go(camera)

    def close(self) -> None:
        """Stop looking."""
        for apart in self._beside:
            self._unwatched(apart)
            apart.close()
        self._beside.clear()
        self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def processes(self) -> list[int]:
        """Those that look."""
        return [apart.pid for apart in self._beside]

    def _waited(self, camera: _Camera) -> bool:
        """Whether everything of a camera was looked at, after some patience."""
        until = camera.until or time.monotonic() + _PATIENCE
        while camera.apart is not None and not camera.through():
            left = until - time.monotonic()
            if left <= 0:
                return False
            self.gather(min(left, 0.05))
        with camera.changed:
            return camera.changed.wait_for(camera.through, timeout=max(0.0, until - time.monotonic()))

    def _opened(self, take: str, declared: Declared) -> _Camera:
        signal = declared.signal
        blobs: dict[int, bytes] = {}
        video = Stills(lambda i: blobs[i], MOST, declared.codec, signal.shape, signal.dtype)
        self._numbers += 1
        camera = _Camera(take, Pass(video), self._numbers, self._least(), blobs)
        if camera.apart is not None:
            camera.apart.open(camera.number, declared.codec, signal.shape, signal.dtype)
            self._numbered[camera.number] = camera
        return camera

    def _least(self) -> Apart | None:
        """The process with the fewest cameras; another where all have enough of them."""
        if not self.apart:
            return None
        of = {id(apart): 0 for apart in self._beside}
        for camera in self._numbered.values():
            of[id(camera.apart)] += 1
        least = min(self._beside, key=lambda one: of[id(one)], default=None)
        full = least is None or of[id(least)] >= _FULL
        if full and len(self._beside) < self.apart and self._deaths < _DEATHS:
            least = Apart()
            self._begun(least)
        return least

    def _begun(self, apart: Apart) -> None:
        self._beside.append(apart)
        if self.watch is not None:
            self.watch(apart.fileno(), self.gather)

    def _unwatched(self, apart: Apart) -> None:
        if self.watch is not None:
            self.watch(apart.fileno(), None)

    def _let_go(self, camera: _Camera) -> None:
        if camera.apart is not None and self._numbered.pop(camera.number, None) is not None:
            camera.apart.shut(camera.number)

    def _fallen(self, apart: Apart) -> None:
        """A process has died: what it had not looked at yet is looked at here."""
        self._unwatched(apart)
        self._beside.remove(apart)
        self._deaths += 1
        apart.close()
        for camera in [one for one in self._numbered.values() if one.apart is apart]:
            del self._numbered[camera.number]
            camera.apart = None
            if camera.done:
                camera.seen.resume(camera.done, camera.before)
            for i in range(camera.done, camera.n):
                self._pool.submit(self._look, camera, i)

    @staticmethod
    def _look(camera: _Camera, i: int) -> None:
        seen = camera.seen
        seen.one(i)
        t, told = camera.told.pop(i)
        with camera.changed:
            camera.blobs.pop(i, None)
            camera.done += 1
            camera.changed.notify_all()
        told(t, seen.looks[i] if seen.why is None else None)


def _took(camera: _Camera, looked: Looked) -> None:
    """What a process saw of one frame, where this process would have put it."""
    seen: Any = camera.seen
    t, told = camera.told.pop(looked.frame)
    seen.looks[looked.frame] = looked.row
    if looked.counts is not None:
        seen.counts[:] = looked.counts
    seen.why = seen.why or looked.why
    camera.before = camera.blobs.pop(looked.frame)
    camera.done += 1
    told(t, seen.looks[looked.frame] if seen.why is None else None)
