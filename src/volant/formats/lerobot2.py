"""LeRobot v2.0 and v2.1: one parquet file and one mp4 per camera for each episode; with GR00T's ``modality.json``.

GR00T's named slices of state and action become prefixes of the dimension names (``left_arm.motor_0``), so that one
vector stays one stream; its annotation columns, numbers that point into ``tasks.jsonl``, become labels where they
never change and segments where they do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..core import Bid, Episode, Fact, Origin, Reading, Segment, Signal, Stream, Writing, Written
from ..core.errors import BadInput, Damaged, NotFound
from ._about import from_about
from ._folder import each, inside
from ._landing import chosen
from ._lerobot import (
    STATS,
    Feature,
    Info,
    claim,
    label,
    load_json,
    load_lines,
    ranges,
    refused,
    safe_format,
    segment_runs,
    short,
    success,
)
from ._lerobot_rows import Block, Pictures, Rows, block, pictures, statistics, window

__all__ = ["LeRobot2"]

_DATA_PATH = "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet"
_VIDEO_PATH = "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4"
_KNOWN = ("episode_index", "tasks", "length", "volant")


@dataclass(frozen=True)
class LeRobot2:
    """LeRobot datasets of version 2."""

    name: str = "lerobot2"
    version: str = "1"
    writes: bool = True
    loses: tuple[str, ...] = ()

    def bid(self, path: Path) -> Bid:
        """Sure where ``meta/info.json`` says version 2; claims the layout however broken that file is."""
        return claim(path, 2)

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """Episodes in the order of their numbers; those whose files are absent are named, not invented."""
        return chosen(_Set(path, f"formats/{self.name}@{self.version}").episodes(), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Write version 2.1; see ``_lerobot_write2``."""
        from ._lerobot_write2 import write

        return write(episodes, out, how)


class _Set:
    """One dataset folder while it is being read."""

    def __init__(self, root: Path, by: str) -> None:
        self.root, self.by = root, by
        path = root / "meta" / "modality.json"
        self.modality: Mapping[str, Any] = load_json(path) if path.is_file() else {}
        self.info = Info.load(root, self.modality)
        self.entries = {_number(row): row for row in load_lines(root / "meta" / "episodes.jsonl")}
        self.stats = {_number(row): row for row in load_lines(root / "meta" / "episodes_stats.jsonl")}
        self.tasks = {
            int(row["task_index"]): str(row.get("task", ""))
            for row in load_lines(root / "meta" / "tasks.jsonl")
            if isinstance(row.get("task_index"), int)
        }
        if not self.entries:
            raise Damaged(f"{root / 'meta' / 'episodes.jsonl'} declares no episodes.")
        self.signals: dict[str, Signal] = {}
        self.noted = self._annotations()
        self.numbers = sorted(self.entries)
        missing = [number for number in self.numbers if not self._data(number).is_file()]
        self.there = sorted(set(self.numbers) - set(missing))
        if not self.there:
            raise NotFound(f"{root}: none of the {len(self.numbers)} declared episodes has a data file.")
        self.common = self.info.common(by)
        if missing:
            text = f"{ranges(missing)} ({len(missing)} of {len(self.numbers)})"
            self.common = (*self.common, Fact("", "declared/missing_episodes", text, by))

    def episodes(self) -> Iterator[Episode]:
        """Every episode that is there; unreadable files are named at the end."""
        places = {self._data(number): number for number in self.there}
        yield from each(places, lambda path: [self._episode(path, places[path])])

    def _annotations(self) -> tuple[str, ...]:
        """Columns that hold numbers of tasks."""
        section = self.modality.get("annotation")
        wanted = []
        for name, entry in section.items() if isinstance(section, dict) else ():
            key = entry.get("original_key") if isinstance(entry, dict) else None
            wanted.append(str(key) if key else f"annotation.{name}")
        return tuple(name for name in wanted if name in self.info.features and name != "task_index")

    def _named(self, pattern: object, number: int, **more: object) -> Path:
        size = self.info.raw.get("chunks_size")
        chunk = number // (size if isinstance(size, int) and size > 0 else 1000)
        return inside(self.root, safe_format(pattern, "info.json", episode_chunk=chunk, episode_index=number, **more))

    def _data(self, number: int) -> Path:
        return self._named(self.info.raw.get("data_path") or _DATA_PATH, number)

    def _episode(self, path: Path, number: int) -> Episode:
        entry = self.entries[number]
        images = {one.name for one in self.info.streams if one.dtype == "image"}
        try:
            with pq.ParquetFile(path) as file:
                names = file.schema_arrow.names
                wanted = [name for name in names if name in self.info.features and name not in images]
                table = file.read(columns=wanted, use_threads=False).combine_chunks()
        except (pa.ArrowException, OSError) as error:
            raise Damaged(f"{path} cannot be read: {str(error).splitlines()[0][:200]}.") from error
        rows = block(table, self.info, self.signals, number)
        if not table.num_rows:
            raise Damaged(f"{path} holds no rows.")
        said = [*self.common, *self.info.facts(self.by, number, _length(entry))]
        if len(rows.index) != 1:
            said.append(Fact("", "damage/mixed-episodes", ranges(rows.index.tolist()), self.by))
            rows = Block(np.array([0, table.num_rows]), rows.index[:1], rows.t, rows.stamp, rows.columns, rows.tasks)
        elif int(rows.index[0]) != number:
            said.append(Fact("", "damage/index", int(rows.index[0]), self.by))
        loaders = {name: Pictures(path, name, self.root) for name in names if name in images}
        return self._described(rows, entry, said, self._streams(rows, said, loaders, number))

    def _streams(self, rows: Block, said: list[Fact], loaders: dict[str, Pictures], number: int) -> list[Stream]:
        plain = {s.name: s for s in rows.streams(0)}
        made = []
        clock = Rows(rows.t, rows.stamp, self.info.fps)
        for feature in self.info.streams:
            if feature.signal is None or feature.name in self.noted:
                continue
            if not feature.pictured:
                stream = plain.get(feature.signal.name)
                if stream is None:
                    said.append(_absent(feature, "The column is declared and not there.", self.by))
            else:
                stream, more = self._camera(feature, loaders.get(feature.name), clock, number)
                said += more
            if stream is not None:
                made.append(stream)
        return made

    def _camera(
        self, feature: Feature, loader: Pictures | None, clock: Rows, number: int
    ) -> tuple[Stream | None, list[Fact]]:
        tell = partial(Fact, "", by=self.by, stream=feature.name)
        said = [tell(key="declared/frames", value=len(clock.t))]
        if loader is not None:
            try:
                return pictures(feature, clock.t, loader.load), said
            except BadInput as error:
                return None, [*said, _absent(feature, refused(error), self.by)]
        if feature.dtype == "image":
            return None, [*said, _absent(feature, "Its pictures are declared and not there.", self.by)]
        path = self._named(self.info.raw.get("video_path") or _VIDEO_PATH, number, video_key=feature.name)
        stream, damage = window(path, feature, clock)
        return stream, [*said, *(tell(key=key, value=value) for key, value in damage.items())]

    def _described(self, rows: Block, entry: Mapping[str, Any], said: list[Fact], streams: list[Stream]) -> Episode:
        number = _number(entry)
        stated = entry.get("tasks")
        texts = [str(text) for text in stated] if isinstance(stated, list) else []
        text = texts[0] if texts else ""
        if rows.tasks is not None and len(rows.tasks):
            said.append(Fact("", "declared/task_index", int(rows.tasks[0]), self.by))
            text = self.tasks.get(int(rows.tasks[0]), text)
        segments = self._notes(rows, said)
        said += self._statistics(number)
        for name, value in entry.items():
            if name not in _KNOWN:
                said += label(name, value, self.by)
        if not any(fact.key == "outcome" for fact in said):
            said += success(streams, self.by)
        about = entry.get("volant")
        if isinstance(about, str):
            own = from_about(about, str(self.root))
            known = {(fact.key, fact.stream) for fact in said}
            kept = (fact for fact in own["said"] if (fact.key, fact.stream) not in known)
            return Episode(
                tuple(streams), own["origin"], own["task"] or short(text), own["instruction"] or text, own["scene"],
                own["segments"], own["tags"], (*said, *kept),
            )  # fmt: skip
        origin = Origin(uri=str(self.root), embodiment=self.info.robot)
        return Episode(tuple(streams), origin, short(text), text, segments=segments, said=tuple(said))

    def _notes(self, rows: Block, said: list[Fact]) -> tuple[Segment, ...]:
        """Annotation columns as labels or segments."""
        segments: list[Segment] = []
        for signal, x in rows.columns:
            if signal.name not in self.noted or x.dtype.kind not in "iu":
                continue
            words = [self.tasks.get(number, str(number)) for number in x.reshape(len(x), -1)[:, 0].tolist()]
            cut = segment_runs(words, rows.t.tolist(), "subtask")
            segments += cut
            if not cut and words:
                said.append(Fact("", f"label/{signal.name}", words[0], self.by))
        return tuple(segments)

    def _statistics(self, number: int) -> list[Fact]:
        raw = self.stats.get(number, {}).get("stats")
        said = []
        for feature in self.info.streams:
            entry = raw.get(feature.name) if isinstance(raw, dict) else None
            if not isinstance(entry, dict):
                continue
            for name in STATS:
                flat = statistics(entry[name]) if name in entry else None
                if flat is not None:
                    said.append(Fact("", f"declared/stats/{feature.name}/{name}", flat, self.by, None, feature.name))
        return said


def _absent(feature: Feature, why: str, by: str) -> Fact:
    return Fact("", "damage/missing-stream", why, by, None, feature.name)


def _number(row: Mapping[str, Any]) -> int:
    number = row.get("episode_index")
    if not isinstance(number, int) or number < 0:
        raise Damaged(f"A line of metadata has no episode number: {str(row)[:80]}.")
    return number


def _length(entry: Mapping[str, Any]) -> int | None:
    length = entry.get("length")
    return length if isinstance(length, int) else None
