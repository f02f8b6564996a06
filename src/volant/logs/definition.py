"""What a ROS message type is made of: its fields in order, read from the definition that travels with the log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..core.errors import Damaged

__all__ = ["SIZES", "Definitions", "Field", "known_definitions", "parse_definitions", "plain_name"]

SIZES = {
    "bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "int64": 8, "uint64": 8,
    "float32": 4, "float64": 8, "time": 8, "duration": 8,
}  # fmt: skip
"""Bytes of each primitive; a time is two 32-bit numbers, seconds and nanoseconds."""

_WORDS = ("string", "wstring")
_ALIASES = {
    "builtin_interfaces/Time": "time",
    "builtin_interfaces/Duration": "duration",
    "byte": "uint8",
    "char": "uint8",
    "octet": "uint8",
    "float": "float32",
    "double": "float64",
    "boolean": "bool",
}
_LINE = re.compile(r"([A-Za-z][\w/]*)(?:<=\d+)?(\[(?:<=)?(\d*)\])?\s+([A-Za-z]\w*)\s*(.*)$")
_MOST_TEXT = 4 << 20


@dataclass(frozen=True, slots=True)
class Field:
    """One field and its type; ``many`` is ``None`` for one value, 0 for any number of them, n for exactly n."""

    name: str
    type: str
    many: int | None = None


Definitions = Mapping[str, tuple[Field, ...]]


def plain_name(name: str) -> str:
    """``pkg/Name`` of ``pkg/msg/Name``, ``pkg::msg::dds_::Name_`` and the like."""
    parts = [part for part in re.split(r"/|::", name) if part]
    if "::" in name and len(parts) > 2:
        parts = [parts[0], parts[-1].rstrip("_")]
    return f"{parts[0]}/{parts[-1]}" if len(parts) > 1 else name


def parse_definitions(name: str, text: str, *, ros1: bool = False) -> Definitions:
    """All message types of a concatenated ``.msg`` text, the first of them being ``name``.

    Raises ``Damaged`` where a line is no field, or a type is used that is not defined.
    """
    if len(text) > _MOST_TEXT:
        raise Damaged(f"The definition of {name} is {len(text)} characters long.")
    if re.search(r"^\s*(module|IDL:)", text, re.MULTILINE):
        return _from_idl(name, text)
    found: dict[str, tuple[Field, ...]] = {}
    current = plain_name(name)
    for part in re.split(r"^={3,}[ \t]*$", text, flags=re.MULTILINE):
        lines = part.strip().splitlines()
        if lines and lines[0].startswith("MSG:"):
            current = plain_name(lines.pop(0)[4:].strip())
        found[current] = tuple(_fields(current, lines, ros1))
    return _complete(plain_name(name), found)


def _fields(current: str, lines: list[str], ros1: bool) -> list[Field]:
    fields = []
    for line in lines:
        plain = line.split("#", 1)[0].strip()
        if not plain or plain.startswith("@"):
            continue
        match = _LINE.match(plain)
        if not match:
            raise Damaged(f"The definition of {current} has a line that is no field: {line[:80]!r}.")
        kind, array, length, name, rest = match.groups()
        if rest.startswith("=") and not array:
            continue
        many = None if not array else int(length) if length and "<=" not in array else 0
        fields.append(Field(name, _type(kind, current, ros1), many))
    return fields


def _type(kind: str, current: str, ros1: bool) -> str:
    if kind == "byte":
        return "int8" if ros1 else "uint8"
    if kind in ("Header", "roslib/Header"):
        return "std_msgs/Header"
    if "/" in kind:
        kind = plain_name(kind)
    kind = _ALIASES.get(kind, kind)
    if kind in SIZES or kind in _WORDS or "/" in kind:
        return kind
    own = f"{current.split('/', maxsplit=1)[0]}/{kind}"
    return _ALIASES.get(own, own)


def _complete(name: str, found: dict[str, tuple[Field, ...]]) -> Definitions:
    """Every type that the first one uses, from the text or else from what ROS itself defines."""
    wanted, used = [name], {}
    while wanted:
        current = wanted.pop()
        if current in used:
            continue
        fields = found.get(current)
        if fields is None:
            fields = known_definitions().get(current)
        if fields is None:
            raise Damaged(f"The definition of {name} uses {current}, which is not defined.")
        used[current] = fields
        wanted += [field.type for field in fields if "/" in field.type]
    return used


def _from_idl(name: str, text: str) -> Definitions:
    from rosbags.typesys import TypesysError, get_types_from_idl

    found: dict[str, tuple[Field, ...]] = {}
    for part in re.split(r"^={3,}[ \t]*$", text, flags=re.MULTILINE):
        body = re.sub(r"^\s*IDL:.*$", "", part, count=1, flags=re.MULTILINE)
        try:
            parsed = get_types_from_idl(body)
        except (TypesysError, ValueError, KeyError, IndexError, RecursionError, AttributeError, TypeError) as error:
            raise Damaged(f"The IDL definition of {name} cannot be read: {str(error)[:200]}.") from error
        found |= {plain_name(key): _from_store(value[1]) for key, value in parsed.items()}
    return _complete(plain_name(name), found)


@cache
def known_definitions() -> Definitions:
    """The message types that ROS itself ships (ROS 2 Humble, then ROS 1 Noetic)."""
    from rosbags.typesys import Stores, get_typestore

    known: dict[str, tuple[Field, ...]] = {}
    for store in (Stores.ROS1_NOETIC, Stores.ROS2_HUMBLE):
        for key, value in get_typestore(store).fielddefs.items():
            known[plain_name(key)] = _from_store(value[1])
    return known


def _from_store(fields: Any) -> tuple[Field, ...]:
    made = []
    for name, (node, what) in fields:
        many: int | None = None
        if int(node) in (3, 4):
            (node, what), many = what[0], (what[1] if int(node) == 3 else 0)
        kind = what[0] if int(node) == 1 else plain_name(what)
        made.append(Field(name, _ALIASES.get(kind, kind), many))
    return tuple(made)
