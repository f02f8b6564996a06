"""Rows of Arrow tables as streams: buffers become numpy views, cut at episode borders."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ..core import Kind, Signal, Stream
from ..core.errors import BadInput, Damaged
from ..core.stream import Array, Times, Video
from ..video import PacketVideo, Stills, image_codec, image_shape, open_video
from ._folder import inside
from ._lerobot import TRUE_CLOCK, Feature, Info, refused, renamed

__all__ = ["Block", "Pictures", "block", "column", "pictures", "runs", "window"]


def column(values: pa.Array | pa.ChunkedArray, name: str, shape: tuple[int, ...]) -> Array:
    """A column as ``[n, *shape]``, zero-copy where Arrow allows; words as an object array of ``str``.

    A missing number is NaN; a missing vector or a vector of another length is ``Damaged``.
    """
    if isinstance(values, pa.ChunkedArray):
        values = values.chunk(0) if values.num_chunks == 1 else values.combine_chunks()
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    n = len(values)
    while (
        pa.types.is_list(values.type) or pa.types.is_large_list(values.type) or pa.types.is_fixed_size_list(values.type)
    ):
        if values.null_count:
            raise Damaged(f"The column {name!r} has {values.null_count} rows without a value.")
        if not pa.types.is_fixed_size_list(values.type) and len(values):
            lengths = np.diff(values.offsets.to_numpy())
            if lengths.min() != lengths.max():
                raise Damaged(f"Vectors of {name!r} have {lengths.min()} to {lengths.max()} values.")
        values = values.flatten()
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return _words(values.to_pylist())
    if pa.types.is_struct(values.type) or pa.types.is_binary(values.type) or pa.types.is_null(values.type):
        return _words([str(value) for value in values.to_pylist()])
    if values.null_count and not pa.types.is_floating(values.type):
        raise Damaged(f"The column {name!r} has {values.null_count} missing values.")
    plain: Array = values.to_numpy(zero_copy_only=False)
    if plain.size != n * math.prod(shape):
        raise Damaged(f"The column {name!r} has {plain.size} values for {n} samples of shape {shape}.")
    return plain.reshape(n, *shape)


def _words(values: list[Any]) -> Array:
    made = np.empty(len(values), dtype=object)
    made[:] = ["" if value is None else str(value) for value in values]
    return made


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Rows of one or many episodes as columns: ``cuts`` are the episode borders, ``index`` their numbers.

    ``t`` int64 ``[n]`` per row, ``stamp`` the recorded ``timestamp`` in ns (what windows of shared video files go
    by), ``columns`` the number streams, ``tasks`` the ``task_index`` column.
    """

    cuts: npt.NDArray[np.int64]
    index: npt.NDArray[np.int64]
    t: Times
    stamp: Times
    columns: tuple[tuple[Signal, Array], ...]
    tasks: npt.NDArray[np.int64] | None

    def streams(self, run: int) -> tuple[Stream, ...]:
        """The number streams of one episode, as views."""
        a, b = int(self.cuts[run]), int(self.cuts[run + 1])
        t = self.t[a:b]
        return tuple(Stream(signal, t, x[a:b]) for signal, x in self.columns)


def runs(index: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Borders of the stretches of equal numbers, int64 ``[runs + 1]``."""
    if not len(index):
        return np.zeros(1, np.int64)
    return np.concatenate(([0], np.flatnonzero(np.diff(index)) + 1, [len(index)])).astype(np.int64)


def block(table: pa.Table, info: Info, signals: dict[str, Signal], number: int | None = None) -> Block:
    """Turn rows into columns. ``signals`` remembers signals between calls, ``number`` is the episode's where no
    column says it."""
    n = table.num_rows
    names = set(table.column_names)
    if "episode_index" in names:
        numbers = column(table["episode_index"], "episode_index", ()).astype(np.int64, copy=False)
    else:
        numbers = np.full(n, number or 0, np.int64)
    cuts = runs(numbers)
    frame = (
        column(table["frame_index"], "frame_index", ()).astype(np.int64, copy=False)
        if "frame_index" in names
        else np.arange(n, dtype=np.int64) - np.repeat(cuts[:-1], np.diff(cuts))
    )
    stamp, exact = _clock(table, info.fps, frame, cuts)
    t = exact
    if TRUE_CLOCK in names and TRUE_CLOCK in info.features:
        raw = column(table[TRUE_CLOCK], TRUE_CLOCK, ())
        if raw.dtype.kind == "f" and not np.isfinite(raw).all():
            raise Damaged(f"The column {TRUE_CLOCK!r} holds values that are no times.")
        t = raw.astype(np.int64, copy=False) if raw.dtype.kind in "iu" else np.rint(raw).astype(np.int64)
    columns = []
    for feature in info.streams:
        if feature.pictured or feature.name not in names or feature.signal is None:
            continue
        x = column(table[feature.name], feature.name, feature.signal.shape)
        if feature.name not in signals:
            words = x.dtype == object
            signals[feature.name] = renamed(feature.signal, "str" if words else x.dtype.name)
        columns.append((signals[feature.name], x))
    tasks = (
        column(table["task_index"], "task_index", ()).astype(np.int64, copy=False) if "task_index" in names else None
    )
    return Block(cuts, numbers[cuts[:-1]], t, stamp, tuple(columns), tasks)


def _clock(
    table: pa.Table, fps: float | None, frame: npt.NDArray[np.int64], cuts: npt.NDArray[np.int64]
) -> tuple[Times, Times]:
    """Recorded stamps in ns, and times: exactly frame / fps for every episode whose stamps agree within float32."""
    if "timestamp" not in table.column_names:
        if fps is None:
            raise Damaged("The rows have no timestamps and no rate is declared.")
        exact = np.rint(frame * 1e9 / fps).astype(np.int64)
        return exact, exact
    raw = column(table["timestamp"], "timestamp", ()).astype(np.float64)
    if not np.isfinite(raw).all() or (len(raw) and np.abs(raw).max() > 9.2e9):
        raise Damaged("The column 'timestamp' holds values that are no times in seconds.")
    stamp = np.rint(raw * 1e9).astype(np.int64)
    if fps is None or not len(raw):
        return stamp, stamp
    ideal = frame / fps
    near = np.abs(raw - ideal) <= np.spacing(np.abs(ideal).astype(np.float32)).astype(np.float64)
    agree = np.logical_and.reduceat(near, cuts[:-1])
    exact = np.rint(frame * 1e9 / fps).astype(np.int64)
    if agree.all():
        return exact, exact
    kept = np.repeat(agree, np.diff(cuts))
    return np.where(kept, exact, stamp), np.where(kept, exact, stamp)


class Pictures:
    """Images embedded in one column of a parquet file, loaded one row group at a time when asked for."""

    __slots__ = ("_column", "_group", "_path", "_starts", "_values", "root")

    def __init__(self, path: Path, name: str, root: Path) -> None:
        self._path, self._column, self.root = path, name, root
        self._starts: npt.NDArray[np.int64] | None = None
        self._group = -1
        self._values: Any = None

    def load(self, row: int) -> bytes:
        """The encoded picture of a row of the file."""
        try:
            if self._starts is None or not self._holds(row):
                self._open(row)
        except (pa.ArrowException, OSError) as error:
            raise Damaged(f"{self._path.name}: the pictures of {self._column!r} cannot be read: {error}.") from error
        assert self._starts is not None
        return blob(self._values[row - int(self._starts[self._group])], self.root)

    def starting(self, first: int) -> Callable[[int], bytes]:
        """The loader of an episode whose first picture is in row ``first``."""
        return lambda i: self.load(first + i)

    def _holds(self, row: int) -> bool:
        assert self._starts is not None
        return self._group >= 0 and int(self._starts[self._group]) <= row < int(self._starts[self._group + 1])

    def _open(self, row: int) -> None:
        with pq.ParquetFile(self._path) as file:
            if self._starts is None:
                counts = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]
                self._starts = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
            self._group = int(np.searchsorted(self._starts, row, side="right")) - 1
            self._values = file.read_row_group(self._group, columns=[self._column])[self._column].combine_chunks()


def blob(cell: Any, root: Path) -> bytes:
    """The bytes of one picture cell: a struct of bytes and path, or plain bytes."""
    value = cell.as_py()
    if isinstance(value, bytes):
        return value
    if isinstance(value, dict):
        held = value.get("bytes")
        if isinstance(held, bytes):
            return held
        name = value.get("path")
        if isinstance(name, str) and name:
            try:
                return inside(root, name).read_bytes()
            except OSError as error:
                raise Damaged(f"The picture {name} cannot be read: {error.strerror}.") from error
    raise Damaged("A row has no picture.")


def pictures(feature: Feature, t: Times, load: Callable[[int], bytes]) -> Stream:
    """A stream of embedded images; codec and size are taken from the first."""
    assert feature.signal is not None
    first = load(0)
    shape, dtype = image_shape(first)
    signal = feature.signal
    if signal.shape != shape or signal.dtype != dtype:
        signal = Signal(signal.name, signal.kind, shape, dtype, signal.unit, signal.frame, signal.hz)
    return Stream(signal, t, Stills(load, len(t), image_codec(first), shape, dtype))


@dataclass(frozen=True, slots=True)
class Rows:
    """The clock of one episode: ``t`` what streams get, ``stamp`` what the video file goes by, ``fps`` declared."""

    t: Times
    stamp: Times
    fps: float | None


def window(
    path: Path, feature: Feature, rows: Rows, edges: tuple[float | None, float | None] = (None, None)
) -> tuple[Stream | None, dict[str, str]]:
    """The pictures of one episode in a video file, and what is wrong with them in words.

    Pictures get the rows' times where there is one per row and both clocks, counted from their first sample, stay
    within half a frame; else the container's own. A container starts at 0 whenever the robot's clock did.
    """
    assert feature.signal is not None
    damage: dict[str, str] = {}
    try:
        video = open_video(path, start=edges[0], stop=edges[1])
    except BadInput as error:
        damage["damage/video"] = refused(error)
        try:
            video = open_video(path, start=edges[0], stop=edges[1], salvage=True)
        except BadInput:
            return None, {"damage/missing-stream": refused(error)}
    if not len(video) and len(rows.t):
        return None, {"damage/missing-stream": f"{path.name} holds none of the episode's {len(rows.t)} frames."}
    return Stream(_seen(feature.signal, video), _times(video, rows, edges[0]), video), damage


def _times(video: PacketVideo, rows: Rows, start: float | None) -> Times:
    own = video.times - round((start or 0.0) * 1e9)
    if len(own) != len(rows.t):
        return own
    half = 0.5e9 / rows.fps if rows.fps else 0
    if not len(own):
        return rows.t
    drift = (own - own[0]) - (rows.stamp - rows.stamp[0])
    return rows.t if int(np.abs(drift).max()) <= half else own


def _seen(signal: Signal, video: Video) -> Signal:
    if signal.shape == video.shape[1:] and signal.dtype == video.dtype:
        return signal
    kind = Kind.DEPTH if video.dtype == "uint16" else signal.kind
    return Signal(signal.name, kind, video.shape[1:], video.dtype, signal.unit, signal.frame, signal.hz)


def statistics(entries: Mapping[str, Any]) -> tuple[float, ...] | None:
    """A nested list of numbers as a flat vector."""
    try:
        flat = np.asarray(entries, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        return None
    return tuple(flat.tolist())
