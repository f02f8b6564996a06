"""The messages of one topic, collected while a log is read through, and then turned into streams."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..core import Kind, Signal, Stream
from ..core.errors import Damaged
from .decode import Proto, flat_json, parse_json
from .definition import Definitions, known_definitions, parse_definitions, plain_name
from .fields import from_groups, from_rows
from .known import JOINTS, TRANSFORMS, joint_streams, transform_streams
from .layout import grouped
from .source import Channel, Place
from .streams import streams_of

__all__ = ["READABLE", "Made", "Numbers", "definitions_of"]

READABLE = ("cdr", "ros1", "json", "protobuf", "")
"""Message encodings that can be read, or (without a name) kept as bytes."""


@dataclass(slots=True)
class Made:
    """What became of a topic: its streams, notes in words, and damage in words."""

    streams: list[Stream]
    notes: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)


class Collector(Protocol):
    """Takes the messages of one topic and makes streams of them."""

    size: int

    def add(self, log: int, payload: memoryview, place: Place) -> None: ...
    def forget(self) -> None: ...


def definitions_of(channel: Channel) -> Definitions | None:
    """The message types a ROS channel needs, from its schema or from ROS itself; ``None`` where nobody defines them."""
    name = plain_name(channel.type)
    ros1 = channel.encoding == "ros1"
    known = known_definitions() if not channel.schema else {}
    if channel.schema or (channel.schema_encoding in ("ros1msg", "ros2msg") and name not in known):
        try:
            return parse_definitions(channel.type, channel.schema.decode("utf-8", "replace"), ros1=ros1)
        except Damaged:
            if name not in known_definitions():
                return None
    known = known_definitions()
    return known if name in known else None


class Numbers:
    """A topic without pictures: payloads are kept until the log is read through."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.size = 0
        self.forgotten = 0
        self._log = array("q")
        self._payloads: list[bytes] = []

    def add(self, log: int, payload: memoryview, place: Place) -> None:
        """Keep one message."""
        self._log.append(log)
        if self.forgotten:
            self.forgotten += len(payload)
            return
        self._payloads.append(bytes(payload))
        self.size += len(payload) + 64

    def forget(self) -> None:
        """Let the payloads go: there are more than fit into memory."""
        self.forgotten, self.size, self._payloads = self.size, 0, []

    def made(self) -> Made:
        """The streams of the topic; what is collected is given up."""
        log = np.array(self._log, np.int64)
        if self.forgotten:
            return Made(
                [], [], [f"{len(log)} messages of {self.forgotten} bytes are left out: more than fit into memory"]
            )
        payloads = self._payloads
        self._payloads = []
        if (np.diff(log) < 0).any():
            order = np.argsort(log, kind="stable")
            log, payloads = log[order], [payloads[i] for i in order]
        if self.channel.encoding in ("cdr", "ros1"):
            return self._ros(payloads, log)
        if self.channel.encoding in ("json", "protobuf"):
            return self._rows(payloads, log)
        return Made([self._blob(payloads, log)], ["messages without a known encoding: kept as bytes"])

    def _blob(self, payloads: list[bytes], log: npt.NDArray[np.int64], suffix: str = "") -> Stream:
        blobs = np.empty(len(payloads), object)
        blobs[:] = payloads
        return Stream(Signal(self.channel.topic + suffix, Kind.BLOB, (), "bytes"), log, blobs)

    def _ros(self, payloads: list[bytes], log: npt.NDArray[np.int64]) -> Made:
        channel, name = self.channel, plain_name(self.channel.type)
        definitions = definitions_of(channel)
        if definitions is None:
            note = f"{channel.type} is not defined in the log nor by ROS: messages are kept as bytes"
            return Made([self._blob(payloads, log)], [note])
        groups, broken = grouped(payloads, name, definitions, ros1=channel.encoding == "ros1")
        if not groups:
            why = next(iter(broken.values()))
            if channel.schema:
                return Made([self._blob(payloads, log)], [], [f"no message can be read as {channel.type}: {why}"])
            note = f"messages do not have the layout ROS gives {channel.type} ({why}): kept as bytes"
            return Made([self._blob(payloads, log)], [note])
        damage = []
        streams: list[Stream] = []
        if broken:
            bad = np.array(sorted(broken), np.int64)
            streams.append(self._blob([payloads[i] for i in bad], log[bad], "/unreadable"))
            damage.append(f"{len(bad)} of {len(log)} messages cannot be read: {broken[int(bad[0])]}")
            good = np.setdiff1d(np.arange(len(log)), bad)
            groups = [type(g)(np.searchsorted(good, g.rows), g.template, g.bytes) for g in groups]
            log = log[good]
        del payloads
        if name in JOINTS:
            own, notes = joint_streams(channel.topic, groups, log)
        elif name in TRANSFORMS:
            own, notes = transform_streams(channel.topic, groups, log)
        else:
            own, notes = streams_of(channel.topic, from_groups(groups, len(log)), log)
        return Made(own + streams, notes, damage)

    def _rows(self, payloads: list[bytes], log: npt.NDArray[np.int64]) -> Made:
        channel = self.channel
        proto: Proto | None = None
        if channel.encoding == "protobuf":
            try:
                proto = Proto.of(channel.type, channel.schema)
            except Damaged as error:
                return Made([self._blob(payloads, log)], [], [f"{error.what} Messages are kept as bytes."])
        rows: list[dict[str, object]] = []
        good, bad, why = [], [], ""
        for i, payload in enumerate(payloads):
            try:
                rows.append(proto.flat(payload) if proto else flat_json(parse_json(payload)))
                good.append(i)
            except Damaged as error:
                bad.append(i)
                why = error.what
        streams, notes = streams_of(channel.topic, from_rows(rows, proto.owners if proto else None), log[good])
        if not good:
            streams = []
        if not bad:
            return Made(streams, notes)
        streams.append(self._blob([payloads[i] for i in bad], log[bad], "/unreadable"))
        return Made(streams, notes, [f"{len(bad)} of {len(log)} messages cannot be read: {why}"])
