"""comma2k19 segments: a minute of driving as NPY files without suffix, ``t`` beside ``value``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from ..core import Bid, Episode, Fact, Kind, Origin, Reading, Signal, Stream, Writing, Written
from ..core.errors import BadInput, BadValue, Damaged, NotFound, Refused
from ..core.stream import Array, Times
from ..video import open_video
from ._folder import each
from ._landing import chosen
from ._rows import nanoseconds, said
from .npz import load_npy

__all__ = ["Comma"]

_KNOWN: dict[str, tuple[Kind, str, str, tuple[str, ...]]] = {
    "CAN/speed": (Kind.VELOCITY, "m/s", "vehicle", ()),
    "CAN/steering_angle": (Kind.SCALAR, "deg", "vehicle", ()),
    "CAN/wheel_speed": (Kind.VELOCITY, "m/s", "vehicle", ()),
    "IMU/accelerometer": (Kind.IMU, "m/s^2", "unknown", ()),
    "IMU/gyro": (Kind.IMU, "rad/s", "unknown", ()),
    "IMU/gyro_bias": (Kind.IMU, "rad/s", "unknown", ()),
    "IMU/gyro_uncalibrated": (Kind.IMU, "rad/s", "unknown", ()),
    "IMU/magnetometer": (Kind.IMU, "unknown", "unknown", ()),
    "IMU/magnetometer_uncalibrated": (Kind.IMU, "unknown", "unknown", ()),
    "global_pose/frame_positions": (Kind.POSE, "m", "ecef", ("x", "y", "z")),
    "global_pose/frame_velocities": (Kind.TWIST, "m/s", "ecef", ("x", "y", "z")),
    "global_pose/frame_orientations": (Kind.POSE, "1", "ecef", ()),
    **{
        f"GNSS/live_gnss_{chip}": (
            Kind.STATE,
            "unknown",
            "unknown",
            ("latitude", "longitude", "speed", "utc_timestamp", "altitude", "bearing"),
        )
        for chip in ("qcom", "ublox")
    },
}
"""What the publishers state: speeds in metres and angles in degrees, the pose in earth-centred metres."""


class Comma:
    """A segment folder holds ``processed_log/<sensor>/<channel>/{t, value}`` and ``global_pose/frame_*``.

    Times are the phone's own, seconds since it started. Every channel keeps its own clock. A folder of segments, a
    route or the whole chunk gives one episode per segment.
    """

    name = "comma"
    version = "1"
    writes = False
    loses = ()

    def bid(self, path: Path) -> Bid:
        """Sure where a segment lies at most three folders below."""
        if not path.is_dir():
            return Bid(0.0, "no folder")
        return Bid(0.95, "processed_log or global_pose") if next(_segments(path), None) else Bid(0.0, "no segment")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """One episode per segment, in the order of their paths."""
        found = sorted(_segments(path), key=lambda p: [(len(part), part) for part in p.parts])
        if not found:
            raise NotFound(f"No comma2k19 segment below {path}.")
        return chosen(each(found, _segment), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused."""
        raise Refused("Volant does not write comma2k19 folders.", do="Use parquet.")


def _segments(path: Path, depth: int = 4) -> Iterator[Path]:
    if (path / "processed_log").is_dir() or (path / "global_pose" / "frame_times").is_file():
        yield path
    elif depth:
        for inner in sorted(p for p in path.iterdir() if p.is_dir() and not p.is_symlink()):
            yield from _segments(inner, depth - 1)


def _segment(path: Path) -> Iterator[Episode]:
    by = f"formats/{Comma.name}@{Comma.version}"
    streams: list[Stream] = []
    damage: list[Fact] = []
    for folder in sorted(p.parent for p in path.glob("processed_log/*/*/t")):
        for file in sorted(p for p in folder.iterdir() if p.name != "t" and p.is_file()):
            name = folder.relative_to(path / "processed_log").as_posix()
            name = name if file.name == "value" else f"{name}/{file.name}"
            _add(streams, damage, name, folder / "t", file)
    times = path / "global_pose" / "frame_times"
    if times.is_file():
        for file in sorted(times.parent.glob("frame_*")):
            if file.name != "frame_times":
                _add(streams, damage, f"global_pose/{file.name}", times, file)
        _camera(path / "video.hevc", times, streams, damage)
    if not streams:
        raise Damaged(f"{path} holds nothing that can be read.", instead=str(damage[0].value) if damage else "")
    route, segment = path.parent.name, path.name
    facts = said(by, [("declared/clock", "seconds since the device started"), ("declared/route", f"{route}/{segment}")])
    origin = Origin(uri=str(path), robot=route.partition("_")[0])
    yield Episode(tuple(streams), origin, task="driving", said=(*facts, *damage))


def _add(streams: list[Stream], damage: list[Fact], name: str, clock: Path, file: Path) -> None:
    by = f"formats/{Comma.name}@{Comma.version}"
    try:
        values, times = load_npy(file), nanoseconds(load_npy(clock), str(clock))
        if len(values) != len(times):
            least = min(len(values), len(times))
            text = f"{len(values)} values and {len(times)} times; the first {least} were kept"
            damage.append(Fact("", "damage/rows", text, by, None, name))
            values, times = values[:least], times[:least]
        streams.append(_stream(name, values, times))
    except BadInput as error:
        damage.append(Fact("", "damage/unreadable", f"{name}: {error.what}", by, None, name))


def _stream(name: str, values: Array, times: Times) -> Stream:
    if values.dtype.kind == "S":
        # CAN payloads: as text NumPy would cut their last zero bytes
        values = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), -1)
    if not values.ndim or values.dtype.kind not in "biuf":
        raise BadValue(f"{name!r} has the type {values.dtype}.")
    plain = Kind.SCALAR if values.ndim == 1 else Kind.STATE
    kind, unit, frame, dims = _KNOWN.get(name, (plain, "unknown", "unknown", ()))
    dims = dims if dims and values.shape[1:] == (len(dims),) else ()
    return Stream(Signal(name, kind, values.shape[1:], values.dtype.name, unit, frame, None, dims), times, values)


def _camera(path: Path, clock: Path, streams: list[Stream], damage: list[Fact]) -> None:
    """The road camera, where it was downloaded: one frame per entry of ``frame_times``."""
    by = f"formats/{Comma.name}@{Comma.version}"
    if not path.is_file():
        return
    try:
        video, times = open_video(path), nanoseconds(load_npy(clock), str(clock))
        if len(video) != len(times):
            least = min(len(video), len(times))
            text = f"{len(video)} frames and {len(times)} times; the first {least} were kept"
            damage.append(Fact("", "damage/rows", text, by, None, "camera"))
            video, times = video.part(0, least), times[:least]
        streams.append(Stream(Signal("camera", Kind.IMAGE, tuple(video.shape[1:]), video.dtype), times, video))
    except BadInput as error:
        damage.append(Fact("", "damage/unreadable", f"video.hevc: {error.what}", by, None, "camera"))
