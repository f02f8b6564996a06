"""TFRecord files of one ``tf.train.Example`` a step: TF-Agents with a ``.spec`` beside it, and plain ones.

Steps have no times: the clock is the row number (``declared/clock`` says ``index``). Episodes end where
``step_type``, ``is_first`` or an episode number says so; a file without any of them is one episode.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..core import Bid, Episode, Fact, Origin, Reading, Stream, Value, Writing, Written
from ..core.errors import Damaged, Refused, VolantError
from ..video.image import image_codec
from . import _tfds
from ._example import Feature, features
from ._landing import chosen
from ._rows import clock, said
from ._steps import stepped
from ._stills import pictures
from ._tfrecord import is_tfrecord, records
from ._tfspec import read_spec

__all__ = ["TfRecord"]

_BY = "formats/tfrecord@1"
_NUMBERS = ("episode_id", "episode_index", "episode", "traj_id", "trajectory_id")
_MOST = 1 << 30
"""Bytes of records that one episode may hold; a longer one is cut into parts, and says so."""

Spec = dict[str, tuple[str, tuple[int, ...]]]


class TfRecord:
    """TFRecord files, one step a record."""

    name = "tfrecord"
    version = "1"
    writes = False
    loses = ("only read: write RLDS instead",)

    def bid(self, path: Path) -> Bid:
        """Claims files that start with a sound record head, and folders of such files."""
        if path.is_file():
            if path.suffix == ".spec" or not is_tfrecord(path):
                return Bid(0.0, "no TFRecord head")
            described = (path.parent / "dataset_info.json").is_file() and (path.parent / "features.json").is_file()
            return Bid(0.4, "a TFDS shard") if described else Bid(0.92, "TFRecord head with a right checksum")
        found = _files(path)
        if not found or (path / "dataset_info.json").is_file():
            return Bid(0.0, "no TFRecord files")
        return Bid(0.92, f"{len(found)} TFRecord files") if is_tfrecord(found[0]) else Bid(0.3, "named like TFRecord")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """Episodes file by file. Raises ``Damaged`` where not one could be saved."""
        return chosen(self._all(path), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused: steps without a description are worse than RLDS."""
        raise Refused("Plain TFRecord files of steps are only read.", do="Publish as 'rlds'.")

    def _all(self, path: Path) -> Iterator[Episode]:
        count = 0
        troubles: list[str] = []
        for file in [path] if path.is_file() else _files(path):
            for episode in _episodes(file, troubles):
                if not episode.streams:
                    troubles.extend(str(fact.value) for fact in episode.said if fact.key.startswith("damage/"))
                    continue
                count += 1
                yield episode
        if not count:
            why = "; ".join(troubles[:3]) or "there is no record in it"
            raise Damaged(f"{path}: no episode could be saved: {why}.")


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return []
    names = (child for child in path.iterdir() if ".tfrecord" in child.name and child.suffix != ".spec")
    return sorted(child for child in names if child.is_file())


def _episodes(path: Path, troubles: list[str]) -> Iterator[Episode]:
    """Episodes of one file, one held back so that how the file ends can be said of the last."""
    ill: list[tuple[str, Value]] = []
    spec = _spec(path, ill)
    steps: list[dict[str, Feature]] = []
    waiting: Episode | None = None
    number = size = part = 0
    before: dict[str, Feature] | None = None
    for record in records(path):
        if record.flaw:
            ill.append(("damage/truncated" if record.lost else "damage/record", record.flaw))
            troubles.append(record.flaw)
            continue
        try:
            step = features(record.data)
        except VolantError as error:
            ill.append(("damage/record", f"record {record.index}: {error}"))
            troubles.append(f"record {record.index}: {error}")
            continue
        if steps and (_begins(step, before) or size > _MOST):
            if waiting is not None:
                yield waiting
            part = part + 1 if not _begins(step, before) else 0
            waiting = _made(path, number, (steps, spec), [*ill, *([("declared/part", part)] if part else [])])
            ill, steps, size, number = [], [], 0, number + 1
        steps.append(step)
        before, size = step, size + len(record.data)
    if steps:
        if waiting is not None:
            yield waiting
        yield _made(path, number, (steps, spec), ill)
    elif waiting is not None:
        yield waiting.saying(said(_BY, ill))


def _spec(path: Path, ill: list[tuple[str, Value]]) -> Spec:
    beside = path.with_name(path.name + ".spec")
    if not beside.is_file():
        return {}
    try:
        return read_spec(beside)
    except VolantError as error:
        ill.append(("damage/spec", str(error)))
        return {}


def _number(feature: Feature) -> int | None:
    """The only whole number of a feature, as a list of numbers or as the raw bytes that TF-Agents stores."""
    if isinstance(feature, list):
        if len(feature) == 1 and len(feature[0]) in (1, 4, 8):
            return int.from_bytes(feature[0], "little", signed=True)
        return None
    return int(feature[0]) if feature is not None and feature.dtype == np.int64 and len(feature) == 1 else None


def _begins(step: dict[str, Feature], before: dict[str, Feature] | None) -> bool:
    """Whether an episode starts here: a first step, a step after a last one, or another episode number."""
    if before is None:
        return False
    if "step_type" in step:
        return _number(step["step_type"]) == 0 or _number(before.get("step_type")) == 2
    if "is_first" in step:
        return _number(step["is_first"]) == 1
    for name in _NUMBERS:
        if name in step:
            return _number(step[name]) != _number(before.get(name))
    return False


def _made(
    path: Path, number: int, content: tuple[list[dict[str, Feature]], Spec], ill: list[tuple[str, Value]]
) -> Episode:
    steps, spec = content
    streams: list[Stream] = []
    facts: list[Fact] = []
    names = list(dict.fromkeys(name for step in steps for name in step))
    for name in names:
        column = [step[name] for step in steps if name in step]
        plain = name.replace("/", ".") or "value"
        try:
            streams.append(_stream(plain, column, spec.get(name)))
        except VolantError as error:
            facts.append(Fact("", "damage/feature", str(error), _BY, stream=plain))
            continue
        if len(column) != len(steps):
            what = f"{len(column)} samples where the episode has {len(steps)} steps"
            facts.append(Fact("", "damage/length", what, _BY, stream=plain))
    for name in spec:
        if name not in names:
            facts.append(Fact("", "damage/feature", f"{name} is declared in the .spec and absent.", _BY))
    instruction = _instruction(streams)
    told = said(_BY, [*clock(len(steps), None)[1], *ill])
    origin = Origin(uri=f"{path}#{number}")
    return Episode(tuple(streams), origin, instruction, instruction, said=(*told, *facts))


def _instruction(streams: list[Stream]) -> str:
    for stream in streams:
        if "instruction" in stream.name and stream.signal.dtype == "str" and len(stream):
            return str(stream.values[0])
    return ""


def _stream(name: str, column: list[Feature], spec: tuple[str, tuple[int, ...]] | None) -> Stream:
    """The samples of one feature over the steps of an episode."""
    if all(isinstance(item, list) for item in column):
        return _of_bytes(name, [item for item in column if isinstance(item, list)], spec)
    arrays: list[np.ndarray[Any, Any]] = []
    for item in column:
        if item is None or isinstance(item, list):
            raise Damaged(f"{name}: some steps hold numbers and some do not.")
        arrays.append(item)
    kinds, sizes = {item.dtype for item in arrays}, {len(item) for item in arrays}
    if len(kinds) != 1:
        raise Damaged(f"{name}: some steps hold whole numbers and some do not.")
    if len(sizes) != 1:
        blobs = np.empty(len(arrays), object)
        blobs[:] = [item.tobytes() for item in arrays]
        return stepped(name, blobs, None)
    x = np.stack(arrays)
    return stepped(name, _shaped(name, x, spec), None)


def _shaped(name: str, x: np.ndarray[Any, Any], spec: tuple[str, tuple[int, ...]] | None) -> np.ndarray[Any, Any]:
    if spec is not None:
        dtype, shape = spec
        if -1 not in shape and int(np.prod(shape, dtype=np.int64)) != x.shape[1]:
            raise Damaged(f"{name}: {x.shape[1]} numbers a step, declared {shape}.")
        kind = np.dtype(dtype) if dtype and dtype != "string" else x.dtype
        x = x.astype(kind, copy=False)
        return x.reshape(len(x), *shape) if -1 not in shape else x
    return x[:, 0] if x.shape[1] == 1 else x


def _of_bytes(name: str, column: list[list[bytes]], spec: tuple[str, tuple[int, ...]] | None) -> Stream:
    """Pictures, raw tensors as TF-Agents stores them, or words."""
    if any(len(pieces) != 1 for pieces in column):
        raise Damaged(f"{name}: not one piece of bytes a step.")
    pieces = [piece for (piece,) in column]
    if image_codec(pieces[0]):
        return pictures(name, pieces, ((), "uint8"), None)
    if spec is not None and spec[0] not in ("", "string"):
        dtype, shape = np.dtype(spec[0]).newbyteorder("<"), spec[1]
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        if -1 in shape or any(len(piece) != size for piece in pieces):
            raise Damaged(f"{name}: a step does not have the bytes of {spec[0]}{list(shape)}.")
        return stepped(name, np.frombuffer(b"".join(pieces), dtype).reshape(len(pieces), *shape), None)
    return stepped(name, _tfds.text(pieces), None)
