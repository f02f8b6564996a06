"""Episodes made for the lake's tests: deterministic, of every sort."""

import io

import numpy as np
from PIL import Image

from volant.core import Episode, Fact, Kind, Origin, Segment, Signal, Span, Stream
from volant.video import RawFrames, Stills


def make(i: int, n: int = 20, task: str = "stack", **origin: object) -> Episode:
    rng = np.random.default_rng(i)
    t = np.arange(n, dtype=np.int64) * 33_333_333
    state = Signal("observation.state", Kind.STATE, (7,), "float32", "rad", hz=30.0, dims=tuple("abcdefg"))
    return Episode(
        (
            Stream(state, t, rng.normal(size=(n, 7)).astype(np.float32)),
            Stream(Signal("reward", Kind.REWARD), t[::2], rng.normal(size=(n + 1) // 2)),
        ),
        Origin(uri=f"file-{i}", operator="ann", **origin),
        task=task,
        scene=f"room {i % 3}",
        segments=(Segment(Span(0, 10), "reach", "skill"),),
        tags=("a", "b"),
        said=(Fact("", "declared/fps", 30.0, "reader@1"),),
    )


def sorts() -> Episode:
    """One stream of every sort of sample there is."""
    t = np.array([0, 5, 3], dtype=np.int64)
    words = np.array(["grün", "", "x'; DROP TABLE episodes; --"], object)
    blobs = np.array([b"\0\xff", b"", b"abc"], object)
    nans = np.array([0x7FC00001, 0x7F800000, 0x80000000], np.uint32).view(np.float32)
    return Episode(
        (
            Stream(Signal("words", Kind.LANGUAGE, (), "str"), t, words),
            Stream(Signal("blobs", Kind.BLOB, (), "bytes"), t, blobs),
            Stream(Signal("mixed", Kind.EVENT, (), "str"), t, np.array(["a", b"b", "c"], object)),
            Stream(Signal("unicode", Kind.EVENT, (), "str"), t, np.array(["a", "bb", "ccc"])),
            Stream(Signal("nans", Kind.SCALAR, (), "float32"), t, nans),
            Stream(Signal("big", Kind.STATE, (2,), "float64"), t, np.arange(6.0).astype(">f8").reshape(3, 2)),
            Stream(Signal("half", Kind.STATE, (2,), "float16"), t, np.arange(6, dtype=np.float16).reshape(3, 2)),
            Stream(Signal("flag", Kind.FLAG, (), "bool"), t, np.array([True, False, True])),
            Stream(Signal("taxels", Kind.TACTILE, (4, 4), "uint8"), t, np.arange(48, dtype=np.uint8).reshape(3, 4, 4)),
            Stream(Signal("tiny", Kind.STATE, (0,), "float32"), t, np.zeros((3, 0), np.float32)),
            Stream(Signal("ids", Kind.STATE, (), "uint64"), t, np.array([0, 2**64 - 1, 5], np.uint64)),
            Stream(Signal("empty", Kind.STATE, (3,), "float64"), t[:0], np.zeros((0, 3))),
        )
    )


def pictures() -> Episode:
    rng = np.random.default_rng(1)
    t = np.arange(5, dtype=np.int64)
    raw = rng.integers(0, 255, (5, 12, 16, 3)).astype(np.uint8)
    deep = rng.integers(0, 60000, (5, 12, 16, 1)).astype(np.uint16)
    blobs = []
    for frame in raw:
        sink = io.BytesIO()
        Image.fromarray(frame).save(sink, "png")
        blobs.append(sink.getvalue())
    return Episode(
        (
            Stream(Signal("raw", Kind.IMAGE, (12, 16, 3), "uint8"), t, RawFrames.of(raw)),
            Stream(Signal("depth", Kind.DEPTH, (12, 16, 1), "uint16"), t, RawFrames.of(deep)),
            Stream(Signal("png", Kind.IMAGE, (12, 16, 3), "uint8"), t, Stills.of(blobs)),
        )
    )
