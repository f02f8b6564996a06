"""How each sort of stream becomes ROS 2 messages: the schema that any MCAP reader opens, and its bytes (CDR).

A vector of numbers is a message of fields named after its dimensions (or one array ``data``), so that Foxglove plots
them by name and nothing is lost: CDR holds every number as it is.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core import Signal, Stream, Video
from ..core.errors import Refused
from ..logs.packets import CODECS
from ._mcap_video import Loose, packet_order, packets_of

__all__ = ["Form", "form_of", "header", "lead_size", "payloads", "times_of", "values_from"]

_LINE = "=" * 80
_HEADER = (
    f"\n{_LINE}\nMSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n"
    f"{_LINE}\nMSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n"
)
_IMAGE = (
    "std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\nuint32 step\n"
    f"uint8[] data{_HEADER}"
)
_PACKED = "std_msgs/Header header\nstring format\nuint8[] data" + _HEADER
_VIDEO = (
    "builtin_interfaces/Time timestamp\nstring frame_id\nuint8[] data\nstring format\n"
    f"{_LINE}\nMSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n"
)
_START = b"\x00\x01\x00\x00"
_TYPES = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64")
_FIELD = re.compile(r"[a-z](_?[a-z0-9])*")
_ENCODINGS = {("uint8", 1): "mono8", ("uint8", 3): "rgb8", ("uint16", 1): "16UC1", ("float32", 1): "32FC1"}
STILLS = ("jpeg", "png", "webp", "tiff", "jpegxl", "jpeg2k", "bmp", "avif", "pnm", "gif")


@dataclass(frozen=True, slots=True)
class Form:
    """How one stream is written: ``sort`` is numbers, text, bytes, image or still; schema name and text."""

    sort: str
    schema: str
    text: str


def form_of(stream: Stream, number: int) -> Form:
    """The form of a stream; ``Refused`` where MCAP has none that loses nothing."""
    signal, video = stream.signal, stream.video
    if video is not None:
        if video.codec == "raw" and (video.dtype, video.shape[-1]) in _ENCODINGS:
            return Form("image", "sensor_msgs/msg/Image", _IMAGE)
        if video.codec in STILLS:
            return Form("still", "sensor_msgs/msg/CompressedImage", _PACKED)
        if isinstance(video, Loose) and video.codec in CODECS:
            packet_order(stream)
            return Form("video", "foxglove_msgs/msg/CompressedVideo", _VIDEO)
        raise Refused(
            f"Stream {signal.name!r} holds {video.codec} pictures of {video.dtype}{list(video.shape[1:])}.",
            instead="MCAP takes stills, h264, hevc, vp9 and av1 packets, and plain pictures of 1 or 3 channels.",
            do="Publish it in another format.",
        )
    if signal.dtype == "str":
        return Form("text", "std_msgs/msg/String", "string data")
    if signal.dtype == "bytes":
        return Form("bytes", "volant/msg/Bytes", "uint8[] data")
    kind = _stored(signal, stream.values.dtype)
    return Form("numbers", f"volant/msg/{signal.kind.value.capitalize()}{number}", _fields(signal, kind))


def _stored(signal: Signal, dtype: np.dtype[np.generic]) -> str:
    name = "float32" if dtype == np.float16 else dtype.name
    if name not in _TYPES:
        raise Refused(f"Stream {signal.name!r} holds {dtype}, which a message cannot.", instead=f"Known: {_TYPES}.")
    return name


def _fields(signal: Signal, kind: str) -> str:
    if not signal.width:
        return ""
    if signal.dims and len(set(signal.dims)) == signal.width and all(_FIELD.fullmatch(dim) for dim in signal.dims):
        return "\n".join(f"{kind} {dim}" for dim in signal.dims)
    return f"{kind} data" if signal.shape == () else f"{kind}[{signal.width}] data"


def payloads(stream: Stream, form: Form) -> Iterator[bytes]:
    """The messages of a stream, one per sample, in its order."""
    if isinstance(stream.x, np.ndarray):
        if form.sort == "numbers":
            yield from _numbers(stream.x)
        elif form.sort == "text":
            for text in stream.x:
                blob = _utf8(str(text), stream.name)
                yield _START + struct.pack("<I", len(blob) + 1) + blob + b"\0"
        else:
            for blob in stream.x:
                yield _START + struct.pack("<I", len(blob)) + bytes(blob)
        return
    if form.sort == "video":
        yield from _video(stream)
        return
    for t, blob in zip(stream.t.tolist(), _blobs(stream.x, form), strict=True):
        yield _lead(header(t, stream.signal.frame), stream.x, form, len(blob)) + blob


def _video(stream: Stream) -> Iterator[bytes]:
    """Messages of video packets, in the order of decoding."""
    video = stream.video
    if not isinstance(video, Loose):
        return
    word = bytearray()
    _word(word, "h265" if video.codec == "hevc" else video.codec)
    for t, blob in zip(stream.t[packet_order(stream)].tolist(), packets_of(video), strict=True):
        lead = header(t, stream.signal.frame) + struct.pack("<I", len(blob)) + blob
        yield bytes(_aligned(lead) + word)


def _blobs(video: Video, form: Form) -> Iterator[bytes]:
    if form.sort == "still":
        return iter(video.encoded())
    return (np.ascontiguousarray(frame, np.dtype(video.dtype).newbyteorder("<")).tobytes() for frame in video.frames())


def header(t: int, frame: str) -> bytearray:
    """CDR of a ``std_msgs/Header`` at the start of a message; times outside of what it can say become 0."""
    seconds, rest = divmod(t, 1_000_000_000)
    if not 0 <= seconds < 1 << 31:
        seconds = rest = 0
    blob = _utf8(frame, "frame")
    made = bytearray(_START + struct.pack("<iII", seconds, rest, len(blob) + 1) + blob + b"\0")
    return _aligned(made)


def _lead(made: bytearray, video: Video, form: Form, size: int) -> bytes:
    """Everything of a picture's message before its bytes."""
    if form.sort == "still":
        _word(made, video.codec)
    else:
        _, height, width, channels = video.shape
        made += struct.pack("<II", height, width)
        _word(made, _ENCODINGS[video.dtype, channels])
        made += b"\0"
        _aligned(made)
        made += struct.pack("<I", width * channels * np.dtype(video.dtype).itemsize)
    _aligned(made)
    made += struct.pack("<I", size)
    return bytes(made)


def lead_size(stream: Stream, form: Form) -> int:
    """How many bytes lie before the picture in every message of a stream; 0 where it holds none."""
    if isinstance(stream.x, np.ndarray):
        return 0
    start = header(0, stream.signal.frame)
    return len(start) + 4 if form.sort == "video" else len(_lead(start, stream.x, form, 0))


def times_of(stream: Stream, form: Form) -> npt.NDArray[np.int64]:
    """The time of each message in the order in which ``payloads`` gives them."""
    return stream.t[packet_order(stream)] if form.sort == "video" else stream.t


def _word(made: bytearray, text: str) -> None:
    blob = text.encode()
    made += struct.pack("<I", len(blob) + 1) + blob + b"\0"


def _aligned(made: bytearray) -> bytearray:
    made += bytes(-len(made) % 4)
    return made


def _utf8(text: str, name: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise Refused(f"Stream {name!r} holds text that is no Unicode: {error.reason}.") from error


def _numbers(x: npt.NDArray[np.generic]) -> Iterator[bytes]:
    kind = np.dtype(np.float32) if x.dtype == np.float16 else x.dtype
    flat = np.ascontiguousarray(x.reshape(len(x), -1), kind.newbyteorder("<"))
    if not flat.shape[1]:
        yield from (_START + b"\0" for _ in range(len(x)))
        return
    block = flat.view(np.uint8).reshape(len(x), -1)
    rows = np.concatenate((np.broadcast_to(np.frombuffer(_START, np.uint8), (len(x), 4)), block), axis=1).tobytes()
    size = 4 + block.shape[1]
    for at in range(0, len(rows), size):
        yield rows[at : at + size]


def values_from(signal: Signal, dtype: str, rows: list[bytes]) -> npt.NDArray[np.generic]:
    """The samples of a stream from its messages; ``ValueError`` where they have another size."""
    if signal.dtype in ("str", "bytes"):
        column = np.empty(len(rows), object)
        column[:] = [row[8:-1].decode("utf-8", "replace") if signal.dtype == "str" else row[8:] for row in rows]
        return column
    plain = np.dtype(dtype)
    kind = np.dtype(np.float32) if plain == np.float16 else plain
    size = signal.width * kind.itemsize
    block = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), 4 + max(size, 1 if not size else 0))
    if not size:
        return np.empty((len(rows), *signal.shape), plain)
    flat = np.ascontiguousarray(block[:, 4:]).view(kind.newbyteorder("<")).reshape(len(rows), *signal.shape)
    return flat.astype(plain, copy=False)
