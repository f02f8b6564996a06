"""Written MCAP files come back as they were, and the official readers open them."""

from __future__ import annotations

import av
import imagecodecs
import numpy as np
import pytest
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory

from volant.core import Episode, Fact, Kind, Origin, Reading, Segment, Signal, Span, Stream, Writing
from volant.core.errors import Damaged, Refused
from volant.formats.mcap import Mcap
from volant.video import RawFrames, Stills, open_video

RNG = np.random.default_rng(0)


def made(n: int = 40, start: int = 1_700_000_000_000_000_000) -> Episode:
    t = start + np.arange(n, dtype=np.int64) * 33_333_333
    x = RNG.normal(0, 1, (n, 3))
    x[3] = (np.nan, np.inf, -0.0)
    words = np.array([f"say {i} é" for i in range(n)], dtype=object)
    blobs = np.empty(n, object)
    blobs[:] = [bytes(range(i % 200)) for i in range(n)]
    pictures = RNG.integers(0, 255, (n, 12, 16, 3), dtype=np.uint8)
    jpegs = [imagecodecs.jpeg_encode(picture, 90) for picture in pictures]
    streams = (
        Stream(Signal("state", Kind.JOINT, (3,), "float64", "rad", "base", 30.0, ("a", "b_c", "d2")), t, x),
        Stream(
            Signal("odd", Kind.STATE, (2, 2), "float32"), t[::2], x[::2, [0, 1, 2, 0]].astype("f4").reshape(-1, 2, 2)
        ),
        Stream(Signal("half", Kind.TACTILE, (1,), "float16"), t, x[:, :1].astype("f2")),
        Stream(Signal("flag", Kind.FLAG, (), "bool"), t, x[:, 0] > 0),
        Stream(Signal("big", Kind.CLOCK, (), "int64", "ns"), t[::-1].copy(), t),
        Stream(Signal("uint", Kind.SCALAR, (), "uint64"), t, np.full(n, 2**64 - 1, np.uint64)),
        Stream(Signal("words", Kind.LANGUAGE, (), "str", "1"), t, words),
        Stream(Signal("blob", Kind.BLOB, (), "bytes"), t, blobs),
        Stream(Signal("camera/raw", Kind.IMAGE, (12, 16, 3), "uint8", "1", "cam"), t, RawFrames.of(pictures)),
        Stream(
            Signal("depth", Kind.DEPTH, (12, 16, 1), "uint16", "mm"), t, RawFrames.of(pictures[..., :1] * np.uint16(99))
        ),
        Stream(Signal("camera/jpeg", Kind.IMAGE, (12, 16, 3), "uint8", "1"), t, Stills.of(jpegs)),
    )
    segments = (Segment(Span(int(t[0]), int(t[min(5, n - 1)])), "reach"),)
    said = (Fact("", "outcome", "success", "person@1"),)
    return Episode(streams, Origin(robot="arm 1", operator="kim"), "pick", "pick it", "desk", segments, ("a",), said)


def test_an_episode_comes_back_as_it_was(tmp_path):
    episodes = [made(), made(7, start=-5_000_000_000)]
    out, told = tmp_path / "set", []
    written = Mcap().write(episodes, out, Writing(progress=told.append, facts={episodes[0].id: {"quality": 0.5}}))
    assert written.episodes == 2 and written.files == ("episode_000000.mcap", "episode_000001.mcap") and told == [1, 2]
    assert Mcap().bid(out).score > 0.8
    for before, after in zip(episodes, Mcap().read(out, Reading()), strict=True):
        assert after.id == before.id
        assert (after.origin, after.task, after.instruction, after.scene) == (
            before.origin, before.task, before.instruction, before.scene
        )  # fmt: skip
        assert after.segments == before.segments and after.tags == before.tags and after.said == before.said
        assert [s.signal for s in after.streams] == [s.signal for s in before.streams]
        for one, other in zip(before.of(Kind.IMAGE, Kind.DEPTH), after.of(Kind.IMAGE, Kind.DEPTH), strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(one.video.frames(), other.video.frames(), strict=True))
    [first] = Mcap().read(out, Reading(limit=1))
    assert first.id == episodes[0].id


def test_the_official_reader_sees_every_value(tmp_path):
    episode = made()
    Mcap().write([episode], tmp_path / "set", Writing())
    seen: dict[str, list[object]] = {}
    with (tmp_path / "set/episode_000000.mcap").open("rb") as file:
        reader = make_reader(file, validate_crcs=True, decoder_factories=[DecoderFactory()])
        times = []
        for _, channel, message, decoded in reader.iter_decoded_messages():
            seen.setdefault(channel.topic, []).append(decoded)
            times.append(message.log_time)
        assert {record.name for record in reader.iter_metadata()} == {"volant.episode"}
    assert times == sorted(times)
    rows = np.array([(m.a, m.b_c, m.d2) for m in seen["state"]])
    assert np.array_equal(rows, episode["state"].values, equal_nan=True)
    assert [m.data for m in seen["words"]] == episode["words"].values.tolist()
    assert [m.data for m in seen["uint"]] == [2**64 - 1] * 40
    first = seen["camera/raw"][0]
    assert (first.width, first.height, first.encoding, first.step) == (16, 12, "rgb8", 48)
    assert bytes(first.data) == next(iter(episode["camera/raw"].video.encoded()))
    assert first.header.frame_id == "cam" and first.header.stamp.sec == 1_700_000_000
    assert bytes(seen["camera/jpeg"][5].data) == list(episode["camera/jpeg"].video.encoded())[5]


def test_a_cut_file_is_saved_and_said(tmp_path):
    Mcap().write([made(400)], tmp_path / "set", Writing())
    whole = (tmp_path / "set/episode_000000.mcap").read_bytes()
    path = tmp_path / "cut.mcap"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    [episode] = Mcap().read(path, Reading())
    assert 50 < len(episode["state"]) < 400 and any(f.key == "damage/truncated" for f in episode.said)
    path.write_bytes(whole[:700])
    with pytest.raises(Damaged):
        list(Mcap().read(path, Reading()))


def test_nothing_is_written_over_and_nothing_half(tmp_path):
    episode = made(5)
    Mcap().write([episode], tmp_path / "set", Writing())
    with pytest.raises(Refused, match="already"):
        Mcap().write([episode], tmp_path / "set", Writing())
    bad = Stream(Signal("c", Kind.STATE, (), "complex128"), np.zeros(1, np.int64), np.zeros(1, complex))
    with pytest.raises(Refused, match="complex"):
        Mcap().write([Episode((bad,))], tmp_path / "other", Writing())
    assert [p.name for p in tmp_path.iterdir()] == ["set"]


@pytest.mark.parametrize(("codec", "options"), [
    ("libx264", {"bf": "0", "g": "8"}), ("libx264", {"bf": "2", "g": "12"}), ("libsvtav1", {"g": "10", "preset": "12"}),
])  # fmt: skip
def test_video_packets_are_copied(tmp_path, codec, options):
    path, n = tmp_path / "v.mp4", 24
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=30, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for i in range(n):
            picture = np.full((64, 64, 3), 8 * i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    video = open_video(path)
    t = np.arange(n, dtype=np.int64) * 33_000_000
    episode = Episode((Stream(Signal("cam", Kind.IMAGE, (64, 64, 3), "uint8", "1", "lens"), t, video),))
    Mcap().write([episode], tmp_path / "set", Writing())
    [back] = Mcap().read(tmp_path / "set", Reading())
    assert np.array_equal(back["cam"].t, t) and back["cam"].video.codec == video.codec
    pairs = zip(back["cam"].video.frames(), video.frames(), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)
    with (tmp_path / "set/episode_000000.mcap").open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        messages = [decoded for *_, decoded in reader.iter_decoded_messages()]
    assert len(messages) == n and messages[0].frame_id == "lens"
    assert {m.format for m in messages} == {"h264" if codec == "libx264" else "av1"}
    Mcap().write([back], tmp_path / "again", Writing())
    [again] = Mcap().read(tmp_path / "again", Reading())
    assert again.id == back.id
    with pytest.raises(Refused, match="keyframe"):
        Mcap().write([back.between(int(t[3]), int(t[9]))], tmp_path / "cut", Writing())
