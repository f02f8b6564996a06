"""Writing LeRobot v2.1: one parquet file and one mp4 per camera for each episode, packets copied."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..core import Episode, Writing, Written
from ..core.errors import Refused
from ..video import open_video
from . import _lerobot_stats as stats
from ._about import about
from ._landing import landing
from ._lerobot_files import CHUNK, Reel, huggingface
from ._lerobot_late import clocked
from ._lerobot_lay import Tally, declared, even, record
from ._lerobot_plan import Plan

__all__ = ["write"]

_DATA = "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet"
_VIDEO = "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4"
_STATS = ("min", "max", "mean", "std")


def write(episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
    """Write a whole set beside ``out`` and give it its name; rows equal frames in every file before that."""
    with landing(out) as root:
        (root / "meta").mkdir(parents=True)
        made: _Set | None = None
        with (
            (root / "meta" / "episodes.jsonl").open("w", encoding="utf-8") as lines,
            (root / "meta" / "episodes_stats.jsonl").open("w", encoding="utf-8") as numbers,
        ):
            for number, episode in enumerate(episodes):
                if made is None:
                    made = _Set(root, Plan.of(episode, how), (lines, numbers))
                made.add(episode, number)
                if how.progress is not None:
                    how.progress(number + 1)
        if made is None:
            raise Refused("There are no episodes to write.")
        made.close()
        files = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    return Written(made.count, made.frames, tuple(files), made.plan.declared())


class _Set:
    """One dataset being written."""

    def __init__(self, root: Path, plan: Plan, lines: tuple[TextIO, TextIO]) -> None:
        self.root, self.plan, self.lines = root, plan, lines
        self.cameras = [channel.key for channel in plan.channels if channel.mode == "video"]
        self.infos: dict[str, dict[str, Any]] = {}
        self.tally = Tally(plan)
        self.tasks: dict[str, int] = {}
        self.count = self.frames = 0
        self.clocked = False
        self.plain: list[Path] = []
        self.robot = plan.how.robot

    def add(self, episode: Episode, number: int) -> None:
        """Write one episode's files and lines of metadata."""
        laid = self.plan.lay(episode, number)
        how = self.plan.how
        subject = episode.id if how.facts or how.looks else ""
        text = episode.instruction or episode.task
        place = (number, self.tasks.setdefault(text, len(self.tasks)), self.frames)
        self.clocked = self.clocked or not even(laid.t, self.plan.fps)
        batch = record(self.plan, laid, place, self.clocked)
        chunk = number // CHUNK
        path = self.root / _DATA.format(episode_chunk=chunk, episode_index=number)
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_batches([batch]), path, compression="snappy", use_dictionary=False)
        if not self.clocked:
            self.plain.append(path)
        for key in self.cameras:
            reel = Reel(self.root, key, self.plan.fps, how.reencode, pattern=_video(chunk, key, number))
            reel.add(laid.pictures[key], number)
            reel.flush()
            self.infos.setdefault(key, reel.info)
            found = len(open_video(self.root / _video(chunk, key, number)))
            if found != laid.n:
                raise Refused(f"Episode {number}: {found} frames of {key!r} were written for {laid.n} rows.")
        found_, many = self.tally.add(laid, place, subject, self.clocked)
        own = tuple(fact for fact in episode.said if not fact.key.startswith("declared/"))
        facts = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in how.facts.get(subject, {}).items()
            if name not in ("episode_index", "tasks", "length", "volant")
        }
        line = {"episode_index": number, "tasks": [text], "length": laid.n, **facts}
        self._line(0, line | {"volant": about(replace(episode, said=own))})
        self._line(
            1, {"episode_index": number, "stats": {key: self._stats(key, found_[key], many[key]) for key in found_}}
        )
        self.robot = self.robot or episode.origin.embodiment or episode.origin.robot
        self.count, self.frames = number + 1, self.frames + laid.n

    def close(self) -> None:
        """Write what describes the whole; give every file the true clock where one needs it."""
        features = declared(self.plan, self.infos, self.clocked)
        if self.clocked:
            for path in self.plain:
                clocked(path, self.plan.fps, huggingface(features))
        fps = self.plan.fps
        info: dict[str, Any] = {
            "codebase_version": "v2.1",
            "robot_type": self.robot or None,
            "total_episodes": self.count,
            "total_frames": self.frames,
            "total_tasks": len(self.tasks),
            "total_videos": self.count * len(self.cameras),
            "total_chunks": (self.count + CHUNK - 1) // CHUNK,
            "chunks_size": CHUNK,
            "fps": int(fps) if float(fps).is_integer() else fps,
            "splits": {"train": f"0:{self.count}"},
            "data_path": _DATA,
            "video_path": _VIDEO if self.cameras else None,
            "features": features,
        }
        if self.plan.how.licence:
            info["license"] = self.plan.how.licence
        (self.root / "meta" / "info.json").write_text(json.dumps(info, indent=4), encoding="utf-8")
        rows = (json.dumps({"task_index": i, "task": text}) + "\n" for i, text in enumerate(self.tasks))
        (self.root / "meta" / "tasks.jsonl").write_text("".join(rows), encoding="utf-8")

    def _line(self, which: int, row: dict[str, Any]) -> None:
        self.lines[which].write(json.dumps(row) + "\n")

    def _stats(self, key: str, part: stats.Floats, many: int) -> dict[str, Any]:
        pictured = key in self.tally.counts
        made: dict[str, Any] = {}
        for name in _STATS:
            flat = np.nan_to_num(part[stats.NAMES.index(name)]).tolist()
            made[name] = [[[value]] for value in flat] if pictured else flat
        return made | {"count": [many]}


def _video(chunk: int, key: str, number: int) -> str:
    return _VIDEO.format(episode_chunk=chunk, video_key=key, episode_index=number)
