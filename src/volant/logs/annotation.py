"""What a person wrote down beside a log: from when to when, which task, how it ended."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core import OUTCOMES, Span
from ..core.errors import BadValue, Damaged, Hostile, NotFound, suggest

__all__ = ["Note", "read_notes"]

_MOST_BYTES = 256 << 20
_KNOWN = ("start", "stop", "start_ns", "stop_ns", "task", "outcome", "label")
_RENAMED = {"end": "stop", "start_s": "start", "stop_s": "stop", "start_time": "start", "end_time": "stop"}


@dataclass(frozen=True, slots=True)
class Note:
    """One annotated stretch: half-open nanoseconds on the log's clock, and what was said of it."""

    start: int
    stop: int
    task: str = ""
    outcome: str = ""
    label: str = ""


def read_notes(path: Path, span: Span) -> list[Note]:
    """The rows of an annotation file, in order of their start.

    CSV with a header line, or JSON: a list of objects (or an object with the list under ``episodes``). Columns
    ``start`` and ``stop`` are seconds: below 100 million they count from the log's first sample, above it since 1970;
    whole numbers above 10^14 are nanoseconds since 1970. ``start_ns`` and ``stop_ns`` are nanoseconds on the log's
    own clock. ``task``, ``outcome`` and ``label`` may be there. Raises ``NotFound``, ``Damaged``, ``BadValue``.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise Hostile(f"{path} is too large for an annotation file.", instead=f"{path.stat().st_size} bytes.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise NotFound(f"No annotation file at {path}.") from error
    except UnicodeDecodeError as error:
        raise Damaged(f"{path} is no text: {error.reason}.") from error
    rows = _json_rows(path, text) if path.suffix.lower() == ".json" else _csv_rows(path, text)
    notes = [_note(path, i, row, span) for i, row in enumerate(rows)]
    if not notes:
        raise BadValue(f"{path} annotates no episode.", do="Write rows with start and stop.")
    return sorted(notes, key=lambda note: (note.start, note.stop))


def _csv_rows(path: Path, text: str) -> list[Mapping[str, object]]:
    try:
        reader = csv.DictReader(text.splitlines(), strict=True)
        rows: list[Mapping[str, object]] = [dict(row) for row in reader]
    except csv.Error as error:
        raise Damaged(f"{path} cannot be read as CSV: {error}.") from error
    return rows


def _json_rows(path: Path, text: str) -> list[Mapping[str, object]]:
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{path} cannot be read as JSON: {error}.") from error
    if isinstance(raw, dict):
        raw = raw.get("episodes")
    if not isinstance(raw, list) or not all(isinstance(row, dict) for row in raw):
        raise BadValue(f"{path} is no list of annotations.", do='Write [{"start": 0.0, "stop": 4.2}, ...].')
    return raw


def _note(path: Path, i: int, row: Mapping[str, object], span: Span) -> Note:
    named = {_RENAMED.get(str(key).strip().lower(), str(key).strip().lower()): value for key, value in row.items()}
    where = f"{path.name}, row {i + 1}"
    start = _edge(named, "start", span, where)
    stop = _edge(named, "stop", span, where)
    if stop <= start:
        raise BadValue(f"{where}: the episode stops before it starts.")
    outcome = str(named.get("outcome") or "").strip()
    if outcome and outcome not in OUTCOMES:
        raise BadValue(f"{where}: no outcome is called {outcome!r}.", instead=suggest(outcome, OUTCOMES))
    words = (str(named.get(key) or "").strip() for key in ("task", "label"))
    task, label = words
    return Note(start, stop, task, outcome, label)


def _edge(row: Mapping[str, object], key: str, span: Span, where: str) -> int:
    exact = row.get(f"{key}_ns")
    given = exact if exact not in (None, "") else row.get(key)
    if given in (None, ""):
        raise BadValue(f"{where}: no {key!r}.", instead=f"Columns are {', '.join(sorted(row))}; known: {_KNOWN}.")
    try:
        text = str(given).strip()
        whole = int(text) if text.lstrip("+-").isdigit() else None
        if exact not in (None, ""):
            return int(text)
        if whole is not None and abs(whole) > 10**14:
            return whole
        seconds = float(text)
        ns = round(seconds * 1e9)
    except (ValueError, OverflowError) as error:
        raise BadValue(f"{where}: {key} is {given!r}, which is no time.") from error
    if abs(ns) >= 1 << 63:
        raise BadValue(f"{where}: {key} is {given!r}, which is out of range.")
    return ns if seconds >= 1e8 else span.start + ns
