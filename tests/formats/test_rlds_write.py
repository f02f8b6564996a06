"""RLDS written and read again: ids, clocks, units and words come back, losses are declared."""

import json
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from volant.core import Episode, Fact, Kind, Origin, Reading, Segment, Signal, Span, Stream, Writing
from volant.core.errors import BadValue, Refused
from volant.formats.rlds import Rlds
from volant.video import RawFrames, Stills


def made(number: int = 0, n: int = 12, **extra: Stream) -> Episode:
    """An episode with numbers, words and stills on two clocks."""
    rng = np.random.default_rng(number)
    t = np.cumsum(rng.integers(40_000_000, 60_000_000, n))
    slow = t[::3] + 7
    stills = [bytes(imagecodecs.png_encode(rng.integers(0, 255, (6, 8, 3)).astype(np.uint8))) for _ in slow]
    streams = (
        Stream(
            Signal("action", Kind.ACTION, (3,), "float64", "rad", "base", 20.0, ("x", "y", "z")),
            t,
            rng.normal(size=(n, 3)),
        ),
        Stream(
            Signal("observation.state", Kind.JOINT, (2,), "float32", "deg"),
            t,
            rng.normal(size=(n, 2)).astype(np.float32),
        ),
        Stream(Signal("observation.cam", Kind.IMAGE, (6, 8, 3), "uint8"), slow, Stills.of(stills)),
        Stream(
            Signal("/joint_states/effort", Kind.EFFORT, (), "uint64"),
            slow,
            rng.integers(0, 2**63, len(slow)).astype(np.uint64),
        ),
        Stream(Signal("note", Kind.LANGUAGE, (), "str"), t, np.array([f"word {i}" for i in range(n)], object)),
        *extra.values(),
    )
    said = (Fact("", "outcome", "success", "test@1"),)
    segments = (Segment(Span(int(t[0]), int(t[3])), "reach", "skill"),)
    return Episode(streams, Origin(robot="r1", licence="MIT"), "stack", "stack it", "lab", segments, ("tag",), said)


def test_everything_comes_back(tmp_path: Path) -> None:
    episodes = [made(0), made(1, 20)]
    facts = {episodes[0].id: {"quality": 0.5, "operator": "Ann"}}
    written = Rlds().write(iter(episodes), tmp_path / "set", Writing(licence="MIT", facts=facts))
    assert (written.episodes, written.frames, written.losses) == (2, 32, ())
    back = list(Rlds().read(tmp_path / "set", Reading()))
    for one, other in zip(episodes, back, strict=True):
        assert one.id == other.id
        assert (one.origin, one.task, one.instruction, one.scene) == (
            other.origin,
            other.task,
            other.instruction,
            other.scene,
        )
        assert one.segments == other.segments
        assert one.tags == other.tags
        assert one.said[0] == other.said[0]
    said = {fact.key: fact.value for fact in back[0].said}
    assert said["label/quality"] == 0.5
    assert said["label/operator"] == "Ann"
    info = json.loads((tmp_path / "set" / "dataset_info.json").read_text())
    assert info["splits"][0]["shardLengths"] == ["2"]
    assert info["redistributionInfo"] == {"license": "MIT"}


def test_a_faster_stream_is_a_declared_loss(tmp_path: Path) -> None:
    t = np.arange(200, dtype=np.int64) * 5_000_000
    fast = Stream(Signal("imu", Kind.IMU, (), "float32"), t, np.arange(200, dtype=np.float32))
    written = Rlds().write([made(0, imu=fast)], tmp_path / "set", Writing())
    assert any("imu" in loss for loss in written.losses)
    back = next(Rlds().read(tmp_path / "set", Reading()))
    assert len(back["imu"]) == 12


def test_plain_pictures_become_png(tmp_path: Path) -> None:
    t = np.arange(5, dtype=np.int64) * 10
    pixels = np.random.default_rng(0).integers(0, 255, (5, 4, 6, 3)).astype(np.uint8)
    action = Stream(Signal("action", Kind.ACTION, (1,), "float32"), t, np.zeros((5, 1), np.float32))
    camera = Stream(Signal("cam", Kind.IMAGE, (4, 6, 3), "uint8"), t, RawFrames.of(pixels))
    Rlds().write([Episode((action, camera))], tmp_path / "set", Writing())
    back = next(Rlds().read(tmp_path / "set", Reading()))["cam"].video
    assert back is not None
    assert back.codec == "png"
    assert np.array_equal(np.stack(list(back.frames())), pixels)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="No episodes"):
        Rlds().write([], tmp_path / "none", Writing())
    other = Episode(made().streams[:2])
    with pytest.raises(Refused, match="different channels"):
        Rlds().write([made(), other], tmp_path / "mixed", Writing())
    assert list(tmp_path.iterdir()) == []
    back = made().streams[0]
    wrong = Stream(back.signal, back.t[::-1].copy(), back.values)
    with pytest.raises(Refused, match="backwards"):
        Rlds().write([Episode((wrong,))], tmp_path / "wrong", Writing())


def test_real_bridge_round_trip(data: Path, tmp_path: Path) -> None:
    folder = data / "octo_bridge_rlds/tests/debug_dataset/bridge_dataset/1.0.0"
    if not folder.is_dir():
        pytest.skip("octo_bridge_rlds is absent")
    real = list(Rlds().read(folder, Reading(limit=3)))
    Rlds().write(real, tmp_path / "set", Writing())
    assert [episode.id for episode in Rlds().read(tmp_path / "set", Reading())] == [episode.id for episode in real]
