"""The writing half of RLDS: one Example an episode on the clock of its action, every own clock beside it."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import imagecodecs
import numpy as np

from ..core import Episode, Kind, Stream, Value, Video, Writing, Written
from ..core.errors import BadValue, Refused
from ..core.stream import Array, Times
from ..video.image import image_codec
from ._about import about
from ._example import Feature, encode
from ._landing import landing
from ._rows import held, leader
from ._tfds_write import Field, describe, plain
from ._tfrecord import frame

__all__ = ["ABOUT", "LOSES", "TIMES", "write"]

ABOUT = "episode_metadata/volant"
"""Where an episode's words, signals and own clocks are kept, as JSON."""

TIMES = "steps/timestamp_ns"
_WORDS = "steps/language_instruction"

LOSES = (
    "a stream faster than the action's clock keeps only its newest sample at each step",
    "video packets and plain arrays of pictures become PNG stills",
)

_SHARD = 256 << 20
_BESIDE = (Kind.ACTION, Kind.REWARD, Kind.FLAG, Kind.LANGUAGE, Kind.EVENT, Kind.SCALAR)
_ALONE = ("action", "reward", "discount", "is_first", "is_last", "is_terminal")


@dataclass(slots=True)
class _Split:
    """Shards of one split while they are written: records and bytes of each."""

    shards: list[list[int]] = field(default_factory=list)
    file: BinaryIO | None = None


@dataclass(slots=True)
class _Set:
    """What grows while episodes are written: the fields of the first, open shards, losses, proofs."""

    folder: Path
    facts: dict[str, str]
    fields: dict[str, Field] = field(default_factory=dict)
    splits: dict[str, _Split] = field(default_factory=dict)
    losses: set[str] = field(default_factory=set)
    proofs: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    frames: int = 0


def write(episodes: Iterable[Episode], out: Path, how: Writing, read: Callable[[Path], Iterable[Episode]]) -> Written:
    """Write every episode, prove the folder with ``read`` and put it in place."""
    count = 0
    with landing(out) as part:
        part.mkdir()
        made = _Set(part, _columns(how.facts))
        try:
            for count, episode in enumerate(episodes, 1):
                _add(made, episode, how)
                if how.progress:
                    how.progress(count)
        finally:
            for split in made.splits.values():
                if split.file:
                    split.file.close()
        if not count:
            raise BadValue("No episodes to write.")
        name = plain(out.name)
        _finish(made, name, how)
        _prove(made, read(part))
        files = tuple(sorted(str(path.relative_to(part)) for path in part.rglob("*") if path.is_file()))
    return Written(count, made.frames, files, tuple(sorted(made.losses)))


def _add(made: _Set, episode: Episode, how: Writing) -> None:
    content, fields, proof = _example(episode, how, made)
    if not made.fields:
        made.fields = fields
    else:
        made.fields = _agreed(made.fields, fields)
    record = encode(content)
    split = _split_of(episode)
    shards = made.splits.setdefault(split, _Split())
    if shards.file is None or shards.shards[-1][1] > _SHARD:
        if shards.file:
            shards.file.close()
        shards.file = (made.folder / f"{split}.{len(shards.shards):05d}").open("wb")
        shards.shards.append([0, 0])
    shards.file.write(frame(record))
    shards.shards[-1][0] += 1
    shards.shards[-1][1] += len(record)
    made.proofs.setdefault(split, []).append(proof)


def _split_of(episode: Episode) -> str:
    named = [fact.value for fact in episode.said if fact.key == "declared/split"]
    word = str(named[-1]) if named else "train"
    return word if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", word) else "train"


def _agreed(one: dict[str, Field], other: dict[str, Field]) -> dict[str, Field]:
    """The fields that hold for both: TFDS declares them once for all episodes. Picture sizes may vary."""
    if set(one) != set(other):
        odd = sorted(set(one) ^ set(other))
        raise Refused(
            f"The episodes have different channels ({', '.join(odd[:5])}), and RLDS declares them once for all.",
            do="Publish them as sets of their own.",
        )
    agreed = {}
    for path, first in one.items():
        second = other[path]
        if first.sort == second.sort == "image" and first.dtype == second.dtype:
            shape = tuple(a if a == b else -1 for a, b in zip(first.shape, second.shape, strict=True))
            encoding = first.encoding if first.encoding == second.encoding else ""
            agreed[path] = replace(first, shape=shape, encoding=encoding)
        elif (first.sort, first.dtype, first.shape) != (second.sort, second.dtype, second.shape):
            raise Refused(
                f"{path} is {first.dtype}{list(first.shape)} in one episode and {second.dtype}{list(second.shape)} "
                "in another, and RLDS declares it once for all.",
                do="Publish them as sets of their own.",
            )
        else:
            agreed[path] = first
    return agreed


def _example(episode: Episode, how: Writing, made: _Set) -> tuple[dict[str, Feature], dict[str, Field], dict[str, str]]:
    """Features and fields of one episode, and what must be found again: digests of what is kept whole."""
    main = leader(episode)
    if not main.ordered:
        raise Refused(f"The clock of {main.name!r} runs backwards; steps cannot be laid on it.", do="Repair it first.")
    rows, content, fields = main.t, dict[str, Feature](), dict[str, Field]()
    kept: list[dict[str, Any]] = []
    proof: dict[str, str] = {}
    for path, stream in _paths(episode):
        picked = _picked(stream, rows)
        entry: dict[str, Any] = {"path": path, "signal": stream.signal.to_json()}
        if picked is not None and not np.array_equal(stream.t, rows):
            if len(stream) and len(np.unique(picked)) == len(stream):
                entry["clock"] = base64.b64encode(zlib.compress(stream.t.astype("<i8").tobytes())).decode()
            else:
                made.losses.add(f"{stream.name}: {len(stream)} samples held onto {len(rows)} steps")
                entry["held"] = True
        content[path], fields[path] = _column(path, stream, picked, how)
        if stream.video is None and not stream.signal.kind.visual and "held" not in entry:
            proof[stream.name] = Episode((stream,)).id
        else:
            proof[stream.name] = ""
        kept.append(entry)
    for path, values, dtype in _usual(episode, rows):
        if path not in content:
            content[path] = values
            fields[path] = Field(path, "text" if isinstance(values, list) else "tensor", dtype)
    words = json.dumps({"about": about(episode), "streams": kept}, separators=(",", ":"))
    content[ABOUT] = [words.encode()]
    fields[ABOUT] = Field(ABOUT, "text", about="What Volant knows of the episode beside its steps.")
    for key, sort in made.facts.items():
        value = how.facts.get(episode.id, {}).get(key)
        content[f"episode_metadata/{key}"], fields[f"episode_metadata/{key}"] = _fact(key, sort, value)
    made.frames += len(rows)
    return content, fields, proof


def _picked(stream: Stream, rows: Times) -> Any:
    if not stream.ordered:
        raise Refused(
            f"The clock of {stream.name!r} runs backwards; it cannot be laid on steps.", do="Repair it first."
        )
    if np.array_equal(stream.t, rows):
        return None
    if not len(stream):
        raise Refused(f"{stream.name!r} has no samples, and RLDS wants one a step.", do="Leave the channel out.")
    return held(stream.t, rows)


def _usual(episode: Episode, rows: Times) -> Iterator[tuple[str, Feature, str]]:
    """What RLDS readers look for in every step, where the episode does not bring it."""
    count = len(rows)
    ended = any(fact.key == "outcome" and fact.value in ("success", "failure") for fact in episode.said)
    place = np.arange(count)
    yield "steps/is_first", (place == 0).astype(np.int64), "bool"
    yield "steps/is_last", (place == count - 1).astype(np.int64), "bool"
    yield "steps/is_terminal", ((place == count - 1) & ended).astype(np.int64), "bool"
    yield TIMES, rows, "int64"
    yield _WORDS, [(episode.instruction or episode.task).encode()] * count, "string"


def _paths(episode: Episode) -> Iterator[tuple[str, Stream]]:
    """Where each stream lies below ``steps``: RLDS' own names alone, everything sensed under ``observation``."""
    taken = {TIMES}
    actions = episode.of(Kind.ACTION)
    only = actions[0].name if len(actions) == 1 else ""
    for stream in episode.streams:
        bare = re.sub(r"[^A-Za-z0-9_.]+", "_", stream.name).strip(".") or "channel"
        if stream.name == only or bare in _ALONE:
            path = "action" if stream.name == only else bare
        elif bare.startswith("observation."):
            path = "/".join(part for part in bare.split(".") if part)
        elif stream.signal.kind in _BESIDE or ("embedding" in bare and bare == stream.name):
            path = bare.replace(".", "_")
        else:
            path = "observation/" + bare.replace(".", "_")
        path, number = f"steps/{path}", 1
        while any(path == one or one.startswith(path + "/") or path.startswith(one + "/") for one in taken):
            number += 1
            path = f"{path.removesuffix(f'_{number - 1}')}_{number}"
        taken.add(path)
        yield path, stream


def _column(path: str, stream: Stream, picked: Any, how: Writing) -> tuple[Feature, Field]:
    signal = stream.signal
    note = f"{signal.kind}, unit {signal.unit}, frame {signal.frame}"
    note += f": {', '.join(signal.dims)}" if signal.dims else ""
    if signal.kind.visual and (stream.video is not None or signal.dtype in ("uint8", "uint16")):
        return _pictures(path, stream, picked, how)
    x = np.asarray(stream.values)
    x = x if picked is None else x[picked]
    if signal.dtype in ("str", "bytes"):
        words = all(isinstance(item, str) for item in x)
        pieces = [item.encode() if isinstance(item, str) else bytes(item) for item in x]
        return pieces, Field(path, "text" if words else "tensor", "string", about=note)
    dtype = str(x.dtype)
    if dtype in ("float64", "uint64"):
        # TFDS keeps plain floats as 32 bit; raw bytes keep all 64.
        block = np.ascontiguousarray(x, x.dtype.newbyteorder("<"))
        pieces = [row.tobytes() for row in block.reshape(len(x), -1)] if len(x) else []
        return pieces, Field(path, "tensor", dtype, signal.shape, "bytes", note)
    flat = x.reshape(-1)
    numbers: Feature = flat.astype(np.float32) if x.dtype.kind == "f" else flat.astype(np.int64)
    return numbers, Field(path, "tensor", dtype, signal.shape, "", note)


def _pictures(path: str, stream: Stream, picked: Any, how: Writing) -> tuple[Feature, Field]:
    """Encoded bytes as they are where they are JPEG or PNG, else lossless PNG (JPEG where a person asked)."""
    video = stream.video
    shape, dtype = stream.signal.shape, stream.signal.dtype
    if video is not None and video.codec in ("jpeg", "png") and not how.reencode:
        blobs = list(video.encoded())
        if all(image_codec(blob) == video.codec for blob in blobs):
            rows = blobs if picked is None else [blobs[at] for at in picked]
            return rows, Field(path, "image", dtype, shape, video.codec, str(stream.signal.kind))
    if dtype not in ("uint8", "uint16", "float32"):
        raise Refused(f"{stream.name!r} has pictures of {dtype}, which TFDS does not know.")
    jpeg = how.reencode == "jpeg" and dtype == "uint8"
    encoded = [_still(array, jpeg) for array in (_frames(video) if video is not None else np.asarray(stream.values))]
    rows = encoded if picked is None else [encoded[at] for at in picked]
    return rows, Field(path, "image", dtype, shape, "jpeg" if jpeg else "png", str(stream.signal.kind))


def _frames(video: Video) -> Iterator[Array]:
    return video.frames()


def _still(array: Array, jpeg: bool) -> bytes:
    plain_ = np.ascontiguousarray(array)
    if plain_.dtype == np.float32:
        plain_ = plain_.reshape(*plain_.shape[:2], 1).view(np.uint8)
    if plain_.ndim == 3 and plain_.shape[2] == 1:
        plain_ = plain_[..., 0]
    return bytes(imagecodecs.jpeg_encode(plain_, level=95) if jpeg else imagecodecs.png_encode(plain_, level=4))


def _columns(facts: Mapping[str, Mapping[str, Value]]) -> dict[str, str]:
    """Names and sorts of what the publisher says beside the episodes: text where any value is words."""
    sorts: dict[str, str] = {}
    for row in facts.values():
        for key, value in row.items():
            bare = re.sub(r"[^A-Za-z0-9_]+", "_", key)
            if bare == key and key != "volant":
                sorts[key] = "text" if isinstance(value, str | tuple) or sorts.get(key) == "text" else "number"
    return dict(sorted(sorts.items()))


def _fact(key: str, sort: str, value: Value | None) -> tuple[Feature, Field]:
    path = f"episode_metadata/{key}"
    if sort == "text":
        return [b"" if value is None else str(value).encode()], Field(path, "text")
    number = np.nan if value is None or isinstance(value, str | tuple) else float(value)
    return np.array([number], np.float32), Field(path, "tensor", "float32")


def _finish(made: _Set, name: str, how: Writing) -> None:
    splits = {}
    for split, written in sorted(made.splits.items()):
        total = len(written.shards)
        for at in range(total):
            source = made.folder / f"{split}.{at:05d}"
            source.rename(made.folder / f"{name}-{split}.tfrecord-{at:05d}-of-{total:05d}")
        splits[split] = [tuple(shard) for shard in written.shards]
    robot = f" Robot: {how.robot}." if how.robot else ""
    info = {"name": name, "description": f"Episodes published by Volant.{robot}", "licence": how.licence}
    describe(made.folder, made.fields.values(), {**info, "splits": splits})


def _prove(made: _Set, read: Iterable[Episode]) -> None:
    """Refuse what was written unless reading it gives back every stream that was not declared lost."""
    expected = [proof for split in sorted(made.proofs) for proof in made.proofs[split]]
    number = 0
    for number, episode in enumerate(read, 1):
        wanted = expected[number - 1] if number <= len(expected) else {}
        found = {stream.name for stream in episode.streams}
        if found != set(wanted):
            raise Refused(f"Episode {number - 1} reads back with other channels: {sorted(found ^ set(wanted))}.")
        for name, digest in wanted.items():
            if digest and Episode((episode[name],)).id != digest:
                raise Refused(f"Episode {number - 1} reads back with other values of {name!r}.")
    if number != len(expected):
        raise Refused(f"{len(expected)} episodes were written, {number} are read back.")
