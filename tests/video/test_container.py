"""Windows of video files: counted, cut and decoded as an independent decode does it."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from volant.core import Video
from volant.core.errors import BadValue, Damaged, NotFound
from volant.video import open_video, probe


def scene(n: int, height: int = 96, width: int = 128, seed: int = 0) -> np.ndarray:
    """A textured picture that moves, with noise: uint8 ``[n, h, w, 3]``."""
    rng = np.random.default_rng(seed)
    texture = rng.integers(0, 255, (height // 4 + n, width // 4 + n, 3)).astype(np.uint8)
    texture = texture.repeat(4, 0).repeat(4, 1)
    made = np.stack([texture[i : i + height, 2 * i : 2 * i + width] for i in range(n)]).astype(np.int16)
    return np.clip(made + rng.normal(0, 3, made.shape), 0, 255).astype(np.uint8)


def write(path: Path, frames: np.ndarray, codec: str, fps: int = 30, **options: str) -> Path:
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=fps)
        stream.width, stream.height = frames.shape[2], frames.shape[1]
        stream.pix_fmt = options.pop("pix_fmt", "yuv420p")
        stream.options = options
        for i, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, fps)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


CODECS = [
    ("libx264", "mp4", {"g": "10", "crf": "20"}),
    ("libx264", "mkv", {"g": "10", "bf": "3"}),
    ("libsvtav1", "mp4", {"g": "10", "preset": "12"}),
    ("libx265", "mp4", {"x265-params": "keyint=10:log-level=none"}),
    ("mjpeg", "avi", {"pix_fmt": "yuvj420p"}),
    ("libvpx-vp9", "webm", {"g": "10", "deadline": "realtime", "cpu-used": "8"}),
    ("png", "mov", {"pix_fmt": "rgb24"}),
]


@pytest.mark.parametrize(("codec", "box", "options"), CODECS, ids=[f"{c[0]}-{c[1]}" for c in CODECS])
def test_any_window_equals_the_whole_decode(tmp_path: Path, codec: str, box: str, options: dict[str, str]) -> None:
    path = write(tmp_path / f"v.{box}", scene(36), codec, **options)
    with av.open(str(path)) as container:
        wanted = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    video = open_video(path)
    assert isinstance(video, Video)
    assert video.shape == (36, 96, 128, 3) and video.keyed
    for a, b in ((0, 36), (7, 23), (30, 36), (12, 13), (5, 5)):
        found = list(video.part(a, b).frames())
        assert len(found) == b - a
        assert all(np.array_equal(one, two) for one, two in zip(found, wanted[a:b], strict=True))
    assert np.array_equal(list(video.frames(3, 9)), list(video.part(3, 9).frames()))
    assert np.abs(np.diff(video.times) - 33_333_333).max() < 1_100_000
    window = open_video(path, start=10 / 30, stop=20 / 30)
    assert (window.first, window.stop) == (10, 20)
    assert len(list(window.encoded())) == 11


def test_the_same_packets_in_another_container_are_the_same(tmp_path: Path) -> None:
    one = write(tmp_path / "a.mp4", scene(20), "libx264", bf="2", g="10")
    with av.open(str(one)) as source, av.open(str(tmp_path / "b.mkv"), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    two = open_video(tmp_path / "b.mkv")
    assert list(two.encoded()) == list(open_video(one).encoded())
    assert [list(two.part(3, 8).encoded()), list(two.part(0, 4).encoded())] == [
        list(open_video(one).part(3, 8).encoded()),
        list(open_video(one).part(0, 4).encoded()),
    ]


def test_deep_grey_is_uint16(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    depth = rng.integers(0, 4096, (6, 64, 64)).astype(np.uint16)
    path = tmp_path / "depth.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx265", rate=30, options={"x265-params": "lossless=1:keyint=1:log-level=none"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "gray12le"
        for i, image in enumerate(depth):
            frame = av.VideoFrame(64, 64, "gray12le")
            frame.planes[0].update(_padded(image, frame.planes[0].line_size))
            frame.pts, frame.time_base = i, Fraction(1, 30)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    video = open_video(path)
    assert (video.dtype, video.shape, video.codec) == ("uint16", (6, 64, 64, 1), "hevc")
    assert np.array_equal(np.stack(list(video.frames()))[..., 0], depth)
    assert np.array_equal(next(video.lumas()), (depth[0] >> 4).astype(np.uint8))


def _padded(image: np.ndarray, line: int) -> bytes:
    rows = np.zeros((len(image), line // 2), np.uint16)
    rows[:, : image.shape[1]] = image
    return rows.tobytes()


def test_a_cut_file_says_what_is_left(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.mp4", scene(40), "libx264", g="10", movflags="faststart").read_bytes()
    lost = tmp_path / "lost.mp4"
    lost.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Damaged, match="moov"):
        open_video(lost)
    with pytest.raises(Damaged):
        open_video(lost, salvage=True)
    for junk in (b"", b"hello" * 100, b"\x00\x00\x00\x18ftypisom", bytes(4096)):
        lost.write_bytes(junk)
        with pytest.raises(Damaged):
            open_video(lost)
    with pytest.raises(NotFound):
        open_video(tmp_path / "none.mp4")
    with pytest.raises(BadValue):
        open_video(write(tmp_path / "b.mp4", scene(4), "libx264"), start=float("nan"))


def test_real_files_have_the_declared_frames(data: Path) -> None:
    folder = data / "g1_lerobot_v21" / "videos" / "chunk-000" / "observation.images.cam_high"
    found = probe(folder / "episode_000010.mp4")
    assert (found.codec, found.frames, found.fps, found.width, found.gop) == ("av1", 290, 30.0, 640, 2)
    sim = data / "groot_picknplace" / "demo_data" / "robot_sim.PickNPlace" / "videos" / "chunk-000"
    video = open_video(sim / "observation.images.ego_view" / "episode_000000.mp4")
    assert len(video) == 416 and video.codec == "h264" and not video.part(1, 9).keyed
    with av.open(str(video.path)) as container:
        wanted = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    for a in (0, 100, 333, 410):
        assert np.array_equal(list(video.frames(a, a + 6)), wanted[a : a + 6])
