"""The writing half of the replay buffer: columns grow by whole chunks, own clocks lie beside them."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..core import Episode, Signal, Stream, Writing, Written
from ..core.errors import BadValue, Refused
from ..core.stream import Array
from ._about import about
from ._landing import landing, plain_facts, proof, prove
from ._packed import pack
from ._rows import held, leader, plain_name

__all__ = ["write"]


def write(episodes: Iterable[Episode], out: Path, how: Writing, read: Callable[[Path], Iterable[Episode]]) -> Written:
    """Write every episode, prove the store with ``read`` and put it in place; ``out`` ending in .zip is packed."""
    import zarr

    losses: set[str] = set()
    proofs = []
    with landing(out) as part:
        folder = part.with_name(part.name + ".folder") if out.suffix == ".zip" else part
        buffer = _Growing(zarr.open_group(str(folder), mode="w", zarr_format=2))
        for number, episode in enumerate(episodes):
            buffer.add(episode, number, dict(plain_facts(how.facts, episode)), losses)
            proofs.append(proof(episode, leader(episode)))
            if how.progress:
                how.progress(number + 1)
        if not proofs:
            raise BadValue("No episodes to write.")
        buffer.close(how)
        if folder != part:
            _pack(folder, part)
        prove(read(part), proofs)
    return Written(len(proofs), sum(one.frames for one in proofs), (out.name,), tuple(sorted(losses)))


def _pack(folder: Path, part: Path) -> None:
    """The folder as a zip without compression (chunks are compressed), the same bytes every time."""
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as packed:
        for here, inner, files in os.walk(folder):
            inner.sort()
            for name in sorted(files):
                path = Path(here) / name
                info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
                packed.writestr(info, path.read_bytes())
                path.unlink()
    for here, _, _ in os.walk(folder, topdown=False):
        Path(here).rmdir()


class _Column:
    """One array that grows; rows wait until a chunk is full."""

    def __init__(self, group: Any, name: str, row: tuple[int, ...], dtype: str) -> None:
        self.row, self.dtype, self.done = row, np.dtype(dtype), 0
        size = max(1, int(np.prod(row, dtype=np.int64)) * self.dtype.itemsize)
        self.chunk = max(1, min(65_536, (2 << 20) // size))
        self.array = group.create_array(
            name, shape=(0, *row), chunks=(self.chunk, *(max(1, s) for s in row)), dtype=self.dtype
        )
        self.waiting: list[Array] = []
        self.count = 0

    @property
    def total(self) -> int:
        return self.done + self.count

    def add(self, values: Array) -> None:
        self.waiting.append(np.array(values))
        self.count += len(values)
        if self.count >= self.chunk:
            self.flush(self.count - self.count % self.chunk)

    def flush(self, rows: int) -> None:
        if not rows:
            return
        block = np.concatenate(self.waiting)
        self.array.resize((self.done + rows, *self.row))
        self.array[self.done : self.done + rows] = block[:rows]
        self.waiting, self.count, self.done = [block[rows:]], self.count - rows, self.done + rows


class _Growing:
    """A replay buffer while it is being written."""

    def __init__(self, group: Any) -> None:
        self.group, self.rows = group, 0
        self.columns: dict[str, _Column] = {}
        self.aside: dict[str, str] = {}
        self.ends: list[int] = []
        self.expected: list[tuple[str, tuple[int, ...], str]] = []
        self.texts = _Column(group, "meta/volant", (), "uint8")
        self.text_ends: list[int] = []

    def _column(self, name: str, row: tuple[int, ...], dtype: str) -> _Column:
        if name not in self.columns:
            self.columns[name] = _Column(self.group, name, row, dtype)
        return self.columns[name]

    def add(self, episode: Episode, number: int, facts: dict[str, Any], losses: set[str]) -> None:
        main = leader(episode)
        if not main.ordered:
            raise Refused(
                f"The clock of {main.name!r} runs backwards; rows cannot be laid on it.", do="Repair it first."
            )
        described: list[tuple[str, str, list[int] | None]] = []
        layout: list[tuple[str, tuple[int, ...], str]] = []
        taken = {"timestamp_ns"}
        for stream in episode.streams:
            words = stream.signal.dtype in ("str", "bytes")
            signal, edges = stream.signal, None
            same = np.array_equal(stream.t, main.t)
            if not words and (stream.video is not None or (len(stream) and stream.ordered) or same):
                place = plain_name("action" if stream is main else stream.name.removeprefix("observation."), taken)
                taken.add(place)
                signal = self._laid(stream, main, place, layout, losses)
            if words or (stream.video is None and not same):
                edges = self._beside(stream)
                place = self.aside[stream.name]
            described.append((signal.to_json(), place, edges))
        layout.sort()
        if number and layout != self.expected:
            differ = sorted({name for name, _, _ in set(layout) ^ set(self.expected)})
            raise Refused(
                f"Episode {number} has other channels than those before it: {', '.join(differ)}.",
                instead="A replay buffer has one set of columns for all episodes.",
                do="Choose episodes of one body, or another format.",
            )
        self.expected = layout
        self._column("data/timestamp_ns", (), "int64").add(main.t)
        self.rows += len(main)
        self.ends.append(self.rows)
        text = {"about": about(episode), "streams": described, "facts": facts, "id": episode.id}
        blob = json.dumps(text, sort_keys=True, separators=(",", ":")).encode()
        self.texts.add(np.frombuffer(blob, np.uint8))
        self.text_ends.append(self.texts.total)

    def _laid(
        self, stream: Stream, main: Stream, place: str, layout: list[tuple[str, tuple[int, ...], str]], losses: set[str]
    ) -> Signal:
        """Lay a stream onto the rows of the main clock; the signal as it then is."""
        at = np.arange(len(stream)) if np.array_equal(stream.t, main.t) else held(stream.t, main.t)
        video, signal = stream.video, stream.signal
        if video is None:
            values = stream.values
            shape = signal.shape or (1,)
            layout.append((place, shape, values.dtype.name))
            self._column(f"data/{place}", shape, values.dtype.name).add(values[at].reshape(len(at), *shape))
            return signal
        if len(at) != len(video) or not np.array_equal(at, np.arange(len(video))):
            if not stream.ordered:
                raise Refused(f"The clock of {stream.name!r} runs backwards; its pictures cannot be laid on rows.")
            losses.add(f"{stream.name}: pictures held onto the rows of the action, so some repeat or are left out")
        if video.codec != "raw":
            losses.add(f"{stream.name}: pictures decoded from {video.codec}")
        shape = tuple(video.shape[1:])
        layout.append((place, shape, video.dtype))
        column = self._column(f"data/{place}", shape, video.dtype)
        if column.row != shape:
            raise Refused(f"{stream.name!r} has pictures of {shape}, those before were {column.row}.")
        seen = -1
        for seen, frame in enumerate(video.frames()):
            times = int(np.searchsorted(at, seen, "right") - np.searchsorted(at, seen, "left"))
            for _ in range(times):
                column.add(frame[None])
        if seen + 1 != len(video):
            raise Refused(f"{stream.name!r} has {len(video)} pictures and {seen + 1} could be decoded.")
        if signal.shape == shape and signal.dtype == video.dtype:
            return signal
        return Signal(signal.name, signal.kind, shape, video.dtype, signal.unit, signal.frame, signal.hz)

    def _beside(self, stream: Stream) -> list[int]:
        """Keep a stream exactly, with its own clock."""
        name = self.aside.setdefault(stream.name, plain_name(stream.name, self.aside.values()))
        times = self._column(f"volant/{name}/t", (), "int64")
        values, words = stream.values, stream.signal.dtype in ("str", "bytes")
        flat: Array = values
        a = times.total
        times.add(stream.t)
        if words:
            flat, ends = pack(values)
            self._column(f"volant/{name}/sizes", (), "int64").add(np.diff(ends, prepend=0))
            column = self._column(f"volant/{name}/x", (), "uint8")
        else:
            shape = stream.signal.shape or (1,)
            column = self._column(f"volant/{name}/x", shape, values.dtype.name)
            if column.row != shape or column.dtype != values.dtype:
                raise Refused(f"{stream.name!r} has samples of {shape}, those before were {column.row}.")
        c = column.total
        column.add(flat if words else values.reshape(len(values), *column.row))
        return [a, times.total, c, column.total]

    def close(self, how: Writing) -> None:
        for column in (*self.columns.values(), self.texts):
            column.flush(column.count)
        for name, ends in (("meta/episode_ends", self.ends), ("meta/volant_ends", self.text_ends)):
            array = self.group.create_array(name, shape=(len(ends),), chunks=(max(1, len(ends)),), dtype="int64")
            array[:] = np.array(ends, np.int64)
        self.group.attrs.update({key: text for key, text in (("robot", how.robot), ("licence", how.licence)) if text})
