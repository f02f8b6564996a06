"""The writing half of the plain export: a growing table per signal, media copied once."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..core import Episode, Signal, Stream, Value, Writing, Written
from ..core.errors import BadValue
from ..core.stream import Array
from ..video import PacketVideo
from ._about import about
from ._landing import landing, plain_facts, proof, prove
from ._rows import plain_name

__all__ = ["write"]

_VERSION = "1"
_PICTURES = 16 << 20
"""Bytes of pictures in one row group."""


def write(episodes: Iterable[Episode], out: Path, how: Writing, read: Callable[[Path], Iterable[Episode]]) -> Written:
    """Write every episode, prove the folder with ``read`` and put it in place."""
    proofs = []
    frames = 0
    rows: list[dict[str, Value]] = []
    with landing(out) as part:
        tables = _Tables(part)
        try:
            for number, episode in enumerate(episodes):
                streams = [tables.add(number, stream) for stream in episode.streams]
                rows.append(_row(number, episode, streams, plain_facts(how.facts, episode)))
                proofs.append(proof(episode))
                frames += episode.frames
                if how.progress:
                    how.progress(number + 1)
        finally:
            tables.close()
        if not rows:
            raise BadValue("No episodes to write.")
        metadata = {"volant": _VERSION, "robot": how.robot, "licence": how.licence}
        pq.write_table(_episodes(rows).replace_schema_metadata(metadata), part / "episodes.parquet", compression="zstd")
        prove(read(part), proofs)
        files = tuple(sorted(path.relative_to(part).as_posix() for path in part.rglob("*") if path.is_file()))
    return Written(len(proofs), frames, files)


def _row(number: int, episode: Episode, streams: list[dict[str, Any]], facts: dict[str, Value]) -> dict[str, Value]:
    fixed: dict[str, Value] = {
        "episode": number,
        "id": episode.id,
        "task": episode.task,
        "instruction": episode.instruction,
        "scene": episode.scene,
        "embodiment": episode.origin.embodiment,
        "seconds": episode.seconds,
        "frames": episode.frames,
        "about": about(episode),
        "streams": json.dumps(streams, sort_keys=True, separators=(",", ":")),
    }
    for key, value in facts.items():
        fixed[plain_name(key, fixed)] = json.dumps(list(value)) if isinstance(value, tuple) else value
    return fixed


def _episodes(rows: list[dict[str, Value]]) -> pa.Table:
    """Facts of one key and several types become text, so that a column has one type."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    columns = {}
    for key in keys:
        values = [row.get(key) for row in rows]
        sorts = {type(value) for value in values if value is not None}
        if sorts == {int, float}:
            values = [None if value is None else float(value) for value in values if not isinstance(value, str | tuple)]
        elif len(sorts) > 1:
            values = [None if value is None else str(value) for value in values]
        columns[key] = pa.array(values)
    return pa.table(columns)


@dataclass
class _Table:
    """One signal's table while it grows."""

    writer: pq.ParquetWriter
    name: str
    groups: int = 0


@dataclass
class _Tables:
    """Every table of a folder; signals of one name and different meaning get tables of their own."""

    root: Path
    open: dict[tuple[str, str], _Table] = field(default_factory=dict)
    media: dict[Path, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.root / "samples").mkdir(parents=True)

    def add(self, episode: int, stream: Stream) -> dict[str, Any]:
        """Write a stream; where it lies, as its row in ``episodes.parquet`` says it."""
        video, signal = stream.video, stream.signal
        place: dict[str, Any] = {"signal": signal.to_json(), "rows": len(stream)}
        if video is None:
            x, sample = _cells(stream), stream.values
            place["dtype"] = sample.dtype.str if sample.dtype != object else signal.dtype
            step = max(1, len(stream))
        else:
            place |= {"codec": video.codec, "dtype": video.dtype, "shape": list(video.shape[1:])}
            x, step = pa.nulls(len(stream), pa.large_binary()), max(1, len(stream))
            if isinstance(video, PacketVideo):
                place |= {"media": self._copied(video.path), "first": video.first}
            else:
                each = max(1, int(np.prod(video.shape[1:])) * np.dtype(video.dtype).itemsize)
                step = max(1, _PICTURES // each)
        kind = f"{x.type}"
        table = self._table(signal, kind, pa.schema([("episode", pa.int32()), ("t", pa.int64()), ("x", x.type)]))
        place |= {"table": f"samples/{table.name}", "step": step, "groups": []}
        blobs = None if video is None or "media" in place else video.encoded()
        for start in range(0, len(stream), step):
            stop = min(len(stream), start + step)
            cells = x.slice(start, stop - start)
            if blobs is not None:
                cells = pa.array([next(blobs) for _ in range(stop - start)], pa.large_binary())
            columns = [pa.array(np.full(stop - start, episode, np.int32)), pa.array(stream.t[start:stop]), cells]
            table.writer.write_table(
                pa.Table.from_arrays(columns, schema=table.writer.schema), row_group_size=stop - start
            )
            place["groups"].append(table.groups)
            table.groups += 1
        return place

    def _table(self, signal: Signal, kind: str, schema: pa.Schema) -> _Table:
        key = (signal.to_json(), kind)
        if key not in self.open:
            stem = plain_name(signal.name, (table.name.removesuffix(".parquet") for table in self.open.values()))
            metadata = {
                "signal": signal.to_json(),
                "unit": signal.unit,
                "frame": signal.frame,
                "kind": str(signal.kind),
            }
            name = f"{stem}.parquet"
            path = self.root / "samples" / name
            schema = schema.with_metadata(metadata)
            self.open[key] = _Table(pq.ParquetWriter(path, schema, compression="zstd"), name)
        return self.open[key]

    def _copied(self, source: Path) -> str:
        """The name of a media file in this folder; files of the same content are one."""
        if source not in self.media:
            with source.open("rb") as file:
                digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
            name = f"media/{digest}{source.suffix}"
            target = self.root / name
            if not target.exists():
                target.parent.mkdir(exist_ok=True)
                shutil.copyfile(source, target)
            self.media[source] = name
        return self.media[source]

    def close(self) -> None:
        """Finish every table."""
        for table in self.open.values():
            table.writer.close()


def _cells(stream: Stream) -> pa.Array:
    """Samples as one Arrow column: plain for scalars, lists of fixed size for the rest."""
    values, signal = stream.values, stream.signal
    width = signal.width
    if signal.dtype == "str" and values.dtype == object:
        flat = pa.array([str(item) for item in values.ravel()], pa.large_string())
    elif values.dtype == object or values.dtype.kind == "S":
        flat = pa.array(values.ravel().tolist(), pa.large_binary())
    elif values.dtype.kind in "biuf" and values.dtype.itemsize <= 8:
        flat = pa.array(_little(values).ravel())
    else:
        raise BadValue(f"{stream.name!r} has the type {values.dtype}, which a table cannot hold.")
    return flat if signal.shape == () else pa.FixedSizeListArray.from_arrays(flat, width)


def _little(values: Array) -> Array:
    return values.astype(values.dtype.newbyteorder("=")) if values.dtype.byteorder == ">" else values
