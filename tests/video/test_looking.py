"""What pictures look like as numbers: against plain numpy, and the same wherever a video is cut."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volant.core import LOOK
from volant.core.errors import Damaged
from volant.video import (
    RawFrames,
    Stills,
    histogram,
    look,
    look_and_histogram,
    look_frames,
    look_many,
    open_video,
)
from volant.video.image import decode_grey

from .test_container import scene, write

AT = {name: i for i, name in enumerate(LOOK)}


def test_numbers_equal_plain_numpy() -> None:
    rng = np.random.default_rng(3)
    planes = np.clip(rng.normal(120, 60, (3, 96, 160)), 0, 255).astype(np.uint8)
    found = look_frames(planes)
    x, p = planes[1].astype(float), planes[0].astype(float)
    row, every = found[1], x
    bend = 4 * x[1:-1, 1:-1] - x[:-2, 1:-1] - x[2:, 1:-1] - x[1:-1, :-2] - x[1:-1, 2:]
    steps = np.abs(np.diff(x[::2], axis=0)).mean(1)
    expected = {
        "mean": x[::2].mean(),
        "spread": every.std(),
        "sharpness": (bend**2).mean(),
        "dark": (every <= 20).mean(),
        "bright": (every >= 235).mean(),
        "change": np.abs(x - p).mean(),
        "moved": (np.abs(x - p) > 8).mean(),
        "same": 0,
    }
    for name, value in expected.items():
        assert row[AT[name]] == pytest.approx(value, rel=1e-5), name
    assert row[AT["tear"]] == pytest.approx(steps.max() / np.median(steps), rel=0.02)
    assert row[AT["thumb0"]] == pytest.approx(x[:12, :20].mean(), rel=1e-5)
    assert row[AT["thumb63"]] == pytest.approx(x[84:, 140:].mean(), rel=1e-5)
    assert (found[0, [AT["change"], AT["moved"], AT["same"], AT["seam"], AT["dx"]]] == 0).all()


def test_tall_pictures_show_their_texture_in_some_sixty_rows() -> None:
    planes = np.random.default_rng(3).integers(0, 255, (2, 480, 64)).astype(np.uint8)
    rows = planes[1, 4::8].astype(float)
    found = look_frames(planes)[1]
    assert found[AT["spread"]] == pytest.approx(rows.std(), rel=1e-5)
    assert found[AT["thumb0"]] == pytest.approx(planes[1, 4:60:8, :8].mean(), rel=1e-5)


def test_a_shift_of_the_camera_is_found() -> None:
    wide = np.random.default_rng(0).integers(0, 255, (40, 60)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
    planes = [np.ascontiguousarray(wide[10 + 4 * i : 210 + 4 * i, 5 * i : 5 * i + 320]) for i in range(6)]
    found = look_frames(planes)
    assert found[1:, AT["dx"]] == pytest.approx(-5 / 320, abs=0.002)
    assert found[1:, AT["dy"]] == pytest.approx(-4 / 200, abs=0.004)
    still = look_frames([planes[0]] * 3)
    assert (still[1:, AT["same"]] == 1).all() and (still[:, AT["dx"]] == 0).all()


def test_a_torn_frame_has_a_seam() -> None:
    rng = np.random.default_rng(0)
    wide = np.kron(rng.integers(20, 230, (12, 30)), np.ones((25, 25)))
    for axis in (0, 1):
        wide = sum(np.roll(wide, k, axis) for k in range(-12, 13)) / 25
    frames = np.stack([wide[3 * i : 240 + 3 * i, 5 * i : 5 * i + 320] for i in range(6)])
    frames = (frames + rng.normal(0, 2, frames.shape)).astype(np.uint8)
    torn = frames.copy()
    torn[3, 111:] = np.roll(frames[3, 111:], 60, axis=1)
    clean, found = look_frames(frames)[:, AT["seam"]], look_frames(torn)[:, AT["seam"]]
    assert found[3] > 3 * max(clean.max(), 0.1)


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 38), st.integers(1, 30))
def test_looks_are_the_same_wherever_a_video_is_cut(cut: int, length: int) -> None:
    video = RawFrames.of(_CLIP)
    whole = _whole()
    stop = min(40, cut + length)
    assert np.array_equal(look(video.part(cut - 1, stop))[1:], whole[cut:stop])
    planes = list(video.lumas())
    live = look_frames(planes[cut:stop], previous=planes[cut - 1])
    keep = [i for i, name in enumerate(LOOK) if name != "skin"]
    assert np.array_equal(live[:, keep], whole[cut:stop][:, keep])


_CLIP = scene(40, 64, 72)


def _whole() -> np.ndarray:
    return look(RawFrames.of(_CLIP))


def test_video_looks_like_its_own_lumas(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", scene(30, 90, 130), "libx264", g="10", bf="2")
    video = open_video(path)
    looks, counts = look_and_histogram(video, every=5)
    keep = [i for i, name in enumerate(LOOK) if name != "skin"]
    assert np.array_equal(looks[:, keep], look_frames(video.lumas())[:, keep])
    assert np.array_equal(look(video.part(12, 20))[1:], looks[13:20])
    assert (counts.sum(1) == counts.sum(1)[0]).all()
    pictures = np.stack(list(video.frames()))[::5]
    levels = np.arange(256)
    for i in range(3):
        assert (counts[i] * levels).sum() / counts[i].sum() == pytest.approx(pictures[..., i].mean(), abs=2)
    again = look_many([video, video.part(0, 9), video], threads=2)
    assert np.array_equal(again[0][0], again[2][0]) and len(again[1][0]) == 9


def test_stills_and_arrays_look_alike() -> None:
    import imagecodecs

    frames = scene(5, 64, 64)
    stills = Stills.of([imagecodecs.png_encode(image) for image in frames])
    assert np.array_equal(look(stills), look(RawFrames.of(frames)))
    assert np.array_equal(histogram(stills, 2), histogram(RawFrames.of(frames), 2))
    assert look(stills)[:, AT["skin"]].min() >= 0
    assert (look(RawFrames.of(frames[..., 0]))[:, AT["skin"]] == -1).all()
    assert look(RawFrames.of(frames[:0])).shape == (0, len(LOOK))


def test_jpegs_are_looked_at_by_their_luma() -> None:
    import imagecodecs

    frames = scene(25, 64, 72)
    stills = Stills.of([imagecodecs.jpeg_encode(image, 95) for image in frames])
    looks, counts = look_and_histogram(stills, every=5)
    skin = AT["skin"]
    keep = [i for i in range(len(LOOK)) if i != skin]
    assert np.array_equal(looks[:, keep], look_frames(stills.lumas())[:, keep])
    through_colour = look(RawFrames.of(np.stack(list(stills.frames()))))
    assert looks[:, AT["mean"]] == pytest.approx(through_colour[:, AT["mean"]], abs=1)
    assert np.array_equal(looks[::10, skin], through_colour[::10, skin])
    assert np.array_equal(looks[:, skin], np.repeat(looks[::10, skin], 10)[:25])
    assert np.array_equal(look(stills.part(6, 18))[1:], looks[7:18])
    assert np.array_equal(counts, histogram(RawFrames.of(np.stack(list(stills.frames()))), 5))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 7), (7, 4000), (33, 17)])
def test_odd_sizes_are_looked_at(size: tuple[int, int]) -> None:
    frames = np.random.default_rng(0).integers(0, 255, (3, *size)).astype(np.uint8)
    found = look_frames(frames)
    assert np.isfinite(found).all()
    wanted = frames[1][::2].astype(float).mean()
    assert found[1, AT["mean"]] == pytest.approx(wanted, rel=1e-5)


def test_real_videos_have_sane_looks(data: Path) -> None:
    folder = data / "g1_lerobot_v21" / "videos" / "chunk-000" / "observation.images.cam_high"
    found = look(open_video(folder / "episode_000010.mp4").part(0, 60))
    assert 50 < found[:, AT["mean"]].min() < found[:, AT["mean"]].max() < 200
    assert found[1:20, AT["change"]].min() > 0.1 and np.isfinite(found).all()


@pytest.mark.parametrize("spoil", ["grey", "progressive", "padded", "cut", "another size", "cmyk"])
def test_the_short_way_to_luma_sees_what_the_long_one_sees(spoil: str) -> None:
    import io

    import imagecodecs
    from PIL import Image

    picture = Image.fromarray(scene(1, 64, 72)[0]).convert({"grey": "L", "cmyk": "CMYK"}.get(spoil, "RGB"))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85, progressive=spoil == "progressive")
    blob = out.getvalue() + (b"\0" * 20 if spoil == "padded" else b"")
    blob = blob[:-200] if spoil == "cut" else blob
    assert imagecodecs.jpeg8_decode(blob).size
    if spoil == "cut":
        with pytest.raises(Damaged, match="truncated"):
            decode_grey(blob, np.empty((64, 72), np.uint8))
        return
    found = decode_grey(blob, np.empty((32, 72) if spoil == "another size" else (64, 72), np.uint8))
    with Image.open(io.BytesIO(blob)) as image:
        image.draft("L", image.size)
        assert np.array_equal(found, np.asarray(image.convert("L")))
