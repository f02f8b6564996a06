"""A TFDS folder: which splits and shards it declares, which of them are there, and what contradicts what."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import Value
from ..core.errors import Damaged, Hostile
from ._tfds import Leaf, leaves
from ._tfrecord import FRAME

__all__ = ["Builder", "Shard", "builders"]

_NAME = re.compile(r"^(?P<set>.*?)-(?P<split>[^-/]+)\.(?:tfrecord|riegeli)(?:-(?P<at>\d+)-of-(?P<of>\d+))?(?:\.gz)?$")
_SMALL = 1 << 26


@dataclass(frozen=True, slots=True)
class Shard:
    """One record file: its split and how many records it should hold, where that is declared."""

    path: Path
    split: str
    length: int | None


@dataclass(frozen=True, slots=True)
class Builder:
    """What one version folder of a TFDS data set says of itself."""

    folder: Path
    shards: tuple[Shard, ...]
    leaves: tuple[Leaf, ...]
    licence: str
    hz: float | None
    contradictions: tuple[tuple[str, Value], ...]

    @classmethod
    def open(cls, folder: Path) -> Builder:
        """Read both descriptions; ``Damaged`` where they are no JSON or name no file that is there."""
        info = _json(folder / "dataset_info.json")
        about = folder / "features.json"
        tree = tuple(leaves(_json(about))) if about.is_file() else ()
        shards, ill = _shards(folder, info)
        if not shards:
            raise Damaged(f"{folder}: dataset_info.json is there, but no TFRecord file beside it.")
        if not about.is_file():
            ill.append(("damage/missing_files", "features.json is not there: shapes are guessed from the records"))
        licence = info.get("redistributionInfo")
        said = str(licence.get("license", "")) if isinstance(licence, Mapping) else ""
        return cls(folder, tuple(shards), tree, said, _rate(info), tuple(ill))


def builders(path: Path, depth: int = 2) -> list[Path]:
    """Version folders at or below a path, at most two levels down (``name/1.0.0``, ``name/config/1.0.0``)."""
    if not path.is_dir():
        return []
    if (path / "dataset_info.json").is_file():
        return [path] if any(_NAME.match(child.name) for child in path.iterdir()) else []
    if depth == 0:
        return []
    below = sorted(child for child in path.iterdir() if child.is_dir() and not child.is_symlink())
    return [found for child in below for found in builders(child, depth - 1)]


def _json(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > _SMALL:
            raise Hostile(f"{path}: {path.stat().st_size} bytes are too many for a description.")
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise Damaged(f"{path}: is no readable JSON ({error}).") from error
    if not isinstance(found, Mapping):
        raise Damaged(f"{path}: holds no JSON object.")
    return found


def _rate(info: Mapping[str, Any]) -> float | None:
    """The control frequency where the set's description states one under a plain key."""
    metadata = info.get("metadata")
    for source in (info, metadata if isinstance(metadata, Mapping) else {}):
        for key in ("control_frequency", "fps", "hz"):
            value = source.get(key)
            if isinstance(value, int | float) and not isinstance(value, bool) and 1e-3 <= value <= 1e6:
                return float(value)
    return None


def _number(raw: object) -> int | None:
    try:
        return int(str(raw))
    except ValueError:
        return None


def _shards(folder: Path, info: Mapping[str, Any]) -> tuple[list[Shard], list[tuple[str, Value]]]:
    """Files in the order of splits and shard numbers, with the lengths declared for them."""
    there: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        match = _NAME.match(path.name)
        if match and path.is_file() and ".riegeli" not in path.name:
            there.setdefault(match["split"], []).append(path)
    ill: list[tuple[str, Value]] = []
    shards: list[Shard] = []
    splits = info.get("splits")
    declared = [split for split in splits if isinstance(split, Mapping)] if isinstance(splits, list) else []
    for split in declared:
        name = str(split.get("name", ""))
        raw = split.get("shardLengths")
        lengths = [_number(length) for length in raw] if isinstance(raw, list) else []
        files = there.pop(name, [])
        shards.extend(_split(name, files, lengths, ill))
        size, total = _number(split.get("numBytes")), sum(path.stat().st_size for path in files)
        records = sum(length or 0 for length in lengths)
        plain = not any(path.suffix == ".gz" for path in files)
        if files and plain and size is not None and len(files) == len(lengths) and size != total - FRAME * records:
            ill.append(("damage/num_bytes", f"{name} declares {size} bytes, its files hold {total - FRAME * records}"))
    for name, files in there.items():
        if declared:
            ill.append(("damage/undeclared_split", name))
        shards.extend(Shard(path, name, None) for path in files)
    return shards, ill


def _split(name: str, files: list[Path], lengths: list[int | None], ill: list[tuple[str, Value]]) -> list[Shard]:
    if lengths and not files:
        ill.append(("declared/missing_split", name))
    elif lengths and len(files) != len(lengths):
        ill.append(("damage/missing_files", f"{name} declares {len(lengths)} files, {len(files)} are there"))
    made = []
    for path in files:
        match = _NAME.match(path.name)
        at = int(match["at"]) if match and match["at"] else 0
        made.append(Shard(path, name, lengths[at] if at < len(lengths) else None))
    return made
