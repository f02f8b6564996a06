"""One encoded picture to an array, with its declared size looked at first."""

from __future__ import annotations

import io
import struct
import warnings

import imagecodecs
import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from ..core.errors import BadValue, Damaged, Hostile
from ._index import MOST_PIXELS

__all__ = ["decode_grey", "decode_image", "image_codec", "image_shape"]

Array = npt.NDArray[np.generic]

_JPEG_END = b"\xff\xd9"
_TAIL = 64
_SIGNS = (
    (b"\xff\xd8\xff", 0, "jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "png"),
    (b"II*\x00", 0, "tiff"),
    (b"MM\x00*", 0, "tiff"),
    (b"WEBP", 8, "webp"),
    (b"\xff\x0a", 0, "jpegxl"),
    (b"JXL ", 4, "jpegxl"),
    (b"\x00\x00\x00\x0cjP", 0, "jpeg2k"),
    (b"\xff\x4f\xff\x51", 0, "jpeg2k"),
    (b"BM", 0, "bmp"),
    (b"GIF8", 0, "gif"),
    (b"P5", 0, "pnm"),
    (b"P6", 0, "pnm"),
    (b"ftypavif", 4, "avif"),
)


def image_codec(blob: bytes) -> str:
    """Name of the codec by the first bytes: ``jpeg``, ``png``, ``tiff``, ``webp``, ``jpegxl`` ...; empty if unknown."""
    for sign, place, name in _SIGNS:
        if blob[place : place + len(sign)] == sign:
            return name
    return ""


def image_shape(blob: bytes) -> tuple[tuple[int, int, int], str]:
    """``(height, width, channels)`` and sample type of an encoded picture, from its header where that says it.

    Raises ``Hostile`` for absurd declared sizes, ``Damaged`` where the header is unreadable.
    """
    codec = image_codec(blob)
    if codec == "png" and len(blob) >= 26:
        width, height, bits, colour = struct.unpack(">IIBB", blob[16:26])
        _refuse(width, height)
        if colour == 0:
            return (height, width, 1), "uint16" if bits == 16 else "uint8"
        return (height, width, 3), "uint16" if bits == 16 else "uint8"
    if codec == "jpeg" and (found := _jpeg_shape(blob)):
        _refuse(*found[1::-1])
        return found, "uint8"
    if codec == "jpegxl":
        array = decode_image(blob)
        return (array.shape[0], array.shape[1], array.shape[2]), array.dtype.name
    with _opened(blob) as image:
        width, height = image.size
        _refuse(width, height)
        if image.mode in ("L", "1"):
            return (height, width, 1), "uint8"
        if image.mode.startswith("I"):
            return (height, width, 1), "uint16"
        if image.mode == "F":
            return (height, width, 1), "float32"
        return (height, width, 3), "uint8"


def _jpeg_shape(blob: bytes) -> tuple[int, int, int] | None:
    """Height, width and channels from the frame header (ISO 10918-1, B.2.2) of a JPEG of 1 or 3 components.

    A tenth of the time that opening it takes; ``None`` where anything is unusual, so that it is opened with care.
    """
    at = 2
    while at + 10 <= len(blob) and blob[at] == 0xFF:
        kind, size = blob[at + 1], int.from_bytes(blob[at + 2 : at + 4], "big")
        if kind in (0xC0, 0xC1, 0xC2):
            bits, height, width, parts = struct.unpack_from(">BHHB", blob, at + 4)
            return (height, width, parts) if bits == 8 and parts in (1, 3) else None
        if not 0xC4 <= kind <= 0xFE or 0xD0 <= kind <= 0xDA or kind in (0xC8, 0xCC) or size < 2:
            return None
        at += 2 + size
    return None


def decode_image(blob: bytes, *, codec: str = "") -> Array:
    """The picture as RGB ``[h, w, 3]`` or grey ``[h, w, 1]``, uint8 or uint16 (float32 for floating TIFF).

    Transparency is dropped. Raises ``Hostile`` for absurd sizes, ``Damaged`` for broken bytes.
    """
    codec = codec or image_codec(blob)
    if codec != "jpegxl":
        image_shape(blob)
    try:
        if codec in ("jpeg", "png", "webp", "jpegxl"):
            array = getattr(imagecodecs, f"{codec}_decode")(blob)
        else:
            with _opened(blob) as image:
                array = np.asarray(
                    image if image.mode in ("L", "F") or image.mode.startswith("I") else image.convert("RGB")
                )
    except (RuntimeError, ValueError, OSError, SyntaxError, struct.error, EOFError) as error:
        raise Damaged(f"A {codec or 'picture'} of {len(blob)} bytes cannot be decoded: {error}.") from error
    return _laid(np.asarray(array))


def decode_grey(blob: bytes, out: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The luma ``[h, w]`` of a JPEG as it is stored: its colours are never decoded. It should have the size of ``out``.

    A JPEG of that size whose end is there goes straight to the decoder and lies in ``out``; any other is opened with
    care first, and comes back in its true size. Raises ``Hostile`` for absurd sizes, ``Damaged`` for broken bytes.
    """
    if _JPEG_END in blob[-_TAIL:]:
        try:
            plane: npt.NDArray[np.uint8] = imagecodecs.jpeg8_decode(blob, outcolorspace="GRAYSCALE", out=out)
            return plane
        except (RuntimeError, ValueError):
            pass
    try:
        with _opened(blob) as image:
            _refuse(*image.size)
            image.draft("L", image.size)
            return np.asarray(image if image.mode == "L" else image.convert("L"))
    except (RuntimeError, ValueError, OSError, SyntaxError, struct.error, EOFError) as error:
        raise Damaged(f"A JPEG of {len(blob)} bytes cannot be decoded: {error}.") from error


def _laid(array: Array) -> Array:
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * 255
    if array.dtype == np.int32:
        array = array.astype(np.uint16)
    if array.ndim == 2:
        return array[..., None]
    if array.ndim == 3 and array.shape[2] in (2, 4):
        return np.ascontiguousarray(array[..., : array.shape[2] - 1])
    if array.ndim == 3 and array.shape[2] in (1, 3):
        return array
    raise BadValue(f"A picture of shape {array.shape} is neither grey nor colour.")


def _opened(blob: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(blob))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Hostile(f"A picture declares an absurd size: {error}.", instead="It was not decoded.") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, struct.error, EOFError) as error:
        raise Damaged(f"{len(blob)} bytes are no picture that can be read.", instead=f"{error}.") from error


def _refuse(width: int, height: int) -> None:
    if width <= 0 or height <= 0:
        raise Damaged(f"A picture declares {width} x {height} pixels.")
    if width * height > MOST_PIXELS:
        raise Hostile(f"A picture declares {width} x {height} pixels.", instead="It was not decoded.")
