"""The writing half of WebDataset: steps on the action's clock in tar shards, the rest beside them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import imagecodecs
import numpy as np

from ..core import Episode, Signal, Stream, Writing, Written
from ..core.errors import BadValue, Refused
from ..core.stream import Array
from ._about import about
from ._landing import landing, plain_facts, proof, prove
from ._packed import pack
from ._rows import held, leader, plain_name

__all__ = ["write"]

_SHARD = 1 << 30
"""Bytes after which the next episode starts a new shard."""

_ENDINGS = {"jpeg": "jpg", "png": "png", "webp": "webp", "tiff": "tiff", "jpegxl": "jxl"}


def write(episodes: Iterable[Episode], out: Path, how: Writing, read: Callable[[Path], Iterable[Episode]]) -> Written:
    """Write every episode, prove the folder with ``read`` and put it in place."""
    losses: set[str] = set()
    proofs = []
    frames = 0
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
                    frames += len(leader(episode))
                    if how.progress:
                        how.progress(number + 1)
        finally:
            shards.close()
        if not proofs:
            raise BadValue("No episodes to write.")
        prove(read(part), proofs)
        files = tuple(sorted(path.name for path in part.iterdir()))
    return Written(len(proofs), frames, files, tuple(sorted(losses)))


@dataclass
class _Shards:
    """Tar files of whole episodes, the same bytes every time."""

    root: Path
    count: int = 0
    current: tarfile.TarFile | None = field(default=None, repr=False)

    def start(self) -> None:
        """Make room for the next episode."""
        if self.current is None or self.current.offset > _SHARD:
            self.close()
            path = self.root / f"shard-{self.count:06d}.tar"
            self.current = tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115
            self.count += 1

    def add(self, name: str, blob: bytes) -> None:
        """One member: no owner, no date."""
        assert self.current is not None
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(blob), 0o644
        try:
            self.current.addfile(info, io.BytesIO(blob))
        except ValueError as error:
            raise Refused(
                f"{name!r} is no name for a tar member: {error}.", do="Give the channel a shorter name."
            ) from error
        vars(self.current)["members"].clear()

    def close(self) -> None:
        """Finish the shard."""
        if self.current is not None:
            self.current.close()
            self.current = None


def _episode(number: int, episode: Episode, shards: _Shards, aside: BinaryIO, losses: set[str]) -> dict[str, Any]:
    main = leader(episode)
    if not main.ordered:
        raise Refused(f"The clock of {main.name!r} runs backwards; steps cannot be laid on it.", do="Repair it first.")
    shards.start()
    key = f"ep{number:06d}"
    places: list[dict[str, Any]] = []
    feeds: list[tuple[str, Iterator[bytes]]] = []
    taken: set[str] = set()
    for stream in episode.streams:
        same = np.array_equal(stream.t, main.t)
        words = stream.signal.dtype in ("str", "bytes") or (stream.video is None and stream.values.dtype == object)
        place: dict[str, Any] = {"signal": stream.signal.to_json()}
        stem = plain_name(stream.name, taken)
        if stream.video is not None and len(stream):
            ending, feed, signal, raw = _pictures(stream, main, losses)
            place = {"signal": signal.to_json(), "channel": f"{stem}.{ending}", "raw": raw}
            feeds.append((f"{stem}.{ending}", feed))
        elif not words and len(stream) and stream.ordered and stream.video is None:
            values = stream.values if same else stream.values[held(stream.t, main.t)]
            feeds.append((f"{stem}.npy", (_npy(row) for row in values)))
            if same:
                place["channel"] = f"{stem}.npy"
        taken.add(stem)
        if "channel" not in place:
            place |= _beside(stream, aside)
        places.append(place)
    task = episode.instruction or episode.task
    for step, t in enumerate(main.t.tolist()):
        name = f"{key}_{step:06d}"
        shards.add(f"{name}.json", json.dumps({"episode": number, "step": step, "t_ns": t, "task": task}).encode())
        for channel, feed in feeds:
            blob = next(feed, None)
            if blob is None:
                raise Refused(f"{channel!r} of episode {number} ends after {step} of {len(main)} steps.")
            shards.add(f"{name}.{channel}", blob)
    return {
        "key": key,
        "id": episode.id,
        "rows": len(main),
        "t": main.t.tolist(),
        "about": about(episode),
        "streams": places,
    }


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
