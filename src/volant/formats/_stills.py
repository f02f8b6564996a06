"""Encoded pictures found in records: a stream of stills that are decoded when asked for."""

from __future__ import annotations

import imagecodecs
import numpy as np

from ..core import Kind, Signal, Stream
from ..core.errors import Damaged
from ..core.stream import Array
from ..video import RawFrames, Stills
from ..video.image import image_codec, image_shape
from ._rows import clock

__all__ = ["pictures"]


def pictures(name: str, blobs: list[bytes], declared: tuple[tuple[int, ...], str], hz: float | None) -> Stream:
    """A camera's stream; ``declared`` are shape and type as the metadata states them.

    A declared ``float32`` is four bytes a pixel in an RGBA PNG, as TFDS stores depth. Raises ``Damaged`` where no
    picture can be recognised.
    """
    shape, dtype = declared
    first = next((blob for blob in blobs if blob), b"")
    if blobs and not first:
        raise Damaged(f"{name}: all {len(blobs)} pictures are empty.")
    times = clock(len(blobs), hz)[0]
    if dtype == "float32":
        side = image_shape(first)[0] if first else (0, 0, 1)
        size = (side[0], side[1], 1)
        video = RawFrames(lambda a, b: _floats(blobs[a:b], size), len(blobs), size, "float32")
        return Stream(Signal(name, Kind.DEPTH, size, "float32", hz=hz), times, video)
    if not first:
        size = shape if len(shape) == 3 and min(shape) >= 0 else (0, 0, 3)
        return Stream(Signal(name, Kind.IMAGE, size, "uint8", hz=hz), times, Stills.of([]))
    size, found = image_shape(first)
    stills = Stills(lambda i: blobs[i], len(blobs), image_codec(first), size, found)
    deep = found != "uint8" or ("depth" in name.lower() and size[2] == 1)
    return Stream(Signal(name, Kind.DEPTH if deep else Kind.IMAGE, size, found, hz=hz), times, stills)


def _floats(blobs: list[bytes], size: tuple[int, int, int]) -> Array:
    rows = []
    for blob in blobs:
        try:
            raw = np.ascontiguousarray(imagecodecs.png_decode(blob))
        except (RuntimeError, ValueError) as error:
            raise Damaged(f"A depth picture of {len(blob)} bytes cannot be decoded: {error}.") from error
        if raw.dtype != np.uint8 or raw.shape != (*size[:2], 4):
            raise Damaged(f"A depth picture of {raw.shape} is no RGBA of {size[:2]}.")
        rows.append(raw.view("<f4"))
    return np.stack(rows) if rows else np.empty((0, *size), np.float32)
