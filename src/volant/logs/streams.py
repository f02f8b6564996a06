"""From the columns of one topic to streams with meaning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..core import UNKNOWN, Kind, Signal, Stream
from .fields import Fields, Spot
from .meaning import meaning_of

__all__ = ["Clock", "clock_of", "distinct", "streams_of"]

Array = npt.NDArray[np.generic]
Times = npt.NDArray[np.int64]

_STAMPS = ("header.stamp", "timestamp", "stamp")
_FRAMES = ("header.frame_id", "frame_id")
_SKIPPED = ("header.seq", "structure_needs_at_least_one_member")
_APART = 60 * 1_000_000_000
_NAMED = 4096
_OWN = 64


@dataclass(frozen=True, slots=True)
class Clock:
    """When the samples of a topic were taken: ``t`` rules; ``beside`` are the other clocks, by name."""

    t: Times
    beside: tuple[tuple[str, Times], ...] = ()
    note: str = ""


def clock_of(stamp: Times | None, log: Times) -> Clock:
    """Capture times where the messages carry them, else when they were recorded.

    ``stamp`` rules where every message has a non-zero one and the two clocks are (by median) less than a minute
    apart; else the recorder's clock rules, so that all topics of a log share one clock. The other clock is kept where
    it differs.
    """
    if stamp is None or not len(log) or not stamp.any() or np.array_equal(stamp, log):
        return Clock(log)
    if not (stamp > 0).all():
        return Clock(log, (("stamp", stamp),), "some messages have no capture time: the recorder's clock is used")
    apart = int(np.abs(np.median((stamp - log).astype(np.float64))))
    if apart >= _APART:
        return Clock(log, (("stamp", stamp),), f"capture times are {apart / 1e9:.0f} s off the recorder's clock, "
                     "which is used")  # fmt: skip
    return Clock(stamp, (("log_time", log),))


def streams_of(topic: str, fields: Fields, log: Times) -> tuple[list[Stream], list[str]]:
    """The streams of one topic, and in words what could not become one.

    Numbers that belong together by the definition of their message (a position, a force) are one signal named
    ``topic/field`` with that unit; lists of any length are signals of their own; all other numbers are one vector
    named like the topic with the field paths as dimensions. Texts are event streams. A message without content
    is a clock stream: all it says is when. ``header.seq`` is left out.
    """
    stamp = next((_stamp(fields, path) for path in _STAMPS if path in fields.numbers), None)
    clock = clock_of(stamp, log)
    frame, notes = UNKNOWN, [clock.note] if clock.note else []
    made: list[Stream] = []
    for path in _FRAMES:
        words = fields.words.get(path)
        if words is not None and len(words):
            distinct_frames = set(words)
            if len(distinct_frames) == 1:
                frame = str(words[0]) or UNKNOWN
                fields.words.pop(path)
    for root, columns in _bundles(fields).items():
        made.extend(_bundle(topic, root, columns, frame, clock.t))
    for path, (spot, blobs) in fields.ragged.items():
        _, kind, unit = meaning_of(spot.owner)
        kind = kind if kind is Kind.LIDAR else Kind.BLOB
        made.append(Stream(Signal(_name(topic, path), kind, (), "bytes", unit, frame), clock.t, blobs))
        if spot.type != "uint8":
            notes.append(f"{path} has another length in every message: kept as bytes of little-endian {spot.type}")
    for path, words in fields.words.items():
        name = topic if path == "data" and not made else _name(topic, path)
        made.append(Stream(Signal(name, Kind.EVENT, (), "str", "1"), clock.t, words))
    for path, trees in fields.trees.items():
        made.append(Stream(Signal(_name(topic, path), Kind.EVENT, (), "str", "1"), clock.t, trees))
        notes.append(f"{path} has another shape in every message: kept as JSON text")
    if not made:
        made.append(Stream(Signal(topic, Kind.CLOCK, (), "int64", "ns"), clock.t, clock.t))
    made.extend(beside(topic, clock))
    return made, notes + fields.notes


def beside(topic: str, clock: Clock) -> list[Stream]:
    """The clocks that do not rule, as streams."""
    return [Stream(Signal(f"{topic}/{name}", Kind.CLOCK, (), "int64", "ns"), clock.t, t) for name, t in clock.beside]


def _stamp(fields: Fields, path: str) -> Times | None:
    spot, column = fields.numbers[path]
    if column.dtype != np.int64 or column.shape[1] != 1 or spot.type != "time":
        return None
    del fields.numbers[path]
    stamps: Times = np.ascontiguousarray(column[:, 0]).astype(np.int64)
    return stamps


def _bundles(fields: Fields) -> dict[tuple[str, str], list[tuple[Spot, Array]]]:
    """Which columns make one signal together, by (root, sort)."""
    bundles: dict[tuple[str, str], list[tuple[Spot, Array]]] = {}
    plain_types = {
        spot.type for spot, _ in fields.numbers.values() if not spot.dynamic and not meaning_of(spot.owner)[0]
    }
    for path, (spot, column) in fields.numbers.items():
        if path in _SKIPPED or not column.shape[1]:
            continue
        depth, *_ = meaning_of(spot.owner)
        sort = ""
        if spot.dynamic or column.shape[1] > _OWN or spot.type in ("time", "duration"):
            root = path
        elif depth:
            root = ".".join(path.split(".")[:depth])
        else:
            root = ""
            if spot.type in ("int64", "uint64") and len(plain_types) > 1:
                sort = spot.type
        bundles.setdefault((root, sort), []).append((spot, column))
    return bundles


def _bundle(
    topic: str, key: tuple[str, str], columns: list[tuple[Spot, Array]], frame: str, t: Times
) -> Iterable[Stream]:
    root, sort = key
    spot = columns[0][0]
    depth, kind, unit = meaning_of(spot.owner)
    if root and not (depth and root == ".".join(spot.path.split(".")[:depth])) and spot.type in ("time", "duration"):
        kind, unit = Kind.CLOCK, "ns"
    if spot.dynamic and spot.type in ("uint8", "int8") and not spot.sub:
        kind = kind if kind is Kind.LIDAR else Kind.BLOB
        blobs = np.empty(len(t), object)
        blobs[:] = [row.tobytes() for row in columns[0][1]]
        yield Stream(Signal(_name(topic, root), kind, (), "bytes", unit, frame), t, blobs)
        return
    dtypes = {column.dtype for _, column in columns}
    dtype = dtypes.pop() if len(dtypes) == 1 else np.dtype(np.float64)
    x = columns[0][1] if len(columns) == 1 else np.concatenate([c.astype(dtype, copy=False) for _, c in columns], 1)
    dims = tuple(dim for spot, column in columns for dim in _dims(spot, column.shape[1], root))
    name = _name(topic, root) if root else f"{topic}/{sort}" if sort else topic
    if x.shape[1] == 1 and not (spot.many and spot.dynamic):
        if not root:
            name = topic if spot.path == "data" else _name(topic, spot.path)
        kind = Kind.FLAG if dtype == np.bool_ else kind
        yield Stream(Signal(name, kind, (), dtype.name, unit, frame), t, np.ascontiguousarray(x[:, 0]))
        return
    if dtype == np.bool_:
        kind = Kind.FLAG
    if len(columns) == 1 and spot.many and not spot.sub:
        dims = ()
    if len(dims) > _NAMED or len(set(dims)) != len(dims):
        dims = ()
    yield Stream(Signal(name, kind, (x.shape[1],), dtype.name, unit, frame, None, dims), t, x)


def _dims(spot: Spot, count: int, root: str) -> list[str]:
    path = spot.path[len(root) :].lstrip(".") if root else spot.path
    if spot.sub:
        return [f"{path}[{i}].{name}".lstrip(".") for i in range(count // len(spot.sub)) for name in spot.sub]
    if spot.many:
        return [f"{path}[{i}]" for i in range(count)]
    if spot.owner and spot.owner[-1][0] in ("geometry_msgs/Quaternion", "foxglove.Quaternion"):
        head, _, last = path.rpartition(".")
        return [f"{head}.q{last}" if head else f"q{last}"]
    return [path]


def _name(topic: str, path: str) -> str:
    return f"{topic}/{path.replace('.', '/')}" if path else topic


def distinct(streams: Iterable[Stream]) -> list[Stream]:
    """The same streams, each with a name of its own: a second of the same name gets ``#2``."""
    seen: dict[str, int] = {}
    made = []
    for stream in streams:
        name = stream.name
        seen[name] = seen.get(name, 0) + 1
        while seen[name] > 1:
            other = f"{name}#{seen[name]}"
            if other not in seen:
                seen[other] = 1
                stream = Stream(replace(stream.signal, name=other), stream.t, stream.x)
                break
            seen[name] += 1
        made.append(stream)
    return made
