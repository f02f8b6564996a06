"""What one frame after another looks like: the look of a plane beside the one before, its skin, its colours."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
import numpy.typing as npt

from ..core.columns import LOOK
from ..core.errors import BadValue
from ._decode import padded_luma, picture, rows_of
from .stills import in_order, luma_of

__all__ = ["SKIN", "Counts", "Eye", "Looks", "count", "see_frame", "skin_of"]

Looks = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]

SKIN = LOOK.index("skin")
_SUBSAMPLED = {"yuv420p": 2, "yuvj420p": 2, "yuv422p": 1, "yuvj422p": 1, "yuv444p": 1, "yuvj444p": 1}
_SPARSE = 96


class Eye:
    """Remembers of the frame before what the next one is compared with."""

    __slots__ = ("_before", "_glance", "_glances", "_memory")

    def __init__(self) -> None:
        from ._kernels import glance, glances

        self._glance, self._glances = glance, glances
        self._before: npt.NDArray[np.uint8] | None = None
        self._memory: tuple[npt.NDArray[Any], ...] = ()

    def see(self, plane: npt.NDArray[np.uint8], width: int, row: npt.NDArray[np.float32]) -> None:
        """Fill ``row`` with the look of a plane whose rows may be padded beyond ``width``."""
        if plane.dtype != np.uint8 or plane.ndim != 2:
            raise BadValue(f"A luma plane is uint8 [h, w], not {plane.dtype}{plane.shape}.")
        if not plane.flags.c_contiguous:
            plane = np.ascontiguousarray(plane)
        before, first = self._beside(plane, width)
        self._glance(plane, before, first, self._memory, row)
        self._before = plane

    def see_all(self, planes: npt.NDArray[np.uint8], rows: npt.NDArray[np.float32]) -> None:
        """Fill one row for each of many planes ``[n, h, w]`` in C order, as ``see`` does one after the other.

        The planes may be written over then.
        """
        if len(planes):
            before, first = self._beside(planes[0], planes.shape[2])
            self._glances(planes, before, first, self._memory, rows)
            self._before = planes[-1].copy()

    def _beside(self, plane: npt.NDArray[np.uint8], width: int) -> tuple[npt.NDArray[np.uint8], bool]:
        """The plane to compare with, and whether none is there: then it is the plane itself."""
        height, before = plane.shape[0], self._before
        if before is not None and before.shape[0] == height and len(self._memory[0]) == width:
            return before, False
        half = (height + 1) // 2
        self._memory = (np.zeros(width, np.int32), np.zeros(half, np.int32), np.zeros((half, 8), np.int32))
        return plane, True


def see_frame(eye: Eye, frame: av.VideoFrame, row: npt.NDArray[np.float32]) -> None:
    """Fill a row from a decoded frame; planes are asked for once, because PyAV makes all of them each time."""
    from ._kernels import skin_share

    name = frame.format.name
    if name in _SUBSAMPLED:
        light, blue, red = frame.planes
        eye.see(rows_of(light), light.width, row)
        row[SKIN] = skin_share(rows_of(blue), rows_of(red), blue.width)
        return
    eye.see(padded_luma(frame), frame.width, row)
    row[SKIN] = -1.0 if name.startswith("gray") else skin_of(picture(frame))


def skin_of(array: npt.NDArray[Any]) -> float:
    """Share of skin of an RGB picture; -1 for what has no colours."""
    if array.shape[-1] != 3 or array.dtype != np.uint8:
        return -1.0
    from ._kernels import skin_of_rgb

    return float(skin_of_rgb(in_order(array).reshape(array.shape[0], -1), array.shape[1]))


def count(seen: Any, counts: Counts) -> None:
    """Add the colours of one frame, taken on a grid of some 100 pixels a side."""
    if isinstance(seen, av.VideoFrame):
        if seen.format.name in _SUBSAMPLED:
            _count_yuv(seen, counts)
            return
        seen = picture(seen)
    step = max(1, -(-max(seen.shape[:2]) // _SPARSE))
    if seen.dtype == np.uint8 and seen.shape[-1] == 3:
        from ._kernels import count_rgb

        count_rgb(in_order(seen).reshape(seen.shape[0], -1), step, counts)
        return
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
