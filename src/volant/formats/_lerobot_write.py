"""Writing LeRobot v3.0: rows, pictures and metadata in one pass, statistics exact, proven before it has a name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..core import Episode, Value, Writing, Written
from ..core.errors import Refused
from ..core.stream import Array
from . import _lerobot_stats as stats
from ._about import about
from ._landing import landing
from ._lerobot import TRUE_CLOCK
from ._lerobot_files import (
    CHUNK,
    DATA_MB,
    VIDEO_MB,
    Reel,
    Rolling,
    chunks_of,
    huggingface,
    lists,
    pixel_lists,
)
from ._lerobot_late import clocked, write_tasks
from ._lerobot_lay import Tally, declared, even, record
from ._lerobot_plan import Laid, Plan
from ._lerobot_recap import Ledger
from ._lerobot_rows import column
from ._lerobot_validate import validate

__all__ = ["told", "write"]

_GROUP = 100
_RESERVED = ("stats/", "videos/", "data/", "meta/")


def write(episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
    """Write a whole set beside ``out``, prove it, and give it its name; nothing is left where anything fails."""
    with landing(out) as root:
        root.mkdir()
        made = _fill(root, episodes, how)
        count, frames = validate(root)
        if (count, frames) != (made.count, made.frames):
            raise Refused(f"{count} episodes of {frames} frames were proven, {made.count} of {made.frames} given.")
        files = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    return Written(count, frames, tuple(files), made.plan.declared())


def _fill(root: Path, episodes: Iterable[Episode], how: Writing) -> _Set:
    """Everything but the proof; no file stays open, however it ends."""
    made: _Set | None = None
    try:
        for number, episode in enumerate(episodes):
            if made is None:
                made = _Set(root, Plan.of(episode, how))
            made.add(episode, number)
            if how.progress is not None:
                how.progress(number + 1)
        if made is None:
            raise Refused("There are no episodes to write.")
        made.close()
        return made
    finally:
        if made is not None:
            made.data.close()
            made.meta.close()


def told(facts: Mapping[str, Mapping[str, Value]]) -> dict[str, str]:
    """The columns that facts become and their sort: bool, int, float, str or vector; mixed sorts become words."""
    sorts: dict[str, str] = {}
    for columns in facts.values():
        for name, value in columns.items():
            sort = "vector" if isinstance(value, tuple) else type(value).__name__
            known = sorts.setdefault(name, sort)
            if known != sort:
                sorts[name] = "float" if {known, sort} == {"int", "float"} else "str"
    if "outcome" in sorts:
        sorts.setdefault("success", "bool")
    return {
        f"fact.{name}" if name.startswith(_RESERVED) or name in _OWN else name: sorts[name] for name in sorted(sorts)
    }


_OWN = ("episode_index", "tasks", "length", "volant", "dataset_from_index", "dataset_to_index")
_ARROW = {
    "bool": pa.bool_(),
    "int": pa.int64(),
    "float": pa.float64(),
    "str": pa.string(),
    "vector": pa.list_(pa.float64()),
}


class _Set:
    """One dataset being written."""

    def __init__(self, root: Path, plan: Plan) -> None:
        self.root, self.plan, self.how = root, plan, plan.how
        self.data = Rolling(root / "data", DATA_MB << 20)
        self.meta = Rolling(root / "meta" / "episodes", DATA_MB << 20)
        self.reels = {c.key: Reel(root, c.key, plan.fps, self.how.reencode) for c in plan.channels if c.mode == "video"}
        self.tally = Tally(plan)
        self.tasks: dict[str, int] = {}
        self.extra = told(self.how.facts)
        self.pending: list[dict[str, Any]] = []
        self.ledger = Ledger()
        self.count = self.frames = 0
        self.clocked = False
        self.plain: list[Path] = []
        self.robot = self.how.robot
        self._known: tuple[bool, dict[bytes, bytes]] | None = None
        self.named = bool(self.how.facts or self.how.looks)

    def features(self) -> dict[str, dict[str, Any]]:
        """The ``features`` of ``info.json`` as they stand."""
        return declared(self.plan, {key: reel.info for key, reel in self.reels.items()}, self.clocked)

    def add(self, episode: Episode, number: int) -> None:
        """Write one episode's rows and remember its metadata."""
        laid = self.plan.lay(episode, number)
        subject = episode.id if self.named else ""
        facts = dict(self.how.facts.get(subject, {}))
        text = episode.instruction or episode.task
        task = self.tasks.setdefault(text, len(self.tasks))
        row: dict[str, Any] = {"episode_index": number, "tasks": [text], "length": laid.n}
        row["dataset_from_index"], row["dataset_to_index"] = self.frames, self.frames + laid.n
        place = self._rows(laid, number, task)
        row["data/chunk_index"], row["data/file_index"] = place
        for key, reel in self.reels.items():
            for name, value in reel.add(laid.pictures[key], number).items():
                row[f"videos/{key}/{name}"] = value
        row["stats"], row["counts"] = self.tally.add(laid, (number, task, self.frames), subject, self.clocked)
        outcome = facts.get("outcome") or next((f.value for f in episode.said if f.key == "outcome"), None)
        if "outcome" in self.extra:
            facts.setdefault("success", facts.get("outcome") in ("success", "recovered"))
        row |= {name: facts.get(name.removeprefix("fact.")) for name in self.extra}
        own = tuple(fact for fact in episode.said if not fact.key.startswith("declared/"))
        row["volant"] = about(replace(episode, said=own))
        self.ledger.add(number, laid.n, str(outcome or ""), text)
        self.robot = self.robot or episode.origin.embodiment or episode.origin.robot
        self.pending.append(row)
        self.count, self.frames = number + 1, self.frames + laid.n
        if len(self.pending) >= _GROUP:
            self._flush()

    def close(self) -> None:
        """Finish every file and write what describes the whole."""
        self._flush()
        self.data.close()
        self.meta.close()
        for reel in self.reels.values():
            reel.flush()
        if self.clocked:
            for path in self.plain:
                clocked(path, self.plan.fps, huggingface(self.features()))
        whole = self.root / "meta"
        (whole / "info.json").write_text(json.dumps(self._info(), indent=4), encoding="utf-8")
        (whole / "stats.json").write_text(json.dumps(self._whole(), indent=4), encoding="utf-8")
        write_tasks(whole / "tasks.parquet", list(self.tasks))
        self.ledger.write(whole)

    def _rows(self, laid: Laid, number: int, task: int) -> tuple[int, int]:
        if not self.clocked and not even(laid.t, self.plan.fps):
            self._flush()
            self.data.close()
            self.meta.close()
            self.plain, self.clocked = [*self.data.written, *self.meta.written], True
        batch = record(self.plan, laid, (number, task, self.frames), self.clocked)
        if self._known is None or self._known[0] is not self.clocked:
            self._known = (self.clocked, huggingface(self.features()))
        batch = batch.replace_schema_metadata(self._known[1])
        place = self.data.ready(batch.schema, laid.n)
        self.data.put(pa.Table.from_batches([batch]))
        return place

    def _flush(self) -> None:
        """Write the metadata of the gathered episodes as one row group."""
        rows, self.pending = self.pending, []
        if not rows:
            return
        plain = [name for name in rows[0] if name not in ("stats", "counts", *self.extra)]
        made: dict[str, pa.Array] = {name: pa.array([row[name] for row in rows]) for name in plain}
        for name, sort in self.extra.items():
            made[name] = pa.array([_as(row[name], sort) for row in rows], _ARROW[sort])
        for key in rows[0]["stats"]:
            shaped = pixel_lists if key in self.tally.counts else lists
            for i, name in enumerate(stats.NAMES):
                made[f"stats/{key}/{name}"] = shaped([row["stats"][key][i] for row in rows])
            made[f"stats/{key}/count"] = pa.array([[row["counts"][key]] for row in rows])
        places = ["meta/episodes/chunk_index", "meta/episodes/file_index"]
        schema = pa.schema([*((name, array.type) for name, array in made.items()), *((n, pa.int64()) for n in places)])
        place = self.meta.ready(schema, len(rows))
        values = [*made.values(), *(pa.array([part] * len(rows), pa.int64()) for part in place)]
        self.meta.put(pa.Table.from_arrays(values, schema=schema))

    def _whole(self) -> dict[str, Any]:
        """``stats.json``: quantiles are those of all values, not averages over episodes; 0 where nothing is finite."""
        made: dict[str, Any] = {}
        for key in self.features():
            if key in self.tally.counts:
                part, many = stats.of_counts(self.tally.counts[key]), self.tally.sampled[key]
            elif key in self.tally.totals:
                part, many = self._total(key), self.frames
            else:
                continue
            part = np.nan_to_num(part, posinf=0.0, neginf=0.0)
            made[key] = {
                name: [[[v]] for v in part[i].tolist()] if key in self.tally.counts else part[i].tolist()
                for i, name in enumerate(stats.NAMES)
            }
            made[key]["count"] = [many]
        return made

    def _total(self, key: str) -> npt.NDArray[np.float64]:
        if key == "index":
            return stats.ramp(self.frames, 0, 1)
        total = self.tally.totals[key]
        total.settle()
        width = len(total.low)
        if key == TRUE_CLOCK:
            total = stats.Total()
            for chunk in self._chunks(key, 1):
                total.add(stats.of_rows(chunk), len(chunk))
        quantiles = stats.exact_quantiles(partial(self._chunks, key, width), self.frames, width)
        return total.names(quantiles)

    def _chunks(self, key: str, width: int) -> Iterator[Array]:
        for part in chunks_of(self.data.written, key):
            yield column(part, key, (width,))

    def _info(self) -> dict[str, Any]:
        fps = self.plan.fps
        made: dict[str, Any] = {
            "codebase_version": "v3.0",
            "robot_type": self.robot or None,
            "total_episodes": self.count,
            "total_frames": self.frames,
            "total_tasks": len(self.tasks),
            "chunks_size": CHUNK,
            "data_files_size_in_mb": DATA_MB,
            "video_files_size_in_mb": VIDEO_MB,
            "fps": int(fps) if float(fps).is_integer() else fps,
            "splits": {"train": f"0:{self.count}"},
            "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
            "video_path": "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
            if self.reels
            else None,
            "features": self.features(),
        }
        if self.how.licence:
            made["license"] = self.how.licence
        return made


def _as(value: Any, sort: str) -> Any:
    if value is None:
        return None
    if sort == "str":
        return value if isinstance(value, str) else json.dumps(value)
    return float(value) if sort == "float" else list(value) if sort == "vector" else value
