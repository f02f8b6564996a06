"""What a person says of a log's streams: their names, kinds, units, frames, rates, and which to leave out."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from ..core import Episode, Kind, Signal, Stream
from ..core.errors import BadValue, Damaged, NotFound, suggest

__all__ = ["apply_mapping", "map_streams", "read_mapping"]

Rule = Mapping[str, object]
Rules = Mapping[str, tuple[Rule, ...]]

_LARGEST = 1 << 20
_WORDS = ("name", "kind", "unit", "frame", "hz", "dims", "fields", "drop", "optional")


def apply_mapping(episode: Episode, path: Path | None) -> Episode:
    """The episode as a mapping file describes it; the same where there is none.

    ``keep = "listed"`` leaves out every stream that is not named (default ``"all"``); ``task`` names the task. Each
    ``[signals."NAME"]`` speaks of the stream NAME (or of all streams below the topic NAME where it only says
    ``drop = true``): ``name``, ``kind``, ``unit``, ``frame``, ``hz``, ``dims``, ``fields`` (dimension names or places
    to keep, in that order), ``drop``, ``optional`` (no error where the stream is absent). Written as
    ``[[signals."NAME"]]`` one stream becomes several. Raises ``BadValue``, ``NotFound`` with near names.
    """
    if path is None:
        return episode
    task, keep, rules = read_mapping(path)
    made = replace(episode, streams=map_streams(episode.streams, rules, keep, path.name))
    return replace(made, task=task) if task else made


def read_mapping(path: Path) -> tuple[str, str, Rules]:
    """Task, ``keep`` and the rules per stream of a mapping file, validated."""
    try:
        with path.open("rb") as file:
            raw = tomllib.loads(file.read(_LARGEST).decode())
    except OSError as error:
        raise NotFound(f"No mapping file at {path}.") from error
    except (ValueError, RecursionError) as error:
        raise Damaged(f"{path} is no TOML: {error}.") from error
    for key in raw:
        if key not in ("task", "keep", "signals"):
            raise BadValue(f"{path.name}: {key!r} is unknown.", instead=suggest(key, ("task", "keep", "signals")))
    keep, task = raw.get("keep", "all"), raw.get("task", "")
    if keep not in ("all", "listed") or not isinstance(task, str):
        raise BadValue(f"{path.name}: keep is {keep!r}, task {task!r}.", instead="keep is 'all' or 'listed'.")
    signals = raw.get("signals", {})
    if not isinstance(signals, dict):
        raise BadValue(f"{path.name}: 'signals' is no table.", do='Write [signals."/topic"].')
    rules: dict[str, tuple[Rule, ...]] = {}
    for name, given in signals.items():
        rows = given if isinstance(given, list) else [given]
        if not all(isinstance(row, dict) for row in rows):
            raise BadValue(f"{path.name}: signals.{name!r} is no table.")
        for row in rows:
            _validate(f'{path.name}, signals."{name}"', row)
        rules[name] = tuple(rows)
    return task, keep, rules


def _validate(where: str, row: Rule) -> None:
    for key, value in row.items():
        if key not in _WORDS:
            raise BadValue(f"{where}: {key!r} is unknown.", instead=suggest(key, _WORDS))
        expected: type | tuple[type, ...] = str
        if key in ("drop", "optional"):
            expected = bool
        elif key == "hz":
            expected = (int, float)
        elif key in ("dims", "fields"):
            expected = list
        if not isinstance(value, expected) or (key == "hz" and isinstance(value, bool)):
            raise BadValue(f"{where}: {key} is {value!r}.")
    kind = row.get("kind")
    if kind is not None and kind not in set(Kind):
        raise BadValue(f"{where}: no kind is called {kind!r}.", instead=suggest(str(kind), (str(k) for k in Kind)))


def map_streams(streams: tuple[Stream, ...], rules: Rules, keep: str, where: str) -> tuple[Stream, ...]:
    """The streams as the rules describe them, in their order."""
    names = [stream.name for stream in streams]
    dropped: set[str] = set()
    for name, rows in rules.items():
        below = [other for other in names if other == name or other.startswith(name.rstrip("/") + "/")]
        if all(row.get("drop") for row in rows):
            dropped.update(below)
        elif name not in names:
            below = []
        if not below and not all(row.get("optional") for row in rows):
            raise NotFound(f"{where}: no stream {name!r} in the recording.", instead=suggest(name, names))
    made: list[Stream] = []
    for stream in streams:
        if stream.name in dropped:
            continue
        if stream.name in rules:
            made.extend(_mapped(stream, row, where) for row in rules[stream.name] if not row.get("drop"))
        elif keep == "all":
            made.append(stream)
    return tuple(made)


def _mapped(stream: Stream, row: Rule, where: str) -> Stream:
    signal, x = stream.signal, stream.x
    if "fields" in row:
        if not isinstance(x, np.ndarray) or len(signal.shape) != 1:
            raise BadValue(f"{where}: {stream.name!r} is no vector to choose fields from.")
        picks = [_place(signal, field, where) for field in cast("list[object]", row["fields"])]
        x = x[:, picks]
        dims = tuple(signal.dims[i] for i in picks) if signal.dims else ()
        signal = replace(signal, shape=(len(picks),), dims=dims)
    dims = tuple(str(dim) for dim in cast("list[object]", row["dims"])) if "dims" in row else signal.dims
    hz = float(cast(float, row["hz"])) if "hz" in row else signal.hz
    words = {key: str(row[key]) for key in ("name", "unit", "frame") if key in row}
    kind = Kind(str(row["kind"])) if "kind" in row else signal.kind
    if kind.visual != signal.kind.visual or (kind.textual and signal.dtype != "str"):
        raise BadValue(f"{where}: {stream.name!r} is {signal.kind} and cannot become {kind}.")
    return Stream(
        Signal(
            words.get("name", signal.name), kind, signal.shape, signal.dtype,
            words.get("unit", signal.unit), words.get("frame", signal.frame), hz, dims,
        ),
        stream.t,
        x,
    )  # fmt: skip


def _place(signal: Signal, field: object, where: str) -> int:
    if isinstance(field, str):
        if field in signal.dims:
            return signal.dims.index(field)
        raise NotFound(f"{where}: {signal.name!r} has no field {field!r}.", instead=suggest(field, signal.dims))
    if isinstance(field, int) and 0 <= field < signal.width:
        return field
    raise BadValue(f"{where}: {signal.name!r} has no field {field!r}.", instead=f"It has {signal.width} values.")
