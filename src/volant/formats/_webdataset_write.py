"""The writing half of WebDataset: steps on the action's clock in tar shards, the rest beside them."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import imagecodecs
import numpy as np

from ..core import Episode, Signal, Stream, Writing, Written
from ..core.errors import BadValue, Refused
from ..core.stream import Array, Times
from ._about import about
from ._landing import landing, plain_facts, proof, prove
from ._packed import pack
from ._rows import held, leader, plain_name
from ._tar import BLOCK, Blobs, close, laid

__all__ = ["write"]

_SHARD = 1 << 30
"""Bytes after which the next episode starts a new shard."""

_MOST_BYTES, _MOST_STEPS = 8 << 20, 1024
"""What is laid out at once."""

_ENDINGS = {"jpeg": "jpg", "png": "png", "webp": "webp", "tiff": "tiff", "jpegxl": "jxl"}


def write(episodes: Iterable[Episode], out: Path, how: Writing, read: Callable[[Path], Iterable[Episode]]) -> Written:
    """Write every episode, prove the folder with ``read`` and put it in place."""
    losses: set[str] = set()
    proofs = []
    with landing(out) as part:
        part.mkdir()
        shards = _Shards(part)
        try:
            with (
                (part / "aside.bin").open("wb") as aside,
                (part / "episodes.jsonl").open("w", encoding="utf-8") as lines,
            ):
                for number, episode in enumerate(episodes):
                    text = _episode(number, episode, shards, aside, losses)
                    text["facts"] = plain_facts(how.facts, episode)
                    lines.write(json.dumps(text, sort_keys=True, separators=(",", ":")) + "\n")
                    proofs.append(proof(episode, leader(episode)))
                    if how.progress:
                        how.progress(number + 1)
        finally:
            shards.close()
        if not proofs:
            raise BadValue("No episodes to write.")
        prove(read(part), proofs)
        files = tuple(sorted(path.name for path in part.iterdir()))
    return Written(len(proofs), sum(one.frames for one in proofs), files, tuple(sorted(losses)))


@dataclass
class _Shards:
    """Tar files of whole episodes, the same bytes every time."""

    root: Path
    count: int = 0
    current: BinaryIO | None = field(default=None, repr=False)

    def start(self) -> None:
        """Make room for the next episode."""
        if self.current is None or self.current.tell() > _SHARD:
            self.close()
            self.current = (self.root / f"shard-{self.count:06d}.tar").open("wb")
            self.count += 1

    def add(self, block: Array) -> None:
        """Members as they lie."""
        assert self.current is not None
        self.current.write(block.data)

    def close(self) -> None:
        """Finish the shard."""
        if self.current is not None:
            close(self.current)
            self.current = None


@dataclass(frozen=True, slots=True)
class _Feed:
    """What one channel holds of the next steps; ``size`` bytes a step, about."""

    ending: str
    size: int
    next: Callable[[int, int], Blobs]


def _episode(number: int, episode: Episode, shards: _Shards, aside: BinaryIO, losses: set[str]) -> dict[str, Any]:
    main = leader(episode)
    if not main.ordered:
        raise Refused(f"The clock of {main.name!r} runs backwards; steps cannot be laid on it.", do="Repair it first.")
    shards.start()
    places: list[dict[str, Any]] = []
    feeds: list[_Feed] = []
    taken: set[str] = set()
    for stream in episode.streams:
        same = np.array_equal(stream.t, main.t)
        words = stream.signal.dtype in ("str", "bytes") or (stream.video is None and stream.values.dtype == object)
        place: dict[str, Any] = {"signal": stream.signal.to_json()}
        stem = plain_name(stream.name, taken)
        if stream.video is not None and len(stream):
            ending, blobs, signal, raw = _pictures(stream, main, losses)
            place = {"signal": signal.to_json(), "channel": f"{stem}.{ending}", "raw": raw}
            bound = math.prod(signal.shape) * np.dtype(signal.dtype).itemsize
            feeds.append(_Feed(f"{stem}.{ending}", bound, _drawn(f"{stem}.{ending} of episode {number}", blobs)))
        elif not words and len(stream) and stream.ordered and stream.video is None:
            values = stream.values if same else stream.values[held(stream.t, main.t)]
            feeds.append(_rows_of(f"{stem}.npy", values))
            if same:
                place["channel"] = f"{stem}.npy"
        taken.add(stem)
        if "channel" not in place:
            place |= _beside(stream, aside)
        places.append(place)
    for block in _steps(number, main.t, episode.instruction or episode.task, feeds):
        shards.add(block)
    return {
        "key": _key(number),
        "id": episode.id,
        "rows": len(main),
        "t": main.t.tolist(),
        "about": about(episode),
        "streams": places,
    }


def _key(number: int) -> str:
    return f"ep{number:06d}"


def _steps(number: int, t: Times, task: str, feeds: list[_Feed]) -> Iterator[Array]:
    """Every step of an episode, many at a time: what happens when, then what each channel holds."""
    key = _key(number)
    one = sum(feed.size + 2 * BLOCK for feed in feeds) + 2 * BLOCK
    start, said = 0, json.dumps(task)
    while start < len(t):
        digits = max(6, len(str(start)))
        stop = min(len(t), start + max(1, min(_MOST_STEPS, _MOST_BYTES // one)), 10**digits)
        steps = np.arange(start, stop)
        stems = np.empty((len(steps), len(key) + 1 + digits), np.uint8)
        stems[:, : len(key) + 1] = np.frombuffer(f"{key}_".encode(), np.uint8)
        stems[:, len(key) + 1 :] = steps[:, None] // 10 ** np.arange(digits - 1, -1, -1) % 10 + ord("0")
        texts = [
            f'{{"episode": {number}, "step": {step}, "t_ns": {at}, "task": {said}}}'.encode()
            for step, at in zip(range(start, stop), t[start:stop].tolist(), strict=True)
        ]
        channels = [(f".{feed.ending}".encode(), feed.next(start, stop)) for feed in feeds]
        yield laid(stems, [(b".json", texts), *channels])
        start = stop


def _rows_of(ending: str, values: Array) -> _Feed:
    """Rows of an array as ``.npy`` files, which all begin alike."""
    values = np.ascontiguousarray(values)
    first = _npy(values[0])
    head = np.frombuffer(first, np.uint8, len(first) - values[0].nbytes)
    flat = np.frombuffer(values.data, np.uint8).reshape(len(values), -1) if values.size else np.empty((len(values), 0))

    def some(start: int, stop: int) -> Blobs:
        made = np.empty((stop - start, len(first)), np.uint8)
        made[:, : len(head)] = head
        made[:, len(head) :] = flat[start:stop]
        return made

    return _Feed(ending, len(first), some)


def _drawn(what: str, blobs: Iterator[bytes]) -> Callable[[int, int], Blobs]:
    def some(start: int, stop: int) -> Blobs:
        made = list(islice(blobs, stop - start))
        if len(made) != stop - start:
            raise Refused(f"{what} ends after {start + len(made)} steps.", do="Check the recording again.")
        return made

    return some


def _npy(row: Array) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(row), allow_pickle=False)
    return file.getvalue()


def _pictures(stream: Stream, main: Stream, losses: set[str]) -> tuple[str, Iterator[bytes], Signal, bool]:
    """Ending, bytes per step, signal as written, and whether the pictures were plain arrays."""
    video, signal = stream.video, stream.signal
    assert video is not None
    if not stream.ordered:
        raise Refused(f"The clock of {stream.name!r} runs backwards; its pictures cannot be laid on steps.")
    at = held(stream.t, main.t)
    if not np.array_equal(stream.t, main.t):
        losses.add(f"{stream.name}: pictures held onto the steps of the action, so some repeat or are left out")
    ending = _ENDINGS.get(video.codec, "")
    if ending:
        return ending, _spread(video.encoded(), at), signal, False
    if video.codec != "raw":
        losses.add(f"{stream.name}: pictures decoded from {video.codec} to PNG")
    shape = tuple(video.shape[1:])
    if signal.shape != shape or signal.dtype != video.dtype:
        signal = Signal(signal.name, signal.kind, shape, video.dtype, signal.unit, signal.frame, signal.hz)
    if video.dtype in ("uint8", "uint16") and shape[2] in (1, 3):
        return (
            "png",
            _spread((bytes(imagecodecs.png_encode(np.ascontiguousarray(f), level=1)) for f in video.frames()), at),
            signal,
            True,
        )
    return "npy", _spread((_npy(frame) for frame in video.frames()), at), signal, True


def _spread(blobs: Iterator[bytes], at: Array) -> Iterator[bytes]:
    """The picture that each step holds; ``at`` never goes back."""
    seen, blob = -1, b""
    for wanted in at.tolist():
        while seen < wanted:
            blob, seen = next(blobs), seen + 1
        yield blob


def _beside(stream: Stream, aside: BinaryIO) -> dict[str, Any]:
    """Keep a stream exactly, with its own clock, in ``aside.bin``."""
    place: dict[str, Any] = {"t": _append(aside, np.ascontiguousarray(stream.t).tobytes())}
    values = np.zeros(0) if stream.video is not None else stream.values
    if stream.signal.dtype in ("str", "bytes") or values.dtype == object:
        flat, ends = pack(values)
        return {**place, "x": _append(aside, flat.tobytes()), "ends": ends.tolist()}
    return {**place, "x": _append(aside, np.ascontiguousarray(values).tobytes()), "dtype": values.dtype.str}


def _append(aside: BinaryIO, blob: bytes) -> list[int]:
    at = aside.tell()
    aside.write(blob)
    return [at, len(blob)]
