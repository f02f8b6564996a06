"""Small episodes, byte mutations and the law of bad bytes for array containers."""

import random
from pathlib import Path

import numpy as np

from volant.core import Episode, Fact, Kind, Origin, Segment, Signal, Span, Stream
from volant.core.errors import VolantError
from volant.core.ports import Format, Reading
from volant.video import RawFrames


def made(seed: int = 0, rows: int = 20, *, pictures: bool = False, aside: bool = True) -> Episode:
    """An episode with what a container finds hard: units, dims, a second clock, words, blobs, truth, scalars."""
    rng = np.random.default_rng(seed)
    t = np.sort(rng.integers(0, 10_000_000, rows)) + np.arange(rows) * 50_000_000
    fast = np.arange(rows * 3, dtype=np.int64) * 10_000_000
    streams = [
        Stream(
            Signal("action", Kind.ACTION, (3,), "float32", "rad", "base", 20.0, ("a", "b", "c")),
            t,
            rng.normal(size=(rows, 3)).astype(np.float32),
        ),
        Stream(Signal("observation.qpos", Kind.JOINT, (2,), "float64", "rad"), t, rng.normal(size=(rows, 2))),
        Stream(
            Signal("observation.weight", Kind.SCALAR, (), "int32", "kg"), t, rng.integers(0, 9, rows, dtype=np.int32)
        ),
        Stream(Signal("touched", Kind.FLAG, (), "bool", "1"), t, rng.integers(0, 2, rows) > 0),
    ]
    if aside:
        words = np.empty(2, object)
        words[:] = ["grünes Tuch falten", ""]
        blobs = np.empty(3, object)
        blobs[:] = [b"", b"\x00\xff", b"abc"]
        streams += [
            Stream(
                Signal("/imu/data", Kind.IMU, (6,), "float32", "m/s^2", "imu", 100.0),
                fast,
                rng.normal(size=(rows * 3, 6)).astype(np.float32),
            ),
            Stream(Signal("language", Kind.LANGUAGE, (), "str"), t[:2], words),
            Stream(Signal("raw", Kind.BLOB, (), "bytes"), t[:3], blobs),
        ]
    if pictures:
        frames = rng.integers(0, 255, (rows, 8, 12, 3), dtype=np.uint8)
        streams.append(
            Stream(Signal("observation.images.top", Kind.IMAGE, (8, 12, 3), "uint8", hz=20.0), t, RawFrames.of(frames))
        )
    return Episode(
        tuple(streams),
        origin=Origin(uri="made", embodiment="arm", parents=("p",)),
        task=f"stack {seed}",
        segments=(Segment(Span(0, 5), "reach"),),
        tags=("made",),
        said=(
            Fact("", "declared/split", "train", "test@1"),
            Fact("", "measured", (1.0, 2.0), "test@1", Span(0, 4), "raw"),
        ),
    )


def same(one: Episode, other: Episode) -> None:
    """Everything that an episode says and holds is the same."""
    assert [s.signal for s in one.streams] == [s.signal for s in other.streams]
    assert one.id == other.id
    for field in ("origin", "task", "instruction", "scene", "segments", "tags", "said"):
        assert getattr(one, field) == getattr(other, field), field


def mutated(blob: bytes, seed: int) -> bytes:
    """Bytes with a few flips, a cut, a doubled or a zeroed stretch."""
    rng = random.Random(seed)
    raw = bytearray(blob)
    for _ in range(rng.choice((1, 1, 3, 20))):
        way = rng.randrange(4)
        at = rng.randrange(max(1, len(raw)))
        if way == 0 and raw:
            raw[at] ^= 1 << rng.randrange(8)
        elif way == 1:
            del raw[at:]
        elif way == 2:
            raw[at : at + rng.randrange(1, 64)] = bytes(rng.randrange(256) for _ in range(rng.randrange(64)))
        else:
            raw[at : at + 16] = b"\xff" * min(16, len(raw) - at)
    return bytes(raw)


def survives(fmt: Format, path: Path) -> None:
    """Bad bytes are read or refused with a reason; nothing else escapes, pictures included."""
    try:
        fmt.bid(path)
        for episode in fmt.read(path, Reading(limit=20)):
            assert episode.id
    except VolantError as error:
        assert str(error)
