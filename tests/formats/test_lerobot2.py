import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pyarrow.parquet as pq
import pytest
from lerobot_made import CAMERA, filmed, plain, ticks

from volant.core import Episode, Kind, Reading, Writing
from volant.core.errors import Damaged, Hostile, NotFound, Refused
from volant.formats.lerobot2 import LeRobot2

FORM = LeRobot2()


def back(root: Path, **how: object) -> list[Episode]:
    return list(FORM.read(root, Reading(**how)))  # type: ignore[arg-type]


def said(episode: Episode, key: str) -> list[object]:
    return [fact.value for fact in episode.said if fact.key == key]


def rows(path: Path, name: str) -> np.ndarray:
    return np.array(pq.read_table(path)[name].to_pylist())


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, list[Episode]]:
    folder = tmp_path / "films"
    folder.mkdir()
    episodes = [filmed(folder, k, 12 + k) for k in range(3)]
    facts = {episodes[0].id: {"outcome": "success", "quality": 0.25}}
    FORM.write(iter(episodes), tmp_path / "set", Writing(facts=facts))
    return tmp_path / "set", episodes


def test_what_is_written_comes_back_the_same(made: tuple[Path, list[Episode]]) -> None:
    root, episodes = made
    found = back(root)
    assert [one.id for one in found] == [one.id for one in episodes]
    assert (found[1].origin, found[1].segments) == (episodes[1].origin, episodes[1].segments)
    assert said(found[0], "outcome") == ["success"]
    assert said(found[0], "label/quality") == [0.25]
    assert FORM.bid(root).score > 0.9
    info = json.loads((root / "meta" / "info.json").read_text())
    assert (info["codebase_version"], info["total_videos"], info["total_frames"]) == ("v2.1", 3, 39)


def test_true_clocks_are_kept(tmp_path: Path) -> None:
    episodes = [plain(0), plain(1, t=ticks(20) * 2 + 7)]
    FORM.write(iter(episodes), tmp_path / "set", Writing())
    assert [one.id for one in back(tmp_path / "set")] == [one.id for one in episodes]


def test_nothing_is_left_when_writing_fails(tmp_path: Path) -> None:
    one = plain(0)
    with pytest.raises(Refused):
        FORM.write(iter([one, replace(one, streams=one.streams[:1])]), tmp_path / "set", Writing())
    assert list(tmp_path.iterdir()) == []


def test_damaged_files_are_named_after_the_sound_ones(made: tuple[Path, list[Episode]]) -> None:
    root, _ = made
    path = root / "data" / "chunk-000" / "episode_000001.parquet"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    reading, found = FORM.read(root, Reading()), []
    with pytest.raises(Damaged, match="episode_000001"):
        found += iter(reading)
    assert [said(one, "declared/index")[0] for one in found] == [0, 2]


def test_a_video_cut_short_is_marked(made: tuple[Path, list[Episode]]) -> None:
    root, _ = made
    path = next(root.rglob("episode_000002.mp4"))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size * 2 // 3)
    one = back(root)[2]
    assert any(fact.key.startswith("damage/") and fact.stream == CAMERA.name for fact in one.said)


def test_paths_do_not_leave_the_folder(made: tuple[Path, list[Episode]]) -> None:
    root, _ = made
    info = json.loads((root / "meta" / "info.json").read_text())
    (root / "meta" / "info.json").write_text(json.dumps(info | {"data_path": "../x/{episode_index}.parquet"}))
    with pytest.raises(Hostile):
        back(root)
    (root / "meta" / "info.json").write_text(json.dumps(info | {"data_path": "none/{episode_index}.parquet"}))
    with pytest.raises(NotFound, match="none of the 3"):
        back(root)


def test_unitree_reads_the_six_that_are_there(data: Path) -> None:
    root = data / "g1_lerobot_v21"
    found = back(root)
    assert [said(one, "declared/index") for one in found] == [[k] for k in range(10, 16)]
    assert said(found[0], "declared/missing_episodes") == ["0-9, 16-99 (94 of 100)"]
    assert said(found[0], "declared/total_episodes") == [100]
    for k, one in enumerate(found, 10):
        path = root / "data" / "chunk-000" / f"episode_{k:06d}.parquet"
        assert np.array_equal(one["action"].values, rows(path, "action").astype(np.float32))
        assert np.array_equal(one["observation.state"].values, rows(path, "observation.state").astype(np.float32))
        assert np.array_equal(one["action"].t, ticks(len(one["action"])))
        camera = one["observation.images.cam_high"]
        assert len(camera) == len(one["action"])
        assert camera.signal.shape == (480, 640, 3)
    state = found[0]["observation.state"].signal
    assert (state.kind, state.unit, state.hz, state.dims[0]) == (Kind.STATE, "unknown", 30.0, "kLeftShoulderPitch")
    assert found[0].instruction == "Pick up the yellow bottle on the table."
    assert found[0].origin.embodiment == "Unitree_G1_Inspire"
    stated = next(f for f in found[0].said if f.key == "declared/stats/action/max")
    assert stated.value == pytest.approx(found[0]["action"].values.max(axis=0), rel=1e-6)
    video = root / "videos/chunk-000/observation.images.cam_high/episode_000010.mp4"
    with av.open(str(video)) as container:
        first = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert np.array_equal(next(iter(found[0]["observation.images.cam_high"].video.frames())), first)


def test_groot_slices_name_dimensions_and_annotations_become_labels(data: Path) -> None:
    root = data / "groot_picknplace/demo_data/robot_sim.PickNPlace"
    found = back(root)
    assert [one.frames for one in found] == [416, 470, 470, 412, 328]
    one = found[0]
    path = root / "data/chunk-000/episode_000000.parquet"
    assert np.array_equal(one["observation.state"].values, rows(path, "observation.state"))
    assert np.array_equal(one["action"].t, np.rint(rows(path, "timestamp") * 1e9).astype(np.int64))
    dims = one["action"].signal.dims
    assert (dims[0], dims[7], dims[43]) == ("left_arm.motor_0", "left_hand.motor_7", "waist.motor_43")
    assert said(one, "damage/missing-stream") != []
    assert "observation.images.egoview" not in one
    assert len(one["observation.images.ego_view"]) == 416
    assert said(one, "label/annotation.human.validity") == ["valid"]
    assert one.instruction == "pick the pear from the counter and place it in the plate"


def test_koch_reads_without_its_three_cameras(data: Path) -> None:
    root = next((data / "lerobot_data_studio/tests/template_datasets/v2_1").iterdir())
    found = back(root)
    assert [one.frames for one in found] == [244, 244, 244, 244, 241]
    lost = [fact.stream for fact in found[0].said if fact.key == "damage/missing-stream"]
    assert lost == [f"observation.images.{name}" for name in ("screwdriver", "side", "top")]
    assert found[0].task == "Move towards the silver screw in the orange panel"
    assert np.array_equal(found[4]["action"].values, rows(root / "data/chunk-000/episode_000004.parquet", "action"))
