"""Pictures of a log as lazy frames: only where each one lies is remembered."""

from __future__ import annotations

import base64
import binascii
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..core import UNKNOWN, Kind, Signal, Stream
from ..core.errors import BadInput, Damaged
from ..video import RawFrames, Stills, image_codec, image_shape
from .packets import Packets, open_packets
from .source import Place, Source
from .streams import Clock, beside, clock_of

__all__ = ["Album", "Cut", "Head", "picture_streams"]

Array = npt.NDArray[np.generic]
Times = npt.NDArray[np.int64]
Cut = Callable[[memoryview], memoryview]
"""From the payload of a message to the bytes of its picture."""

_RAW = {
    "rgb8": ("uint8", 3), "bgr8": ("uint8", 3), "rgba8": ("uint8", 4), "bgra8": ("uint8", 4), "mono8": ("uint8", 1),
    "8uc1": ("uint8", 1), "8uc3": ("uint8", 3), "mono16": ("uint16", 1), "16uc1": ("uint16", 1),
    "32fc1": ("float32", 1), "64fc1": ("float64", 1), "uyvy": ("uint8", 2), "yuyv": ("uint8", 2),
    "yuv422": ("uint8", 2), "yuv422_yuy2": ("uint8", 2),
}  # fmt: skip
_BACKWARDS = ("bgr8", "bgra8", "8uc3")


@dataclass(frozen=True, slots=True)
class Head:
    """What a message says of its picture."""

    stamp: int
    frame: str
    encoding: str = ""
    width: int = 0
    height: int = 0
    step: int = 0
    big: bool = False


@dataclass(slots=True)
class Album:
    """The pictures of one topic: one head, recording time and place per message."""

    topic: str
    video: bool
    cut: Cut = memoryview
    heads: list[Head] = field(default_factory=list)
    log: array[int] = field(default_factory=lambda: array("q"))
    places: array[int] = field(default_factory=lambda: array("q"))

    def add(self, head: Head, log: int, place: Place) -> None:
        """Remember one picture; ``Damaged`` where it is smaller than it says of itself."""
        if head.width and place[2] < head.step * (head.height - 1) and self.cut is memoryview:
            raise Damaged(f"a picture of {head.height} rows of {head.step} bytes holds {place[2]} bytes")
        self.heads.append(head)
        self.log.append(log)
        self.places.extend(place)


def picture_streams(album: Album, source: Source) -> tuple[list[Stream], list[str], list[str]]:
    """One stream per picture size and encoding of a topic (the second is called ``topic#2``), notes, and damage."""
    keys = [(h.encoding, h.width, h.height, h.step, h.big) for h in album.heads]
    made: list[Stream] = []
    notes: list[str] = []
    damage: list[str] = []
    log, places = np.array(album.log, np.int64), np.array(album.places, np.int64).reshape(-1, 3)
    for number, key in enumerate(dict.fromkeys(keys)):
        rows = np.fromiter((i for i, other in enumerate(keys) if other == key), np.int64)
        rows = rows[np.argsort(log[rows], kind="stable")]
        stamps = np.fromiter((album.heads[i].stamp for i in rows), np.int64, len(rows))
        clock = clock_of(stamps, log[rows])
        frames = {album.heads[i].frame for i in rows}
        frame = (frames.pop() or UNKNOWN) if len(frames) == 1 else UNKNOWN
        name = album.topic if not number else f"{album.topic}#{number + 1}"
        head, spots = album.heads[int(rows[0])], [tuple(spot) for spot in places[rows].tolist()]
        signal: Signal
        x: RawFrames | Stills | Packets
        try:
            if head.width:
                signal, x = _raw(name, frame, head, album, _Shelf(source, spots))
            elif album.video:
                order = np.argsort(clock.t, kind="stable")
                load = _loader(album.cut, _Shelf(source, spots))
                signal, x = _packets(name, frame, head, load, np.argsort(order))
                clock = Clock(clock.t[order], tuple((key, t[order]) for key, t in clock.beside), clock.note)
            else:
                signal, x = _stills(name, frame, head, album, _Shelf(source, spots))
        except BadInput as error:
            damage.append(f"{len(rows)} pictures are left out: {error.what}")
            continue
        notes += [clock.note] if clock.note else []
        made.append(Stream(signal, clock.t, x))
        made.extend(beside(name, clock))
    return made, notes, damage


@dataclass(frozen=True, slots=True)
class _Shelf:
    source: Source
    places: Sequence[tuple[int, ...]]

    def __len__(self) -> int:
        return len(self.places)

    def view(self, i: int) -> memoryview:
        chunk, offset, size = self.places[i]
        return self.source.view((chunk, offset, size))


def _raw(name: str, frame: str, head: Head, album: Album, shelf: _Shelf) -> tuple[Signal, RawFrames]:
    encoding = head.encoding.lower()
    known = "bayer_rggb8" if encoding.startswith("bayer") and encoding.endswith("8") else encoding
    dtype, channels = ("uint8", 1) if known.startswith("bayer") else _RAW.get(known, ("", 0))
    if not dtype:
        raise Damaged(f"the encoding {head.encoding[:40]!r} is unknown")
    plain = np.dtype(dtype)
    row = head.width * channels * plain.itemsize
    step = head.step or row
    if step < row or not head.height or head.width * head.height > 1 << 27:
        raise Damaged(f"{head.width} x {head.height} {encoding} pictures with rows of {head.step} bytes are impossible")
    stored = plain.newbyteorder(">" if head.big else "<")
    shown = 3 if channels in (2, 4) else channels
    as_it_lies = dtype == "uint8" and step == row and shown == channels and encoding not in _BACKWARDS

    def one(i: int) -> Array:
        blob = album.cut(shelf.view(i))
        if as_it_lies and len(blob) >= step * head.height:
            return np.frombuffer(blob, np.uint8, step * head.height).reshape(head.height, head.width, channels)
        if len(blob) < step * (head.height - 1) + row:
            raise Damaged(f"Frame {i} of {name} holds {len(blob)} bytes of {step * head.height}.")
        if len(blob) < step * head.height:
            blob = memoryview(bytes(blob).ljust(step * head.height, b"\0"))
        rows = np.frombuffer(blob, np.uint8, step * head.height).reshape(head.height, step)[:, :row]
        pixels: Array = np.ascontiguousarray(rows).view(stored).astype(plain, copy=plain.itemsize > 1)
        return _colours(pixels.reshape(head.height, head.width, channels), encoding)

    def load(a: int, b: int) -> Array:
        return one(a)[None] if b == a + 1 else np.stack([one(i) for i in range(a, b)])

    depth = encoding in ("16uc1", "32fc1", "64fc1")
    unit = {"16uc1": "mm", "32fc1": "m", "64fc1": "m"}[encoding] if depth and "depth" in name.lower() else UNKNOWN
    kind, unit = (Kind.DEPTH, unit) if depth else (Kind.IMAGE, "1")
    shape = (head.height, head.width, shown)
    return Signal(name, kind, shape, dtype, unit, frame), RawFrames(load, len(shelf), shape, dtype, block=1)


def _colours(pixels: Array, encoding: str) -> Array:
    """RGB order; transparency dropped; YUV 4:2:2 to RGB by BT.601 in full range."""
    if encoding in _BACKWARDS:
        return pixels[..., 2::-1]
    if encoding == "rgba8":
        return pixels[..., :3]
    if pixels.shape[2] != 2:
        return pixels
    first = 0 if encoding in ("yuyv", "yuv422_yuy2") else 1
    y = pixels[..., first].astype(np.float32)
    chroma = pixels[..., 1 - first].astype(np.float32) - 128
    u, v = (np.repeat(chroma[:, k::2], 2, axis=1)[:, : y.shape[1]] for k in (0, 1))
    rgb = np.stack((y + 1.402 * v, y - 0.344136 * u - 0.714136 * v, y + 1.772 * u), -1)
    shown: Array = np.clip(np.rint(rgb), 0, 255).astype(np.uint8)
    return shown


def _stills(name: str, frame: str, head: Head, album: Album, shelf: _Shelf) -> tuple[Signal, Stills]:
    deep = "compresseddepth" in head.encoding.lower()
    skip = 12 if deep else 0

    def load(i: int) -> bytes:
        return bytes(album.cut(shelf.view(i))[skip:])

    first, why = b"", ""
    for i in range(len(shelf)):
        first = load(i)
        try:
            shape, dtype = image_shape(first)
            break
        except Damaged as error:
            why = error.what
    else:
        raise Damaged(f"no picture of {name} can be read: {why}")
    depth = deep or (dtype == "uint16" and "depth" in name.lower())
    unit = "mm" if depth and "32fc1" not in head.encoding.lower() and deep else UNKNOWN if depth else "1"
    signal = Signal(name, Kind.DEPTH if depth else Kind.IMAGE, shape, dtype, unit, frame)
    return signal, Stills(load, len(shelf), image_codec(first), shape, dtype)


def _packets(name: str, frame: str, head: Head, load: Callable[[int], bytes], rank: Times) -> tuple[Signal, Packets]:
    video = open_packets(load, rank, head.encoding.lower())
    return Signal(name, Kind.IMAGE, video.size, "uint8", "1", frame), video


def _loader(cut: Cut, shelf: _Shelf) -> Callable[[int], bytes]:
    return lambda i: bytes(cut(shelf.view(i)))


def unbase64(text: object) -> bytes:
    """The bytes of a base64 text; ``Damaged`` where it is none."""
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Damaged("A picture is no base64 text.") from error
