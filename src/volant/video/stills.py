"""Pictures that stand for themselves: one encoded image per frame, or plain arrays read in blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue, Damaged
from .image import decode_grey, decode_image, image_codec, image_shape

__all__ = ["RawFrames", "Stills", "in_order", "luma_of"]

Array = npt.NDArray[np.generic]

_BLOCK_BYTES = 8 << 20


class Stills:
    """One encoded image per frame, loaded when asked for. Implements ``core.Video``.

    ``load(i)`` gives the bytes of frame ``i`` of the whole recording; ``shape`` is ``(h, w, c)`` of one picture (a
    leading frame count is ignored). ``codec`` is what ``image_codec`` says: ``jpeg``, ``png``, ``tiff`` ...
    """

    __slots__ = ("_codec", "_dtype", "_first", "_load", "_n", "_shape")

    def __init__(
        self, load: Callable[[int], bytes], n: int, codec: str, shape: tuple[int, ...], dtype: str = "uint8"
    ) -> None:
        self._load, self._n, self._codec, self._dtype = load, n, codec, dtype
        self._shape, self._first = _one(shape), 0

    @classmethod
    def of(cls, blobs: Sequence[bytes]) -> Stills:
        """Stills that are already in memory; codec and size are taken from the first."""
        if not len(blobs):
            return cls(lambda _: b"", 0, "", (0, 0, 3))
        first = bytes(blobs[0])
        shape, dtype = image_shape(first)
        return cls(lambda i: bytes(blobs[i]), len(blobs), image_codec(first), shape, dtype)

    @property
    def codec(self) -> str:
        """Name of the image codec."""
        return self._codec

    @property
    def shape(self) -> tuple[int, ...]:
        """``(frames, height, width, channels)``."""
        return (self._n, *self._shape)

    @property
    def dtype(self) -> str:
        """Decoded sample type."""
        return self._dtype

    def __len__(self) -> int:
        return self._n

    def part(self, start: int, stop: int) -> Stills:
        """Frames ``start`` to ``stop``; nothing is loaded."""
        start, stop, _ = slice(start, stop).indices(self._n)
        made = Stills(self._load, max(0, stop - start), self._codec, self._shape, self._dtype)
        made._first = self._first + start
        return made

    def encoded(self) -> Iterator[bytes]:
        """The stored bytes of each picture."""
        return self.stored(0, self._n)

    def stored(self, start: int, stop: int) -> Iterator[bytes]:
        """The stored bytes of frames ``start`` to ``stop``."""
        for i in range(start, stop):
            yield bytes(self._load(self._first + i))

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Array]:
        """Decoded pictures; ``Damaged`` names the frame that cannot be decoded or has another size."""
        start, stop, _ = slice(start, stop).indices(self._n)
        for i, blob in enumerate(self.stored(start, stop), start):
            yield self._picture(i, blob)

    def lumas(self, start: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.uint8]]:
        """Luma ``[h, w]`` of each picture; of a JPEG as it is stored, without its colours."""
        start, stop, _ = slice(start, stop).indices(self._n)
        for i, blob in enumerate(self.stored(start, stop), start):
            plane = np.empty(self._shape[:2], np.uint8)
            self.opened(i, blob, plane)
            yield plane

    def opened(self, i: int, blob: bytes, out: npt.NDArray[np.uint8]) -> Array | None:
        """Put the luma of frame ``i`` into ``out``, and give the picture, unless luma alone was decoded."""
        if not self.split:
            picture = self._picture(i, blob)
            luma_of(picture, out)
            return picture
        try:
            plane = decode_grey(blob, out)
        except Damaged as error:
            raise Damaged(f"Frame {i}: {error.what}", instead=error.instead, do=error.do) from error
        if plane.shape != self._shape[:2]:
            raise Damaged(f"Frame {i} is a picture of {plane.shape}, the others are {self._shape}.")
        if plane is not out:
            out[:] = plane
        return None

    def _picture(self, i: int, blob: bytes) -> Array:
        try:
            array = decode_image(blob)
        except Damaged as error:
            raise Damaged(f"Frame {i}: {error.what}", instead=error.instead, do=error.do) from error
        if array.shape != self._shape:
            raise Damaged(f"Frame {i} is a picture of {array.shape}, the others are {self._shape}.")
        return array

    @property
    def split(self) -> bool:
        """Whether luma can be decoded without the colours, which takes a third of the time."""
        return self._codec == "jpeg" and self._shape[2] == 3 and self._dtype == "uint8"

    def hue(self, i: int, every: int) -> int:
        """The frame that stands for the colours of frame ``i``: the last whose place in the whole recording is a
        multiple of ``every``, so that a part, in which it may be negative, has the same one."""
        return i - (self._first + i) % every

    def at(self, i: int) -> Array:
        """The picture of frame ``i``, which may be one before this part."""
        return decode_image(bytes(self._load(self._first + i)))

    def __repr__(self) -> str:
        height, width, channels = self._shape
        return f"Stills({self._n} frames {width}x{height}x{channels}, {self._codec})"


class RawFrames:
    """Plain arrays ``[n, h, w, c]`` that are read in blocks. Implements ``core.Video``.

    ``load(a, b)`` gives frames ``a`` to ``b`` of the whole recording; at most ``block`` bytes (and at least one frame)
    are asked for at a time.
    """

    __slots__ = ("_block", "_dtype", "_first", "_load", "_n", "_shape")

    def __init__(
        self,
        load: Callable[[int, int], Array],
        n: int,
        shape: tuple[int, ...],
        dtype: str = "uint8",
        *,
        block: int = _BLOCK_BYTES,
    ) -> None:
        self._load, self._n, self._dtype, self._block = load, n, np.dtype(dtype).name, block
        self._shape, self._first = _one(shape), 0

    @classmethod
    def of(cls, array: Array) -> RawFrames:
        """Frames that are already in memory, ``[n, h, w, c]`` or ``[n, h, w]``."""
        return cls(lambda a, b: array[a:b], len(array), array.shape[1:], array.dtype.name)

    @property
    def codec(self) -> str:
        """``raw``."""
        return "raw"

    @property
    def shape(self) -> tuple[int, ...]:
        """``(frames, height, width, channels)``."""
        return (self._n, *self._shape)

    @property
    def dtype(self) -> str:
        """Sample type as stored."""
        return self._dtype

    def __len__(self) -> int:
        return self._n

    def part(self, start: int, stop: int) -> RawFrames:
        """Frames ``start`` to ``stop``; nothing is loaded."""
        start, stop, _ = slice(start, stop).indices(self._n)
        made = RawFrames(self._load, max(0, stop - start), self._shape, self._dtype, block=self._block)
        made._first = self._first + start
        return made

    def encoded(self) -> Iterator[bytes]:
        """The samples of each frame in C order."""
        return (array.tobytes() for array in self.stored(0, self._n))

    def stored(self, start: int, stop: int) -> Iterator[Array]:
        """Frames ``start`` to ``stop`` in C order."""
        return (in_order(array) for array in self.frames(start, stop))

    def opened(self, i: int, array: Array, out: npt.NDArray[np.uint8]) -> Array:
        """Put the luma of frame ``i`` into ``out``, and give the frame."""
        luma_of(array, out)
        return array

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Array]:
        """Each frame ``[h, w, c]``, a view of its block."""
        start, stop, _ = slice(start, stop).indices(self._n)
        each = max(1, int(np.prod(self._shape)) * np.dtype(self._dtype).itemsize)
        step = max(1, self._block // each)
        for a in range(start, stop, step):
            b = min(stop, a + step)
            block = np.asarray(self._load(self._first + a, self._first + b))
            if len(block) != b - a:
                raise Damaged(f"Frames {a} to {b} were asked for and {len(block)} are there.")
            yield from block.reshape(b - a, *self._shape)

    def lumas(self, start: int = 0, stop: int | None = None) -> Iterator[npt.NDArray[np.uint8]]:
        """Luma ``[h, w]`` of each frame."""
        return (luma_of(array) for array in self.frames(start, stop))

    def __repr__(self) -> str:
        height, width, channels = self._shape
        return f"RawFrames({self._n} frames {width}x{height}x{channels}, {self._dtype})"


def luma_of(array: npt.NDArray[Any], out: npt.NDArray[np.uint8] | None = None) -> npt.NDArray[np.uint8]:
    """Luma of a decoded picture: BT.601 weights for RGB, the upper eight bits of deep grey, floats from 0 to 1.

    It lies in ``out`` (C order) where that is given.
    """
    if array.dtype == np.uint16:
        array = (array >> 8).astype(np.uint8)
    elif array.dtype != np.uint8:
        array = np.clip(np.nan_to_num(array.astype(np.float32)) * 255, 0, 255).astype(np.uint8)
    if array.shape[-1] < 3:
        only: npt.NDArray[np.uint8] = array[..., 0]
        if out is None:
            return only
        out[:] = only
        return out
    from ._kernels import grey  # compiled code takes a second to load, and most callers never come here

    made = np.empty(array.shape[:2], np.uint8) if out is None else out
    grey(in_order(array[..., :3]).reshape(array.shape[0], -1), made)
    return made


def in_order(array: Array) -> Array:
    """The same samples in C order; BGR that is shown as RGB by a step backwards is turned by compiled code."""
    if array.flags.c_contiguous:
        return array
    turned = array[..., ::-1]
    if array.dtype != np.uint8 or array.shape[-1] != 3 or not turned.flags.c_contiguous:
        return np.ascontiguousarray(array)
    from ._kernels import turned as turn

    made = np.empty(array.shape, np.uint8)
    turn(turned.reshape(-1), made.reshape(-1))
    return made


def _one(shape: tuple[int, ...]) -> tuple[int, int, int]:
    sides = tuple(int(side) for side in shape)
    if len(sides) == 2:
        sides = (*sides, 1)
    if len(sides) < 3:
        raise BadValue(f"A picture of shape {shape} has no height and width.")
    return sides[-3], sides[-2], sides[-1]
