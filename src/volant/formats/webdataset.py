"""WebDataset: tar shards in which one key is one step, ``ep000000_000042.action.npy`` beside ``….cam.jpg``."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..core import Bid, Episode, Kind, Origin, Reading, Signal, Stream, Value, Writing, Written
from ..core.errors import BadValue, Damaged, Hostile, NotFound
from ..core.stream import Array, Times, Video
from ..video import RawFrames, Stills, decode_image, image_codec, image_shape
from . import _webdataset_write as writer
from ._about import from_about, signal_from
from ._folder import numbered
from ._landing import chosen
from ._packed import unpack
from ._rows import clock, kind_of, said
from ._tar import walked
from .npz import array_of

__all__ = ["WebDataset"]

_PICTURES = ("jpg", "jpeg", "png", "webp", "tiff", "jxl", "ppm")
_ONE_BY_ONE = 1 << 14
"""Larger arrays are read one by one: nothing is won by reading them together."""
_TROUBLE = (
    OSError, ValueError, KeyError, TypeError, IndexError, OverflowError, EOFError, tarfile.TarError, MemoryError,
    AttributeError, RecursionError,
)  # fmt: skip


class WebDataset:
    """A folder of ``*.tar`` shards, or one shard. Steps whose keys share all but a last number are one episode.

    Members are ``KEY.CHANNEL.npy``, ``KEY.CHANNEL.jpg`` (or png ...) and ``KEY.json``. Volant's own shards have
    ``episodes.jsonl`` beside them with meanings, clocks and everything that is not a step. Nothing is unpacked to
    disk; ``.pyd`` and ``.pickle`` members are refused.
    """

    name = "webdataset"
    version = "1"
    writes = True
    loses = (
        "video is decoded to PNG stills",
        "pictures on a clock of their own are held onto the rows of the action",
    )

    def bid(self, path: Path) -> Bid:
        """Sure of Volant's own folder; a guess for other tar files."""
        if path.is_dir():
            if not any(path.glob("*.tar")):
                return Bid(0.0, "no tar shards")
            return Bid(0.97 if (path / "episodes.jsonl").is_file() else 0.7, "tar shards")
        if path.suffix != ".tar" or not path.is_file():
            return Bid(0.0, "no tar shard")
        try:
            with tarfile.open(path, "r:") as packed:
                first = packed.next()
        except _TROUBLE as error:
            return Bid(0.3, f"{error}")
        return Bid(0.75 if first is not None and first.isfile() and "." in first.name else 0.2, "a tar of files")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """One episode per group of steps, shard by shard."""
        return chosen(_episodes(path), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """A folder of deterministic shards, proven by reading it again."""
        return writer.write(episodes, out, how, lambda part: self.read(part, Reading()))


class _Member(NamedTuple):
    """Where the bytes of a member lie."""

    shard: Path
    at: int
    size: int

    def load(self) -> bytes:
        """The bytes, read now."""
        if not 0 <= self.at <= self.at + self.size <= self.shard.stat().st_size:
            raise Damaged(f"{self.shard} ends inside a member at byte {self.at}.")
        with self.shard.open("rb") as file:
            file.seek(self.at)
            return file.read(self.size)


Steps = list[dict[str, _Member]]


def _groups(path: Path) -> Iterator[tuple[str, Steps]]:
    """Steps by episode, in the order of the shards; at most one episode is held."""
    shards = [path] if path.is_file() else sorted(path.glob("*.tar"), key=numbered)
    if not shards:
        raise NotFound(f"No tar shards at {path}.")
    current, last, steps = "", "", Steps()
    for shard in shards:
        for key, channel, member in _members(shard):
            if key != last or not steps:
                found = re.fullmatch(r"(.*?)[_-]?(\d+)", key)
                group = (found.group(1) or shard.stem) if found else key
                if group != current and steps:
                    yield current, steps
                    steps = []
                current, last = group, key
                steps.append({})
            steps[-1][channel] = member
    if steps:
        yield current, steps


def _members(shard: Path) -> Iterator[tuple[str, str, _Member]]:
    end = 0
    try:
        for path, at, size in walked(shard):
            end = at + size
            folder, _, name = path.rpartition("/")
            key, _, channel = name.partition(".")
            if not key or not channel:
                continue
            if channel.rpartition(".")[2] in ("pyd", "pickle", "pkl", "pth"):
                raise Hostile(f"{shard}: {path!r} is a pickle.", instead="Nothing was run.")
            yield (f"{folder}/{key}" if folder else key), channel, _Member(shard, at, size)
        if shard.stat().st_size < end:
            raise Damaged(f"{shard} ends inside its last member.", do="Copy the shard again.")
    except _TROUBLE as error:
        raise Damaged(f"{shard} is no whole tar file: {error}.", do="Copy the shard again.") from error


def _episodes(path: Path) -> Iterator[Episode]:
    sidecar = path / "episodes.jsonl"
    if not (path.is_dir() and sidecar.is_file()):
        for name, steps in _groups(path):
            yield _theirs(path, name, steps)
        return
    groups = _groups(path)
    number = 0
    try:
        with sidecar.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                text = json.loads(line)
                name, steps = next(groups, ("", Steps())) if text["rows"] else (text["key"], Steps())
                if name != text["key"] or len(steps) != text["rows"]:
                    raise Damaged(
                        f"{path}: episode {number} declares {text['rows']} steps and has {len(steps)}.",
                        instead=f"{number} whole episodes were read.",
                    )
                yield _ours(path, text, steps)
    except _TROUBLE as error:
        raise Damaged(f"{path}: episode {number} cannot be read: {error}.") from error


def _ours(path: Path, text: dict[str, Any], steps: Steps) -> Episode:
    """An episode that Volant wrote: every channel with its own meaning and its own clock."""
    where = str(path)
    times = np.asarray(text["t"], dtype=np.int64)
    streams = []
    for place in text["streams"]:
        signal = signal_from(place["signal"], where)
        if "channel" in place:
            members = [step[str(place["channel"])] for step in steps]
            streams.append(_stream(signal, str(place["channel"]), members, times, place))
        else:
            streams.append(_aside(path, signal, place))
    return Episode(tuple(streams), **from_about(text["about"], where))


def _stream(signal: Signal, channel: str, members: list[_Member], times: Times, place: dict[str, Any]) -> Stream:
    try:
        if signal.kind.visual:
            return Stream(
                signal, times, _pictures(channel, members, signal.shape, signal.dtype, raw=place.get("raw") is True)
            )
        values = _stacked(members)
        return Stream(signal, times, values.reshape(len(members), *signal.shape))
    except BadValue as error:
        raise Damaged(f"Channel {channel!r} contradicts its signal: {error}.") from error


def _pictures(channel: str, members: list[_Member], shape: tuple[int, ...], dtype: str, *, raw: bool) -> Video:
    held = _Pictures(tuple(members), plain=channel.endswith(".npy"))
    if held.plain or raw:
        return RawFrames(held.between, len(members), shape, dtype)
    return Stills(held.load, len(members), image_codec(held.load(0)) if members else "", shape, dtype)


@dataclass(frozen=True, slots=True)
class _Pictures:
    """One picture a step, read from its shard when asked for; ``plain`` where it is an array."""

    members: tuple[_Member, ...]
    plain: bool

    def load(self, row: int) -> bytes:
        """The stored bytes of one picture."""
        return self.members[row].load()

    def between(self, start: int, stop: int) -> Array:
        """Pictures ``start`` to ``stop`` as arrays."""
        some = self.members[start:stop]
        return np.stack([_npy(member) if self.plain else decode_image(member.load()) for member in some])


def _stacked(members: list[_Member]) -> Array:
    """The arrays of a channel as one: small ones of the same head at once for every shard, others one by one."""
    first = members[0]
    one, size = _npy(first), first.size
    head = size - one.nbytes
    alike = 0 < one.nbytes <= _ONE_BY_ONE and one.flags.c_contiguous and all(member.size == size for member in members)
    parts: list[Array] = []
    if alike:
        begin = np.frombuffer(first.load(), np.uint8, head)
        for shard, some in groupby(members, lambda member: member.shard):
            at = np.fromiter((member.at for member in some), np.int64)
            data = np.memmap(shard, np.uint8, "r")
            if at.max() + size > len(data) or (data[at[:, None] + np.arange(head)] != begin).any():
                break
            parts.append(data[at[:, None] + np.arange(head, size)])
    if sum(map(len, parts)) != len(members):
        return np.stack([_npy(member) for member in members])
    return np.concatenate(parts).view(one.dtype).reshape(len(members), *one.shape)


def _npy(member: _Member) -> Array:
    return array_of(io.BytesIO(member.load()), member.size, f"{member.shard} at byte {member.at}")


def _aside(path: Path, signal: Signal, place: dict[str, Any]) -> Stream:
    """A stream with its own clock, out of ``aside.bin``."""
    t, x = (_Member(path / "aside.bin", int(at), int(size)).load() for at, size in (place["t"], place["x"]))
    times = np.frombuffer(t, np.int64)
    try:
        if signal.dtype in ("str", "bytes"):
            ends = np.asarray(place["ends"], dtype=np.int64)
            return Stream(signal, times, unpack(np.frombuffer(x, np.uint8), ends, signal.dtype, signal.shape))
        dtype = np.dtype(str(place["dtype"]))
        if dtype.hasobject:
            raise Hostile(f"{path} asks for an array of Python objects.")
        return Stream(signal, times, np.frombuffer(x, dtype).reshape(-1, *signal.shape))
    except BadValue as error:
        raise Damaged(f"{path}: {signal.name!r} contradicts its clock: {error}.") from error


def _theirs(path: Path, name: str, steps: Steps) -> Episode:
    """An episode out of shards that somebody else wrote: channels that every step has."""
    times, facts_of = clock(len(steps), None)
    facts: list[tuple[str, Value]] = list(facts_of)
    streams = []
    channels = list(dict.fromkeys(channel for step in steps for channel in step))
    for channel in channels:
        members = [step[channel] for step in steps if channel in step]
        if len(members) != len(steps):
            facts.append(("damage/rows", f"{channel}: {len(members)} of {len(steps)} steps have it"))
            continue
        called, _, ending = channel.rpartition(".")
        called = called or ("json" if ending == "json" else "image" if ending in _PICTURES else ending)
        try:
            streams += _channel(called, channel, ending, members, times)
        except (BadValue, Damaged, *_TROUBLE) as error:
            facts.append(("damage/unreadable", f"{channel}: {error}"))
    if not streams:
        raise Damaged(f"{path}: {name!r} holds no channel that can be read.")
    by = f"formats/{WebDataset.name}@{WebDataset.version}"
    return Episode(tuple(streams), Origin(uri=f"{path}#{name}"), said=said(by, facts))


def _channel(name: str, channel: str, ending: str, members: list[_Member], times: Times) -> list[Stream]:
    if ending in _PICTURES:
        shape, dtype = image_shape(members[0].load())
        kind = Kind.DEPTH if shape[2] == 1 and "depth" in name.lower() else Kind.IMAGE
        video = _pictures(channel, members, shape, dtype, raw=False)
        return [Stream(Signal(name, kind, shape, dtype), times, video)]
    if ending == "npy":
        values = _stacked(members)
    elif ending in ("cls", "index"):
        values = np.array([int(member.load()) for member in members], dtype=np.int64)
    elif ending in ("json", "txt", "text", "transcript"):
        values = np.empty(len(members), dtype=object)
        values[:] = [member.load().decode("utf-8", "replace") for member in members]
    else:
        raise BadValue(f"members ending in .{ending} are not read")
    dtype = "str" if values.dtype == object else values.dtype.name
    if values.dtype.kind not in "biufO":
        raise BadValue(f"arrays of {values.dtype} are not read")
    kind = kind_of(name, values.shape[1:], values.dtype)
    return [Stream(Signal(name, kind, values.shape[1:], dtype), times, values)]
