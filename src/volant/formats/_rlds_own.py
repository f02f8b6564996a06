"""What Volant's own RLDS sets know beyond RLDS: signals, units and true clocks of every channel."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core import Stream
from ..core.errors import BadInput, Damaged
from ..core.stream import Times
from . import _tfds
from ._about import About, from_about, signal_from
from ._example import Feature
from ._rlds_write import ABOUT, TIMES
from ._rows import held
from ._stills import pictures
from ._tfds import Leaf

__all__ = ["restored"]

_LONGEST = 1 << 28


def restored(content: dict[str, Feature], tree: tuple[Leaf, ...]) -> tuple[About, tuple[Stream, ...]] | None:
    """Words and channels as they were written, or ``None`` where the record is not Volant's own.

    Raises ``Damaged`` where the record says it is and contradicts itself.
    """
    words, clock = content.get(ABOUT), content.get(TIMES)
    if not isinstance(words, list) or len(words) != 1 or not isinstance(clock, np.ndarray):
        return None
    rows = clock.astype(np.int64)
    try:
        raw = json.loads(words[0])
        known = from_about(raw["about"], ABOUT)
        by_path = {leaf.path: leaf for leaf in tree}
        streams = tuple(_stream(entry, by_path, content, rows) for entry in raw["streams"])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, BadInput) as error:
        raise Damaged(f"{ABOUT} contradicts the record: {error}.") from error
    return known, streams


def _stream(entry: Mapping[str, Any], tree: Mapping[str, Leaf], content: dict[str, Feature], rows: Times) -> Stream:
    leaf = tree[entry["path"]]
    feature = content[leaf.path]
    signal = signal_from(entry["signal"], leaf.path)
    times, first = rows, None
    if "clock" in entry:
        times = _clock(entry["clock"])
        # Each sample was laid on at least one step: the first of them gives it back.
        first = np.searchsorted(held(times, rows), np.arange(len(times)))
    if leaf.sort == "image" and isinstance(feature, list):
        blobs = feature if first is None else [feature[at] for at in first]
        return Stream(signal, times, pictures(signal.name, blobs, (leaf.shape, leaf.dtype), signal.hz).x)
    words = signal.dtype in ("str", "bytes")
    x = (
        _tfds.text(feature or [])
        if words and (feature is None or isinstance(feature, list))
        else _tfds.samples(leaf, feature)
    )
    if not words and str(x.dtype) != signal.dtype:
        raise Damaged(f"{leaf.path}: numbers are {x.dtype}, declared {signal.dtype}.")
    if signal.dtype == "bytes":
        x = np.array([*(word.encode() if isinstance(word, str) else word for word in x), None], object)[:-1]
    return Stream(signal, times, x if first is None else x[first])


def _clock(text: str) -> Times:
    try:
        block = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), _LONGEST)
    except (binascii.Error, zlib.error) as error:
        raise Damaged(f"a clock does not unpack ({error}).") from error
    if len(block) % 8:
        raise Damaged("a clock is cut short.")
    return np.frombuffer(block, "<i8").astype(np.int64)
