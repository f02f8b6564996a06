"""The pictures of one topic, collected while a log is read through: what each says of itself and where it lies."""

from __future__ import annotations

from array import array
from dataclasses import replace

import numpy as np

from ..core.errors import Damaged
from .decode import Proto, flat_json, parse_json, wire_fields
from .definition import Definitions, plain_name
from .layout import Group, Word, grouped, template
from .meaning import FOXGLOVE, PICTURES, VIDEO
from .pictures import Album, Head, picture_streams, unbase64
from .source import Channel, Place, Source
from .topic import Made, definitions_of

__all__ = ["Pictures", "collects_pictures"]

_HEAD_BYTES = 1024


def collects_pictures(channel: Channel) -> bool:
    """Whether the messages of a channel carry pictures and can be taken apart."""
    if channel.encoding in ("cdr", "ros1"):
        name = plain_name(channel.type)
        definitions = definitions_of(channel) if name in PICTURES else None
        return definitions is not None and any(one.name == PICTURES[name] for one in definitions[name])
    return channel.type in FOXGLOVE and channel.encoding in ("protobuf", "json")


class Pictures:
    """A topic of pictures: at most 1 kB of each message is kept."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.size = 0
        self._name = plain_name(channel.type) if channel.encoding in ("cdr", "ros1") else channel.type
        self._heads: list[bytes] = []
        self._sizes, self._log, self._places = array("q"), array("q"), array("q")
        self._album = Album(channel.topic, self._name in VIDEO)
        self._bad: list[str] = []
        self._proto: Proto | None = None
        self._data: int | None = None

    def add(self, log: int, payload: memoryview, place: Place) -> None:
        """Remember one picture by its head and place."""
        if self.channel.encoding in ("cdr", "ros1"):
            self._heads.append(bytes(payload[:_HEAD_BYTES]))
            self._sizes.append(len(payload))
            self._log.append(log)
            self._places.extend(place)
            self.size += _HEAD_BYTES
            return
        try:
            if self.channel.encoding == "protobuf":
                head, spot = self._of_proto(payload, place)
            else:
                head, spot = _of_json(bytes(payload)), place
            self._album.add(head, log, spot)
        except Damaged as error:
            self._bad.append(error.what)

    def forget(self) -> None:
        """Nothing to let go: heads are small."""

    def made(self, source: Source) -> Made:
        """The streams of the topic."""
        if self.channel.encoding in ("cdr", "ros1"):
            self._of_ros(source)
        elif self.channel.encoding == "json":
            self._album.cut = _cut_json
        streams, notes, damage = picture_streams(self._album, source)
        damage += [f"{len(self._bad)} pictures cannot be read: {self._bad[0]}"] if self._bad else []
        return Made(streams, notes, damage)

    def _of_ros(self, source: Source) -> None:
        definitions: Definitions | None = definitions_of(self.channel)
        if definitions is None:
            return
        ros1 = self.channel.encoding == "ros1"
        groups, broken = grouped(self._heads, self._name, definitions, ros1=ros1, stop_at=PICTURES[self._name])
        self._bad += broken.values()
        heads: dict[int, tuple[Head, int, int]] = {}
        for group in groups:
            heads |= _heads(group)
        word = self._format(source, definitions, ros1=ros1) if self._name.startswith("foxglove_msgs") else ""
        for i in sorted(heads):
            head, start, size = heads[i]
            if word and not head.encoding:
                head = replace(head, encoding=word)
            chunk, offset, _ = self._places[3 * i : 3 * i + 3]
            if start + size > self._sizes[i]:
                self._bad.append(f"a picture declares {size} bytes, {self._sizes[i] - start} are there")
                continue
            try:
                self._album.add(head, self._log[i], (chunk, offset + start, size))
            except Damaged as error:
                self._bad.append(error.what)
        self._heads = []

    def _format(self, source: Source, definitions: Definitions, *, ros1: bool) -> str:
        """The format that stands behind the picture, from the first message that can be read."""
        for i in range(min(len(self._log), 16)):
            chunk, offset, size = self._places[3 * i : 3 * i + 3]
            try:
                whole = bytes(source.view((chunk, offset, size)))
                found = template(whole, self._name, definitions, ros1=ros1)
            except Damaged:
                continue
            return next((_word(whole, word) for word in found.words if word.path == "format"), "")
        return ""

    def _of_proto(self, payload: memoryview, place: Place) -> tuple[Head, Place]:
        if self._proto is None:
            self._proto = Proto.of(self.channel.type, self.channel.schema)
            self._data = self._proto.number("data")
        rest, start, stop = bytearray(), 0, 0
        for number, begin, value, end in wire_fields(payload):
            if number == self._data:
                start, stop = value, end
            else:
                rest += payload[begin:end]
        return _of_row(self._proto.flat(bytes(rest))), (place[0], place[1] + start, stop - start)


def _word(whole: bytes, word: Word) -> str:
    return whole[word.start : word.start + word.size].decode("utf-8", "replace")


def _heads(group: Group) -> dict[int, tuple[Head, int, int]]:
    leaves = {leaf.path: group.column(leaf)[:, 0].tolist() for leaf in group.template.leaves if leaf.count == 1}
    words = {word.path: group.text(word) for word in group.template.words}
    n, start = len(group.rows), group.template.data
    none, blank = [0] * n, [""] * n
    stamps = leaves.get("header.stamp") or leaves.get("timestamp") or none
    frames = words.get("header.frame_id") or words.get("frame_id") or blank
    encodings = words.get("encoding") or words.get("format") or blank
    sides = [leaves.get(name, none) for name in ("width", "height", "step", "is_bigendian")]
    order = ">u4" if group.template.big else "<u4"
    sizes = np.ascontiguousarray(group.bytes[:, start - 4 : start]).view(order)[:, 0].tolist()
    return {
        int(row): (
            Head(stamps[i], frames[i], encodings[i], sides[0][i], sides[1][i], sides[2][i], bool(sides[3][i])),
            start,
            sizes[i],
        )
        for i, row in enumerate(group.rows)
    }


def _of_row(row: dict[str, object]) -> Head:
    def whole(name: str) -> int:
        value = row.get(name, 0)
        return int(value) if isinstance(value, int | float) else 0

    words = str(row.get("encoding") or row.get("format") or "")
    return Head(
        whole("timestamp"), str(row.get("frame_id") or ""), words, whole("width"), whole("height"), whole("step")
    )


def _of_json(payload: bytes) -> Head:
    value = parse_json(payload)
    if not isinstance(value, dict) or not isinstance(value.pop("data", None), str):
        raise Damaged("A message has no picture in 'data'.")
    return _of_row(flat_json(value))


def _cut_json(payload: memoryview) -> memoryview:
    value = parse_json(bytes(payload))
    return memoryview(unbase64(value.get("data") if isinstance(value, dict) else None))
