"""The protocol buffer ``tf.train.Example``, read and written by hand: a map from names to lists of one sort.

Wire format: ``Example{1: Features{1: map<string, Feature>}}``, ``Feature{1: bytes | 2: floats | 3: int64s}``, numbers
packed or not. Numbers come out as numpy arrays without a Python step per number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import numpy as np
import numpy.typing as npt

from ..core.errors import Damaged

__all__ = ["Feature", "encode", "fields", "features", "varints"]

Feature = list[bytes] | npt.NDArray[np.float32] | npt.NDArray[np.int64] | None
"""What one feature holds: pieces of bytes, floats, whole numbers, or nothing."""

_FEATURES_MOST = 100_000


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    result = shift = 0
    for place in range(at, min(at + 10, len(data))):
        byte = data[place]
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result & 0xFFFFFFFFFFFFFFFF, place + 1
        shift += 7
    raise Damaged(f"A number at byte {at} of the record does not end.")


def fields(data: memoryview) -> Iterator[tuple[int, int, memoryview | int]]:
    """Field number, wire type and content of each field of a message; ``Damaged`` where lengths do not fit."""
    at, end = 0, len(data)
    while at < end:
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, wire, value
            continue
        if wire == 2:
            length, at = _varint(data, at)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise Damaged(f"Wire type {wire} at byte {at} of the record is not one of a tf.train.Example.")
        if length > end - at:
            raise Damaged(f"A field of the record claims {length} bytes where {end - at} are left.")
        yield number, wire, data[at : at + length]
        at += length


def features(data: bytes) -> dict[str, Feature]:
    """Name to content of each feature of an Example; ``Damaged`` where the bytes are none."""
    found: dict[str, Feature] = {}
    for number, wire, body in fields(memoryview(data)):
        if number != 1 or wire != 2:
            continue
        for inner, kind, entry in fields(cast(memoryview, body)):
            if inner != 1 or kind != 2:
                continue
            name, feature = _entry(cast(memoryview, entry))
            found[name] = feature
            if len(found) > _FEATURES_MOST:
                raise Damaged(f"The record names more than {_FEATURES_MOST} features.")
    return found


def _entry(entry: memoryview) -> tuple[str, Feature]:
    name, feature = "", cast(Feature, None)
    for number, wire, body in fields(entry):
        if wire != 2:
            continue
        if number == 1:
            try:
                name = bytes(cast(memoryview, body)).decode()
            except UnicodeDecodeError as error:
                raise Damaged("A feature's name in the record is not UTF-8.") from error
        elif number == 2:
            feature = _feature(cast(memoryview, body))
    return name, feature


def _feature(body: memoryview) -> Feature:
    for number, wire, values in fields(body):
        if wire != 2:
            continue
        if number == 1:
            return [
                bytes(cast(memoryview, item))
                for field, kind, item in fields(cast(memoryview, values))
                if field == 1 and kind == 2
            ]
        if number == 2:
            return _floats(cast(memoryview, values))
        if number == 3:
            return _ints(cast(memoryview, values))
    return None


def _floats(values: memoryview) -> npt.NDArray[np.float32]:
    """Packed floats in one block, or five bytes each where they are not packed."""
    if len(values) and values[0] == 0x0D and len(values) % 5 == 0:
        rows = np.frombuffer(values, np.uint8).reshape(-1, 5)
        if (rows[:, 0] == 0x0D).all():
            return np.ascontiguousarray(rows[:, 1:]).view("<f4").ravel()
    blocks = []
    for number, wire, body in fields(values):
        if number != 1 or wire not in (2, 5):
            continue
        block = cast(memoryview, body)
        if len(block) % 4:
            raise Damaged(f"A list of floats in the record has {len(block)} bytes, no multiple of 4.")
        blocks.append(np.frombuffer(block, "<f4"))
    return blocks[0] if len(blocks) == 1 else np.concatenate([np.empty(0, np.float32), *blocks])


def _ints(values: memoryview) -> npt.NDArray[np.int64]:
    """Packed varints in one block, or one field each where they are not packed."""
    blocks: list[npt.NDArray[np.int64]] = []
    loose: list[int] = []
    for number, wire, body in fields(values):
        if number != 1:
            continue
        if wire == 0:
            loose.append(cast(int, body))
        elif wire == 2:
            blocks.append(varints(cast(memoryview, body)))
    if loose:
        blocks.append(np.array(loose, np.uint64).view(np.int64))
    return blocks[0] if len(blocks) == 1 else np.concatenate([np.empty(0, np.int64), *blocks])


def varints(data: memoryview) -> npt.NDArray[np.int64]:
    """All varints of a block at once: each byte's seven bits are shifted into place and summed per number."""
    raw = np.frombuffer(data, np.uint8)
    if not len(raw):
        return np.empty(0, np.int64)
    final = raw < 0x80
    if final.all():
        return raw.astype(np.int64)
    ends = np.flatnonzero(final)
    if not len(ends) or ends[-1] != len(raw) - 1:
        raise Damaged("A list of whole numbers in the record does not end.")
    starts = np.concatenate(([0], ends[:-1] + 1))
    place = np.arange(len(raw)) - np.repeat(starts, ends - starts + 1)
    if place.max() > 9:
        raise Damaged("A whole number in the record is longer than 64 bits.")
    bits = (raw & 0x7F).astype(np.uint64) << (7 * place).astype(np.uint64)
    return np.add.reduceat(bits, starts).view(np.int64)


def _count(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _pack(values: npt.NDArray[np.int64]) -> bytes:
    """All numbers as varints at once: up to ten bytes each, those in use kept."""
    raw = values.astype(np.int64).view(np.uint64)
    shifted = raw[:, None] >> (np.arange(10, dtype=np.uint64) * 7)
    used = shifted != 0
    used[:, 0] = True
    more = np.zeros_like(used)
    more[:, :-1] = used[:, 1:]
    packed: npt.NDArray[np.uint8] = ((shifted & 0x7F).astype(np.uint8) | (more.astype(np.uint8) << 7))[used]
    return packed.tobytes()


def _field(number: int, body: bytes) -> bytes:
    return _count(number << 3 | 2) + _count(len(body)) + body


def encode(content: Mapping[str, Feature]) -> bytes:
    """The bytes of an Example with these features, names in sorted order: equal content, equal bytes."""
    entries = []
    for name in sorted(content):
        feature = content[name]
        if feature is None:
            body = b""
        elif isinstance(feature, list):
            body = _field(1, b"".join(_field(1, item) for item in feature))
        elif feature.dtype.kind == "f":
            block = feature.astype("<f4").tobytes()
            body = _field(2, _field(1, block) if block else b"")
        else:
            block = _pack(feature.astype(np.int64))
            body = _field(3, _field(1, block) if block else b"")
        entries.append(_field(1, _field(1, name.encode()) + _field(2, body)))
    return _field(1, b"".join(entries))
