"""An MCAP file that Volant wrote: its metadata says what every message means, so an episode comes back as it was."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from ..core import Episode, Fact, Signal, Stream
from ..core.errors import BadInput, Damaged
from ..logs.mcap_file import McapFile
from ..logs.packets import CODECS, Packets
from ..logs.source import Place
from ..video import RawFrames, Stills
from ._about import from_about, signal_from
from ._mcap_forms import values_from

__all__ = ["read_own"]


@dataclass(slots=True)
class _Column:
    signal: Signal
    row: Mapping[str, object]
    t: array[int] = field(default_factory=lambda: array("q"))
    payloads: list[bytes] = field(default_factory=list)
    places: array[int] = field(default_factory=lambda: array("q"))


def read_own(source: McapFile, head: Mapping[str, str], by: str) -> Episode:
    """The episode of one file; ``Damaged`` where its metadata cannot be read."""
    name = source.path.name
    words = from_about(head.get("about", ""), name)
    columns = _columns(head, name)
    try:
        shift = int(head.get("shift", "0"))
    except ValueError as error:
        raise Damaged(f"{name}: the shift of its clock is no number.") from error
    for number, log, payload, place in source.messages():
        column = columns.get(source.channels[number].topic)
        if column is None:
            source.trouble.say("record", f"messages of {source.channels[number].topic!r} are not described: left out")
            continue
        column.t.append(log - shift)
        if "skip" in column.row:
            column.places.extend(place)
        else:
            column.payloads.append(bytes(payload))
    streams, said = [], list(words["said"])
    for column in columns.values():
        declared = column.row.get("rows")
        if declared != len(column.t):
            source.trouble.say("count", f"{column.signal.name}: {len(column.t)} of {declared} samples are there")
        try:
            streams.append(_stream(column, source))
        except (ValueError, TypeError, KeyError, BadInput) as error:
            source.trouble.say("message", f"{column.signal.name} cannot be read: {error}")
    if not any(len(stream) for stream in streams) and source.trouble.found:
        raise Damaged(f"{name} is damaged and nothing of it can be saved: {source.trouble.found[0][1]}.")
    said += [Fact("", key, text, by) for key, text in source.trouble.found]
    return Episode(
        tuple(streams), words["origin"], words["task"], words["instruction"], words["scene"], words["segments"],
        words["tags"], tuple(said),
    )  # fmt: skip


def _columns(head: Mapping[str, str], name: str) -> dict[str, _Column]:
    try:
        table = json.loads(head.get("streams", ""))
        columns = {}
        for row in table:
            signal = signal_from(row["signal"], name)
            columns[signal.name] = _Column(signal, row)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Damaged(f"{name}: the description of its streams cannot be read: {error}.") from error
    return columns


def _stream(column: _Column, source: McapFile) -> Stream:
    signal, row = column.signal, column.row
    t: npt.NDArray[np.int64] = np.array(column.t, np.int64)
    if "skip" not in row:
        return Stream(signal, t, values_from(signal, str(row.get("dtype")), column.payloads))
    height, width, channels = (int(side) for side in cast("list[int]", row["shape"]))
    skip, dtype, places = int(cast(int, row["skip"])), np.dtype(str(row["dtype"])), column.places

    def blob(i: int) -> bytes:
        chunk, offset, size = places[3 * i : 3 * i + 3]
        place: Place = (chunk, offset + skip, max(0, size - skip))
        return bytes(source.view(place))

    def packet(i: int) -> bytes:
        chunk, offset, size = places[3 * i : 3 * i + 3]
        whole = bytes(source.view((chunk, offset, size)))
        return whole[skip : skip + int.from_bytes(whole[skip - 4 : skip], "little")]

    if row.get("sort") == "video":
        order = np.argsort(t, kind="stable")
        video = Packets(packet, np.argsort(order), _codec(str(row["codec"])), (height, width, channels), 0, len(t))
        return Stream(signal, t[order], video)
    if row.get("sort") == "still":
        return Stream(signal, t, Stills(blob, len(t), str(row["codec"]), (height, width, channels), dtype.name))

    def load(a: int, b: int) -> npt.NDArray[np.generic]:
        frames = [np.frombuffer(blob(i), dtype.newbyteorder("<")) for i in range(a, b)]
        if any(frame.size != height * width * channels for frame in frames):
            raise Damaged(f"A frame of {signal.name!r} does not hold {width} x {height} pixels.")
        made: npt.NDArray[np.generic] = (
            np.stack(frames).reshape(b - a, height, width, channels).astype(dtype, copy=False)
        )
        return made

    return Stream(signal, t, RawFrames(load, len(t), (height, width, channels), dtype.name))


def _codec(name: str) -> str:
    if name not in CODECS:
        raise Damaged(f"the codec {name[:40]!r} is unknown")
    return name


def own_files(folder: Path) -> list[Path]:
    """The episode files of a folder that Volant wrote, in order."""
    return sorted(folder.glob("episode_*.mcap"))
