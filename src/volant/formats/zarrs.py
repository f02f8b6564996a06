"""Replay buffers of Diffusion Policy and UMI: flat arrays in a Zarr store, cut by ``meta/episode_ends``."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core import Bid, Episode, Kind, Origin, Reading, Signal, Stream, Value, Writing, Written
from ..core.errors import BadValue, Damaged
from ..core.stream import Times
from ..video import RawFrames
from . import _zarr_write as writer
from ._about import from_about, signal_from
from ._landing import chosen
from ._packed import unpack
from ._rows import clock, kind_of, nanoseconds, said
from ._zarrs import ZRows, opened, plainly, rows_of, whole

__all__ = ["Zarr"]

_ROOTS = (".zgroup", "zarr.json")


class Zarr:
    """``data/*`` with a row per sample of all episodes end to end, ``meta/episode_ends``; a folder or ``.zarr.zip``.

    Zarr v2 and v3, pictures plain or through any picture codec. The clock is ``data/timestamp`` (seconds) where it
    is there, else a rate among the attributes, else row numbers.
    """

    name = "zarr"
    version = "1"
    writes = True
    loses = (
        "pictures are decoded to plain arrays",
        "pictures on a clock of their own are held onto the rows of the action",
    )

    def bid(self, path: Path) -> Bid:
        """Sure where ``meta/episode_ends`` is an array."""
        ends = ("meta/episode_ends/.zarray", "meta/episode_ends/zarr.json")
        if path.is_dir():
            if any((path / name).is_file() for name in ends):
                return Bid(0.97, "meta/episode_ends")
            rooted = any((path / name).is_file() for name in _ROOTS)
            return Bid(0.6, "a Zarr group without episode ends") if rooted else Bid(0.0, "no episode ends")
        if path.suffix == ".zip" and path.is_file():
            try:
                with zipfile.ZipFile(path) as packed:
                    if any(name in packed.NameToInfo for name in ends):
                        return Bid(0.97, "meta/episode_ends in a zip")
                    if any(name in packed.NameToInfo for name in _ROOTS):
                        return Bid(0.6, "a Zarr group without episode ends in a zip")
            except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
                return Bid(0.6 if path.name.endswith(".zarr.zip") else 0.1, f"{error}")
        return Bid(0.0, "no Zarr store")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """One episode per entry of ``meta/episode_ends``."""
        return chosen(_episodes(path), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """One replay buffer (Zarr v2, as Diffusion Policy reads it), proven by reading it again."""
        return writer.write(episodes, out, how, lambda part: self.read(part, Reading()))


@dataclass(frozen=True, slots=True)
class _Buffer:
    path: Path
    group: Any
    columns: dict[str, ZRows]
    ends: Times
    rate: float | None
    facts: tuple[tuple[str, Value], ...]


def _open(path: Path) -> _Buffer:
    group = opened(path)
    with plainly(path):
        if "meta/episode_ends" not in group:
            raise Damaged(f"{path} has no meta/episode_ends, which says where episodes end.")
    raw = whole(path, group, "meta/episode_ends").reshape(-1)
    if raw.dtype.kind not in "iu":
        raise Damaged(f"{path}: meta/episode_ends holds {raw.dtype}, not whole numbers.")
    ends = raw.astype(np.int64)
    if len(ends) and (np.diff(ends, prepend=0) < 0).any():
        raise Damaged(f"{path}: meta/episode_ends goes backwards.")
    with plainly(path, "data"):
        names = sorted(str(name) for name, _ in group["data"].arrays())
        attrs = {str(key): value for key, value in dict(group.attrs).items()}
    facts: list[tuple[str, Value]] = [("declared/total_episodes", len(ends))]
    columns = {}
    for name in names:
        columns[name] = rows = rows_of(path, group, f"data/{name}")
        with plainly(path, name):
            there, wanted = int(rows._array.nchunks_initialized), int(rows._array.nchunks)
        if there < wanted:
            facts.append(("declared/absent_chunks", f"{name}: {wanted - there} of {wanted} chunks are read as fill"))
    if not columns:
        raise Damaged(f"{path}: 'data' holds no arrays.")
    rate = next((attrs[key] for key in ("fps", "hz", "frequency", "rate", "control_freq") if key in attrs), None)
    return _Buffer(
        path, group, columns, ends, float(rate) if isinstance(rate, int | float) and rate > 0 else None, tuple(facts)
    )


def _episodes(path: Path) -> Iterator[Episode]:
    buffer = _open(path)
    with plainly(path, "meta"):
        ours = "volant" in buffer.group["meta"]
    texts = _texts(buffer) if ours else []
    rows = min(len(column) for column in buffer.columns.values())
    start = 0
    for number, stop in enumerate(int(end) for end in buffer.ends):
        if stop > rows:
            short = min(buffer.columns.values(), key=len)
            raise Damaged(
                f"{path}: {len(buffer.ends) - number} of {len(buffer.ends)} episodes reach row {int(buffer.ends[-1])}, "
                f"but {short.name} ends at row {len(short)}.",
                instead=f"{number} whole episodes were read.",
            )
        yield _ours(buffer, texts[number], start, stop) if ours else _theirs(buffer, number, start, stop)
        start = stop
    if start < rows and not ours:
        raise Damaged(f"{path}: rows {start} to {rows} belong to no episode.", instead=f"{len(buffer.ends)} were read.")


def _theirs(buffer: _Buffer, number: int, start: int, stop: int) -> Episode:
    by = f"formats/{Zarr.name}@{Zarr.version}"
    hz, count = buffer.rate, stop - start
    stamp = buffer.columns.get("timestamp")
    facts: list[tuple[str, Value]]
    if stamp is not None and stamp.shape[1:] in ((), (1,)) and stamp.dtype.kind == "f":
        times = nanoseconds(stamp.between(start, stop), "timestamp")
        facts = [("declared/clock", "data/timestamp in s (decimal numbers)"), ("declared/length", count)]
    else:
        times, stated = clock(count, hz)
        facts = list(stated)
    streams = []
    for name, column in buffer.columns.items():
        called = name if name in ("action", "reward", "done") else f"observation.{name}"
        streams.append(_stream(called, column, start, stop, times, hz))
    origin = Origin(uri=f"{buffer.path}#{number}")
    return Episode(tuple(streams), origin, said=said(by, [*facts, *buffer.facts]))


def _stream(name: str, column: ZRows, start: int, stop: int, times: Times, hz: float | None) -> Stream:  # noqa: PLR0917
    if len(column.shape) == 4 and column.shape[3] in (1, 3, 4) and column.dtype.kind in "uf":
        kind = Kind.DEPTH if column.shape[3] == 1 and "depth" in name.lower() else Kind.IMAGE
        signal = Signal(name, kind, column.shape[1:], column.dtype.name, hz=hz)
        frames = RawFrames(column.between, len(column), column.shape[1:], column.dtype.name)
        return Stream(signal, times, frames.part(start, stop))
    values = np.array(column.between(start, stop))
    dtype = "str" if values.dtype.kind == "U" else "bytes" if values.dtype.kind == "S" else values.dtype.name
    kind = kind_of(name, column.shape[1:], values.dtype)
    values = values.astype(object) if dtype in ("str", "bytes") else values
    return Stream(Signal(name, kind, column.shape[1:], dtype, hz=hz), times, values)


def _texts(buffer: _Buffer) -> list[dict[str, Any]]:
    path, group = buffer.path, buffer.group
    flat, ends = whole(path, group, "meta/volant", 1 << 32), whole(path, group, "meta/volant_ends")
    words = unpack(flat, ends, "str", ())
    if len(words) != len(buffer.ends):
        raise Damaged(f"{path}: {len(words)} descriptions for {len(buffer.ends)} episodes.")
    with plainly(path, "meta/volant"):
        return [json.loads(str(word)) for word in words]


def _ours(buffer: _Buffer, text: dict[str, Any], start: int, stop: int) -> Episode:
    """An episode that Volant wrote: every channel with its own meaning and its own clock."""
    where = str(buffer.path)
    streams = []
    with plainly(buffer.path, "meta/volant"):
        said_of = from_about(text["about"], where)
        times = buffer.columns["timestamp_ns"].between(start, stop).astype(np.int64)
        for signal_text, place, edges in text["streams"]:
            signal = signal_from(signal_text, where)
            if edges is not None:
                streams.append(_aside(buffer, signal, str(place), [int(edge) for edge in edges]))
                continue
            column = buffer.columns[str(place)]
            if signal.kind.visual:
                frames = RawFrames(column.between, len(column), column.shape[1:], column.dtype.name)
                streams.append(Stream(signal, times, frames.part(start, stop)))
            else:
                values = np.array(column.between(start, stop)).reshape(stop - start, *signal.shape)
                streams.append(Stream(signal, times, values))
    return Episode(tuple(streams), **said_of)


def _aside(buffer: _Buffer, signal: Signal, place: str, edges: list[int]) -> Stream:
    a, b, c, d = edges
    base = f"volant/{place}"
    times = rows_of(buffer.path, buffer.group, f"{base}/t").between(a, b).astype(np.int64)
    values = rows_of(buffer.path, buffer.group, f"{base}/x").between(c, d)
    try:
        if signal.dtype in ("str", "bytes"):
            width = max(1, signal.width)
            sizes = rows_of(buffer.path, buffer.group, f"{base}/sizes").between(a * width, b * width)
            return Stream(signal, times, unpack(values, np.cumsum(sizes), signal.dtype, signal.shape))
        return Stream(signal, times, np.array(values).reshape(b - a, *signal.shape))
    except BadValue as error:
        raise Damaged(f"{buffer.path}: {base} contradicts its signal: {error}.") from error
