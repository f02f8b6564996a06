"""The AgiBot World tree, made here after its public description."""

import json
from pathlib import Path

import h5py
import imagecodecs
import numpy as np
import pytest

from volant.core import Kind, Reading, Span, Writing
from volant.core.errors import Damaged, NotFound, Refused
from volant.formats.agibot import AgiBot
from volant.video.encoding import encode

N = 24
T0 = 1_728_000_000_000_000_000


def tree(root: Path, episodes: tuple[int, ...] = (648642, 648649)) -> Path:
    """A small tree: two arms, a gripper, a head camera and its depth."""
    words = []
    for number in episodes:
        rng = np.random.default_rng(number)
        body = root / "proprio_stats/327" / str(number)
        body.mkdir(parents=True)
        with h5py.File(body / "proprio_stats.h5", "w") as file:
            file["timestamp"] = T0 + np.arange(N, dtype=np.int64) * 33_333_333
            file["state/joint/position"] = rng.normal(size=(N, 14))
            file["state/joint/current_value"] = rng.normal(size=(N, 14))
            file["state/end/position"] = rng.normal(size=(N, 2, 3))
            file["state/end/orientation"] = rng.normal(size=(N, 2, 4))
            file["state/effector/position"] = rng.normal(size=(N, 2))
            file["state/effector/force"] = np.empty((0,))
            file["state/head/position"] = rng.normal(size=(N, 2))
            file["action/joint/position"] = rng.normal(size=(N, 14))
            file["action/joint/index"] = np.arange(2, N)
            file["action/robot/velocity"] = rng.normal(size=(5, 2))
            file["action/robot/index"] = np.arange(3, 8)
        seen = root / "observations/327" / str(number)
        (seen / "videos").mkdir(parents=True)
        (seen / "depth").mkdir()
        frames = [rng.integers(0, 255, (48, 64, 3)).astype(np.uint8) for _ in range(N)]
        encode(frames, seen / "videos/head_color.mp4", codec="h264", fps=30)
        for at in range(N):
            deep = np.full((12, 16), at * 10, np.uint16)
            (seen / f"depth/head_depth_{at:06d}.png").write_bytes(bytes(imagecodecs.png_encode(deep)))
        words.append(
            {
                "episode_id": number,
                "task_id": 327,
                "task_name": "Picking items in Supermarket",
                "init_scene_text": "The robot stands before the shelf.",
                "label_info": {
                    "action_config": [
                        {"start_frame": 0, "end_frame": 10, "action_text": "Take the cola.", "skill": "Pick"},
                        {"start_frame": 10, "end_frame": N, "action_text": "Put it down.", "skill": "Place"},
                    ]
                },
            }
        )
    (root / "task_info").mkdir()
    (root / "task_info/task_327.json").write_text(json.dumps(words))
    return root


def read(path: Path, **how: object) -> list:
    return list(AgiBot().read(path, Reading(**how)))  # type: ignore[arg-type]


def test_the_tree(tmp_path: Path) -> None:
    root = tree(tmp_path / "agibot")
    assert AgiBot().bid(root).score >= 0.9
    assert AgiBot().bid(root / "task_info/task_327.json").score >= 0.9
    assert AgiBot().bid(root / "observations").score < 0.5
    first, second = read(root)
    assert first.task == "Picking items in Supermarket"
    assert first.scene == "The robot stands before the shelf."
    assert first["state.joint.position"].signal.unit == "rad"
    assert first["state.joint.position"].t.tolist() == [T0 + i * 33_333_333 for i in range(N)]
    assert first["state.end.position"].signal.shape == (2, 3)
    assert first["action.joint.position"].signal.kind is Kind.ACTION
    assert first["action.joint.active"].values.tolist() == [False] * 2 + [True] * (N - 2)
    assert first["action.robot.velocity"].t.tolist() == [T0 + i * 33_333_333 for i in range(3, 8)]
    assert "state.effector.force" not in first
    with h5py.File(root / "proprio_stats/327/648649/proprio_stats.h5") as file:
        assert np.array_equal(second["state.effector.position"].values, file["state/effector/position"][()])
    assert [(s.label, s.level) for s in first.segments[:2]] == [("Take the cola.", "subtask"), ("Pick", "skill")]
    assert first.segments[0].span == Span(T0, T0 + 10 * 33_333_333)
    assert first.segments[2].span.stop == T0 + (N - 1) * 33_333_333 + 1
    camera = first["observation.images.head_color"]
    assert len(camera) == N
    deep = first["observation.depth.head_depth"]
    assert deep.signal.unit == "mm"
    assert [int(frame[0, 0, 0]) for frame in deep.video.frames()] == [i * 10 for i in range(N)]
    assert not any(fact.key.startswith("damage/") for fact in first.said)


def test_failures_are_facts(tmp_path: Path) -> None:
    root = tree(tmp_path / "agibot", (1,))
    file = root / "task_info/task_327.json"
    (row,) = json.loads(file.read_text())
    row["lable_info"] = row.pop("label_info")
    row["lable_info"]["action_config"][1] |= {"error_cause": "slipped", "restorable": True}
    row["success"] = False
    file.write_text(json.dumps([row]))
    (episode,) = read(root)
    told = {fact.key: fact for fact in episode.said}
    assert told["error_cause"].value == "slipped"
    assert told["error_cause"].span == episode.segments[-1].span
    assert told["restorable"].value is True
    assert told["outcome"].value == "failure"


def test_damage_is_said(tmp_path: Path) -> None:
    root = tree(tmp_path / "agibot")
    body = root / "proprio_stats/327/648642/proprio_stats.h5"
    body.write_bytes(body.read_bytes()[:3000])
    (root / "observations/327/648649/depth/head_depth_000005.png").unlink()
    (root / "proprio_stats/327/777").mkdir()
    file = root / "task_info/task_327.json"
    words = json.loads(file.read_text())
    words[1]["label_info"]["action_config"][1]["end_frame"] = 4000
    words.append({"episode_id": "../../../etc"})
    file.write_text(json.dumps(words))
    (episode,) = read(root)
    told = " ".join(str(fact.value) for fact in episode.said if fact.key.startswith("damage/"))
    assert "episode 648642" in told
    assert "23 depth frames" in told
    assert "frames 10 to 4000 of 24" in told
    file.write_text("[")
    for name in ("648642", "648649"):
        (root / f"proprio_stats/327/{name}/proprio_stats.h5").unlink()
    (episode, _) = read(root)
    assert any("JSON" in str(fact.value) for fact in episode.said)
    assert any("does not list it" in str(fact.value) for fact in episode.said)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read(tmp_path)
    (tmp_path / "task_info").mkdir()
    (tmp_path / "observations").mkdir()
    (tmp_path / "task_info/task_1.json").write_text('[{"episode_id": 1}]')
    with pytest.raises(Damaged):
        read(tmp_path)
    with pytest.raises(Refused):
        AgiBot().write([], tmp_path / "x", Writing())
