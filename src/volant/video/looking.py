"""What pictures look like as numbers: one decode pass over every frame, shared by all picture checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from ..core.columns import LOOK
from ..core.errors import BadValue
from ..core.stream import Video
from ._decode import padded_luma, picture, rows_of
from .container import PacketVideo
from .loose import LoosePackets
from .stills import Stills, luma_of

__all__ = ["histogram", "look", "look_and_histogram", "look_frames", "look_many"]

Looks = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]

_SKIN = LOOK.index("skin")
_SUBSAMPLED = {"yuv420p": 2, "yuvj420p": 2, "yuv422p": 1, "yuvj422p": 1, "yuv444p": 1, "yuvj444p": 1}
_SPARSE = 96
_HUED = 10


def look(video: Video) -> Looks:
    """The numbers of ``core.LOOK`` for every frame, float32 ``[n, len(LOOK)]``.

    Cut anywhere: ``look(video.part(a - 1, b))[1:]`` equals ``look(video)[a:b]``. Raises ``Damaged`` where a frame
    cannot be decoded.
    """
    return look_and_histogram(video, every=0)[0]


def histogram(video: Video, every: int = 10) -> Counts:
    """How often each RGB value occurs: int64 ``[3, 256]`` over every ``every``-th frame, some 100 pixels a side."""
    return look_and_histogram(video, every)[1]


def look_and_histogram(video: Video, every: int = 10) -> tuple[Looks, Counts]:
    """Looks of every frame and the colour counts of every ``every``-th (0: none), in the same decode pass."""
    looks = np.zeros((len(video), len(LOOK)), np.float32)
    counts = np.zeros((3, 256), np.int64)
    eye = _Eye()
    if isinstance(video, Stills) and video.split:
        _see_stills(eye, video, looks, (every, counts))
        return looks, counts
    for i, seen in enumerate(_seen(video)):
        row = looks[i]
        if isinstance(seen, av.VideoFrame):
            _see_frame(eye, seen, row)
        else:
            eye.see(luma_of(seen), seen.shape[1], row)
            row[_SKIN] = _skin_of_picture(seen)
        if every and i % every == 0:
            _count(seen, counts)
    return looks, counts


def look_frames(lumas: Iterable[npt.NDArray[np.uint8]], previous: npt.NDArray[np.uint8] | None = None) -> Looks:
    """Looks of luma planes as they arrive; ``previous`` is the plane before the first. ``skin`` is -1."""
    eye = _Eye()
    rows: list[npt.NDArray[np.float32]] = []
    if previous is not None:
        eye.see(previous, previous.shape[1], np.zeros(len(LOOK), np.float32))
    for plane in lumas:
        row = np.zeros(len(LOOK), np.float32)
        eye.see(plane, plane.shape[1], row)
        row[_SKIN] = -1
        rows.append(row)
    return np.stack(rows) if rows else np.zeros((0, len(LOOK)), np.float32)


def look_many(videos: Sequence[Video], threads: int = 2, every: int = 10) -> list[tuple[Looks, Counts]]:
    """``look_and_histogram`` of many videos in their order, one thread per video at a time."""
    if threads < 2 or len(videos) < 2:
        return [look_and_histogram(video, every) for video in videos]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda video: look_and_histogram(video, every), videos))


class _Eye:
    """Remembers of the frame before what the next one is compared with."""

    __slots__ = ("_before", "_glance", "_memory")

    def __init__(self) -> None:
        from ._kernels import glance

        self._glance = glance
        self._before: npt.NDArray[np.uint8] | None = None
        self._memory: tuple[npt.NDArray[Any], ...] = ()

    def see(self, plane: npt.NDArray[np.uint8], width: int, row: npt.NDArray[np.float32]) -> None:
        """Fill ``row`` with the look of a plane whose rows may be padded beyond ``width``."""
        if plane.dtype != np.uint8 or plane.ndim != 2:
            raise BadValue(f"A luma plane is uint8 [h, w], not {plane.dtype}{plane.shape}.")
        if not plane.flags.c_contiguous:
            plane = np.ascontiguousarray(plane)
        height = plane.shape[0]
        before = self._before
        first = before is None or before.shape[0] != height or len(self._memory[0]) != width
        if first:
            half = (height + 1) // 2
            self._memory = (np.zeros(width, np.int32), np.zeros(half, np.int32), np.zeros((half, 8), np.int32))
        self._glance(plane, plane if first else before, first, self._memory, row)
        self._before = plane


def _see_stills(eye: _Eye, video: Stills, looks: Looks, colours: tuple[int, Counts]) -> None:
    """Fill the looks of JPEG pictures from their luma; the colours of every tenth stand for the nine after it."""
    every, counts = colours
    hued, skin = len(video), -1.0
    for i, plane in enumerate(video.lumas()):
        eye.see(plane, plane.shape[1], looks[i])
        if video.hue(i, _HUED) != hued:
            hued = video.hue(i, _HUED)
            shown = video.at(hued)
            skin = _skin_of_picture(shown)
        looks[i, _SKIN] = skin
        if every and i % every == 0:
            _count(shown if hued == i else video.at(i), counts)


def _seen(video: Video) -> Iterator[Any]:
    if isinstance(video, (PacketVideo, LoosePackets)):
        return video.each(lambda frame: frame)
    return video.frames()


def _see_frame(eye: _Eye, frame: av.VideoFrame, row: npt.NDArray[np.float32]) -> None:
    """Fill a row from a decoded frame; planes are asked for once, because PyAV makes all of them each time."""
    from ._kernels import skin_share

    name = frame.format.name
    if name in _SUBSAMPLED:
        light, blue, red = frame.planes
        eye.see(rows_of(light), light.width, row)
        row[_SKIN] = skin_share(rows_of(blue), rows_of(red), blue.width)
        return
    eye.see(padded_luma(frame), frame.width, row)
    row[_SKIN] = -1.0 if name.startswith("gray") else _skin_of_picture(picture(frame))


def _skin_of_picture(array: npt.NDArray[Any]) -> float:
    """The same share from RGB: BT.601 chroma of every eighth pixel of the lower two thirds."""
    if array.shape[-1] != 3 or array.dtype != np.uint8:
        return -1.0
    r, g, b = (array[array.shape[0] // 3 :: 8, ::8, i].astype(np.float32) for i in range(3))
    blue = 128 - 0.168736 * r - 0.331264 * g + 0.5 * b
    red = 128 + 0.5 * r - 0.418688 * g - 0.081312 * b
    skin = (blue >= 77) & (blue <= 127) & (red >= 133) & (red <= 173)
    return float(skin.mean()) if skin.size else 0.0


def _count(seen: Any, counts: Counts) -> None:
    """Add the colours of one frame, taken on a grid of some 100 pixels a side."""
    if isinstance(seen, av.VideoFrame):
        if seen.format.name in _SUBSAMPLED:
            _count_yuv(seen, counts)
            return
        seen = picture(seen)
    step = max(1, -(-max(seen.shape[:2]) // _SPARSE))
    array = seen[::step, ::step]
    if array.dtype != np.uint8:
        array = luma_of(array)[..., None]
    for i in range(3):
        counts[i] += np.bincount(array[..., min(i, array.shape[-1] - 1)].ravel(), minlength=256)


def _count_yuv(frame: av.VideoFrame, counts: Counts) -> None:
    """The same of a YUV frame, without converting the pixels between: BT.601 or BT.709, limited or full range."""
    from ._kernels import count_yuv

    step = max(1, -(-max(frame.width, frame.height) // _SPARSE))
    full = int(frame.color_range) == 2 or frame.format.name.startswith("yuvj")
    luma_scale, scale = (1.0, 1.0) if full else (255 / 219, 255 / 224)
    weight_r, weight_b = (0.2126, 0.0722) if int(frame.colorspace) == 1 else (0.299, 0.114)
    red, blue = 2 * (1 - weight_r) * scale, 2 * (1 - weight_b) * scale
    rest = 1 - weight_r - weight_b
    mixed = (luma_scale, 0.0 if full else 16.0, red, blue, weight_r * red / rest, weight_b * blue / rest)
    planes = frame.planes
    sides = ((frame.height, frame.width), (planes[1].height, planes[1].width))
    count_yuv(tuple(rows_of(plane) for plane in planes), sides, step, mixed, counts)
