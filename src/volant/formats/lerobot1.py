"""LeRobot v1: one Arrow stream of all rows, mp4 files or embedded images beside it, safetensors for indexes.

``stats.pth`` is a pickle and is never opened; the same numbers are read from ``stats.safetensors``. Where
``info.json`` is absent the rate is what the timestamps prove: recorded as frame / rate to the last bit, or unknown.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..core import Bid, Episode, Fact, Origin, Reading, Signal, Stream, Writing, Written
from ..core.errors import BadInput, Damaged, Hostile, NotFound, Refused
from ..core.stream import Array
from ._folder import inside
from ._landing import chosen
from ._lerobot import Feature, Info, feature, load_json, ranges, refused, short, success
from ._lerobot_rows import Block, Rows, blob, block, column, pictures, window

__all__ = ["LeRobot1", "tensors"]

_BY_TABLE = ("episode_data_index_from", "episode_data_index_to")
_TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U8": "u1"}


@dataclass(frozen=True)
class LeRobot1:
    """LeRobot datasets of version 1."""

    name: str = "lerobot1"
    version: str = "1"
    writes: bool = False
    loses: tuple[str, ...] = ()

    def bid(self, path: Path) -> Bid:
        """Sure where Arrow files with an ``episode_index`` lie under ``train``."""
        if not (path / "train" / "dataset_info.json").is_file() or not _files(path):
            return Bid(0.0)
        try:
            declared = load_json(path / "train" / "dataset_info.json").get("features")
        except BadInput as error:
            return Bid(0.7, error.what) if (path / "meta_data").is_dir() else Bid(0.0)
        if not isinstance(declared, dict) or "episode_index" not in declared:
            return Bid(0.0)
        return Bid(0.9, "an Arrow dataset with episode_index")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """Episodes in the order of their rows."""
        return chosen(_episodes(path, f"formats/{self.name}@{self.version}"), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused: nothing reads this version any more."""
        raise Refused("LeRobot v1 is read and not written.", do="Write 'lerobot' (v3.0) or 'lerobot2' (v2.1).")


def _files(root: Path) -> list[Path]:
    return sorted((root / "train").glob("*.arrow"))


def tensors(path: Path) -> dict[str, Array]:
    """The arrays of a safetensors file: an 8-byte length, a JSON header, raw little-endian numbers."""
    try:
        raw = path.read_bytes()
        (size,) = struct.unpack("<Q", raw[:8])
        if size > len(raw) - 8:
            raise Damaged(f"{path.name} is cut short.")
        header = json.loads(raw[8 : 8 + size])
        made: dict[str, Array] = {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            a, b = entry["data_offsets"]
            if not 0 <= a <= b <= len(raw) - 8 - size:
                raise Damaged(f"{path.name}: {name!r} lies outside the file.")
            flat = np.frombuffer(raw[8 + size + a : 8 + size + b], _TYPES[entry["dtype"]])
            made[name] = flat.reshape([int(side) for side in entry["shape"]])
    except (OSError, struct.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged(f"{path} cannot be read: {error}.") from error
    return made


def _table(root: Path) -> pa.Table:
    """All rows, mapped into memory and not read."""
    parts = []
    for path in _files(root):
        try:
            parts.append(pa.ipc.open_stream(pa.memory_map(str(path))).read_all())
        except (pa.ArrowException, OSError) as error:
            raise Damaged(f"{path} cannot be read: {str(error).splitlines()[0][:200]}.") from error
    if not parts:
        raise NotFound(f"No Arrow files in {root / 'train'}.")
    return pa.concat_tables(parts)


def _info(root: Path, table: pa.Table) -> tuple[Info, bool]:
    """Features from the Arrow types, the rate from ``meta_data/info.json`` or, where it is absent, from the times."""
    place = root / "meta_data" / "info.json"
    raw: Mapping[str, Any] = load_json(place) if place.is_file() else {}
    fps = raw.get("fps")
    stated = fps is not None
    if stated and not (isinstance(fps, int | float) and not isinstance(fps, bool) and 0 < fps < 1e6):
        raise Damaged(f"{place}: a rate of {fps} frames a second is impossible.")
    rate = float(fps) if isinstance(fps, int | float) else _proven(table)
    features = {}
    for name in table.column_names:
        if name in _BY_TABLE:
            continue
        features[name] = feature(name, _entry(table, name), rate)
    return Info(root, "v1", rate, features, "", (), raw), stated


def _proven(table: pa.Table) -> float | None:
    """The whole rate at which every timestamp is frame / rate to the last bit of float32, else ``None``."""
    if "timestamp" not in table.column_names or "frame_index" not in table.column_names or table.num_rows < 3:
        return None
    stamps = column(table["timestamp"], "timestamp", ()).astype(np.float64)
    frames = column(table["frame_index"], "frame_index", ()).astype(np.float64)
    steps = np.diff(stamps)
    step = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    rate = round(1 / step) if step > 0 else 0
    if rate and np.array_equal((frames / rate).astype(np.float32), stamps.astype(np.float32)):
        return float(rate)
    return None


def _entry(table: pa.Table, name: str) -> dict[str, Any]:
    kind = table.schema.field(name).type
    if isinstance(kind, pa.ExtensionType):
        kind = kind.storage_type
    if pa.types.is_struct(kind):
        names = {kind.field(i).name for i in range(kind.num_fields)}
        if {"path", "timestamp"} <= names:
            return {"dtype": "video", "shape": [0, 0, 3]}
        if "bytes" in names:
            return {"dtype": "image", "shape": [0, 0, 3]}
        return {"dtype": "string", "shape": [1]}
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return {"dtype": "string", "shape": [1]}
    shape = []
    while pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        if pa.types.is_fixed_size_list(kind):
            shape.append(kind.list_size)
        else:
            first = table[name].slice(0, 1).combine_chunks()
            shape.append(len(first.flatten()))
        kind = kind.value_type
    dtype = {"float": "float32", "double": "float64", "halffloat": "float16"}.get(str(kind), str(kind))
    return {"dtype": dtype, "shape": shape or [1]}


def _episodes(root: Path, by: str) -> Iterator[Episode]:
    table = _table(root)
    info, stated = _info(root, table)
    plain = [name for name, one in info.features.items() if not one.pictured]
    numbers = column(table["episode_index"], "episode_index", ()).astype(np.int64)
    cuts = np.concatenate(([0], np.flatnonzero(np.diff(numbers)) + 1, [len(numbers)])) if len(numbers) else np.zeros(1)
    common = list(info.common(by)) if stated else []
    if not stated and info.fps:
        common.append(Fact("", "derived/fps", info.fps, by))
    common += _missing(root, numbers, by)
    try:
        load_json(root / "train" / "dataset_info.json")
    except BadInput as error:
        common.append(Fact("", "damage/metadata", error.what, by))
    lengths = _lengths(root)
    signals: dict[str, Signal] = {}
    for a, b in zip(cuts[:-1].astype(int).tolist(), cuts[1:].astype(int).tolist(), strict=True):
        part = table.slice(a, b - a)
        _sound(part, root)
        rows = block(part.select(plain).combine_chunks(), info, signals)
        number = int(rows.index[0])
        said = [*common, *info.facts(by, number, lengths.get(number))]
        yield _episode(part, info, rows, said, by)


def _sound(part: pa.Table, root: Path) -> None:
    """Offsets of words and pictures are believed by Arrow: those of this episode are checked before they are used."""
    try:
        part.validate(full=True)
    except (pa.ArrowException, IndexError) as error:
        raise Damaged(f"{root}: rows contradict their own offsets: {str(error).splitlines()[0][:200]}.") from error


def _episode(part: pa.Table, info: Info, rows: Block, said: list[Fact], by: str) -> Episode:
    plain = {stream.name: stream for stream in rows.streams(0)}
    clock = Rows(rows.t, rows.stamp, info.fps)
    streams = []
    for one in info.streams:
        stream = plain.get(one.name)
        if one.pictured:
            stream, more = _camera(part, one, info, clock, by)
            said += more
        if stream is not None:
            streams.append(stream)
    said += success(streams, by)
    task = _task(streams)
    return Episode(tuple(streams), Origin(uri=str(info.root)), short(task), task, said=tuple(said))


def _camera(part: pa.Table, one: Feature, info: Info, clock: Rows, by: str) -> tuple[Stream | None, list[Fact]]:
    tell = partial(Fact, "", by=by, stream=one.name)
    said = [tell(key="declared/frames", value=part.num_rows)]
    cells = part[one.name].combine_chunks()
    if isinstance(cells, pa.ExtensionArray):
        cells = cells.storage
    try:
        if one.dtype == "image":
            return pictures(one, clock.t, lambda i: blob(cells[i], info.root)), said
        paths = cells.field("path").unique().to_pylist()
        stamps = cells.field("timestamp").to_numpy(zero_copy_only=False).astype(np.float64)
        if len(paths) != 1 or not paths[0]:
            return None, [*said, tell(key="damage/missing-stream", value=f"{len(paths)} video files are named.")]
        path = inside(info.root, str(paths[0]))
    except (BadInput, KeyError) as error:
        why = refused(error) if isinstance(error, BadInput) else "Its column is no video."
        if isinstance(error, Hostile):
            raise
        return None, [*said, tell(key="damage/missing-stream", value=why)]
    half = 0.5 / info.fps if info.fps else 0.0
    edges = (None, None) if not half else (float(stamps[0]), float(stamps[-1]) + 2 * half)
    stream, damage = window(path, one, clock, edges)
    return stream, [*said, *(tell(key=key, value=value) for key, value in damage.items())]


def _task(streams: list[Stream]) -> str:
    for stream in streams:
        if stream.name in ("language_instruction", "task") and len(stream) and isinstance(stream.x, np.ndarray):
            return str(stream.x.reshape(-1)[0])
    return ""


def _edges(root: Path) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None:
    path = root / "meta_data" / "episode_data_index.safetensors"
    if not path.is_file():
        return None
    made = tensors(path)
    if "from" not in made or "to" not in made or made["from"].shape != made["to"].shape:
        raise Damaged(f"{path} does not name where episodes begin and end.")
    return made["from"].astype(np.int64), made["to"].astype(np.int64)


def _lengths(root: Path) -> dict[int, int]:
    """Declared length of each episode."""
    edges = _edges(root)
    return dict(enumerate((edges[1] - edges[0]).tolist())) if edges is not None else {}


def _missing(root: Path, numbers: npt.NDArray[np.int64], by: str) -> list[Fact]:
    """Declared episodes without rows, and the declared totals."""
    edges = _edges(root)
    if edges is None:
        return []
    n = len(edges[0])
    total = int(edges[1][-1]) if n else 0
    said = [Fact("", "declared/total_episodes", n, by), Fact("", "declared/total_frames", total, by)]
    lost = sorted(set(range(n)) - set(np.unique(numbers).tolist()))
    if lost:
        said.append(Fact("", "declared/missing_episodes", f"{ranges(lost)} ({len(lost)} of {n})", by))
    return said
