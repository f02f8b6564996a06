"""Videos of people, with or without tables of what they do: EPIC-like CSV, Ego4D-like JSON, or a lone video file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..core import Bid, Episode, Kind, Origin, Reading, Segment, Signal, Span, Stream, Value, Writing, Written
from ..core.errors import Damaged, NotFound, Refused, VolantError
from ..video import PacketVideo, open_video, probe
from ._landing import chosen
from ._narrations import Narrated, is_annotation, narrated
from ._rows import said

__all__ = ["Egocentric"]

_BY = "formats/egocentric@1"
_VIDEOS = (".mp4", ".mkv", ".mov", ".webm", ".avi", ".m4v")
_OTHERS = (
    ".h5", ".hdf5", ".parquet", ".mcap", ".bag", ".db3", ".zarr", ".npz", ".npy", ".arrow", ".ulg", ".vrs",
    ".safetensors",
)  # fmt: skip


@dataclass(slots=True)
class _Tables:
    """Rows by the video they speak of, and what could not be read."""

    rows: dict[str, list[Narrated]] = field(default_factory=dict)
    facts: list[tuple[str, Value]] = field(default_factory=list)


class Egocentric:
    """Video files with annotation tables, one episode a video."""

    name = "egocentric"
    version = "1"
    writes = False
    loses = ("only read",)

    def bid(self, path: Path) -> Bid:
        """Claims video files, tables of actions beside their videos, and folders of both and of nothing else."""
        if path.is_file():
            if path.suffix.lower() in _VIDEOS:
                return Bid(0.8, "a video file")
            if is_annotation(path):
                return Bid(0.9 if _videos(path.parent) else 0.4, "a table of actions in videos")
            return Bid(0.0, "neither a video nor a table of actions")
        videos = _videos(path)
        if not videos:
            return Bid(0.0, "no video files")
        if (path / "meta" / "info.json").is_file() or any(c.suffix.lower() in _OTHERS for c in path.iterdir()):
            return Bid(0.2, "videos beside another recording")
        if any(_strange(child) for child in path.iterdir()):
            return Bid(0.4, "videos beside folders of something else")
        if any(is_annotation(table) for table in _candidates(path)):
            return Bid(0.92, f"{len(videos)} videos with tables of actions")
        if any(child.suffix.lower() in (".csv", ".tsv", ".jsonl", ".json") for child in path.iterdir()):
            return Bid(0.45, "videos beside tables of something else")
        return Bid(0.7, f"{len(videos)} video files")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """Episodes video by video. Raises ``NotFound`` where there are none, ``Damaged`` where not one opens."""
        return chosen(self._all(path), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused: a folder of videos has no room for anything but pictures."""
        raise Refused("Folders of videos are only read.", do="Publish as 'lerobot'.")

    def _all(self, path: Path) -> Iterator[Episode]:
        folder = path.parent if path.is_file() else path
        alone = path.is_file() and path.suffix.lower() in _VIDEOS
        videos = [path] if alone else _videos(folder)
        tables = _read([path] if path.is_file() and not alone else _candidates(folder))
        if not alone and path.is_file():
            videos = [video for video in videos if video.stem in tables.rows or video.name in tables.rows]
        if not videos:
            raise NotFound(f"{path}: there is no video to read.", instead=_wanted(tables))
        known = {name for video in videos for name in (video.stem, video.name)}
        absent = len([name for name in tables.rows if name and name not in known]) if not alone else 0
        extra: list[tuple[str, Value]] = [*tables.facts, *([("declared/missing_videos", absent)] if absent else [])]
        troubles: list[str] = []
        made = 0
        for video in videos:
            rows = [*tables.rows.get(video.stem, []), *tables.rows.get(video.name, [])]
            rows += tables.rows.get("", []) if len(videos) == 1 and not alone else []
            try:
                episode = _episode(video, rows)
            except VolantError as error:
                troubles.append(f"{video.name}: {error}")
                extra.append(("damage/file", f"{video.name}: {error}"))
                continue
            made += 1
            yield episode.saying(said(_BY, extra))
            extra = []
        if not made:
            raise Damaged(f"{path}: no video could be opened: {'; '.join(troubles[:3])}")


def _strange(child: Path) -> bool:
    """Whether something in the folder is neither videos nor words about them."""
    if not child.is_dir() or child.name.startswith(".") or child.name == "annotations":
        return False
    return not any(one.suffix.lower() in _VIDEOS for one in child.iterdir())


def _videos(folder: Path) -> list[Path]:
    """Video files in a folder and one level below, symbolic links left out."""
    if not folder.is_dir():
        return []
    found: list[Path] = []
    for child in sorted(folder.iterdir()):
        if child.is_symlink() or child.name.startswith("."):
            continue
        inside = sorted(child.iterdir()) if child.is_dir() else [child]
        found.extend(one for one in inside if one.suffix.lower() in _VIDEOS and one.is_file() and not one.is_symlink())
    return found


def _candidates(folder: Path) -> list[Path]:
    places = [folder, folder / "annotations"]
    found = (child for place in places if place.is_dir() for child in sorted(place.iterdir()))
    return [child for child in found if child.suffix.lower() in (".csv", ".tsv", ".json") and child.is_file()]


def _read(paths: list[Path]) -> _Tables:
    tables = _Tables()
    for path in paths:
        if not is_annotation(path):
            continue
        try:
            for row in narrated(path):
                tables.rows.setdefault(row.video, []).append(row)
        except VolantError as error:
            tables.facts.append(("damage/file", str(error)))
    return tables


def _wanted(tables: _Tables) -> str:
    names = sorted(name for name in tables.rows if name)
    return f"The tables name {len(names)} videos, such as {', '.join(names[:3])}." if names else ""


def _episode(path: Path, rows: list[Narrated]) -> Episode:
    video = open_video(path, salvage=True)
    missing = probe(path).missing
    if not len(video):
        raise Damaged("holds no frame")
    hz = video.fps if video.fps > 0 else None
    height, width, channels = video.shape[1:]
    signal = Signal("video", Kind.IMAGE, (height, width, channels), video.dtype, hz=hz)
    streams = [Stream(signal, video.times, video)]
    facts: list[tuple[str, Value]] = [("declared/fps", hz)] if hz else []
    if missing:
        facts.append(("damage/truncated", missing))
    segments, moments, told = _placed(rows, video)
    facts.extend(told)
    if moments:
        moments.sort(key=lambda moment: moment[0])
        words = np.array([*(word for _, word in moments), None], object)[:-1]
        times = np.array([time for time, _ in moments], np.int64)
        streams.append(Stream(Signal("narration", Kind.EVENT, (), "str"), times, words))
    who = next((row.who for row in rows if row.who), "")
    origin = Origin(uri=str(path), embodiment="human", operator=who, tier="human video")
    return Episode(tuple(streams), origin, segments=tuple(segments), said=said(_BY, facts))


def _placed(
    rows: list[Narrated], video: PacketVideo
) -> tuple[list[Segment], list[tuple[int, str]], list[tuple[str, Value]]]:
    """Rows as segments and moments on the video's clock; those past its end are kept and said."""
    segments: list[Segment] = []
    moments: list[tuple[int, str]] = []
    flaws: list[str] = []
    times = video.times
    end = int(times[-1])
    late = 0
    for row in rows:
        if row.flaw:
            flaws.append(row.flaw)
            continue
        start, stop = row.start, row.stop
        if row.frames is not None:
            # Frame numbers in tables count from 0; the last is shown until the next one is.
            first, last = row.frames
            if last >= len(times):
                flaws.append(f"frames {first} to {last} of {len(times)}")
                continue
            start, stop = int(times[first]), int(times[last]) + 1
        late += start > end
        if stop is None:
            moments.append((start, row.label))
        else:
            segments.append(Segment(Span(start, stop), row.label, row.level))
    facts: list[tuple[str, Value]] = []
    if flaws:
        facts.append(("damage/rows", f"{len(flaws)} annotations cannot be used: {'; '.join(flaws[:20])}"))
    if late:
        facts.append(("damage/segments", f"{late} annotations start after the last frame at {end / 1e9:.3f} s"))
    return sorted(segments, key=lambda one: one.span), moments, facts
