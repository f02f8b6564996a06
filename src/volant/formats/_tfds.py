"""What ``features.json`` of a TFDS folder declares, and how one feature's list becomes an array of samples.

Both spellings are read: the current one (``pythonClassName`` beside a key that names the sort) and that of TFDS
before 4.4 (``type`` and ``content``).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.errors import Damaged, Hostile
from ._example import Feature

__all__ = ["Leaf", "leaves", "samples", "text"]

Array = npt.NDArray[np.generic]

_DEEPEST = 32
_SORTS = (
    "featuresDict",
    "sequence",
    "tensor",
    "image",
    "text",
    "classLabel",
    "scalar",
    "audio",
    "video",
    "boundingBox",
)
_LARGEST = 1 << 33


@dataclass(frozen=True, slots=True)
class Leaf:
    """One feature as declared: its path in the Example, what sort it is and the shape of one sample.

    ``shape`` is without the step dimension; -1 stands for a side that varies. ``stepped`` says that the feature has
    one sample a step, ``ragged`` that samples of one episode may differ in length.
    """

    path: str
    sort: str
    shape: tuple[int, ...] = ()
    dtype: str = "float32"
    encoding: str = ""
    stepped: bool = False
    ragged: bool = False
    about: str = ""


def leaves(
    node: Mapping[str, Any], path: str = "", stepped: bool = False, lead: tuple[int, ...] = ()
) -> Iterator[Leaf]:
    """The leaves of a features tree; ``lead`` are the sides that nested sequences put before the sample's own."""
    if path.count("/") > _DEEPEST or len(lead) > _DEEPEST:
        raise Hostile("features.json is nested more than 32 deep.")
    sort, body = _sort(node)
    about = str(node.get("description") or "")
    if sort == "featuresDict":
        inner = body.get("features", body)
        for name, child in inner.items() if isinstance(inner, Mapping) else ():
            if isinstance(child, Mapping):
                yield from leaves(child, f"{path}/{name}" if path else str(name), stepped, lead)
    elif sort == "sequence":
        child = body.get("feature", body)
        if not isinstance(child, Mapping):
            return
        if not stepped and _sort(child)[0] == "featuresDict":
            yield from leaves(child, path, True, ())
        else:
            yield from leaves(child, path, stepped, (*lead, _side(body.get("length"))))
    elif sort:
        own = _shape(body.get("shape"))
        dtype = str(
            body.get("dtype") or {"text": "string", "classLabel": "int64", "image": "uint8"}.get(sort, "float32")
        )
        encoding = str(body.get("encodingFormat") or body.get("encoding_format") or body.get("encoding") or "")
        flat = lead if sort == "image" else (*lead, *own)
        shape = own if sort == "image" and not lead else flat
        yield Leaf(path, sort, shape, dtype, encoding.lower(), stepped, -1 in lead and stepped, about)


def _sort(node: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    for sort in _SORTS:
        if isinstance(node.get(sort), Mapping):
            return ("tensor" if sort == "scalar" else sort), node[sort]
    name = str(node.get("pythonClassName") or node.get("type") or "").rsplit(".", 1)[-1]
    content = node.get("content")
    body = content if isinstance(content, Mapping) else {}
    known = {
        "FeaturesDict": "featuresDict",
        "Dataset": "sequence",
        "Sequence": "sequence",
        "Tensor": "tensor",
        "Scalar": "tensor",
        "Image": "image",
        "Text": "text",
        "ClassLabel": "classLabel",
    }
    return known.get(name, ""), body


def _side(raw: object) -> int:
    try:
        side = int(str(raw)) if raw is not None else -1
    except ValueError:
        return -1
    return side if side >= 0 else -1


def _shape(raw: object) -> tuple[int, ...]:
    if isinstance(raw, Mapping):
        raw = raw.get("dimensions", ())
    return tuple(_side(side) for side in raw) if isinstance(raw, list | tuple) else ()


def text(pieces: list[bytes]) -> Array:
    """Words as an object array of ``str``, or of ``bytes`` where any piece is no UTF-8."""
    out = np.empty(len(pieces), object)
    try:
        out[:] = [piece.decode() for piece in pieces]
    except UnicodeDecodeError:
        out[:] = pieces
    return out


def samples(leaf: Leaf, feature: Feature) -> Array:
    """The samples of a numeric feature, ``[n, *shape]`` in the declared type; n is 1 where it has no steps.

    Raises ``Damaged`` where the numbers do not fill whole samples.
    """
    shape = leaf.shape
    dtype = _dtype(leaf.dtype)
    if isinstance(feature, list):
        return _unpack(leaf, feature, dtype)
    flat = np.empty(0, dtype) if feature is None else feature
    if shape.count(-1) == 1 and not leaf.stepped:
        known = int(np.prod([side for side in shape if side >= 0], dtype=np.int64))
        shape = tuple(flat.size // known if side < 0 and known else max(side, 0) for side in shape)
    if -1 in shape:
        raise Damaged(f"{leaf.path}: samples of shape {shape} have no fixed size.")
    width = int(np.prod(shape, dtype=np.int64))
    if width == 0 or flat.size % width:
        raise Damaged(f"{leaf.path}: {flat.size} numbers are no whole samples of shape {shape}.")
    return flat.reshape(-1, *shape).astype(dtype, copy=False)


def _dtype(name: str) -> np.dtype[Any]:
    """The numpy type of a TensorFlow one; ``bfloat16`` travels as 32-bit float."""
    name = name.removeprefix("tf.").removeprefix("<dtype: '").removesuffix("'>")
    try:
        made = np.dtype({"bfloat16": "float32", "string": "O", "object": "O"}.get(name, name))
    except TypeError as error:
        raise Damaged(f"features.json declares the type {name!r}, which does not exist.") from error
    if made.kind not in "fiubO":
        raise Damaged(f"features.json declares the type {name!r}, which holds no numbers.")
    return made


def _unpack(leaf: Leaf, pieces: list[bytes], dtype: np.dtype[Any]) -> Array:
    """Tensors stored as raw bytes, plain or deflated, one piece a sample."""
    if -1 in leaf.shape or dtype.kind == "O":
        raise Damaged(f"{leaf.path}: bytes of unknown shape {leaf.shape}.")
    size = int(np.prod(leaf.shape, dtype=np.int64)) * dtype.itemsize
    if size * len(pieces) > _LARGEST:
        raise Hostile(f"{leaf.path}: {len(pieces)} samples of {size} bytes are more than 8 GiB in one episode.")
    if leaf.encoding == "zlib":
        pieces = [_inflate(piece, size, leaf.path) for piece in pieces]
    if any(len(piece) != size for piece in pieces):
        raise Damaged(f"{leaf.path}: a sample does not have the {size} bytes that its shape {leaf.shape} needs.")
    return np.frombuffer(b"".join(pieces), dtype.newbyteorder("<")).reshape(len(pieces), *leaf.shape)


def _inflate(piece: bytes, size: int, path: str) -> bytes:
    try:
        return zlib.decompressobj().decompress(piece, size + 1)
    except zlib.error as error:
        raise Damaged(f"{path}: a sample does not inflate ({error}).") from error
