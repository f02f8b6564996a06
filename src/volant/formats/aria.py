"""Project Aria machine perception (MPS): trajectories, eye gaze, hands and wrists, each table on its own clock.

Times are ``tracking_timestamp_us``, the glasses' own clock. Units are those that column names and the MPS
documentation state: metres, radians, metres per second.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core import UNKNOWN, Bid, Episode, Kind, Origin, Reading, Signal, Stream, Value, Writing, Written
from ..core.errors import BadValue, Damaged, Refused, VolantError
from ..core.stream import Times
from ._csvclock import Clock, read_clock
from ._csvtable import Table, listed, load, sniff
from ._landing import chosen
from ._rows import said

__all__ = ["Aria"]

_BY = "formats/aria@1"
_TIME = "tracking_timestamp_us"
_PARTS = ("slam", "trajectory", "eye_gaze", "eye_gaze_vergence", "hand_tracking", "wrist_and_palm", "mps")
_AXIS = re.compile(r"^(?P<sort>[tqn])(?P<axis>[xyzw])_(?P<rest>.+)$")
_MIDDLE = re.compile(r"^(?P<rest>.+)_(?P<axis>[xyz])_(?P<frame>world|device)$")
_LANDMARK = re.compile(r"^(?P<side>left|right)_landmark_(?P<at>\d+)_(?P<frame>device)$")
_SORTS = {"t": ("position", "m"), "q": ("orientation", "1"), "n": ("normal", "1")}
_SMALL = 1 << 26
_LINES = 200_000


@dataclass(frozen=True, slots=True)
class _Group:
    """Columns of one stream: what they are, in which unit and frame."""

    name: str
    kind: Kind
    unit: str
    frame: str
    columns: tuple[str, ...]


class Aria:
    """A folder of MPS output, one recording."""

    name = "aria"
    version = "1"
    writes = False
    loses = ("only read",)

    def bid(self, path: Path) -> Bid:
        """Claims tables with ``tracking_timestamp_us`` and folders that hold them."""
        if path.is_file():
            if path.suffix == ".csv" and _is_table(path):
                return Bid(0.97, f"a table with {_TIME}")
            return Bid(0.0, "no MPS table")
        found = [table for table in _tables(path) if _is_table(table)]
        return Bid(0.95, f"{len(found)} MPS tables") if found else Bid(0.0, "no MPS tables")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """The recording. Raises ``Damaged`` where not one table can be read."""
        return chosen(self._one(path), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused: MPS output is what a service computes from a recording."""
        raise Refused("Aria MPS folders are only read.", do="Publish as 'mcap' or 'parquet'.")

    def _one(self, path: Path) -> Iterator[Episode]:
        streams: list[Stream] = []
        facts: list[tuple[str, Value]] = []
        paths = [path] if path.is_file() else _tables(path)
        for file in paths:
            try:
                made, told = _calibration(file) if file.suffix == ".jsonl" else _table(file)
            except VolantError as error:
                facts.append(("damage/file", str(error)))
                continue
            taken = {stream.name for stream in streams}
            for stream in made:
                if stream.name in taken:
                    facts.append(("damage/file", f"{file}: a second table of this name was left out"))
                    break
                streams.append(stream)
            facts.extend(told)
        if not streams:
            why = "; ".join(str(value) for _, value in facts[:3]) or "there are none"
            raise Damaged(f"{path}: no MPS table could be read: {why}.")
        if path.is_dir():
            facts.extend(_summaries(path))
        start = next((int(t) for s in streams if s.name.endswith("utc_timestamp_ns") for t in s.values[:1] if t > 0), 0)
        origin = Origin(uri=str(path), embodiment="human", tier="human video", recorded_at=start)
        yield Episode(tuple(streams), origin, said=said(_BY, facts))


def _tables(folder: Path) -> list[Path]:
    """Tables in a folder and in the folders below that MPS names; a recording is never deeper."""
    if not folder.is_dir():
        return []
    inside = [folder, *(folder / part for part in _PARTS if (folder / part).is_dir())]
    found = (child for place in inside for child in sorted(place.iterdir()) if child.suffix in (".csv", ".jsonl"))
    return [child for child in found if child.is_file()]


def _is_table(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return _TIME.encode() in file.readline(1 << 16)
    except OSError:
        return False


def _summaries(folder: Path) -> Iterator[tuple[str, Value]]:
    """What the service says of its own work, as labels."""
    for place in [folder, *(folder / part for part in _PARTS)]:
        path = place / "summary.json"
        if not path.is_file():
            continue
        try:
            raw = json.loads(path.read_bytes()) if path.stat().st_size < _SMALL else None
        except (OSError, ValueError, RecursionError) as error:
            yield "damage/file", f"{path}: is no readable JSON ({error})"
            continue
        prefix = "summary" if place == folder else place.name
        yield from _labels(f"label/{prefix}", raw, 0)


def _labels(key: str, raw: object, depth: int) -> Iterator[tuple[str, Value]]:
    if isinstance(raw, Mapping) and depth < 4:
        for name, value in raw.items():
            yield from _labels(f"{key}/{name}", value, depth + 1)
    elif isinstance(raw, bool | int | float) or (isinstance(raw, str) and raw):
        yield key, raw
    elif isinstance(raw, list) and raw and all(isinstance(item, str) for item in raw):
        yield key, "; ".join(raw)


def _calibration(path: Path) -> tuple[list[Stream], list[tuple[str, Value]]]:
    """Calibrations as they were estimated while recording: one JSON text each, at its own time."""
    if path.stat().st_size > _SMALL * 8:
        raise Damaged(f"{path}: is too large for calibrations.")
    times, words, bad = list[int](), list[str](), list[int]()
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines()[:_LINES], 1):
        if not line.strip():
            continue
        try:
            stamp = int(json.loads(line)[_TIME])
            if abs(stamp) > 9 * 10**15:
                raise BadValue(f"time {stamp}")
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError, BadValue):
            bad.append(number)
            continue
        times.append(stamp * 1000)
        words.append(line)
    facts: list[tuple[str, Value]] = [("damage/rows", f"{path.name}: not readable: {listed(bad)}")] if bad else []
    if not words:
        raise Damaged(f"{path}: holds no calibration with {_TIME}.")
    x = np.array([*words, None], object)[:-1]
    return [Stream(Signal(path.stem, Kind.EVENT, (), "str"), np.array(times, np.int64), x)], facts


def _table(path: Path) -> tuple[list[Stream], list[tuple[str, Value]]]:
    layout = sniff(path)
    if _TIME not in layout.names:
        raise Damaged(f"{path}: has no column {_TIME}.")
    table = load(layout)
    facts = list(table.facts)
    times, keep = read_clock(Clock(_TIME, "us", "by its name"), table)
    if not keep.all():
        facts.append(("damage/rows", f"{path.name}: rows without a time: {listed(table.lines[~keep])}"))
        times = times[keep]
    streams = [_stream(path.stem, group, table, (times, keep)) for group in _groups(table)]
    for column, cells in table.columns.items():
        if cells.dtype == object and column != _TIME:
            words = np.array([*(str(cell or "") for cell in cells[keep]), None], object)[:-1]
            if len(set(words)) == 1:
                facts.append((f"label/{path.stem}/{column}", str(words[0])))
            else:
                streams.append(Stream(Signal(f"{path.stem}/{column}", Kind.EVENT, (), "str"), times, words))
    return streams, facts


def _groups(table: Table) -> list[_Group]:
    made: dict[tuple[str, Kind, str, str], list[str]] = {}
    for column, cells in table.columns.items():
        if column != _TIME and cells.dtype != object:
            made.setdefault(_meaning(column), []).append(column)
    return [_Group(*key, tuple(columns)) for key, columns in made.items()]


def _meaning(column: str) -> tuple[str, Kind, str, str]:
    """Stream, kind, unit and frame of a column by its name."""
    frame = next((word for word in ("world", "ecef", "cpf", "device") if word in column.split("_")), UNKNOWN)
    axis = _AXIS.match(column)
    if axis:
        what, unit = _SORTS[axis["sort"]]
        landmark = _LANDMARK.match(axis["rest"])
        if landmark:
            return f"{landmark['side']}_landmarks", Kind.POSE, unit, frame
        return f"{axis['rest']}_{what}", Kind.POSE, unit, frame
    middle = _MIDDLE.match(column)
    if middle:
        rest = middle["rest"]
        if "angular_velocity" in rest:
            return rest, Kind.TWIST, "rad/s", frame
        if "linear_velocity" in rest:
            return rest, Kind.TWIST, "m/s", frame
        return rest, Kind.STATE, "m/s^2" if rest == "gravity" else UNKNOWN, frame
    if "_rads" in column:
        bound = next((word for word in ("low", "high") if f"_{word}_" in column), "")
        return f"angles_{bound}" if bound else "angles", Kind.STATE, "rad", frame
    if column.endswith("_ns"):
        return column, Kind.CLOCK, "ns", UNKNOWN
    if column.endswith("_us"):
        return column, Kind.CLOCK, "us", UNKNOWN
    unit = "m" if column.endswith("_m") else "1" if column.endswith(("confidence", "score", "available")) else UNKNOWN
    return column, Kind.SCALAR, unit, frame


def _stream(stem: str, group: _Group, table: Table, clock: tuple[Times, np.ndarray[Any, Any]]) -> Stream:
    times, keep = clock
    columns = [table.columns[name][keep] for name in group.columns]
    if group.kind is not Kind.CLOCK:
        columns = [column.astype(np.float64) for column in columns]
    shape: tuple[int, ...] = ()
    dims: tuple[str, ...] = ()
    x = columns[0]
    if len(columns) > 1 or group.kind in (Kind.POSE, Kind.TWIST):
        x = np.stack(columns, axis=1)
        dims = group.columns
        shape = (len(columns) // 3, 3) if group.name.endswith("landmarks") and len(columns) % 3 == 0 else x.shape[1:]
        x = x.reshape(len(x), *shape)
    signal = Signal(f"{stem}/{group.name}", group.kind, shape, str(x.dtype), group.unit, group.frame, None, dims)
    return Stream(signal, times, x)
