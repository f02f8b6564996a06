"""The AgiBot World tree: words in ``task_info``, bodies in ``proprio_stats``, pictures in ``observations``.

``task_info/task_<id>.json`` lists episodes with ``action_config`` segments; ``proprio_stats/<task>/<episode>/
proprio_stats.h5`` holds ``timestamp`` (ns), ``state/*`` and ``action/*``; ``observations/<task>/<episode>/{videos,
depth}`` holds one file a camera and one PNG a depth frame. Units are those of the data set's documentation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core import (
    OUTCOMES,
    UNKNOWN,
    Bid,
    Episode,
    Fact,
    Kind,
    Origin,
    Reading,
    Segment,
    Signal,
    Span,
    Stream,
    Writing,
    Written,
)
from ..core.errors import Damaged, Hostile, NotFound, Refused, VolantError
from ..core.stream import Array, Times
from ._agibot_media import media
from ._h5 import datasets, numbers, opened
from ._landing import chosen
from ._rows import index_clock, said

__all__ = ["AgiBot"]

_BY = "formats/agibot@1"
_TASK = re.compile(r"^task(?:_info)?_(?P<id>[A-Za-z0-9]+)\.json$")
_PLAIN = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
_SMALL = 1 << 28
_UNITS = (
    (r"joint\.position$", "rad"),
    (r"joint\.velocity$", "rad/s"),
    (r"end\.position$", "m"),
    (r"(end|robot)\.orientation$", "1"),
    (r"robot\.position$", "m"),
    (r"head\.position$", "rad"),
)
_KINDS = (
    (r"^action\.", Kind.ACTION),
    (r"effector\.force$", Kind.WRENCH),
    (r"effector\.", Kind.GRIPPER),
    (r"(end|robot)\.(position|orientation|pose)$", Kind.POSE),
    (r"\.(velocity|angular)$", Kind.VELOCITY),
    (r"\.(effort|current_value|torque)$", Kind.EFFORT),
    (r"(joint|head|waist)\.position$", Kind.JOINT),
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One episode as its task file lists it."""

    task: str
    episode: str
    words: Mapping[str, Any]
    listed: bool = True


class AgiBot:
    """AgiBot World, Alpha, Beta and 2026."""

    name = "agibot"
    version = "1"
    writes = False
    loses = ("only read",)

    def bid(self, path: Path) -> Bid:
        """Claims the root of the tree, and a task file inside it."""
        root = _root(path)
        if root is None:
            return Bid(0.0, "no task_info beside proprio_stats or observations")
        return Bid(0.95, "task_info beside proprio_stats and observations")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """Episodes task by task. Raises ``Damaged`` where not one can be read."""
        return chosen(self._all(path), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused: this layout belongs to one robot."""
        raise Refused("The AgiBot World tree is only read.", do="Publish as 'lerobot'.")

    def _all(self, path: Path) -> Iterator[Episode]:
        root = _root(path)
        if root is None:
            raise NotFound(f"{path}: there is no task_info folder beside proprio_stats or observations.")
        made, troubles = 0, list[str]()
        for entry in _entries(root, path, troubles):
            try:
                episode = _episode(root, entry)
            except VolantError as error:
                troubles.append(f"task {entry.task}, episode {entry.episode}: {error}")
                continue
            made += 1
            yield episode.saying(said(_BY, [("damage/task_info", trouble) for trouble in troubles]))
            troubles = []
        if not made:
            raise Damaged(f"{path}: no episode could be read: {'; '.join(troubles[:3]) or 'none is listed'}.")


def _root(path: Path) -> Path | None:
    root = path.parent.parent if path.is_file() and _TASK.match(path.name) else path
    if not (root / "task_info").is_dir():
        return None
    return root if (root / "proprio_stats").is_dir() or (root / "observations").is_dir() else None


def _entries(root: Path, path: Path, troubles: list[str]) -> Iterator[_Entry]:
    """Listed episodes in the order of their files, then those that lie there unlisted."""
    files = [path] if path.is_file() else sorted((root / "task_info").glob("*.json"))
    for file in files:
        match = _TASK.match(file.name)
        if match is None:
            continue
        task = match["id"]
        try:
            listed = _listed(file)
        except VolantError as error:
            troubles.append(str(error))
            listed = []
        seen: set[str] = set()
        for words in listed:
            name = str(words.get("episode_id", ""))
            if not _PLAIN.match(name) or name in seen:
                troubles.append(f"{file.name}: episode_id {name!r} is no name of its own")
                continue
            seen.add(name)
            yield _Entry(task, name, words)
        there = root / "proprio_stats" / task
        for folder in sorted(there.iterdir()) if there.is_dir() else ():
            if folder.name not in seen and folder.is_dir() and _PLAIN.match(folder.name):
                yield _Entry(task, folder.name, {}, False)


def _listed(file: Path) -> list[Mapping[str, Any]]:
    try:
        if file.stat().st_size > _SMALL:
            raise Hostile(f"{file}: {file.stat().st_size} bytes are too many for a list of episodes.")
        raw = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise Damaged(f"{file}: is no readable JSON ({error}).") from error
    rows = raw if isinstance(raw, list) else [raw]
    return [row for row in rows if isinstance(row, Mapping)]


def _episode(root: Path, entry: _Entry) -> Episode:
    facts: list[Fact] = []
    body = root / "proprio_stats" / entry.task / entry.episode / "proprio_stats.h5"
    streams, times = _body(body, facts) if body.is_file() else ([], None)
    if not body.is_file():
        facts.append(Fact("", "damage/missing_files", "proprio_stats.h5 is not there", _BY))
    pictures, told = media(root / "observations" / entry.task / entry.episode, times)
    facts.extend(said(_BY, told))
    streams.extend(pictures)
    if not streams:
        raise Damaged("neither its body nor its pictures can be read.")
    clock = times if times is not None else max((stream.t for stream in streams), key=len)
    if not entry.listed:
        facts.append(Fact("", "damage/task_info", f"task_{entry.task}.json does not list it", _BY))
    words = entry.words
    segments = _segments(words, clock, facts)
    for key, value in words.items():
        if key in ("error_cause", "restorable", "outcome", "success"):
            facts.extend(_ending(key, value, None))
        elif isinstance(value, bool | int | float) and key != "task_id":
            facts.append(Fact("", f"label/{key}", value, _BY))
    facts.append(Fact("", "declared/length", len(clock), _BY))
    task = str(words.get("task_name") or "")
    start = int(clock[0]) if len(clock) and int(clock[0]) > 10**17 else 0
    origin = Origin(uri=f"{root}#{entry.task}/{entry.episode}", recorded_at=start)
    scene = str(words.get("init_scene_text") or "")
    return Episode(tuple(streams), origin, task, task, scene, tuple(segments), said=tuple(facts))


def _ending(key: str, value: object, span: Span | None) -> Iterator[Fact]:
    """How the task ended, in the fixed keys; empty words say nothing."""
    if key == "success" and isinstance(value, bool | int):
        yield Fact("", "outcome", "success" if value else "failure", _BY, span)
    elif key == "outcome" and isinstance(value, str) and value.lower() in OUTCOMES:
        yield Fact("", "outcome", value.lower(), _BY, span)
    elif key == "error_cause" and isinstance(value, str) and value.strip():
        yield Fact("", "error_cause", value.strip(), _BY, span)
    elif key == "restorable" and isinstance(value, bool | int):
        yield Fact("", "restorable", bool(value), _BY, span)


def _segments(words: Mapping[str, Any], t: Times, facts: list[Fact]) -> list[Segment]:
    """``action_config``: frames from start up to end, its words as subtask and its skill beside them."""
    label = words.get("label_info") or words.get("lable_info") or {}
    rows = label.get("action_config") if isinstance(label, Mapping) else None
    segments: list[Segment] = []
    wrong: list[str] = []
    for row in rows if isinstance(rows, list) else []:
        first, last = (row.get("start_frame"), row.get("end_frame")) if isinstance(row, Mapping) else (None, None)
        if not (isinstance(first, int) and isinstance(last, int) and 0 <= first <= last and first < len(t)):
            wrong.append(f"frames {first} to {last} of {len(t)}")
            continue
        if last > len(t):
            wrong.append(f"frames {first} to {last} of {len(t)}")
        stop = int(t[last]) if last < len(t) else int(t[-1]) + 1
        span = Span(int(t[first]), max(int(t[first]), stop))
        if row.get("action_text"):
            segments.append(Segment(span, str(row["action_text"]), "subtask"))
        if row.get("skill"):
            segments.append(Segment(span, str(row["skill"]), "skill"))
        for key in ("error_cause", "restorable", "outcome"):
            facts.extend(_ending(key, row.get(key), span))
    if wrong:
        facts.append(Fact("", "damage/segments", f"action_config names {'; '.join(wrong[:10])}", _BY))
    return segments


def _body(path: Path, facts: list[Fact]) -> tuple[list[Stream], Times | None]:
    """Every state and action of the body file on its timestamps."""
    streams: list[Stream] = []
    with opened(path) as file:
        found = dict(datasets(file))
        times = _times(numbers(found["timestamp"])) if "timestamp" in found else None
        rows = [len(item) for name, item in found.items() if name.startswith("state/") and item.shape]
        if times is None:
            times = index_clock(max(rows, default=0))
            facts.append(Fact("", "declared/clock", "index", _BY))
        for name, item in found.items():
            if not name.startswith(("state/", "action/")) or not item.shape or not item.shape[0]:
                continue
            plain = name.replace("/", ".")
            try:
                made = _stream(plain, numbers(item), times, found.get(name.rpartition("/")[0] + "/index"))
            except VolantError as error:
                facts.append(Fact("", "damage/dataset", str(error), _BY, stream=plain))
                continue
            streams.append(made)
    return streams, times


def _times(raw: Array) -> Times:
    """``timestamp`` as ns: whole numbers are nanoseconds, floating ones (simulation) seconds."""
    flat = raw.reshape(-1)
    if flat.dtype.kind in "iu":
        return flat.astype(np.int64)
    if flat.dtype.kind != "f" or not np.isfinite(flat).all() or (np.abs(flat) > 9e9).any():
        raise Damaged("its timestamps are no times.")
    return np.rint(flat.astype(np.float64) * 1e9).astype(np.int64)


def _stream(name: str, x: Array, times: Times, index: Any) -> Stream:
    if name.endswith(".index"):
        rows = _places(x, len(times))
        if rows is None:
            raise Damaged(f"{name} points outside the {len(times)} rows.")
        active = np.zeros(len(times), bool)
        active[rows] = True
        return Stream(Signal(name.removesuffix("index") + "active", Kind.FLAG, (), "bool", "1"), times, active)
    if x.dtype.kind not in "fiub":
        raise Damaged(f"{name} holds no numbers.")
    clock = times
    if len(x) != len(times):
        places = _places(numbers(index), len(times)) if index is not None else None
        if places is None or len(places) != len(x):
            raise Damaged(f"{name} has {len(x)} rows, the recording {len(times)}.")
        clock = times[places]
    unit = next((unit for pattern, unit in _UNITS if re.search(pattern, name)), UNKNOWN)
    kind = next((kind for pattern, kind in _KINDS if re.search(pattern, name)), Kind.STATE)
    dims = _dims(name, x.shape[1:])
    return Stream(Signal(name, kind, x.shape[1:], str(x.dtype), unit, dims=dims), clock, x)


def _places(raw: Array, count: int) -> Times | None:
    """Row numbers inside the recording, ``None`` where they are not."""
    if raw.dtype.kind not in "iu":
        return None
    rows = raw.reshape(-1).astype(np.int64)
    return rows if bool(((rows >= 0) & (rows < count)).all()) else None


def _dims(name: str, shape: tuple[int, ...]) -> tuple[str, ...]:
    if ".joint." in name and shape == (14,):
        return tuple(f"{side}_joint_{at}" for side in ("left", "right") for at in range(7))
    if ".end." in name and shape in ((2, 3), (2, 4)):
        return tuple(f"{side}_{axis}" for side in ("left", "right") for axis in "xyzw"[: shape[1]])
    return ()
