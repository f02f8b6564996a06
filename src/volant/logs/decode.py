"""Self-describing messages as flat rows: JSON and Protobuf, the latter by the descriptor that travels with the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from ..core.errors import Damaged

__all__ = ["Ns", "Proto", "flat_json", "parse_json", "wire_fields"]

_DEEPEST = 24
_MOST_PATHS = 20_000


class Ns(int):
    """A time in nanoseconds, told apart from other whole numbers."""


def parse_json(payload: bytes) -> object:
    """The value of a JSON message; ``Damaged`` where it is none."""
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Damaged(f"A message is no JSON: {error}.") from error


def flat_json(value: object) -> dict[str, object]:
    """Paths to values; a value without a name is called ``data``. Times ``{sec, nsec}`` become nanoseconds."""
    row: dict[str, object] = {}
    _spread(value, "", row, 0)
    if len(row) > _MOST_PATHS:
        raise Damaged(f"A message holds {len(row)} separate values.")
    return row


def _spread(value: object, path: str, row: dict[str, object], depth: int) -> None:
    if depth > _DEEPEST or len(row) > _MOST_PATHS:
        return
    if isinstance(value, dict):
        if value.keys() in ({"sec", "nsec"}, {"sec", "nanosec"}) and all(type(v) is int for v in value.values()):
            sec, rest = value.values()
            row[path] = Ns(sec * 1_000_000_000 + rest)
            return
        for key, inner in value.items():
            _spread(inner, f"{path}.{key}" if path else str(key), row, depth + 1)
    elif isinstance(value, list):
        if value and all(type(inner) in (int, float) for inner in value):
            row[path or "data"] = tuple(float(inner) for inner in value)
            return
        for i, inner in enumerate(value):
            _spread(inner, f"{path or 'data'}[{i}]", row, depth + 1)
    else:
        row[path or "data"] = value


@dataclass(slots=True)
class Proto:
    """One Protobuf message type. ``owners`` collects which message and field each path lies in."""

    kind: type[Message]
    owners: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, schema: bytes) -> Proto:
        """The type ``name`` of a serialised ``FileDescriptorSet``; ``Damaged`` where it is not in it."""
        try:
            kinds: Any = descriptor_pb2
            files = kinds.FileDescriptorSet.FromString(schema)
            pools: Any = descriptor_pool
            pool = pools.DescriptorPool()
            for file in files.file:
                pool.Add(file)
            return cls(message_factory.GetMessageClass(pool.FindMessageTypeByName(name)))
        except (DecodeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise Damaged(f"The descriptor of {name!r} cannot be read: {str(error)[:200]}.") from error

    def number(self, name: str) -> int | None:
        """The field number of a field, ``None`` where there is none of that name."""
        kind: Any = self.kind.DESCRIPTOR
        found = kind.fields_by_name.get(name)
        return found.number if found else None

    def flat(self, payload: bytes) -> dict[str, object]:
        """Paths to values of one message; ``Damaged`` where the bytes are no such message."""
        try:
            message = self.kind.FromString(payload)
        except (DecodeError, RecursionError, ValueError) as error:
            raise Damaged(f"A message is no {self.kind.__name__}: {error}.") from error
        row: dict[str, object] = {}
        self._spread(message, "", (), row)
        if len(row) > _MOST_PATHS:
            raise Damaged(f"A message holds {len(row)} separate values.")
        return row

    def _spread(
        self, message: Message, prefix: str, owner: tuple[tuple[str, str], ...], row: dict[str, object]
    ) -> None:
        kind: Any = message.DESCRIPTOR
        if len(owner) > _DEEPEST or len(row) > _MOST_PATHS:
            return
        for one in kind.fields:
            path = f"{prefix}{one.name}"
            inner = (*owner, (kind.full_name, one.name))
            value = getattr(message, one.name)
            if one.type == FieldDescriptor.TYPE_MESSAGE:
                self._message(message, one, path, inner, row)
            elif one.is_repeated:
                if one.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
                    row |= {f"{path}[{i}]": item for i, item in enumerate(value)}
                else:
                    row[path] = tuple(float(item) for item in value)
            else:
                row[path] = value
            self.owners.setdefault(path, inner)

    def _message(self, message: Message, one: FieldDescriptor, path: str, owner: tuple[tuple[str, str], ...],
                 row: dict[str, object]) -> None:  # fmt: skip
        value = getattr(message, one.name)
        if one.is_repeated:
            if one.message_type.GetOptions().map_entry:
                row |= {f"{path}[{key!r}]": str(item) for key, item in value.items()}
                return
            for i, item in enumerate(value):
                self._spread(item, f"{path}[{i}].", owner, row)
        elif one.message_type.full_name in ("google.protobuf.Timestamp", "google.protobuf.Duration"):
            row[path] = Ns(value.seconds * 1_000_000_000 + value.nanos)
        elif message.HasField(one.name):
            self._spread(value, path + ".", owner, row)


def wire_fields(payload: bytes | memoryview) -> Iterator[tuple[int, int, int, int]]:
    """Each top-level field of a Protobuf message: number, where its tag starts, where its value starts, where it ends.

    Raises ``Damaged`` where the bytes are no Protobuf.
    """
    at, end = 0, len(payload)
    while at < end:
        begin = at
        tag, at = _varint(payload, at)
        wire = tag & 7
        if wire == 0:
            start = at
            _, at = _varint(payload, at)
        elif wire in (1, 5):
            start, at = at, at + (8 if wire == 1 else 4)
        elif wire == 2:
            size, start = _varint(payload, at)
            at = start + size
        else:
            raise Damaged(f"A message is no Protobuf: wire type {wire} at byte {begin}.")
        if at > end:
            raise Damaged(f"A message is no Protobuf: a field ends {at - end} bytes behind it.")
        yield tag >> 3, begin, start, at


def _varint(payload: bytes | memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(payload) and shift < 64:
        byte = payload[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise Damaged("A message is no Protobuf: a number in it does not end.")
