"""A small file of our own writing, for the fuzz tests."""

from __future__ import annotations

from functools import cache

import numpy as np

from volant.core import Episode, Kind, Reading, Signal, Stream, Writing
from volant.formats.mcap import Mcap
from volant.video import RawFrames

_made: dict[str, bytes] = {}


def own_bytes(tmp_path_factory) -> bytes:
    """The bytes of one written episode, made once."""
    if not _made:
        t = np.arange(10, dtype=np.int64)
        frames = RawFrames.of(np.zeros((10, 4, 4, 3), np.uint8))
        streams = (
            Stream(Signal("a", Kind.STATE, (2,)), t, np.ones((10, 2))),
            Stream(Signal("c", Kind.IMAGE, (4, 4, 3), "uint8"), t, frames),
        )
        folder = tmp_path_factory.mktemp("made") / "set"
        Mcap().write([Episode(streams)], folder, Writing())
        _made["x"] = (folder / "episode_000000.mcap").read_bytes()
    return _made["x"]


@cache
def _clean() -> Reading:
    return Reading()


def test_it_reads(tmp_path_factory, tmp_path):
    path = tmp_path / "x.mcap"
    path.write_bytes(own_bytes(tmp_path_factory))
    [episode] = Mcap().read(path, _clean())
    assert len(episode["a"]) == 10
