"""Tables of what people do in videos: EPIC-like CSV (verb, noun, narration) and Ego4D-like JSON, row by row."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.errors import Damaged, Hostile

__all__ = ["Narrated", "is_annotation", "narrated"]

_SMALL = 1 << 28
_MOST = 2_000_000
_DEEPEST = 32
_VIDEO = ("video_id", "video_uid", "video", "video_name", "filename", "file", "clip_uid")
_START = (
    "start_timestamp",
    "start_sec",
    "start_time",
    "start_seconds",
    "start",
    "video_start_sec",
    "begin",
    "begin_sec",
)
_STOP = (
    "stop_timestamp",
    "end_timestamp",
    "end_sec",
    "stop_sec",
    "end_time",
    "stop_time",
    "stop",
    "end",
    "video_end_sec",
)
_POINT = ("timestamp_sec", "narration_timestamp_sec", "video_start_sec")
_WORDS = (
    "narration",
    "narration_text",
    "label",
    "action",
    "description",
    "sentence",
    "summary_text",
    "text",
    "caption",
)
_WHO = ("participant_id", "participant", "subject_id", "user_id")
_PLAIN = ("videos", "annotations", "clips", "data", "database", "segments", "actions", "narrations", "results")
_TIME = re.compile(r"^(?:(\d{1,4}):)?(\d{1,3}):(\d{1,2}(?:\.\d*)?)$")


@dataclass(frozen=True, slots=True)
class Narrated:
    """One row: which video, from when to when in nanoseconds (``stop`` is ``None`` for a moment), and what is done.

    ``frames`` are first and last frame where only those are given. ``flaw`` says what is wrong with the row.
    """

    video: str
    start: int = 0
    stop: int | None = None
    label: str = ""
    level: str = "subtask"
    who: str = ""
    frames: tuple[int, int] | None = None
    flaw: str = ""


def is_annotation(path: Path) -> bool:
    """Whether the start of a file looks like a table of actions in videos."""
    if path.suffix.lower() not in (".json", ".csv", ".tsv"):
        return False
    try:
        with path.open("rb") as file:
            head = file.read(1 << 16).decode("utf-8", "replace").lower()
    except OSError:
        return False
    if path.suffix.lower() == ".json":
        return (
            (
                _named(head, _VIDEO)
                and _named(head, (*_START, *_POINT))
                and _named(head, (*_WORDS, "verb", "structured_verb"))
            )
            or ('"narration' in head and '"videos"' in head)
            or ('"segment"' in head and '"database"' in head)
        )
    names = {name.strip().strip('"') for name in re.split(r"[,\t;]", head.splitlines()[0])} if head.strip() else set()
    timed = (names.intersection(_START) and names.intersection(_STOP)) or {"start_frame", "stop_frame"} <= names
    worded = names.intersection((*_WORDS, "verb"))
    return bool(timed and worded)


def _named(head: str, keys: tuple[str, ...]) -> bool:
    return any(f'"{key}"' in head for key in keys)


def narrated(path: Path) -> Iterator[Narrated]:
    """The rows of a table. Raises ``Damaged`` where it is no CSV or JSON, ``Hostile`` where it is absurdly large."""
    try:
        if path.stat().st_size > _SMALL:
            raise Hostile(f"{path}: {path.stat().st_size} bytes are too many for annotations.")
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise Damaged(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise Damaged(f"{path}: is no UTF-8 text.") from error
    if path.suffix.lower() == ".json":
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Damaged(f"{path}: is no readable JSON ({error}).") from error
        for count, found in enumerate(_walk(raw, _Context(), 0)):
            if count > _MOST:
                raise Hostile(f"{path}: more than {_MOST} annotations.")
            yield found
        return
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    try:
        for line, row in enumerate(csv.DictReader(text.splitlines(), delimiter=delimiter), 2):
            plain = {str(key).strip().lower(): value for key, value in row.items() if key is not None}
            yield _row(plain, _Context(), f"{path.name} line {line}")
    except csv.Error as error:
        raise Damaged(f"{path}: cannot be read as separated values ({error}).") from error


@dataclass(frozen=True, slots=True)
class _Context:
    video: str = ""
    who: str = ""
    level: str = ""


def _walk(node: Any, around: _Context, depth: int) -> Iterator[Narrated]:
    """Every object with times in a tree of JSON; the nearest video named above it is its own."""
    if depth > _DEEPEST:
        return
    if isinstance(node, list):
        for child in node:
            yield from _walk(child, around, depth + 1)
        return
    if not isinstance(node, Mapping):
        return
    video = _first(node, _VIDEO) or around.video
    inside = _Context(video, _first(node, _WHO) or around.who, around.level)
    segment = node.get("segment")
    if isinstance(segment, list) and len(segment) == 2:
        node = {**node, "start_sec": segment[0], "end_sec": segment[1]}
    timed = any(key in node for key in _START) and any(key in node for key in _STOP)
    worded = any(isinstance(node.get(key), str) and node[key] for key in (*_WORDS, "verb", "structured_verb"))
    if worded and (timed or any(key in node for key in _POINT)):
        yield _row(node, inside, "JSON")
    for key, child in node.items():
        if isinstance(child, list | Mapping):
            level = "task" if "summar" in str(key) else inside.level
            own = str(key) if _keyed(str(key), child, inside) else inside.video
            yield from _walk(child, _Context(own, inside.who, level), depth + 1)


def _keyed(key: str, child: Any, around: _Context) -> bool:
    """Whether an object's key may be a video's name: nothing above or inside it names one."""
    named = isinstance(child, Mapping) and any(word in child for word in (*_VIDEO, "videos"))
    return not around.video and key not in _PLAIN and not named


def _first(row: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next((str(row[key]) for key in keys if isinstance(row.get(key), str | int) and row[key] != ""), "")


def _row(row: Mapping[str, Any], around: _Context, where: str) -> Narrated:
    video = _first(row, _VIDEO) or around.video
    who = _first(row, _WHO) or around.who
    verb = _first(row, ("verb", "structured_verb"))
    noun = _first(row, ("noun", "structured_noun"))
    label = _first(row, _WORDS) or " ".join(part for part in (verb, noun) if part)
    level = around.level or ("skill" if verb else "subtask")
    start, stop = _time(row, _START), _time(row, _STOP)
    if start is None and stop is None:
        point = _time(row, _POINT)
        if point is not None:
            return Narrated(video, point, None, label, level, who)
        frames = _frames(row)
        if frames is not None:
            return Narrated(video, label=label, level=level, who=who, frames=frames)
    if start is None or stop is None:
        return Narrated(video, flaw=f"{where}: no times that can be read")
    if stop < start:
        return Narrated(video, flaw=f"{where}: stops before it starts")
    return Narrated(video, start, stop, label, level, who)


def _frames(row: Mapping[str, Any]) -> tuple[int, int] | None:
    try:
        first, last = int(str(row["start_frame"])), int(str(row.get("stop_frame", row.get("end_frame"))))
    except (KeyError, ValueError):
        return None
    return (first, last) if 0 <= first <= last < 1 << 40 else None


def _time(row: Mapping[str, Any], keys: tuple[str, ...]) -> int | None:
    """Nanoseconds of ``HH:MM:SS.ss`` or seconds; ``None`` where neither is there."""
    for key in keys:
        raw = row.get(key)
        if raw is None or isinstance(raw, bool) or raw == "":
            continue
        match = _TIME.match(str(raw).strip())
        try:
            seconds = (
                float(str(raw)) if match is None else int(match[1] or 0) * 3600 + int(match[2]) * 60 + float(match[3])
            )
        except ValueError:
            continue
        if 0 <= seconds < 1e9:
            return round(seconds * 1e9)
    return None
