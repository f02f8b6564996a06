"""Windows joined by packet copy: the same pictures, provably, or a refusal that says why."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from volant.core.errors import BadValue, Refused
from volant.video import RawFrames, encode, join_packets, joinable, open_video, probe, rate_of

from .test_container import scene, write

CODECS = [("libx264", "mp4", {"g": "10", "bf": "0", "crf": "20"}), ("libsvtav1", "mp4", {"g": "10", "preset": "12"}),
          ("libx265", "mp4", {"x265-params": "keyint=10:open-gop=0:log-level=none"}),
          ("libx264", "mkv", {"g": "10", "bf": "2", "x264-params": "open-gop=0:scenecut=0"})]  # fmt: skip


@pytest.mark.parametrize(("codec", "box", "options"), CODECS, ids=[f"{c[0]}-{c[1]}" for c in CODECS])
def test_joined_windows_hold_the_same_pictures(tmp_path: Path, codec: str, box: str, options: dict[str, str]) -> None:
    one = open_video(write(tmp_path / f"a.{box}", scene(40), codec, **options))
    two = open_video(write(tmp_path / f"b.{box}", scene(30, seed=5), codec, **options))
    parts = [one.part(10, 30), two.part(0, 30), one.part(0, 10), two.part(20, 30)]
    out = tmp_path / "joined.mp4"
    spans = join_packets(parts, out, 30)
    assert spans == [(0, 20 / 30), (20 / 30, 50 / 30), (50 / 30, 2), (2, 70 / 30)]
    wanted = [image for part in parts for image in part.frames()]
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        assert [float(frame.pts * stream.time_base) for frame in frames] == pytest.approx(np.arange(70) / 30, abs=1e-7)
        assert container.start_time == 0
    assert len(frames) == 70
    assert all(np.array_equal(f.to_ndarray(format="rgb24"), w) for f, w in zip(frames, wanted, strict=True))
    for (a, b), part in zip(spans, parts, strict=True):
        window = open_video(out, start=a, stop=b)
        assert list(window.encoded()) == list(part.encoded()) and window.keyed
    assert probe(out).constant and not list(tmp_path.glob(".*"))


def test_what_would_not_decode_is_refused(tmp_path: Path) -> None:
    one = open_video(write(tmp_path / "a.mp4", scene(40), "libx264", g="10", bf="2", crf="20"))
    other = open_video(write(tmp_path / "b.mp4", scene(20, 64, 64), "libx264", g="10"))
    out = tmp_path / "out.mp4"
    assert not joinable(one, other)
    for parts, reason in (
        ([one.part(3, 20)], "middle of a group"),
        ([one, other], "decoder configuration"),
        ([one.part(0, 0)], "empty"),
        ([one.part(0, next(k for k in range(2, 9) if _leans(one, k)))], "lean on later"),
    ):
        with pytest.raises(Refused, match=reason):
            join_packets(parts, out, 30)
    with pytest.raises(BadValue):
        join_packets([], out, 30)
    with pytest.raises(BadValue):
        join_packets([one], out, 0)
    jpeg = open_video(write(tmp_path / "j.avi", scene(4), "mjpeg", pix_fmt="yuvj420p"))
    with pytest.raises(Refused, match="not copied"):
        join_packets([jpeg], out, 30)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.mp4", "j.avi"]


def _leans(video, stop: int) -> bool:
    rank = video.index.rank
    last = int(np.flatnonzero(rank < stop)[-1])
    return bool((rank[:last] >= stop).any())


def test_rates_are_exact() -> None:
    assert rate_of(29.97) == Fraction(30000, 1001) and rate_of(30) == 30 and rate_of(12.5) == Fraction(25, 2)
    assert rate_of(59.94005994) == Fraction(60000, 1001) and rate_of(Fraction(7, 3)) == Fraction(7, 3)


@pytest.mark.parametrize("codec", ["av1", "h264"])
def test_a_profile_keeps_count_and_likeness(tmp_path: Path, codec: str) -> None:
    frames = scene(23)
    out = tmp_path / "a.mp4"
    assert encode(RawFrames.of(frames), out, codec=codec, fps=29.97) == 23
    video = open_video(out)
    assert video.codec == codec and probe(out).gop == 10 and video.fps == pytest.approx(30000 / 1001)
    assert np.abs(np.stack(list(video.frames())).astype(int) - frames).mean() < 20
    assert len(join_packets([video.part(0, 10), video.part(10, 20)], tmp_path / "b.mp4", 29.97)) == 2


def test_depth_is_kept_bit_for_bit(tmp_path: Path) -> None:
    depth = np.random.default_rng(0).integers(0, 4096, (12, 48, 64, 1)).astype(np.uint16)
    encode(depth, tmp_path / "d.mp4", codec="depth", fps=30)
    assert np.array_equal(np.stack(list(open_video(tmp_path / "d.mp4").frames())), depth)
    with pytest.raises(BadValue):
        encode([np.full((48, 64, 1), 5000, np.uint16)], tmp_path / "d.mp4", codec="depth", fps=30)
    for wrong in ([], [np.zeros((33, 33, 3), np.uint8)], [np.zeros((32, 32, 3), np.float32)]):
        with pytest.raises(BadValue):
            encode(wrong, tmp_path / "e.mp4", fps=30)
    assert [path.name for path in tmp_path.iterdir()] == ["d.mp4"]
