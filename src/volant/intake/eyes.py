"""Cameras that are looked at while they record: each frame once, decoded beside the others, in order."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import imagecodecs
import numpy as np
import numpy.typing as npt

from ..video import Pass, Stills
from ..wire import Frame
from .take import Declared

__all__ = ["Eyes"]

MOST = 1 << 17
"""Frames of one take that are looked at live; of longer ones the rest is looked at when it has ended."""
AHEAD = 24

_PATIENCE = 10.0

Told = Callable[[int, npt.NDArray[np.float32]], object]


@dataclass(slots=True)
class _Camera:
    """One camera in one take."""

    take: str
    seen: Pass
    blobs: dict[int, bytes] = field(default_factory=dict)
    n: int = 0
    done: int = 0
    whole: bool = True
    changed: threading.Condition = field(default_factory=threading.Condition)

    def through(self) -> bool:
        """Whether everything that came was looked at."""
        return self.done == self.n


@dataclass(eq=False)
class Eyes:
    """Looks at pictures of all cameras with a thread for every core but one; at most ``ahead`` of each camera may wait.

    Where more wait, nobody keeps up: some frames are left out, and the whole take is looked at when it has ended.
    """

    threads: int = max(1, (os.cpu_count() or 1) - 1)
    ahead: int = AHEAD
    _pool: ThreadPoolExecutor = field(init=False)
    _cameras: dict[tuple[str, str], _Camera] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(self.threads, "volant-eyes")

    @staticmethod
    def warm() -> None:
        """Load what is compiled."""
        blob = bytes(imagecodecs.jpeg_encode(np.zeros((64, 64, 3), np.uint8), 90))
        one = Pass(Stills.of([blob, blob]))
        one.one(0)
        one.one(1)

    def see(self, session: str, take: str, declared: Declared, frame: Frame, told: Told) -> bool:
        """Look at one picture soon, and tell its time and look; false where nobody keeps up, and it is left out."""
        key = (session, declared.signal.name)
        camera = self._cameras.get(key)
        if camera is None or camera.take != take:
            camera = self._cameras[key] = _opened(take, declared)
        if len(camera.blobs) >= self.ahead or camera.n >= MOST:
            camera.whole = False
            return False
        i = camera.n
        camera.n += 1
        camera.blobs[i] = bytes(frame.payload)
        self._pool.submit(self._look, camera, i, frame.t, told)
        return True

    def looks(self, session: str, take: str) -> dict[str, Pass]:
        """What was seen of a take that has ended, by camera, where every frame of it was."""
        found = {}
        for (whose, name), camera in list(self._cameras.items()):
            if whose == session and camera.take == take and camera.whole:
                with camera.changed:
                    seen = camera.changed.wait_for(camera.through, timeout=_PATIENCE)
                if seen:
                    found[name] = camera.seen.cut(camera.n)
        return found

    def forget(self, session: str, take: str) -> None:
        """Let go of a session's cameras in one take; an empty name is what was seen between takes."""
        for key, camera in list(self._cameras.items()):
            if key[0] == session and camera.take == take:
                self._cameras.pop(key, None)

    def close(self) -> None:
        """Stop looking."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    @staticmethod
    def _look(camera: _Camera, i: int, t: int, told: Told) -> None:
        camera.seen.one(i)
        with camera.changed:
            camera.blobs.pop(i, None)
            camera.done += 1
            camera.changed.notify_all()
        if camera.seen.why is None:
            told(t, camera.seen.looks[i])


def _opened(take: str, declared: Declared) -> _Camera:
    signal = declared.signal
    blobs: dict[int, bytes] = {}
    video = Stills(lambda i: blobs[i], MOST, declared.codec, signal.shape, signal.dtype)
    return _Camera(take, Pass(video), blobs)
