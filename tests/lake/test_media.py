"""Pictures are stored once, whatever refers to them, and come back as the very same lazy frames."""

from pathlib import Path

import av
import numpy as np
import pytest

from volant.core import Episode, Kind, Signal, Stream
from volant.core.errors import BadValue, LakeCorrupt
from volant.lake import Store
from volant.video import PacketVideo, RawFrames, Stills, open_video

SIGNAL = Signal("camera", Kind.IMAGE, (48, 64, 3), "uint8", hz=30.0)


def film(path: Path, n: int = 40) -> Path:
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.gop_size = 10
        for _ in range(n):
            picture = rng.integers(0, 255, (48, 64, 3)).astype(np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    return path


def seen(video: PacketVideo) -> Episode:
    return Episode((Stream(SIGNAL, np.arange(len(video), dtype=np.int64) * 33_333_333, video),))


def test_windows_of_one_file_share_it(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4")
    whole = open_video(path)
    windows = [seen(whole.part(start, start + 8)) for start in (0, 5, 20, 32)]
    root = tmp_path / "lake"
    with Store(root) as store:
        store.put(windows[:2], at=1)
        store.put(windows[2:], at=2)
    copy = film(tmp_path / "copy.mp4")
    with Store(root) as store:
        assert store.put([seen(open_video(copy).part(0, 8))], at=3).known == (windows[0].id,)
        assert store.put([seen(open_video(copy).part(1, 8))], at=3).added
        kept = [path for path in (root / "media").rglob("*") if path.is_file()]
        assert len(kept) == 1
        assert kept[0].read_bytes() == path.read_bytes()
        assert kept[0].stat().st_nlink == 1
        path.unlink()
        copy.unlink()
        for one in windows:
            back = store.episode(one.id)
            video = back["camera"].video
            assert isinstance(video, PacketVideo)
            assert Episode(back.streams).id == one.id
            assert len(list(video.frames())) == 8
        assert store.sql("SELECT codec, first_frame, stop_frame FROM streams ORDER BY added, first_frame").to_pylist()[
            1
        ] == {"codec": "h264", "first_frame": 5, "stop_frame": 13}
        assert store.verify(deep=True).ok


@pytest.mark.parametrize("shape", [(300, 12, 16, 3), (7, 300, 400, 3), (0, 4, 4, 1)])
def test_arrays_and_stills_are_read_by_the_batch(tmp_path: Path, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    raw = rng.integers(0, 255, shape).astype(np.uint8)
    t = np.arange(len(raw), dtype=np.int64)
    signal = Signal("raw", Kind.IMAGE, shape[1:], "uint8")
    some = [Episode((Stream(signal, t + i, RawFrames.of(raw)),)) for i in range(2)]
    with Store(tmp_path / "lake") as store:
        store.put(some, at=1)
        assert len(list((tmp_path / "lake" / "media").rglob("*.arrow"))) == 1
        video = store.episode(some[1].id)["raw"].video
        assert isinstance(video, RawFrames)
        for start, stop in ((0, len(raw)), (1, 5), (65, 130), (len(raw) - 1, len(raw))):
            picked = list(video.frames(start, stop))
            assert len(picked) == len(raw[start:stop])
            assert all((a == b).all() for a, b in zip(picked, raw[start:stop], strict=True))
        assert [frame.shape for frame in video.part(2, 4).frames()] == [shape[1:]] * len(raw[2:4])
        assert store.verify(deep=True).ok


def test_a_video_that_gives_fewer_frames_than_it_promises_is_refused(tmp_path: Path) -> None:
    class Short:
        codec, shape, dtype = "jpeg", (3, 4, 4, 3), "uint8"

        def __len__(self) -> int:
            return 3

        def encoded(self) -> list[bytes]:
            return [b"a", b"b"]

    one = Episode((Stream(Signal("c", Kind.IMAGE, (4, 4, 3), "uint8"), np.arange(3), Short()),))  # type: ignore[arg-type]
    with Store(tmp_path / "lake") as store:
        with pytest.raises(BadValue, match="promise 3 frames"):
            store.put([one], at=1)
        assert store.version == 0
        assert not list((tmp_path / "lake" / "tmp").glob("*"))


def test_a_lost_file_of_pictures_is_named(tmp_path: Path) -> None:
    blobs = [bytes([i]) * 9 for i in range(5)]
    stills = Stills(lambda i: blobs[i], 5, "jpeg", (4, 4, 3))
    one = Episode((Stream(Signal("c", Kind.IMAGE, (4, 4, 3), "uint8"), np.arange(5), stills),))
    with Store(tmp_path / "lake") as store:
        store.put([one], at=1)
        assert list(store.episode(one.id)["c"].video.encoded()) == blobs  # type: ignore[union-attr]
        for path in (tmp_path / "lake" / "media").rglob("*.arrow"):
            path.unlink()
    with Store(tmp_path / "lake") as store:
        with pytest.raises(LakeCorrupt, match="missing"):
            store.episode(one.id)
        assert store.verify().hit == (one.id,)
        assert len(store.catalogue()) == 1
