"""Words and blobs as two plain arrays: all bytes end to end, and where each item ends."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ..core.errors import Damaged
from ..core.stream import Array

__all__ = ["pack", "unpack"]


def pack(values: Array) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """An object array of ``str`` or ``bytes`` as uint8 bytes end to end and int64 ends, one per item, C order."""
    blobs = [item if isinstance(item, bytes) else str(item).encode("utf-8", "surrogatepass") for item in values.ravel()]
    ends = np.cumsum([len(blob) for blob in blobs], dtype=np.int64)
    return np.frombuffer(b"".join(blobs), dtype=np.uint8), ends


def unpack(flat: Array, ends: Array, dtype: str, shape: tuple[int, ...]) -> Array:
    """What ``pack`` was given, ``[n, *shape]``; ``dtype`` is ``str`` or ``bytes``."""
    whole = np.asarray(flat, dtype=np.uint8).tobytes()
    edges = [0, *(int(end) for end in np.asarray(ends).reshape(-1))]
    if any(b < a for a, b in pairwise(edges)) or edges[-1] != len(whole):
        raise Damaged(f"Packed words end at byte {edges[-1]} of {len(whole)}.")
    items = [whole[a:b] for a, b in pairwise(edges)]
    made = np.empty(len(items), dtype=object)
    try:
        made[:] = [item.decode("utf-8", "surrogatepass") for item in items] if dtype == "str" else items
    except UnicodeDecodeError as error:
        raise Damaged(f"Packed words are no UTF-8: {error}.") from error
    width = int(np.prod(shape, dtype=np.int64)) if shape else 1
    if width == 0 or len(items) % width:
        raise Damaged(f"{len(items)} packed words do not fill samples of shape {shape}.")
    return made.reshape(len(items) // width, *shape)
