"""From packets to pictures: one decoder for files, loose packets and whatever else holds encoded bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import av
import numpy as np
import numpy.typing as npt

__all__ = ["decode", "luma", "padded_luma", "picture", "rows_of"]

_DEEP = {"gray10le": "<u2", "gray12le": "<u2", "gray14le": "<u2", "gray16le": "<u2", "gray16be": ">u2"}
_BITS = {"gray10le": 10, "gray12le": 12, "gray14le": 14, "gray16le": 16, "gray16be": 16}
_EIGHT = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "yuv440p", "nv12", "nv21", "gray",
          "yuv411p", "yuv410p", "yuva420p", "yuva422p", "yuva444p", "gray8")  # fmt: skip


def decode(
    decoder: str, extradata: bytes, size: tuple[int, int], packets: Iterable[tuple[int, bool, bytes]]
) -> Iterator[av.VideoFrame]:
    """Frames of packets given in decode order as (frame number or -1, keyframe, payload); ``pts`` is the frame number.

    One thread: the caller goes parallel over files. Raises ``av.error.FFmpegError`` where a packet is unreadable.
    """
    context: Any = av.CodecContext.create(decoder, "r")
    context.thread_count = 1
    if extradata:
        context.extradata = extradata
    context.width, context.height = size
    for number, key, payload in packets:
        packet = av.Packet(payload)
        packet.pts = number
        packet.is_keyframe = key
        yield from context.decode(packet)
    yield from context.decode(None)


def luma(frame: av.VideoFrame) -> npt.NDArray[np.uint8]:
    """The luma plane ``[h, w]`` of a frame; a view of the decoder's memory where it has 8 bits."""
    name = frame.format.name
    if name in _EIGHT:
        return _plane(frame, np.dtype(np.uint8))
    if name in _DEEP:
        deep = _plane(frame, np.dtype(_DEEP[name]))
        shallow: npt.NDArray[np.uint8] = (deep >> (_BITS[name] - 8)).astype(np.uint8)
        return shallow
    return _plane(frame.reformat(format="gray"), np.dtype(np.uint8))


def padded_luma(frame: av.VideoFrame) -> npt.NDArray[np.uint8]:
    """The luma plane with its padded rows ``[h, >= w]``: contiguous without a copy where it has 8 bits."""
    if frame.format.name not in _EIGHT:
        return luma(frame)
    return rows_of(frame.planes[0])


def rows_of(plane: Any) -> npt.NDArray[np.uint8]:
    """The bytes of a plane ``[h, line size]``: rows with their padding, a view of the decoder's memory."""
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)


def picture(frame: av.VideoFrame) -> npt.NDArray[np.generic]:
    """A frame as RGB ``[h, w, 3]``, grey ``[h, w, 1]`` or deep grey uint16 ``[h, w, 1]``."""
    name = frame.format.name
    if name in _DEEP:
        return _plane(frame, np.dtype(_DEEP[name])).astype(np.uint16)[..., None]
    if name in ("gray", "gray8"):
        return _plane(frame, np.dtype(np.uint8)).copy()[..., None]
    array: npt.NDArray[np.generic] = frame.to_ndarray(format="rgb24")
    return array


def _plane(frame: av.VideoFrame, dtype: np.dtype[Any], place: int = 0) -> npt.NDArray[Any]:
    plane: Any = frame.planes[place]
    rows = np.frombuffer(plane, dtype).reshape(plane.height, plane.line_size // dtype.itemsize)
    return rows[:, : plane.width]
