"""One pass over pictures: looked at by several threads while their stored bytes go by in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import av
import numpy as np
import numpy.typing as npt

from ..core.columns import LOOK
from ..core.errors import Damaged, Hostile
from ..core.stream import Array, Video
from ._eye import SKIN, Counts, Eye, Looks, count, see_frame, skin_of
from .container import PacketVideo
from .image import decode_image
from .loose import LoosePackets
from .stills import RawFrames, Stills, luma_of

__all__ = ["Pass", "Passes"]

_BLOCK_BYTES = 8 << 20
_BLOCK_FRAMES = 16
_HUED = 10

Stored = bytes | Array
"""What identity is made of: the bytes of an encoded picture, or samples in C order."""


class Went(NamedTuple):
    """Frames that went by, as they are stored, and why there are no more of them."""

    stored: Sequence[Stored]
    why: Damaged | None = None


Job = Callable[[], Went]


class Pass:
    """Looks and colour counts of one video, whole once every one of its ``jobs`` has run.

    Jobs are to be begun in their order, by any number of threads. Pictures that stand for themselves are seen in blocks
    of at most 16 frames and 8 MB: read by one thread at a time, decoded by all, compared with the frame before in
    order, so that threads change no number. Other videos are one job. ``why`` is what ended the pass early; ``looks``
    are then of no use.
    """

    def __init__(self, video: Video, every: int = 10) -> None:
        self.looks: Looks = np.zeros((len(video), len(LOOK)), np.float32)
        self.counts: Counts = np.zeros((3, 256), np.int64)
        self.why: Damaged | None = None
        self._every, self._eye, self._skin, self._turn = every, Eye(), -1.0, 0
        self._reading, self._seeing = threading.Lock(), threading.Condition()
        self._video = video
        self._spare: list[npt.NDArray[np.uint8]] = []

    def jobs(self) -> Iterator[Job]:
        """What there is to do."""
        video = self._video
        if not isinstance(video, (Stills, RawFrames)):
            yield partial(self._whole, video)
            return
        n, *shape = video.shape
        each = int(np.prod(shape)) * np.dtype(video.dtype).itemsize
        step = max(1, min(_BLOCK_FRAMES, _BLOCK_BYTES // max(1, each)))
        for turn, a in enumerate(range(0, n, step)):
            yield partial(self._block, video, turn, a, min(n, a + step))

    def one(self, i: int) -> None:
        """See one more frame of pictures that stand for themselves, as they arrive."""
        video = self._video
        assert isinstance(video, (Stills, RawFrames))
        try:
            self._block(video, i, i, i + 1)
        except Hostile as error:
            self.why = Damaged(error.what, instead=error.instead, do=error.do)

    def resume(self, i: int, before: bytes) -> None:
        """Go on at frame ``i`` where another pass saw those before it, whose looks and counts are put in here;
        ``before`` is the frame before it as it is stored."""
        video = self._video
        assert isinstance(video, Stills)
        plane = self._room(1)
        try:
            video.opened(i - 1, before, plane[0])
        except (Damaged, Hostile) as error:
            self.why = Damaged(error.what, instead=error.instead, do=error.do)
        self._eye.see_all(plane, np.zeros((1, len(LOOK)), np.float32))
        self._turn, self._skin = i, float(self.looks[i - 1, SKIN])

    def cut(self, n: int) -> Pass:
        """The same pass of the first ``n`` frames, which were all seen."""
        made = Pass(self._video.part(0, n))
        made.looks, made.counts, made.why = self.looks[:n], self.counts, self.why
        return made

    def rest(self) -> Iterator[bytes]:
        """The stored bytes that do not go by: of videos that are one job."""
        return iter(()) if isinstance(self._video, (Stills, RawFrames)) else self._video.encoded()

    def _block(self, video: Stills | RawFrames, turn: int, a: int, b: int) -> Went:
        stored: list[Stored] = []
        skins: list[float | None] = []
        planes = self._room(b - a)
        counts = np.zeros_like(self.counts)
        unread = why = None
        try:
            try:
                with self._reading:
                    stored.extend(video.stored(a, b))
            except Damaged as error:
                unread = why = error
            if self.why is None:
                skins.extend(self._opened(video, i, one, planes[i - a], counts) for i, one in enumerate(stored, a))
        except Damaged as error:
            why = error
        finally:
            with self._seeing:
                self._seeing.wait_for(lambda: self._turn == turn)
                self._turn += 1
                self._seeing.notify_all()
                self.why = self.why or why
                if self.why is None:
                    self._see(a, planes[: len(skins)], skins)
                    self.counts += counts
                self._spare.append(planes)
        return Went(stored, unread)

    def _room(self, n: int) -> npt.NDArray[np.uint8]:
        """Luma of ``n`` frames to be filled, in memory that was used before: fresh memory costs as much as a copy."""
        with self._seeing:
            if self._spare and len(self._spare[-1]) >= n:
                return self._spare.pop()[:n]
        return np.empty((n, *self._video.shape[1:3]), np.uint8)

    def _opened(
        self, video: Stills | RawFrames, i: int, stored: Any, plane: npt.NDArray[np.uint8], counts: Counts
    ) -> float | None:
        """One frame decoded into ``plane``; its share of skin, ``None`` where that is as in the frame before.

        The colours of every tenth JPEG stand for the nine after it.
        """
        shown = video.opened(i, stored, plane)
        hued = i if isinstance(video, RawFrames) or shown is not None else video.hue(i, _HUED)
        counted = bool(self._every) and i % self._every == 0
        if shown is None and (hued == i or counted):
            shown = decode_image(stored)
        skin = skin_of(shown) if shown is not None and hued == i else None
        if hued < 0 == i and isinstance(video, Stills):
            with self._reading:
                skin = skin_of(video.at(hued))
        if shown is not None and counted:
            count(shown, counts)
        return skin

    def _see(self, a: int, planes: npt.NDArray[np.uint8], skins: Sequence[float | None]) -> None:
        rows = self.looks[a : a + len(planes)]
        self._eye.see_all(planes, rows)
        for row, skin in zip(rows, skins, strict=True):
            self._skin = self._skin if skin is None else skin
            row[SKIN] = self._skin

    def _whole(self, video: Video) -> Went:
        """Frames one after the other, as they come from a decoder."""
        try:
            for i, seen in enumerate(_frames(video)):
                if isinstance(seen, av.VideoFrame):
                    see_frame(self._eye, seen, self.looks[i])
                else:
                    self._eye.see(luma_of(seen), seen.shape[1], self.looks[i])
                    self.looks[i, SKIN] = skin_of(seen)
                if self._every and i % self._every == 0:
                    count(seen, self.counts)
        except Damaged as error:
            self.why = error
        return Went(())


class Passes:
    """Several passes through one pool, a few jobs always under way, whichever pass they belong to.

    Passes are gone through in the order in which they were given.
    """

    def __init__(self, passes: Sequence[Pass], pool: ThreadPoolExecutor, ahead: int) -> None:
        self._jobs = (job for one in passes for job in one.jobs())
        self._pool, self._ahead = pool, ahead
        self._begun: deque[Future[Went]] = deque()

    def encoded(self, one: Pass) -> Iterator[Stored]:
        """The stored bytes of each frame in order, as ``Video.encoded`` gives them, while the pass is made."""
        for _ in one.jobs():
            went = self._next()
            yield from went.stored
            if went.why is not None:
                raise went.why
        yield from one.rest()

    def finish(self, one: Pass) -> None:
        """Make the pass where nobody needs its bytes."""
        for _ in one.jobs():
            self._next()

    def _next(self) -> Went:
        while len(self._begun) < self._ahead and (job := next(self._jobs, None)) is not None:
            self._begun.append(self._pool.submit(job))
        return self._begun.popleft().result()


def _frames(video: Video) -> Iterator[Any]:
    if isinstance(video, (PacketVideo, LoosePackets)):
        return video.each(lambda frame: frame)
    return video.frames()
