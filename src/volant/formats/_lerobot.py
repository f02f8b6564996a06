"""What every LeRobot version shares: ``info.json``, features as signals, and metadata as facts."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..core import OUTCOMES, Bid, Fact, Kind, Segment, Signal, Span, Stream, Value
from ..core.errors import BadInput, BadValue, Damaged, Hostile, NotFound
from ._about import signal_from

__all__ = [
    "DEFAULTS",
    "TRUE_CLOCK",
    "Feature",
    "Info",
    "claim",
    "label",
    "load_json",
    "load_lines",
    "ranges",
    "short",
    "success",
]

TRUE_CLOCK = "observation.timestamp_ns"
"""Our declared column of true capture times, int64 nanoseconds: LeRobot's own ``timestamp`` is always index / fps."""

DEFAULTS = ("timestamp", "frame_index", "episode_index", "index", "task_index")
STATS = ("min", "max", "mean", "std")

_MOST_JSON = 512 << 20
_KINDS = {
    "observation.environment_state": Kind.STATE,
    "observation.velocity": Kind.VELOCITY,
    "observation.effort": Kind.EFFORT,
    "next.reward": Kind.REWARD,
    "reward": Kind.REWARD,
    "intervention": Kind.FLAG,
}


def load_json(path: Path) -> dict[str, Any]:
    """A JSON object; ``NotFound`` or ``Damaged`` where it is absent or no object, ``Hostile`` above 512 MB."""
    try:
        if path.stat().st_size > _MOST_JSON:
            raise Hostile(f"{path.name} is larger than 512 MB.", instead="Metadata of this format is small.")
        raw = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise NotFound(f"No {path.name} in {path.parent}.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise Damaged(f"{path} cannot be read: {error}.") from error
    if not isinstance(raw, dict):
        raise Damaged(f"{path} holds no JSON object.")
    return raw


def claim(root: Path, version: int) -> Bid:
    """How sure the reader of version 2 or 3 is of a folder: by ``meta/info.json``, even where that file is broken.

    A description that cannot be read, or that states no version or an unknown one, still tells whose folder this is:
    the reader whose layout it has claims it, and says on reading what is wrong.
    """
    meta = root / "meta"
    layout = 2 if (meta / "episodes.jsonl").is_file() or (meta / "modality.json").is_file() else 3
    if not (meta / "info.json").is_file():
        alone = version == layout == 2 and (meta / "modality.json").is_file()
        return Bid(0.6, "meta/modality.json without info.json") if alone else Bid(0.0)
    try:
        raw = load_json(meta / "info.json")
    except BadInput as error:
        return Bid(0.7, error.what) if version == layout else Bid(0.0)
    stated = raw.get("codebase_version")
    if isinstance(stated, str) and stated.startswith(("v2", "v3")):
        return Bid(0.95, f"meta/info.json says {stated}") if stated.startswith(f"v{version}") else Bid(0.0)
    ours = stated is not None or "features" in raw or (meta / "tasks.parquet").is_file() or layout == 2
    return Bid(0.7, f"meta/info.json states the version {stated!r}") if ours and version == layout else Bid(0.0)


def load_lines(path: Path) -> list[dict[str, Any]]:
    """The JSON objects of a JSON-lines file; nothing where the file is absent."""
    if not path.is_file():
        return []
    rows = []
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise Damaged(f"{path}, line {number} cannot be read: {error}.") from error
            if not isinstance(row, dict):
                raise Damaged(f"{path}, line {number} holds no JSON object.")
            rows.append(row)
    return rows


@dataclass(frozen=True, slots=True)
class Feature:
    """One declared channel: its raw entry, and the signal it is read as (``None`` for the default index columns)."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    signal: Signal | None
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def pictured(self) -> bool:
        """Whether samples are pictures."""
        return self.dtype in ("video", "image")


@dataclass(frozen=True, slots=True)
class Info:
    """``meta/info.json`` read and checked; ``features`` in their order."""

    root: Path
    version: str
    fps: float | None
    features: dict[str, Feature]
    robot: str
    splits: tuple[tuple[str, int, int], ...]
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def load(cls, root: Path, modality: Mapping[str, Any] | None = None) -> Info:
        """Read ``root/meta/info.json``. Raises ``NotFound``, ``Damaged``."""
        raw = load_json(root / "meta" / "info.json")
        version = raw.get("codebase_version", "")
        if not isinstance(version, str) or (version and not version.startswith(("v2", "v3"))):
            raise Damaged(
                f"{root / 'meta' / 'info.json'} states the version {version!r}.",
                instead="Read are v2.0, v2.1 and v3.0.",
            )
        fps = raw.get("fps")
        if not isinstance(fps, int | float) or isinstance(fps, bool) or not 0 < fps < 1e6:
            raise Damaged(f"{root / 'meta' / 'info.json'}: a rate of {fps!r} frames a second is impossible.")
        declared = raw.get("features")
        if not isinstance(declared, dict) or not declared:
            raise Damaged(f"{root / 'meta' / 'info.json'} declares no features.")
        features = {name: feature(name, entry, float(fps), modality) for name, entry in declared.items()}
        robot = raw.get("robot_type")
        return cls(root, version, float(fps), features, str(robot) if robot else "", _splits(raw), raw)

    def split(self, index: int) -> str:
        """Name of the split that an episode belongs to, empty where none is declared."""
        return next((name for name, start, stop in self.splits if start <= index < stop), "")

    @property
    def streams(self) -> tuple[Feature, ...]:
        """The features that become streams."""
        return tuple(one for one in self.features.values() if one.signal is not None)

    def facts(self, by: str, index: int, length: int | None) -> list[Fact]:
        """What the metadata declares of one episode."""
        said = [Fact("", "declared/index", index, by)]
        if length is not None:
            said.append(Fact("", "declared/length", length, by))
        split = self.split(index)
        if split:
            said.append(Fact("", "declared/split", split, by))
        return said

    def common(self, by: str) -> tuple[Fact, ...]:
        """What the metadata declares of the set, the same for every episode."""
        stated = {"fps": self.fps} | {key: self.raw.get(key) for key in ("total_episodes", "total_frames")}
        known = {key: value for key, value in stated.items() if isinstance(value, int | float)}
        return tuple(Fact("", f"declared/{key}", value, by) for key, value in known.items())


def feature(name: str, entry: object, fps: float | None, modality: Mapping[str, Any] | None = None) -> Feature:
    """A declared channel as a signal. Ours carry it under ``volant``; else kind and names are read off, units never."""
    if not isinstance(entry, dict):
        raise Damaged(f"The feature {name!r} is not described by an object.")
    dtype = str(entry.get("dtype", ""))
    try:
        shape = tuple(int(side) for side in entry.get("shape") or ())
    except (TypeError, ValueError) as error:
        raise Damaged(f"The feature {name!r} has no readable shape.") from error
    if len(shape) > 5 or any(side < 0 for side in shape) or math.prod(shape) > 1 << 28:
        raise Hostile(f"The feature {name!r} declares samples of shape {shape}.")
    if name in DEFAULTS or name == TRUE_CLOCK:
        return Feature(name, dtype, shape, None, entry)
    own = entry.get("volant")
    if isinstance(own, str):
        return Feature(name, dtype, shape, signal_from(own, f"The feature {name!r}"), entry)
    try:
        return Feature(name, dtype, shape, _signal(name, dtype, shape, entry, fps, modality), entry)
    except BadValue as error:
        raise Damaged(f"The feature {name!r} contradicts itself: {error}") from error


def _signal(name: str, dtype: str, shape: tuple[int, ...], entry: Mapping[str, Any], *more: Any) -> Signal:
    fps, modality = more
    if dtype in ("video", "image"):
        if len(shape) == 2:
            shape = (*shape, 1)
        names = entry.get("names")
        first = str(names[0]).lower() if isinstance(names, list) and names else ""
        if len(shape) == 3 and (first.startswith("channel") or (shape[0] in (1, 3) and shape[2] not in (1, 3))):
            shape = (shape[1], shape[2], shape[0])
        info = entry.get("info") or entry.get("video_info") or {}
        depth = isinstance(info, dict) and any(info.get(key) for key in ("is_depth_map", "video.is_depth_map"))
        return Signal(name, Kind.DEPTH if depth else Kind.IMAGE, shape, "uint8", hz=fps)
    shape = () if shape == (1,) else shape
    if dtype in ("string", "language"):
        return Signal(name, Kind.LANGUAGE, (), "str", hz=fps)
    width = math.prod(shape)
    dims = _dims(entry.get("names"), width) if shape else ()
    dims = _sliced(name, dims, width, modality) if modality and shape else dims
    return Signal(name, _kind(name, dtype, shape), shape, dtype, hz=fps, dims=dims)


def _kind(name: str, dtype: str, shape: tuple[int, ...]) -> Kind:
    if name in _KINDS:
        return _KINDS[name]
    if name == "action" or name.startswith("action."):
        return Kind.ACTION
    if dtype == "bool" and not shape:
        return Kind.FLAG
    return Kind.STATE if shape else Kind.SCALAR


def _dims(names: object, width: int) -> tuple[str, ...]:
    """Dimension names from the spellings in use: a list, a list in a list, ``{"motors": [...]}``, ``{name: index}``."""
    while isinstance(names, list) and len(names) == 1 and isinstance(names[0], list):
        names = names[0]
    if isinstance(names, dict):
        lists = [value for value in names.values() if isinstance(value, list)]
        if lists:
            names = [item for value in lists for item in value]
        elif all(isinstance(value, int) for value in names.values()):
            names = sorted(names, key=lambda name: cast(dict[str, int], names)[name])
    if isinstance(names, list) and len(names) == width and all(isinstance(name, str) for name in names):
        return tuple(names)
    return ()


def _sliced(name: str, dims: tuple[str, ...], width: int, modality: Mapping[str, Any]) -> tuple[str, ...]:
    """GR00T's named slices of state and action as prefixes of the dimension names: ``left_arm.motor_0``.

    One vector stays one stream, so that values and identity do not depend on ``modality.json``.
    """
    section = {"observation.state": "state", "action": "action"}.get(name)
    made = list(dims) if dims else [str(i) for i in range(width)]
    parts = modality.get(section) if section else None
    for part, entry in parts.items() if isinstance(parts, dict) else ():
        if not isinstance(entry, dict) or entry.get("original_key", name) != name:
            continue
        start, stop = entry.get("start"), entry.get("end")
        if not isinstance(start, int) or not isinstance(stop, int) or not 0 <= start <= stop <= width:
            raise Damaged(
                f"modality.json: the slice {part!r} of {name!r} ({start} to {stop}) is not in {width} values."
            )
        for i in range(start, stop):
            made[i] = f"{part}.{dims[i] if dims else i - start}"
    return tuple(made)


def _splits(raw: Mapping[str, Any]) -> tuple[tuple[str, int, int], ...]:
    found = []
    splits = raw.get("splits")
    for name, text in splits.items() if isinstance(splits, dict) else ():
        for piece in str(text).split(","):
            start, _, stop = piece.partition(":")
            if start.strip().isdecimal() and stop.strip().isdecimal():
                found.append((str(name), int(start), int(stop)))
    return tuple(found)


def short(text: str) -> str:
    """A task's short name: the first sentence, at most 80 characters, cut at a word."""
    sentence = text.strip().split(". ")[0].rstrip(".") if len(text) > 80 else text.strip()
    if len(sentence) <= 80:
        return sentence
    return sentence[:80].rsplit(" ", 1)[0]


def label(column: str, value: object, by: str) -> list[Fact]:
    """An extra column of an episode's metadata as facts: the outcome where it says so, else a label."""
    if value is None:
        return []
    made: Value
    if isinstance(value, bool | int | float | str):
        made = value
    elif isinstance(value, list | tuple) and all(isinstance(part, int | float) for part in value):
        made = tuple(float(part) for part in value)
    else:
        return []
    if column == "success" and isinstance(made, bool):
        return [Fact("", "outcome", "success" if made else "failure", by)]
    if column == "outcome" and made in OUTCOMES:
        return [Fact("", "outcome", made, by)]
    if column in ("error_cause", "restorable"):
        return [Fact("", column, made, by)]
    return [Fact("", f"label/{column}", made, by)]


def success(streams: Iterable[Stream], by: str) -> list[Fact]:
    """The outcome that a ``next.success`` stream states: success where it is ever true."""
    for stream in streams:
        if stream.name in ("next.success", "success") and isinstance(stream.x, np.ndarray) and stream.x.dtype != object:
            return [Fact("", "outcome", "success" if bool(np.any(stream.x)) else "failure", by)]
    return []


def ranges(numbers: Sequence[int]) -> str:
    """Numbers as ranges in words: ``0-9, 16-99``; at most twenty ranges."""
    if not numbers:
        return ""
    plain = np.unique(np.asarray(numbers, dtype=np.int64))
    cuts = np.flatnonzero(np.diff(plain) != 1) + 1
    parts = [f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in np.split(plain, cuts)]
    return ", ".join(parts[:20]) + (f" and {len(parts) - 20} more ranges" if len(parts) > 20 else "")


def renamed(signal: Signal, dtype: str) -> Signal:
    """The signal with the sample type that was found."""
    return signal if signal.dtype == dtype else replace(signal, dtype=dtype)


def segment_runs(values: Sequence[str], t: Sequence[int], level: str) -> tuple[Segment, ...]:
    """Constant stretches of a column of words as segments; none where it never changes or is empty."""
    cuts = [0, *(i for i in range(1, len(values)) if values[i] != values[i - 1]), len(values)]
    if len(cuts) <= 2:
        return ()
    ends = [*t, t[-1] + 1]
    return tuple(Segment(Span(int(ends[a]), int(ends[b])), values[a], level) for a, b in pairwise(cuts) if values[a])


def safe_format(pattern: object, where: str, /, **parts: object) -> str:
    """A path pattern of ``info.json`` filled in; attribute access and unknown fields are refused."""
    text = str(pattern)
    if ".__" in text or "[" in text or "!" in text or len(text) > 1024:
        raise Hostile(f"{where}: the path pattern {text[:80]!r} does more than name a file.")
    try:
        return text.format(**parts)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise Damaged(f"{where}: the path pattern {text!r} cannot be filled in ({error}).") from error


def refused(error: BadInput) -> str:
    """A refusal as one sentence for a fact."""
    return error.what[:300]
