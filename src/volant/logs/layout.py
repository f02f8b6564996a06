"""Where each value of a serialised message lies: one walk per layout, then whole columns at once.

Two messages of one type have the same layout when every length word in them is the same. So one message is walked,
value by value; all others of that size are compared with its length words in one array operation, and their values
are cut out as columns. Formats: CDR (OMG DDS-XTypes 7.4, plain versions 1 and 2, either byte order) as ROS 2 uses
it, and ROS 1 serialisation (packed, little-endian).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..core.errors import Damaged
from .definition import SIZES, Definitions

__all__ = ["Group", "Leaf", "Template", "Word", "grouped", "template"]

Owner = tuple[tuple[str, str], ...]
Names = tuple[str, ...]

_MOST_VALUES = 200_000
_DEEPEST = 24
_PLAIN = {0: (True, 8), 1: (False, 8), 6: (True, 4), 7: (False, 4)}


@dataclass(frozen=True, slots=True)
class Leaf:
    """Numbers at one place of a message: ``count`` of them from byte ``start``.

    ``many`` is ``None`` for one value, else the field is a list; ``dynamic`` where its length may differ between
    messages. ``sub`` names the members of each element where the elements are small structs of one number type.
    ``owner`` lists (message type, field) from the outermost to the innermost: what the place means.
    """

    path: str
    type: str
    start: int
    count: int
    many: bool
    dynamic: bool
    sub: tuple[str, ...]
    owner: Owner


@dataclass(frozen=True, slots=True)
class Word:
    """Text at one place of a message: ``size`` bytes from ``start``, without the closing zero."""

    path: str
    start: int
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One layout: its length words (``keys`` byte places, ``values``), numbers and texts; ``data`` is where a picture
    starts, where the walk was told to stop there."""

    big: bool
    keys: npt.NDArray[np.int64]
    values: npt.NDArray[np.uint32]
    leaves: tuple[Leaf, ...]
    words: tuple[Word, ...]
    data: int = -1

    def matches(self, rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
        """Which messages ``[n, size]`` have this layout."""
        same = np.ones(len(rows), np.bool_)
        order = ">u4" if self.big else "<u4"
        for place, value in zip(self.keys.tolist(), self.values.tolist(), strict=True):
            same &= np.ascontiguousarray(rows[:, place : place + 4]).view(order)[:, 0] == value
        return same


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Messages of one layout: their places ``rows`` in the topic and their bytes ``[n, size]``."""

    rows: npt.NDArray[np.int64]
    template: Template
    bytes: npt.NDArray[np.uint8]

    def column(self, leaf: Leaf) -> npt.NDArray[np.generic]:
        """The numbers of one leaf ``[n, count]``; times become int64 nanoseconds, flags bool."""
        size = SIZES[leaf.type]
        block = np.ascontiguousarray(self.bytes[:, leaf.start : leaf.start + leaf.count * size])
        order: Literal[">", "<"] = ">" if self.template.big else "<"
        if leaf.type in ("time", "duration"):
            pair = block.view(order + ("u4" if leaf.type == "time" else "i4")).astype(np.int64)
            times: npt.NDArray[np.int64] = pair[:, 0::2] * 1_000_000_000 + pair[:, 1::2]
            return times
        if leaf.type == "bool":
            flags: npt.NDArray[np.bool_] = block != 0
            return flags
        dtype = np.dtype(leaf.type)
        return block.view(dtype.newbyteorder(order)).astype(dtype, copy=False)

    def text(self, word: Word) -> list[str]:
        """The texts of one place; what is no UTF-8 is replaced."""
        block = np.ascontiguousarray(self.bytes[:, word.start : word.start + word.size])
        if not word.size or (block == block[0]).all():
            return [block[0].tobytes().decode("utf-8", "replace")] * len(block)
        return [row.tobytes().decode("utf-8", "replace") for row in block]


@dataclass(slots=True)
class _Walk:
    buffer: bytes
    definitions: Definitions
    ros1: bool
    stop_at: str
    pos: int = 0
    origin: int = 0
    widest: int = 8
    big: bool = False
    keys: list[tuple[int, int]] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    data: int = -1

    def align(self, size: int) -> None:
        if not self.ros1:
            size = min(size, self.widest)
            self.pos += -(self.pos - self.origin) % size

    def length(self) -> int:
        self.align(4)
        if self.pos + 4 > len(self.buffer):
            raise Damaged(f"A message ends inside a length at byte {self.pos}.")
        value = int.from_bytes(self.buffer[self.pos : self.pos + 4], "big" if self.big else "little")
        self.keys.append((self.pos, value))
        self.pos += 4
        return value

    def take(self, count: int) -> int:
        start = self.pos
        if count < 0 or start + count > len(self.buffer):
            raise Damaged(f"A message of {len(self.buffer)} bytes declares {count} more at byte {start}.")
        self.pos += count
        return start

    def word(self, path: str, kind: str) -> None:
        if kind == "wstring":
            raise Damaged(f"{path} is wide text, whose encoding is not fixed.")
        size = self.length()
        start = self.take(size)
        if not self.ros1 and size:
            size -= 1
        self.words.append(Word(path, start, size))
        self._limit()

    def leaf(self, path: str, kind: str, count: int, *, mark: tuple[bool, bool], owner: Owner, sub: Names = ()) -> None:
        size = SIZES[kind]
        if count:
            self.align(4 if kind in ("time", "duration") else size)
        start = self.take(count * size)
        self.leaves.append(Leaf(path, kind, start, count, *mark, sub, owner))
        self._limit()

    def _limit(self) -> None:
        if len(self.leaves) + len(self.words) > _MOST_VALUES:
            raise Damaged(f"A message holds more than {_MOST_VALUES} separate values.")

    def struct(self, name: str, prefix: str, owner: Owner) -> bool:
        """Walk one message of type ``name``; ``True`` where the walk is to stop."""
        if len(owner) > _DEEPEST:
            raise Damaged(f"Messages of {name} are nested more than {_DEEPEST} deep.")
        fields = self.definitions[name]
        if not fields and not self.ros1:
            self.take(1)
        for one in fields:
            path = f"{prefix}{one.name}"
            if path == self.stop_at:
                self.length()
                self.keys.pop()
                self.data = self.pos
                return True
            self.member(one.type, path, one.many, (*owner, (name, one.name)))
        return False

    def member(self, kind: str, path: str, many: int | None, owner: Owner) -> None:
        count = 1 if many is None else many or self.length()
        mark = (many is not None, many == 0)
        if kind in SIZES:
            self.leaf(path, kind, count, mark=mark, owner=owner)
        elif many is None:
            if kind in ("string", "wstring"):
                self.word(path, kind)
            else:
                self.struct(kind, path + ".", owner)
        else:
            if count > len(self.buffer) - self.pos:
                raise Damaged(f"A message of {len(self.buffer)} bytes declares {count} elements of {path}.")
            plain = _uniform(self.definitions, kind) if kind not in ("string", "wstring") else None
            if plain:
                self.leaf(path, plain[0], count * len(plain[1]), mark=mark, owner=owner, sub=plain[1])
                return
            for i in range(count):
                if kind in ("string", "wstring"):
                    self.word(f"{path}[{i}]", kind)
                else:
                    self.struct(kind, f"{path}[{i}].", owner)


def _uniform(definitions: Definitions, name: str, depth: int = 0) -> tuple[str, tuple[str, ...]] | None:
    """The number type and member names of a struct that holds numbers of one type only, else ``None``."""
    names: list[str] = []
    kinds: set[str] = set()
    plain_member: Names = ("",)
    for one in definitions[name]:
        if one.many == 0 or depth > 6 or (one.many or 0) > 64:
            return None
        inner, members = one.type, plain_member
        if one.type not in SIZES:
            nested = _uniform(definitions, one.type, depth + 1) if "/" in one.type else None
            if nested is None:
                return None
            inner, members = nested[0], tuple("." + member for member in nested[1])
        kinds.add(inner)
        places = [""] if one.many is None else [f"[{i}]" for i in range(one.many)]
        names += [f"{one.name}{place}{member}" for place in places for member in members]
    if len(kinds) != 1 or kinds & {"time", "duration"} or len(names) > 256:
        return None
    return kinds.pop(), tuple(names)


def template(payload: bytes, name: str, definitions: Definitions, *, ros1: bool, stop_at: str = "") -> Template:
    """The layout of one message. With ``stop_at`` the walk ends where that list of bytes starts (``Template.data``).

    Raises ``Damaged`` where the bytes are not such a message: too short, too long, absurd lengths.
    """
    walk = _Walk(payload, definitions, ros1, stop_at)
    if not ros1:
        if len(payload) < 4 or payload[0] != 0 or payload[1] not in _PLAIN:
            raise Damaged("A message has no CDR header that is known.")
        walk.big, walk.widest = _PLAIN[payload[1]]
        walk.pos = walk.origin = 4
    stopped = walk.struct(name, "", ())
    rest = len(payload) - walk.pos
    if not stopped and (rest if ros1 else rest >= 8):
        raise Damaged(f"A message of {name} is {rest} bytes longer than its definition.")
    keys = np.array(walk.keys, np.int64).reshape(-1, 2)
    return Template(
        walk.big, keys[:, 0], keys[:, 1].astype(np.uint32), tuple(walk.leaves), tuple(walk.words), walk.data
    )


def grouped(
    payloads: Sequence[bytes], name: str, definitions: Definitions, *, ros1: bool, stop_at: str = ""
) -> tuple[list[Group], dict[int, str]]:
    """All messages of a topic by layout, and why some (place: words) cannot be read."""
    sizes = np.fromiter((len(payload) for payload in payloads), np.int64, len(payloads))
    groups: list[Group] = []
    broken: dict[int, str] = {}
    for size in np.unique(sizes):
        rows = np.flatnonzero(sizes == size)
        block = np.frombuffer(b"".join(payloads[i] for i in rows.tolist()), np.uint8).reshape(len(rows), int(size))
        while len(rows):
            try:
                found = template(block[0].tobytes(), name, definitions, ros1=ros1, stop_at=stop_at)
            except Damaged as error:
                broken[int(rows[0])] = error.what
                rows, block = rows[1:], block[1:]
                continue
            same = found.matches(block)
            if not ros1:
                same &= (block[:, :2] == block[0, :2]).all(axis=1)
            groups.append(Group(rows[same].astype(np.int64), found, block[same] if not same.all() else block))
            rows, block = rows[~same], block[~same]
    return groups, broken
