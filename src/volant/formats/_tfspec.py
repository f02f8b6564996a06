"""The ``.spec`` file beside TF-Agents records: names, types and shapes of what each step holds.

It is one TFRecord with TensorFlow's ``StructuredValue`` message (named tuple 54, dictionary 53, tuple 52, list 51,
tensor specification 33, bounded one 35).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from ..core.errors import Damaged
from ._example import fields
from ._tfrecord import records

__all__ = ["read_spec"]

_TYPES = {
    1: "float32",
    2: "float64",
    3: "int32",
    4: "uint8",
    5: "int16",
    6: "int8",
    7: "string",
    9: "int64",
    10: "bool",
    17: "uint16",
    19: "float16",
    22: "uint32",
    23: "uint64",
}
_DEEPEST = 64


def read_spec(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type and shape of each leaf by its path (``observation/image``); ``Damaged`` where it is no specification."""
    record = next(records(path), None)
    if record is None or record.flaw:
        raise Damaged(f"{path.name}: {record.flaw if record else 'is empty'}.")
    found = dict(_leaves(memoryview(record.data), "", 0))
    if not found:
        raise Damaged(f"{path.name}: names no tensor.")
    return found


def _leaves(value: memoryview, path: str, depth: int) -> Iterator[tuple[str, tuple[str, tuple[int, ...]]]]:
    if depth > _DEEPEST:
        raise Damaged("A specification is nested more than 64 deep.")
    for number, wire, body in fields(value):
        if wire != 2:
            continue
        inner = cast(memoryview, body)
        if number in (33, 35):
            yield path, _tensor(inner)
        elif number in (51, 52):
            for place, (_, _, child) in enumerate(field for field in fields(inner) if field[:2] == (1, 2)):
                yield from _leaves(cast(memoryview, child), _join(path, str(place)), depth + 1)
        elif number in (53, 54):
            wanted = 1 if number == 53 else 2
            for field, kind, pair in fields(inner):
                if field == wanted and kind == 2:
                    name, child_value = _pair(cast(memoryview, pair))
                    yield from _leaves(child_value, _join(path, name), depth + 1)


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _pair(pair: memoryview) -> tuple[str, memoryview]:
    name, value = "", memoryview(b"")
    for number, wire, body in fields(pair):
        if wire == 2 and number == 1:
            name = bytes(cast(memoryview, body)).decode(errors="replace")
        elif wire == 2 and number == 2:
            value = cast(memoryview, body)
    return name, value


def _tensor(spec: memoryview) -> tuple[str, tuple[int, ...]]:
    dtype, shape = "float32", list[int]()
    for number, wire, body in fields(spec):
        if number == 3 and wire == 0:
            dtype = _TYPES.get(cast(int, body), "")
        elif number == 2 and wire == 2:
            for place, kind, dim in fields(cast(memoryview, body)):
                if place == 2 and kind == 2:
                    size = next((v for n, w, v in fields(cast(memoryview, dim)) if (n, w) == (1, 0)), 0)
                    shape.append(cast(int, size) if cast(int, size) < 1 << 31 else -1)
    return dtype, tuple(shape)
