"""One frame of the wire: 32 bytes that say what it is, then samples, a picture, or an event. See ``spec/wire.md``."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

import google_crc32c
import msgspec
import numpy as np
import numpy.typing as npt

from ..core.errors import BadInput

__all__ = [
    "EVENT",
    "KEY",
    "MOST_BYTES",
    "PICTURE",
    "SAMPLES",
    "Frame",
    "event",
    "numbers",
    "pack",
    "picture",
    "samples",
    "seal",
    "unpack",
    "words",
]

EVENT, SAMPLES, PICTURE = 1, 2, 3
KEY = 1
"""Flag of a picture that can be decoded without those before it."""
MOST_BYTES = 16 << 20
"""No frame is larger."""

_VERSION = 1
_HEAD = struct.Struct("<BBHIQqII")
_DTYPES = frozenset(
    ("bool", *(f"{sort}{bits}" for sort in ("int", "uint") for bits in (8, 16, 32, 64)), "float32", "float64")
)

Array = npt.NDArray[np.generic]


class Frame(NamedTuple):
    """What travels: its kind, stream, sequence number, time and payload.

    ``stream`` is the number that an event ``stream`` declared (0 for events). ``seq`` counts the frames of a session
    from 1, without gaps. ``t`` is when the first sample was taken, ns on the sender's clock. ``count`` are the samples
    in it. ``crc`` is the CRC-32C of everything else.
    """

    kind: int
    stream: int
    seq: int
    t: int
    count: int  # type: ignore[assignment]  # tuples count, too, and nobody asks them here
    flags: int
    crc: int
    payload: memoryview


def pack(kind: int, stream: int, seq: int, t: int, payload: bytes, *, count: int = 1, flags: int = 0) -> bytes:
    """The bytes of a frame."""
    if len(payload) + _HEAD.size > MOST_BYTES:
        raise BadInput(
            f"A frame of {len(payload)} bytes is too large.", instead=f"At most {MOST_BYTES} travel at once."
        )
    head = _HEAD.pack(_VERSION, kind, stream, 0, seq, t, count, flags)
    rest = head[8:] + payload
    crc: int = google_crc32c.extend(google_crc32c.value(head[:4]), rest)
    return head[:4] + crc.to_bytes(4, "little") + rest


def unpack(blob: bytes | memoryview) -> Frame:
    """The frame that the bytes are. Raises ``BadInput`` where they are none, or were changed on the way."""
    if not _HEAD.size <= len(blob) <= MOST_BYTES:
        raise BadInput(f"{len(blob)} bytes are no frame.", instead=f"A frame has {_HEAD.size} to {MOST_BYTES} bytes.")
    version, kind, stream, crc, seq, t, count, flags = _HEAD.unpack_from(blob)
    if version != _VERSION or kind not in (EVENT, SAMPLES, PICTURE):
        raise BadInput(
            f"A frame of version {version} and kind {kind} is unknown.", instead="Known: version 1, kinds 1-3."
        )
    view = memoryview(blob)
    if google_crc32c.value(b"".join((view[:4], view[8:]))) != crc:
        raise BadInput(f"Frame {seq} was changed on the way: its checksum differs.", do="Send it again.")
    return Frame(kind, stream, seq, t, count, flags, crc, view[_HEAD.size :])


def samples(stream: int, seq: int, t: npt.NDArray[np.int64], x: Array) -> bytes:
    """A batch of samples of one stream: times ``[n]`` ns, values ``[n, ...]`` in the signal's own type."""
    payload = np.ascontiguousarray(t, "<i8").tobytes() + np.ascontiguousarray(x, x.dtype.newbyteorder("<")).tobytes()
    return pack(SAMPLES, stream, seq, int(t[0]) if len(t) else 0, payload, count=len(t))


def picture(stream: int, seq: int, t: int, blob: bytes, *, key: bool = True) -> bytes:
    """One encoded picture or video packet."""
    return pack(PICTURE, stream, seq, t, blob, flags=KEY if key else 0)


def event(seq: int, t: int, said: Mapping[str, Any]) -> bytes:
    """Something that happens: ``said`` has a word under ``event`` and whatever belongs to it."""
    return pack(EVENT, 0, seq, t, msgspec.json.encode(dict(said)))


def words(frame: Frame) -> dict[str, Any]:
    """What an event says. Raises ``BadInput`` where it is no JSON object with an ``event``."""
    try:
        said = msgspec.json.decode(frame.payload)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(f"Event {frame.seq} is no JSON: {error}.") from error
    if not isinstance(said, dict) or not isinstance(said.get("event"), str):
        raise BadInput(f"Event {frame.seq} does not say which event it is.", do='Send {"event": "...", ...}.')
    return said


def numbers(frame: Frame, shape: tuple[int, ...], dtype: str) -> tuple[npt.NDArray[np.int64], Array]:
    """Times ``[n]`` and values ``[n, *shape]`` of a batch, as views. ``BadInput`` where the bytes do not add up."""
    if dtype not in _DTYPES:
        raise BadInput(f"Samples of type {dtype!r} do not travel.", instead=f"Known: {', '.join(sorted(_DTYPES))}.")
    plain = _little(dtype)
    each = math.prod(shape) * plain.itemsize
    if len(frame.payload) != frame.count * (8 + each) or not frame.count:
        raise BadInput(
            f"Frame {frame.seq} declares {frame.count} samples of {each} bytes and holds {len(frame.payload)} bytes.",
            instead="A batch is n times of 8 bytes, then n samples.",
        )
    t = np.frombuffer(frame.payload, "<i8", frame.count)
    x = np.frombuffer(frame.payload, plain, offset=8 * frame.count)
    return t, x.reshape(frame.count, *shape)


@cache
def _little(dtype: str) -> np.dtype[np.generic]:
    return np.dtype(dtype).newbyteorder("<")


def seal(crcs: Iterable[int]) -> str:
    """The digest of an episode on the wire: SHA-256 of the checksums of all its frames, in order."""
    return hashlib.sha256(b"".join(crc.to_bytes(4, "little") for crc in crcs)).hexdigest()
