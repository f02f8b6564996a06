"""RLDS in TFDS folders: ``dataset_info.json``, ``features.json`` and TFRecord shards of one Example an episode.

No TensorFlow is needed in either direction. Steps have no times of their own: unless the set states a control
frequency, times are row numbers (``declared/clock`` says ``index``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..core import Bid, Episode, Fact, Origin, Reading, Stream, Value, Writing, Written
from ..core.errors import Damaged, VolantError
from . import _rlds_write, _tfds
from ._about import About
from ._example import Feature, features
from ._landing import chosen
from ._rlds_own import restored
from ._rows import clock, said
from ._shards import Builder, Shard, builders
from ._steps import stepped
from ._stills import pictures
from ._tfds import Leaf
from ._tfrecord import Record, records

__all__ = ["Rlds", "episode"]

_BY = "formats/rlds@1"
_RATES = ("control_frequency", "control_freq", "fps", "hz", "frequency")
_WORDS = ("language_instruction", "natural_language_instruction", "instruction", "language")


class Rlds:
    """RLDS/TFDS folders, one episode a record."""

    name = "rlds"
    version = "1"
    writes = True
    loses = _rlds_write.LOSES

    def bid(self, path: Path) -> Bid:
        """Claims folders with ``dataset_info.json`` and TFRecord shards, and such a shard itself."""
        if path.is_file():
            beside = path.parent / "dataset_info.json"
            if ".tfrecord" in path.name and beside.is_file() and (path.parent / "features.json").is_file():
                return Bid(0.95, "a shard beside dataset_info.json")
            return Bid(0.0, "no TFDS shard")
        found = builders(path)
        if not found:
            if (path / "dataset_info.json").is_file() and (path / "features.json").is_file():
                return Bid(0.6, "dataset_info.json and features.json without TFRecord shards")
            return Bid(0.0, "no dataset_info.json with TFRecord shards")
        return Bid(0.95 if found[0] == path else 0.92, "dataset_info.json beside TFRecord shards")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """Episodes shard by shard. Raises ``Damaged`` where not one could be saved."""
        return chosen(self._all(path), how)

    def _all(self, path: Path) -> Iterator[Episode]:
        count, troubles = 0, list[str]()
        folders = [path.parent] if path.is_file() else builders(path)
        if not folders:
            raise Damaged(f"{path}: there is no dataset_info.json with TFRecord shards.")
        for folder in folders:
            built = Builder.open(folder)
            loose = built.contradictions
            for shard in built.shards:
                if path.is_file() and shard.path != path:
                    continue
                for made in _shard(built, shard, troubles):
                    count += 1
                    yield made.saying(said(_BY, loose))
                    loose = ()
        if not count:
            why = "; ".join(troubles[:3]) or "the shards hold no record"
            raise Damaged(f"{path}: no episode could be saved: {why}.")

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """A TFDS folder that ``tfds.builder_from_directory`` opens."""
        return _rlds_write.write(episodes, out, how, lambda path: self.read(path, Reading()))


def _shard(built: Builder, shard: Shard, troubles: list[str]) -> Iterator[Episode]:
    """Episodes of one shard, one held back so that what the end of the file tells can be said of the last."""
    waiting: Episode | None = None
    ill: list[tuple[str, Value]] = []
    count = 0
    for record in records(shard.path):
        count += 1
        made = _made(built, shard, record, troubles, ill)
        if made is None:
            continue
        if waiting is not None:
            yield waiting
        waiting = made.saying(said(_BY, ill))
        ill.clear()
    if shard.length is not None and count != shard.length:
        ill.append(("damage/shard_length", f"{shard.path.name} declares {shard.length} records and holds {count}"))
    if waiting is not None:
        yield waiting.saying(said(_BY, ill))
    else:
        troubles.extend(str(value) for _, value in ill)


def _made(
    built: Builder, shard: Shard, record: Record, troubles: list[str], ill: list[tuple[str, Value]]
) -> Episode | None:
    where = f"{shard.path.name}: {record.flaw}"
    if record.flaw:
        key = "damage/truncated" if record.lost else "damage/record"
        ill.append((key, where))
        troubles.append(where)
        return None
    try:
        return episode(built, shard, record)
    except VolantError as error:
        ill.append(("damage/record", f"{shard.path.name}: record {record.index}: {error}"))
        troubles.append(f"{shard.path.name}: record {record.index}: {error}")
        return None


def episode(built: Builder, shard: Shard, record: Record) -> Episode:
    """One record as an episode: every feature a stream on one clock, metadata and text as what the source says."""
    content = features(record.data)
    tree = built.leaves or tuple(_guess(content))
    own = restored(content, tree)
    if own is not None:
        return _own(own, shard, _labels(tree, content))
    facts: list[tuple[str, Value]] = [("declared/split", shard.split)] if shard.split else []
    labels = [(leaf, content.get(leaf.path)) for leaf in tree if not leaf.stepped]
    facts.extend(_labels(tree, content))
    hz = next((rate for key, value in facts if (rate := _rate(key, value)) is not None), built.hz)
    streams: list[Stream] = []
    extra: list[Fact] = []
    for leaf in tree:
        if not leaf.stepped:
            continue
        try:
            made = _stream(leaf, content, hz)
        except Damaged as error:
            extra.append(Fact("", "damage/feature", str(error), _BY, stream=_name(leaf.path)))
            continue
        if made is not None:
            streams.append(made)
    count = max((len(stream) for stream in streams), default=0)
    for stream in streams:
        if len(stream) != count:
            what = f"{len(stream)} samples where the episode has {count} steps"
            extra.append(Fact("", "damage/length", what, _BY, stream=stream.name))
    extra.extend(_shapes(tree, streams))
    if not streams:
        raise Damaged("none of its steps can be read")
    facts.extend(clock(count, hz)[1])
    instruction = _instruction(streams, labels)
    origin = Origin(uri=f"{shard.path}#{record.index}", licence=built.licence)
    return Episode(tuple(streams), origin, instruction, instruction, said=(*said(_BY, facts), *extra))


def _own(own: tuple[About, tuple[Stream, ...]], shard: Shard, labels: list[tuple[str, Value]]) -> Episode:
    """An episode that Volant wrote: as it was, with the split it lies in and what its publisher said."""
    known, streams = own
    told = {fact.key for fact in known["said"]}
    facts = [
        (key, value) for key, value in [("declared/split", shard.split), *labels] if key not in told and value != ""
    ]
    made = Episode(streams, known["origin"], known["task"], known["instruction"], known["scene"], known["segments"])
    return replace(made, tags=known["tags"], said=(*known["said"], *said(_BY, facts)))


def _labels(tree: Iterable[Leaf], content: dict[str, Feature]) -> list[tuple[str, Value]]:
    plain = (leaf for leaf in tree if not leaf.stepped and leaf.path != _rlds_write.ABOUT)
    return [fact for leaf in plain for fact in _label(leaf, content.get(leaf.path))]


def _shapes(tree: Iterable[Leaf], streams: list[Stream]) -> Iterator[Fact]:
    """Pictures whose size is not the declared one."""
    found = {stream.name: stream.signal.shape for stream in streams if stream.signal.kind.visual}
    for leaf in tree:
        shape = found.get(_name(leaf.path)) if leaf.stepped and leaf.sort == "image" else None
        if shape is None or len(leaf.shape) != 3:
            continue
        if any(side not in (-1, is_) for side, is_ in zip(leaf.shape, shape, strict=True)):
            what = f"pictures are {shape}, declared {leaf.shape}"
            yield Fact("", "damage/shape", what, _BY, stream=_name(leaf.path))


def _rate(key: str, value: Value) -> float | None:
    """The control frequency where a label plainly is one."""
    named = key.rsplit("/", 1)[-1].lower() in _RATES
    if not named or isinstance(value, bool | str | tuple) or not 1e-3 <= value <= 1e6:
        return None
    return float(value)


def _name(path: str) -> str:
    return path.removeprefix("steps/").replace("/", ".")


def _label(leaf: Leaf, feature: Feature) -> list[tuple[str, Value]]:
    """Metadata of a whole episode as ``label/<name>``; a truth called success also as the outcome."""
    name = leaf.path.removeprefix("episode_metadata/")
    if feature is None or len(feature) != 1:
        if isinstance(feature, np.ndarray) and 1 < len(feature) <= 64:
            return [(f"label/{name}", tuple(float(number) for number in feature))]
        return []
    value: Value
    if isinstance(feature, list):
        word = _tfds.text(feature)[0]
        if not isinstance(word, str) or leaf.sort == "image":
            return []
        value = word
    else:
        value = bool(feature[0]) if leaf.dtype == "bool" else feature[0].item()
    facts: list[tuple[str, Value]] = [(f"label/{name}", value)]
    if name.rsplit("/", 1)[-1] in ("success", "is_success") and isinstance(value, bool | int):
        facts.append(("outcome", "success" if value else "failure"))
    return facts


def _stream(leaf: Leaf, content: dict[str, Feature], hz: float | None) -> Stream | None:
    name = _name(leaf.path)
    feature = content.get(leaf.path)
    if leaf.ragged:
        return _ragged(leaf, content, hz)
    if leaf.path not in content:
        raise Damaged(f"{leaf.path}: declared in features.json and absent from the record.")
    if leaf.sort == "image":
        if not isinstance(feature, list):
            raise Damaged(f"{leaf.path}: an image feature without image bytes.")
        return pictures(name, feature, (leaf.shape, leaf.dtype), hz)
    if leaf.dtype in ("string", "object"):
        words = _tfds.text(feature if isinstance(feature, list) else [])
        return stepped(name, words, hz)
    return stepped(name, _tfds.samples(leaf, feature), hz)


def _ragged(leaf: Leaf, content: dict[str, Feature], hz: float | None) -> Stream:
    """Steps whose samples differ in length: an array where they happen not to, else raw little-endian bytes."""
    flat, rows = content.get(f"{leaf.path}/ragged_flat_values"), content.get(f"{leaf.path}/ragged_row_lengths_0")
    if not isinstance(flat, np.ndarray) or not isinstance(rows, np.ndarray):
        raise Damaged(f"{leaf.path}: ragged samples without their values or lengths.")
    width = int(np.prod([side for side in leaf.shape if side >= 0], dtype=np.int64))
    if (rows < 0).any() or (rows > flat.size).any() or int(rows.sum()) * width != flat.size:
        raise Damaged(f"{leaf.path}: the lengths of its samples do not add up to its {flat.size} numbers.")
    name = _name(leaf.path)
    if len(rows) and (rows == rows[0]).all():
        shape = tuple(int(rows[0]) if side < 0 else side for side in leaf.shape)
        return stepped(name, flat.reshape(len(rows), *shape), hz)
    cuts = np.concatenate(([0], np.cumsum(rows * width)))
    blobs = np.empty(len(rows), object)
    blobs[:] = [flat[cuts[i] : cuts[i + 1]].tobytes() for i in range(len(rows))]
    return stepped(name, blobs, hz)


def _instruction(streams: list[Stream], labels: list[tuple[Leaf, Feature]]) -> str:
    """The instruction of the first step, else of the episode's metadata; empty where nobody gave one."""
    for word in _WORDS:
        for stream in streams:
            if stream.signal.dtype == "str" and stream.name.rsplit(".", 1)[-1] == word and len(stream):
                return str(stream.values[0])
    for leaf, feature in labels:
        if leaf.path.rsplit("/", 1)[-1] in _WORDS and isinstance(feature, list) and feature:
            return str(_tfds.text(feature)[0])
    return ""


def _guess(content: dict[str, Feature]) -> Iterator[Leaf]:
    """Leaves where features.json is missing: as many steps as the flag or reward of each step says."""
    counters = ("steps/is_first", "steps/is_last", "steps/reward")
    found = [content[name] for name in counters if isinstance(content.get(name), np.ndarray)]
    count = len(found[0]) if found and found[0] is not None else 0
    for path, feature in content.items():
        stepped = path.startswith("steps/") and count > 0
        if isinstance(feature, list):
            image = bool(feature) and feature[0][:3] in (b"\xff\xd8\xff", b"\x89PN")
            yield Leaf(
                path,
                "image" if image else "text",
                (-1, -1, -1) if image else (),
                "uint8" if image else "string",
                stepped=stepped,
            )
        elif feature is not None and (not stepped or (len(feature) and len(feature) % count == 0)):
            width = len(feature) // count if stepped else len(feature)
            yield Leaf(path, "tensor", () if width == 1 else (width,), str(feature.dtype), stepped=stepped)
