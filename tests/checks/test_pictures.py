"""Picture checks on planted defects: drawn scenes here, real recordings re-encoded where they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from volant.checks.black import Black
from volant.checks.blur import Blur
from volant.checks.dark import Dark
from volant.checks.foreign import Foreign
from volant.checks.freeze import Freeze
from volant.checks.freeze_moving import FreezeMoving
from volant.checks.hands import Hands
from volant.checks.repeat import Repeat
from volant.checks.saturated import Saturated
from volant.checks.shake import Shake
from volant.checks.still_view import StillView
from volant.checks.torn import Torn
from volant.core import Columns, Kind, Signal, look_signal
from volant.video import RawFrames, encode, look, open_video

JUDGING = (Freeze(), Repeat(), Black(), Dark(), Saturated(), Blur(), Torn(), Foreign(), Shake())
HZ = 30


def columns(looks: np.ndarray, name: str = "front") -> Columns:
    t = (np.arange(len(looks)) * 1e9 / HZ).astype(np.int64)
    signal = look_signal(Signal(name, Kind.IMAGE, (4, 4, 3), "uint8", hz=HZ))
    return Columns(signal, t, looks, np.array([0, len(looks)], dtype=np.int64))


def scene(n: int = 120, seed: int = 0) -> list[np.ndarray]:
    """A textured table under a fixed camera, a box that moves over it, and sensor noise."""
    rng = np.random.default_rng(seed)
    table = ndimage.gaussian_filter(rng.normal(0, 1, (240, 320)), 1.5) * 70
    table += ndimage.gaussian_filter(rng.normal(0, 1, (240, 320)), 12) * 500 + 115
    made = []
    for i in range(n):
        image = table.copy()
        x, y = int(130 + 100 * np.sin(i / 9)), int(90 + 60 * np.cos(i / 7))
        image[y : y + 60, x : x + 60] = 200 - 0.4 * table[90:150, 100:160]
        image = image + rng.normal(0, 3, image.shape)
        made.append(np.clip(image, 0, 255).astype(np.uint8)[..., None].repeat(3, 2))
    return made


def found(frames: list[np.ndarray], path: Path, codec: str = "h264") -> dict[str, np.ndarray]:
    """Which frames each check finds after the frames went through a codec."""
    encode(frames, path / "v.mp4", codec=codec, fps=HZ)
    seen = columns(look(open_video(path / "v.mp4")))
    return {check.name: np.flatnonzero(check.scores(seen) > check.limit) for check in JUDGING}


def blurred(image: np.ndarray) -> np.ndarray:
    return ndimage.gaussian_filter(image, (7, 7, 0))


@pytest.mark.parametrize("codec", ["h264", "av1"])
def test_a_clean_scene_is_clean(tmp_path: Path, codec: str) -> None:
    assert {name for name, frames in found(scene(), tmp_path, codec).items() if len(frames)} == set()


@pytest.mark.parametrize("codec", ["h264", "av1"])
def test_every_planted_defect_is_found(tmp_path: Path, codec: str) -> None:
    frames = scene()
    black = [image if i < 40 else np.zeros_like(image) for i, image in enumerate(frames)]
    assert set(range(40, 120)) <= set(found(black, tmp_path, codec)["black"])
    frozen = frames[:40] + [frames[39]] * 80
    assert set(range(72, 120)) <= set(found(frozen, tmp_path, codec)["freeze"])
    assert len(found([blurred(image) for image in frames], tmp_path, codec)["blur"]) >= 118
    partly = [image if i < 40 else blurred(image) for i, image in enumerate(frames)]
    assert set(found(partly, tmp_path, codec)["blur"]) == set(range(40, 120))
    bright = [np.clip(image.astype(int) * 3 + 40, 0, 255).astype(np.uint8) for image in frames]
    assert len(found(bright, tmp_path, codec)["saturated"]) == 120
    assert len(found([(image * 0.08).astype(np.uint8) for image in frames], tmp_path, codec)["dark"]) == 120


def test_a_torn_frame_a_cut_and_a_tremble_are_found(tmp_path: Path) -> None:
    frames = scene()
    torn = list(frames)
    for i in (20, 50, 81, 110):
        torn[i] = torn[i].copy()
        torn[i][70 + i // 2 :] = np.roll(torn[i][70 + i // 2 :], 64, axis=1)
    hits = set(found(torn, tmp_path)["torn"])
    assert {20, 50, 81, 110} <= hits <= {20, 21, 50, 51, 81, 82, 110, 111}
    other = [np.ascontiguousarray(255 - image) for image in frames]
    assert found(other[:8] + frames[8:], tmp_path)["foreign"].tolist() == [8]
    assert found(frames[:112] + other[112:], tmp_path)["foreign"].tolist() == [112]
    rng = np.random.default_rng(1)
    trembling = [np.roll(image, tuple(rng.integers(-6, 7, 2)), (0, 1)) for image in frames]
    assert len(found(trembling, tmp_path)["shake"]) > 90


@pytest.mark.parametrize("codec", ["h264", "av1"])
def test_a_part_of_an_older_frame_is_found_in_the_frame_after_it(tmp_path: Path, codec: str) -> None:
    frames = scene()
    torn = list(frames)
    for i in (60, 90):
        torn[i] = torn[i].copy()
        torn[i][100:] = frames[i - 8][100:]
    assert found(torn, tmp_path, codec)["torn"].tolist() == [61, 91]


@pytest.mark.parametrize("codec", ["h264", "av1"])
def test_repeated_frames_in_motion_are_found(tmp_path: Path, codec: str) -> None:
    frames = scene()
    planted = np.arange(20, 118, 7)
    for i in planted:
        frames[i] = frames[i - 1]
    hits = found(frames, tmp_path, codec)["repeat"]
    near = [bool(np.isin([i, i + 1], hits).any()) for i in planted]
    assert np.mean(near) >= 0.8
    assert np.isin(hits, np.concatenate([planted, planted + 1])).all()


def test_a_frozen_camera_beside_a_moving_robot() -> None:
    looks = look(RawFrames.of(np.stack(scene(60) + [scene(60)[-1]] * 60)))
    body = Signal("state", Kind.JOINT, (2,), "float64", hz=100)
    t = (np.arange(400) * 1e7).astype(np.int64)
    rng = np.random.default_rng(0)
    moves = np.stack([np.sin(t / 1e9), 1e-3 * rng.normal(size=400)], 1)
    rests = 1e-3 * rng.normal(size=(400, 2))
    check, cuts = FreezeMoving(), np.array([0, 400], dtype=np.int64)
    assert check.pairs([columns(looks).signal, body]) == [("front", "state")]
    assert check.pairs([columns(looks).signal]) == []
    scores = check.pair_scores(columns(looks), Columns(body, t, moves, cuts))
    assert scores[:60].max() == 0 and scores.max() > check.limit
    assert check.pair_scores(columns(looks), Columns(body, t, rests, cuts)).max() < check.limit


def test_worn_cameras_are_known_by_their_names() -> None:
    looks = look(RawFrames.of(np.stack([scene(1)[0]] * 240)))
    for check in (Hands(), StillView()):
        assert check.applies(columns(looks, "ego_view").signal) and not check.applies(columns(looks, "wrist").signal)
        assert check.scores(columns(looks, "ego_view")).max() == pytest.approx(239 / 30)


def test_real_recordings_are_clean_but_for_their_own_repeats(data: Path) -> None:
    """The G1's camera gave every second frame twice for long stretches: the picture leaps, stands, leaps, stands."""
    clean = (
        "groot_picknplace/demo_data/robot_sim.PickNPlace/videos/chunk-000/observation.images.ego_view/episode_000003.mp4",
        "lerobot_v1_arrow/lerobot/umi_cup_in_the_wild/videos/observation.image_episode_000000.mp4",
        "lerobot_v1_arrow/lerobot/aloha_sim_insertion_human/videos/observation.images.top_episode_000000.mp4",
    )
    for name in clean:
        seen = columns(look(open_video(data / name)))
        assert {check.name for check in JUDGING if (check.scores(seen) > check.limit).any()} == set()
    folder = data / "g1_lerobot_v21" / "videos" / "chunk-000" / "observation.images.cam_high"
    seen = columns(look(open_video(folder / "episode_000010.mp4")))
    flagged = {check.name: int((check.scores(seen) > check.limit).sum()) for check in JUDGING}
    assert flagged.pop("repeat") > 40 and set(flagged.values()) == {0}
