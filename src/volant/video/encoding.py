"""Pictures into a file, by two declared profiles: small (AV1) and immediate (H.264)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue, MissingPart
from ..core.stream import Video
from .joining import rate_of

__all__ = ["CRF", "PROFILES", "encode"]

CRF = {"av1": 30, "h264": 20, "depth": 0}
"""Quality of each profile where nobody asks for another; it is declared in the file's metadata."""

PROFILES: dict[str, tuple[str, str, dict[str, str]]] = {
    "av1": ("libsvtav1", "yuv420p", {"preset": "12", "g": "10", "svtav1-params": "lp=1"}),
    "h264": ("libx264", "yuv420p", {"preset": "veryfast", "g": "10", "bf": "0", "tune": "fastdecode"}),
    "depth": ("libx265", "gray12le", {"preset": "fast", "x265-params": "lossless=1:keyint=10:log-level=none"}),
}
"""Encoder, pixel format and options. AV1 at GOP 10 is 2.3 times smaller than H.264 at equal quality on noisy scenes and
decodes 22 % slower; depth is lossless H.265 with twelve bits."""


def encode(
    frames: Video | Iterable[npt.NDArray[Any]], out: Path, *, codec: str = "av1", fps: float, crf: int | None = None
) -> int:
    """Write frames (RGB or grey uint8 ``[h, w, 1 or 3]``; depth uint16) to an MP4 file; returns how many.

    One keyframe every ten frames. The file appears under its name when it is complete. ``codec`` is ``av1``, ``h264``
    or ``depth``.
    """
    if codec not in PROFILES:
        raise BadValue(f"No video profile is called {codec!r}.", instead=f"Known: {', '.join(sorted(PROFILES))}.")
    encoder, pix_fmt, options = PROFILES[codec]
    if encoder not in av.codecs_available:
        raise MissingPart(f"This PyAV has no encoder {encoder!r}.", do="Install the av wheel from the package index.")
    os.environ.setdefault("SVT_LOG", "1")  # errors only: SVT-AV1 else prints 20 lines to stderr for every file
    options = dict(options)
    if codec != "depth":
        options["crf"] = str(CRF[codec] if crf is None else crf)
    out = Path(out)
    half = out.with_name(f".{out.name}.part.mp4")
    source: Iterable[npt.NDArray[Any]] = frames.frames() if isinstance(frames, Video) else frames
    count = 0
    try:
        with av.open(str(half), "w", format="mp4") as file:
            stream: Any = None
            for image in source:
                if stream is None:
                    stream = _opened(file, encoder, pix_fmt, (rate_of(fps), image.shape, options))
                for packet in stream.encode(_frame(image, pix_fmt, count, rate_of(fps))):
                    file.mux(packet)
                count += 1
            if stream is None:
                raise BadValue("No frames to encode.")
            for packet in stream.encode(None):
                file.mux(packet)
        half.replace(out)
    except av.error.FFmpegError as error:
        raise BadValue(f"Frames cannot be encoded as {codec}: {error}.") from error
    finally:
        half.unlink(missing_ok=True)
    return count


def _opened(file: Any, encoder: str, pix_fmt: str, how: tuple[Fraction, tuple[int, ...], dict[str, str]]) -> Any:
    rate, shape, options = how
    if pix_fmt == "yuv420p" and (shape[0] % 2 or shape[1] % 2):
        raise BadValue(f"Pictures of {shape[1]} x {shape[0]} have an odd side, which video cannot hold.")
    stream = file.add_stream(encoder, rate=rate)
    stream.width, stream.height, stream.pix_fmt = shape[1], shape[0], pix_fmt
    stream.options = options
    stream.codec_context.time_base = 1 / rate
    return stream


def _frame(image: npt.NDArray[Any], pix_fmt: str, number: int, rate: Fraction) -> av.VideoFrame:
    if pix_fmt == "gray12le":
        if image.dtype != np.uint16 or int(image.max(initial=0)) > 4095:
            raise BadValue("Depth video holds uint16 values up to 4095.", do="Scale or quantise the depth first.")
        height, width = image.shape[:2]
        frame = av.VideoFrame(width, height, pix_fmt)
        rows = np.zeros((height, frame.planes[0].line_size // 2), np.uint16)
        rows[:, :width] = image.reshape(height, width)
        frame.planes[0].update(rows.tobytes())
    else:
        if image.dtype != np.uint8:
            raise BadValue(f"Pictures are uint8, not {image.dtype}.", do="Use the profile 'depth' for uint16.")
        rgb = image if image.ndim == 3 and image.shape[2] == 3 else image.reshape((*image.shape[:2], 1)).repeat(3, 2)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    frame.pts, frame.time_base = number, 1 / rate
    return frame
