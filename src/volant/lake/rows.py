"""Episodes as Arrow rows and back: one row per stream, one head row per episode, bit for bit.

Numbers lie in typed list columns (``x_float32`` ...), so that every tool can read them; sample types that Parquet
does not know lie as bytes beside their numpy type. Pictures are named by the digest of their media file and a window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from ..core.episode import Episode, Origin, Segment
from ..core.errors import BadValue, LakeCorrupt
from ..core.fact import Span
from ..core.signal import Signal
from ..core.stream import Array, Stream, Video

__all__ = ["CATALOGUE", "STREAM_FACTS", "Window", "Windows", "catalogue_rows", "episodes_of", "stream_rows"]

_NATIVE = {
    np.dtype(name).str: (f"x_{name}", pa.from_numpy_dtype(name))
    for name in ("float16", "float32", "float64", "int16", "int32", "int64", "uint16", "uint32", "uint64")
}

STREAM_FACTS = pa.schema(
    [
        ("episode", pa.string()),
        ("ord", pa.int32()),
        ("name", pa.string()),
        ("kind", pa.string()),
        ("unit", pa.string()),
        ("hz", pa.float64()),
        ("rate", pa.float64()),
        ("dtype", pa.string()),
        ("samples", pa.int64()),
        ("width", pa.int64()),
        ("codec", pa.string()),
        ("media", pa.string()),
        ("first", pa.int64()),
        ("until", pa.int64()),
    ]
)
"""What can be asked of streams without reading samples. ``ord`` is -1 in an episode's head row."""

CATALOGUE = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "task", "instruction", "scene")),
        *((name, pa.string()) for name in ("embodiment", "robot", "operator", "collector", "site", "region")),
        *((name, pa.string()) for name in ("tier", "licence", "consent", "policy", "uri")),
        ("parents", pa.list_(pa.string())),
        ("tags", pa.list_(pa.string())),
        ("seconds", pa.float64()),
        ("frames", pa.int64()),
        ("streams", pa.int64()),
        ("cameras", pa.int64()),
        ("started_at", pa.int64()),
        ("recorded_at", pa.int64()),
        ("pos", pa.int64()),
    ]
)
"""One row per episode; ``pos`` is its place in its commit, ``started_at`` the first sample (ns on its own clock)."""


class Window(NamedTuple):
    """Where a stream's pictures lie: frames ``first`` to ``until`` of a media file; ``kind`` is file or stills."""

    media: str
    first: int
    until: int
    kind: str
    codec: str


Windows = dict[tuple[str, str], Window]
"""(episode id, stream name) to the place of its pictures."""


_BLANK = Origin()


class _Head(msgspec.Struct, omit_defaults=True):
    origin: dict[str, Any]
    task: str = ""
    instruction: str = ""
    scene: str = ""
    segments: list[tuple[int, int, str, str]] = msgspec.field(default_factory=list)
    tags: tuple[str, ...] = ()


def catalogue_rows(episodes: Sequence[Episode]) -> pa.Table:
    """The catalogue's rows of these episodes."""
    columns: dict[str, list[object]] = {name: [] for name in CATALOGUE.names}
    for episode in episodes:
        origin = episode.origin
        for name in ("task", "instruction", "scene", "tags", "seconds", "frames", "id"):
            columns[name].append(getattr(episode, name))
        for name in ("embodiment", "robot", "operator", "collector", "site", "region", "tier", "licence", "consent"):
            columns[name].append(getattr(origin, name))
        columns["policy"].append(origin.policy)
        columns["uri"].append(origin.uri)
        columns["parents"].append(origin.parents)
        columns["streams"].append(len(episode.streams))
        columns["cameras"].append(sum(stream.signal.kind.visual for stream in episode.streams))
        columns["started_at"].append(episode.span.start)
        columns["recorded_at"].append(origin.recorded_at)
    columns["pos"] = list(range(len(episodes)))
    try:
        return pa.table(columns, schema=CATALOGUE)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError) as error:
        raise BadValue(f"An episode's description cannot be stored: {error}.") from error


def stream_rows(episodes: Sequence[Episode], windows: Windows) -> pa.Table:
    """Head and stream rows of these episodes, in order."""
    rows: list[tuple[object, ...]] = []
    times = _Lists(pa.int64())
    samples: dict[str, _Lists | _Blobs] = {}
    place = 0
    for episode in episodes:
        rows.append((episode.id, -1, *_NOTHING, _head(episode)))
        rates: dict[int, float] = {}
        place += 1
        for number, stream in enumerate(episode.streams):
            window = windows.get((episode.id, stream.name))
            times.put(place, stream.t)
            dtype = ""
            if isinstance(stream.x, np.ndarray):
                column, kind, flat = _flat(stream.x)
                dtype = stream.x.dtype.str if stream.x.dtype != object else _OBJECTS[column]
                if column not in samples:
                    samples[column] = _Blobs() if column == "x_bytes" else _Lists(kind)
                samples[column].put(place, flat)
            elif window is None:
                raise BadValue(f"Stream {stream.name!r}: its pictures were not stored.")
            # Channels of one recording often share one clock: its rate is worked out once.
            rate = rates.setdefault(id(stream.t), -1.0)
            if rate < 0:
                rate = rates[id(stream.t)] = stream.rate
            rows.append((episode.id, number, *_described(stream, rate, dtype, window), stream.signal.to_json(), None))
            place += 1
    columns = list(zip(*rows, strict=True)) or [()] * (len(STREAM_FACTS) + 2)
    arrays = {field.name: pa.array(column, field.type) for field, column in zip(STREAM_FACTS, columns, strict=False)}
    arrays["signal"] = pa.array(columns[-2], pa.string())
    arrays["doc"] = pa.array(columns[-1], pa.string())
    arrays["t"] = times.done(place)
    for column in sorted(samples):
        arrays[column] = samples[column].done(place)
    return pa.table(arrays)


Pictures = Callable[[str, str, int, int], Video]
"""``pictures(media, kind, first, until)`` gives the lazy frames of a window."""


def episodes_of(
    table: pa.Table,
    pictures: Pictures,
    wanted: set[str] | None = None,
    names: set[str] | None = None,
    *,
    own: bool = False,
) -> Iterator[tuple[str, Episode]]:
    """Ids and episodes of stream rows, pictures lazy; only ``wanted`` ones, only streams of these ``names``.

    Samples are views of the table unless ``own`` asks for copies.
    """
    ids = table["episode"].to_pylist()
    ords = table["ord"].to_numpy()
    lists = {name: _Unlisted(table[name]) for name in table.column_names if name == "t" or name.startswith("x_")}
    texts = {name: table[name].to_pylist() for name in ("signal", "doc", "dtype", "media", "codec")}
    numbers = {name: table[name].to_pylist() for name in ("samples", "first", "until")}
    heads = np.flatnonzero(ords == -1)
    for start, stop in zip(heads.tolist(), [*heads[1:].tolist(), len(ids)], strict=True):
        if wanted is not None and ids[start] not in wanted:
            continue
        streams = []
        for row in range(start + 1, stop):
            signal = _signal(texts["signal"][row])
            if names is not None and signal.name not in names:
                continue
            media = texts["media"][row]
            x: Array | Video
            if media is None:
                x = _unflat(lists, row, texts["dtype"][row], (numbers["samples"][row], *signal.shape))
            else:
                kind = texts["dtype"][row]
                x = pictures(media, kind, numbers["first"][row], numbers["until"][row])
            t = lists["t"].row(row)
            if own:
                t, x = t.copy(), x.copy() if isinstance(x, np.ndarray) else x
            streams.append(Stream(signal, t, x))
        yield ids[start], _episode(ids[start] if names is None else "", texts["doc"][start], tuple(streams))


class _Lists:
    """A nullable list column under construction: flat values and a length per row."""

    __slots__ = ("kind", "parts", "places", "sizes")

    def __init__(self, kind: pa.DataType) -> None:
        self.kind = kind
        self.parts: list[Any] = []
        self.places: list[int] = []
        self.sizes: list[int] = []

    def put(self, place: int, values: Any) -> None:
        self.places.append(place)
        self.sizes.append(len(values))
        self.parts.append(values)

    def done(self, rows: int) -> pa.Array:
        lengths = np.zeros(rows + 1, np.int64)
        lengths[np.asarray(self.places, np.int64) + 1] = self.sizes
        empty = np.ones(rows, np.bool_)
        empty[self.places] = False
        if _worded(self.kind):
            values = pa.array([item for part in self.parts for item in part], self.kind)
        else:
            values = pa.array(np.concatenate(self.parts) if self.parts else np.zeros(0), self.kind)
        return pa.LargeListArray.from_arrays(pa.array(np.cumsum(lengths)), values, mask=pa.array(empty))


class _Blobs:
    """A nullable column of one byte string per row under construction."""

    __slots__ = ("parts",)

    def __init__(self) -> None:
        self.parts: dict[int, bytes] = {}

    def put(self, place: int, values: bytes) -> None:
        self.parts[place] = values

    def done(self, rows: int) -> pa.Array:
        return pa.array([self.parts.get(row) for row in range(rows)], pa.large_binary())


class _Unlisted:
    """A list column as flat values and offsets, without copying numbers."""

    __slots__ = ("offsets", "values")

    def __init__(self, column: pa.ChunkedArray) -> None:
        whole = column.combine_chunks()
        if isinstance(whole, pa.ChunkedArray):
            whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], column.type)
        self.offsets = whole.offsets.to_numpy() if pa.types.is_large_list(whole.type) else None
        if self.offsets is None or _worded(whole.type.value_type):
            self.values = whole if self.offsets is None else whole.values
        else:
            self.values = whole.values.to_numpy(zero_copy_only=False)

    def row(self, i: int) -> Any:
        if self.offsets is None:
            return self.values[i].as_py()
        return self.values[self.offsets[i] : self.offsets[i + 1]]


def _worded(kind: pa.DataType) -> bool:
    return bool(pa.types.is_large_string(kind) or pa.types.is_large_binary(kind))


def _flat(x: Array) -> tuple[str, pa.DataType, Any]:
    """The column a stream's samples go to, its value type, and the samples flat in C order."""
    native = _NATIVE.get(x.dtype.str)
    if native is not None:
        return (*native, np.ascontiguousarray(x).reshape(-1))
    if x.dtype != object:
        return "x_bytes", None, np.ascontiguousarray(x).tobytes()
    items = x.ravel().tolist()
    if all(isinstance(item, bytes) for item in items):
        return "x_blobs", pa.large_binary(), items
    words = [item if isinstance(item, bytes | str) else str(item) for item in items]
    if any(isinstance(item, bytes) for item in words):
        return "x_bytes", None, msgspec.msgpack.encode(words)
    try:
        "".join(str(word) for word in words).encode()
    except UnicodeEncodeError as error:
        raise BadValue(f"A stream of words holds text that is no Unicode: {error.reason}.") from error
    return "x_words", pa.large_string(), words


def _unflat(lists: dict[str, _Unlisted], row: int, dtype: str, shape: tuple[int, ...]) -> Array:
    native = _NATIVE.get(dtype)
    if native is not None:
        flat: Array = lists[native[0]].row(row)
        return flat.reshape(shape)
    if dtype in ("words", "blobs"):
        return _objects(lists[f"x_{dtype}"].row(row).to_pylist(), shape)
    raw = lists["x_bytes"].row(row)
    if dtype == "mixed":
        return _objects(msgspec.msgpack.decode(raw), shape)
    return np.frombuffer(raw, np.dtype(dtype)).reshape(shape)


def _objects(items: list[object], shape: tuple[int, ...]) -> Array:
    made = np.empty(len(items), object)
    made[:] = items
    return made.reshape(shape)


def _described(stream: Stream, rate: float, dtype: str, window: Window | None) -> tuple[object, ...]:
    """The columns of ``STREAM_FACTS`` from ``name`` on."""
    signal = stream.signal
    known = (signal.name, signal.kind.value, signal.unit, signal.hz, rate)
    if window is None:
        return (*known, dtype, len(stream), signal.width, None, None, None, None)
    return (*known, window.kind, len(stream), signal.width, window.codec, window.media, window.first, window.until)


_NOTHING = (None,) * (len(STREAM_FACTS) - 1)
"""What a head row leaves empty: everything after ``ord``, and the signal."""

_OBJECTS = {"x_words": "words", "x_blobs": "blobs", "x_bytes": "mixed"}
"""How arrays of objects are named where others have their numpy type."""


def _head(episode: Episode) -> str:
    said = {
        name: getattr(episode.origin, name)
        for name in Origin.__slots__
        if getattr(episode.origin, name) != getattr(_BLANK, name)
    }
    segments = [(part.span.start, part.span.stop, part.label, part.level) for part in episode.segments]
    head = _Head(said, episode.task, episode.instruction, episode.scene, segments, episode.tags)
    try:
        return msgspec.json.encode(head).decode()
    except UnicodeEncodeError as error:
        raise BadValue(f"An episode's description holds text that is no Unicode: {error.reason}.") from error


def _episode(id: str, doc: str, streams: tuple[Stream, ...]) -> Episode:
    try:
        head = msgspec.json.decode(doc, type=_Head)
        origin = msgspec.convert(head.origin, Origin)
    except msgspec.DecodeError as error:
        raise LakeCorrupt(f"The description of episode {id} cannot be read: {error}.") from error
    segments = tuple(Segment(Span(start, stop), label, level) for start, stop, label, level in head.segments)
    episode = Episode(streams, origin, head.task, head.instruction, head.scene, segments, head.tags)
    # The id is known; computing it again would read every picture. `verify(deep=True)` does.
    if id:
        episode.__dict__["id"] = id
    return episode


@lru_cache(maxsize=4096)
def _signal(text: str) -> Signal:
    return Signal.from_json(text)
