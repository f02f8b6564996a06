"""Cameras of an AgiBot episode: one video a camera, one PNG a depth frame, all on the body's clock."""

from __future__ import annotations

import re
from pathlib import Path

from ..core import Kind, Signal, Stream, Value
from ..core.errors import Damaged, VolantError
from ..core.stream import Times
from ..video import Stills, open_video, probe
from ..video.image import image_codec, image_shape
from ._rows import index_clock

__all__ = ["media"]

_VIDEOS = (".mp4", ".mkv", ".mov", ".webm")
_NUMBERED = re.compile(r"^(?P<name>.+?)_?(?P<at>\d+)\.(?:png|tiff?)$")
_LARGEST = 1 << 27


def media(folder: Path, times: Times | None) -> tuple[list[Stream], list[tuple[str, Value]]]:
    """Every camera and depth camera as a lazy stream. Without a body, a video keeps its own times."""
    facts: list[tuple[str, Value]] = []
    if not folder.is_dir():
        return [], [("damage/missing_files", "observations are not there")]
    streams: list[Stream] = []
    for path in sorted(folder.glob("videos/*")):
        if path.suffix.lower() not in _VIDEOS or path.is_symlink():
            continue
        try:
            streams.append(_video(path, times, facts))
        except VolantError as error:
            facts.append(("damage/file", f"{path.name}: {error}"))
    cameras: dict[str, list[tuple[int, Path]]] = {}
    for path in folder.glob("depth/*"):
        match = _NUMBERED.match(path.name)
        if match and not path.is_symlink():
            cameras.setdefault(match["name"], []).append((int(match["at"]), path))
    for name, numbered in sorted(cameras.items()):
        try:
            streams.append(_depth(name, sorted(numbered), times, facts))
        except VolantError as error:
            facts.append(("damage/file", f"{name}: {error}"))
    return streams, facts


def _video(path: Path, times: Times | None, facts: list[tuple[str, Value]]) -> Stream:
    video = open_video(path, salvage=True)
    missing = probe(path).missing
    if missing:
        facts.append(("damage/truncated", f"{path.name}: {missing}"))
    if not len(video):
        raise Damaged("holds no frame.")
    signal = Signal(
        f"observation.images.{path.stem}", Kind.IMAGE, tuple(video.shape[1:]), video.dtype, hz=video.fps or None
    )
    if times is None:
        return Stream(signal, video.times, video)
    count = _counted(path.name, len(video), len(times), facts)
    return Stream(signal, times[:count], video.part(0, count))


def _counted(name: str, frames: int, rows: int, facts: list[tuple[str, Value]]) -> int:
    if frames != rows:
        facts.append(("damage/frames", f"{name} has {frames} frames, the body {rows} rows"))
    return min(frames, rows)


def _depth(name: str, numbered: list[tuple[int, Path]], times: Times | None, facts: list[tuple[str, Value]]) -> Stream:
    """One PNG a frame, read when asked for; the number in its name is its row."""
    rows = [at for at, _ in numbered]
    paths = [path for _, path in numbered]
    first = _bytes(paths[0])
    shape, dtype = image_shape(first)
    clock = times if times is not None else index_clock(rows[-1] + 1 if rows[-1] < 10_000_000 else 0)
    kept = [(at, path) for at, path in zip(rows, paths, strict=True) if at < len(clock)]
    if len(kept) != len(rows) or len(rows) != len(clock):
        facts.append(("damage/frames", f"{name} has {len(rows)} depth frames, the body {len(clock)} rows"))
    chosen = [path for _, path in kept]
    stills = Stills(lambda i: _bytes(chosen[i]), len(chosen), image_codec(first), shape, dtype)
    signal = Signal(f"observation.depth.{name}", Kind.DEPTH, shape, dtype, "mm" if dtype == "uint16" else "unknown")
    return Stream(signal, clock[[at for at, _ in kept]], stills)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise Damaged(f"{path.name} is too large for a depth frame.")
        return path.read_bytes()
    except OSError as error:
        raise Damaged(f"{path.name} cannot be read ({error.strerror}).") from error
