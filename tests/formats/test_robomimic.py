"""robomimic and robosuite demonstrations against h5py itself."""

import json

import h5py
import numpy as np
import pytest
from arrays_made import made, mutated, same, survives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from volant.core import Kind, Reading, Signal, Stream, Writing
from volant.core.errors import BadValue, Damaged, Hostile, Refused
from volant.formats.robomimic import Robomimic
from volant.video import RawFrames

FMT = Robomimic()
ROWS = {"door": 261, "lift": 412, "nut-assembly": 1036, "pick-place": 1482, "stack": 532, "wipe": 174}


@pytest.mark.parametrize("task", sorted(ROWS))
def test_robosuite_demonstrations(data, task):
    path = data / "robosuite_hdf5" / task / "panda" / "demo.hdf5"
    assert FMT.bid(path).score >= 0.9
    (episode,) = FMT.read(path, Reading())
    with h5py.File(path) as file:
        demo = file["data/demo_1"]
        assert {s.name for s in episode.streams} == {"action", "state", "joint_torques"}
        np.testing.assert_array_equal(episode["action"].values, demo["actions"][()])
        np.testing.assert_array_equal(episode["state"].values, demo["states"][()])
        np.testing.assert_allclose(episode["state"].t / 1e9, demo["states"][:, 0], atol=1e-9)
        assert episode.task == file["data"].attrs["env"]
    assert len(episode["action"]) == ROWS[task]
    assert episode.origin.embodiment == "Panda"
    assert episode["joint_torques"].signal.kind is Kind.EFFORT
    assert {s.signal.unit for s in episode.streams} == {"unknown"}
    assert 19.9 < episode["action"].rate < 20.1


def robomimic_file(path, demos=3, **args):
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        data = file.create_group("data")
        data.attrs["total"] = demos * 10
        kwargs = {"control_freq": 20, "robots": ["Panda"], "reward_shaping": False}
        data.attrs["env_args"] = json.dumps({"env_name": "Lift", "type": 1, "env_kwargs": kwargs})
        for i in range(demos):
            demo = data.create_group(f"demo_{i}")
            demo.attrs["num_samples"] = 10
            demo["actions"] = rng.normal(size=(10, 7))
            demo["states"] = rng.normal(size=(10, 5))
            demo["rewards"] = np.eye(1, 10, 9)[0] * (i != 1)
            demo["dones"] = np.eye(1, 10, 9, dtype=np.int64)[0]
            demo["obs/robot0_eef_pos"] = rng.normal(size=(10, 3))
            demo.create_dataset(
                "obs/agentview_image", data=rng.integers(0, 255, (10, 6, 8, 3), dtype=np.uint8), compression="gzip"
            )
            demo["next_obs/robot0_eef_pos"] = rng.normal(size=(10, 3))
        file["mask/train"] = np.array([b"demo_0", b"demo_2"])
        file["mask/valid"] = np.array([b"demo_1"])
    return path


def said(episode, key):
    return [fact.value for fact in episode.said if fact.key == key]


def test_reads_masks_rates_outcomes_and_lazy_pictures(tmp_path):
    path = robomimic_file(tmp_path / "low.hdf5")
    episodes = list(FMT.read(path, Reading()))
    assert [said(e, "declared/split") for e in episodes] == [["train"], ["valid"], ["train"]]
    assert [said(e, "outcome") for e in episodes] == [["success"], ["failure"], ["success"]]
    first = episodes[0]
    assert said(first, "declared/fps") == [20.0]
    assert said(first, "declared/length") == [10]
    assert said(first, "declared/total_episodes") == [3]
    assert said(first, "declared/left_out")
    assert first["action"].t[-1] == 450_000_000
    assert first["observation.robot0_eef_pos"].signal.kind is Kind.POSE
    video = first["observation.agentview_image"].video
    with h5py.File(path) as file:
        np.testing.assert_array_equal(np.stack(list(video.frames())), file["data/demo_0/obs/agentview_image"][()])
        np.testing.assert_array_equal(
            np.stack(list(video.part(3, 5).frames())), file["data/demo_0/obs/agentview_image"][3:5]
        )


def test_first_episode_comes_before_the_second_is_opened(tmp_path):
    path = robomimic_file(tmp_path / "x.hdf5")
    with h5py.File(path, "r+") as file:
        del file["data/demo_1"]
        file["data"].create_group("demo_1")
    read = FMT.read(path, Reading())
    assert next(read).task == "Lift"
    assert next(read).task == "Lift"
    with pytest.raises(Damaged, match=r"1 of 3 .*demo_1"):
        next(read)


def test_task_and_limit(tmp_path):
    path = robomimic_file(tmp_path / "x.hdf5")
    (only,) = FMT.read(path, Reading(task="mine", limit=1))
    assert only.task == "mine"


def test_num_samples_that_contradict_are_kept_as_declared(tmp_path):
    path = robomimic_file(tmp_path / "x.hdf5")
    with h5py.File(path, "r+") as file:
        file["data/demo_0"].attrs["num_samples"] = 99
    assert said(next(FMT.read(path, Reading())), "declared/length") == [99]


def test_no_rate_means_row_numbers(tmp_path):
    path = tmp_path / "x.hdf5"
    with h5py.File(path, "w") as file:
        file["data/demo_0/actions"] = np.zeros((4, 2))
    (episode,) = FMT.read(path, Reading())
    assert said(episode, "declared/clock") == ["index"]
    assert episode["action"].signal.hz is None
    assert episode["action"].t.tolist() == [0, 10**9, 2 * 10**9, 3 * 10**9]


@pytest.mark.parametrize("way", ["external", "soft", "raw", "virtual"])
def test_links_out_of_the_file_are_refused(tmp_path, way):
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["x"] = np.arange(4.0)
    path = tmp_path / "x.hdf5"
    with h5py.File(path, "w") as file:
        demo = file.create_group("data/demo_0")
        demo["actions"] = np.zeros((4, 2))
        if way == "external":
            demo["obs"] = h5py.ExternalLink(str(secret), "/")
        elif way == "soft":
            file["out"] = h5py.ExternalLink(str(secret), "/")
            demo["obs"] = h5py.SoftLink("/out")
        elif way == "raw":
            demo.create_dataset("states", (4,), "f8", external=[(str(secret), 0, 32)])
        else:
            layout = h5py.VirtualLayout((4,), "f8")
            layout[:] = h5py.VirtualSource(str(secret), "x", (4,))
            demo.create_virtual_dataset("states", layout)
    with pytest.raises(Hostile):
        list(FMT.read(path, Reading()))


def test_links_inside_the_file_are_followed_and_circles_end(tmp_path):
    path = tmp_path / "x.hdf5"
    with h5py.File(path, "w") as file:
        file["data/demo_0/actions"] = np.zeros((4, 2))
        file["data/demo_0/obs/a"] = h5py.SoftLink("/data/demo_0/actions")
        file["data/demo_0/obs/round"] = file["data/demo_0"]
    (episode,) = FMT.read(path, Reading())
    assert "observation.a" in episode


def test_absurd_sizes_are_refused_before_allocating(tmp_path):
    path = tmp_path / "x.hdf5"
    with h5py.File(path, "w") as file:
        file["data/demo_0/actions"] = np.zeros((4, 2))
        file["data/demo_0"].create_dataset("states", (10**9, 100), "f8", chunks=(10**6, 100))
    with pytest.raises(Hostile, match="declares"):
        list(FMT.read(path, Reading()))


def test_half_a_file_is_refused(tmp_path):
    path = robomimic_file(tmp_path / "x.hdf5")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert FMT.bid(path).score < 0.5
    with pytest.raises(Damaged, match="truncated"):
        list(FMT.read(path, Reading()))


@pytest.mark.parametrize("pictures", [False, True])
def test_round_trip_keeps_everything(tmp_path, pictures):
    episodes = [made(i, 20 + i, pictures=pictures) for i in range(3)]
    out = tmp_path / "out.hdf5"
    facts = {episodes[1].id: {"success": True, "quality": 0.5, "operator": "ada"}}
    wrote = FMT.write(iter(episodes), out, Writing(robot="arm", facts=facts))
    assert (wrote.episodes, wrote.frames) == (3, 189)
    for one, other in zip(episodes, FMT.read(out, Reading()), strict=True):
        same(one, other)
    with h5py.File(out) as file:
        demo = file["data/demo_1"]
        assert demo["actions"].shape == (21, 3)
        assert demo["obs/qpos"].shape == (21, 2)
        assert demo["obs/weight"].shape == (21, 1)
        assert demo["obs/imu.data"].shape == (21, 6), "held onto the rows for trainers"
        assert demo["rewards"].shape == demo["dones"].shape == (21,)
        assert demo.attrs["num_samples"] == 21
        assert demo.attrs["success"]
        assert demo.attrs["quality"] == 0.5
        assert file["data"].attrs["total"] == 63
        assert json.loads(file["data"].attrs["env_args"])["env_kwargs"]["control_freq"] == 20
        assert list(file["mask/train"]) == [b"demo_0", b"demo_1", b"demo_2"]
    assert [p.name for p in tmp_path.iterdir()] == ["out.hdf5"]


def test_rewriting_a_real_layout_keeps_ids_and_env_args(tmp_path):
    path = robomimic_file(tmp_path / "x.hdf5")
    episodes = list(FMT.read(path, Reading()))
    FMT.write(episodes, tmp_path / "y.hdf5", Writing())
    assert [e.id for e in FMT.read(tmp_path / "y.hdf5", Reading())] == [e.id for e in episodes]
    with h5py.File(path) as one, h5py.File(tmp_path / "y.hdf5") as two:
        assert one["data"].attrs["env_args"] == two["data"].attrs["env_args"]
        assert sorted(two["data/demo_0"]) == ["actions", "dones", "obs", "rewards", "states", "volant"]


def test_pictures_on_another_clock_are_held_and_the_loss_is_declared(tmp_path):
    t = np.arange(6, dtype=np.int64) * 10
    frames = np.arange(3, dtype=np.uint8).repeat(4 * 4 * 3).reshape(3, 4, 4, 3)
    episode = made()
    streams = (
        Stream(Signal("action", Kind.ACTION, (1,), "float64"), t, np.zeros((6, 1))),
        Stream(Signal("cam", Kind.IMAGE, (4, 4, 3), "uint8"), np.array([5, 25, 45]), RawFrames.of(frames)),
    )
    wrote = FMT.write([type(episode)(streams)], tmp_path / "o.hdf5", Writing())
    assert any("held" in loss for loss in wrote.losses)
    with h5py.File(tmp_path / "o.hdf5") as file:
        assert file["data/demo_0/obs/cam"][:, 0, 0, 0].tolist() == [0, 0, 0, 1, 1, 2]


def test_nothing_is_written_over_or_left_behind(tmp_path):
    out = tmp_path / "o.hdf5"
    out.write_bytes(b"mine")
    with pytest.raises(Refused, match="already"):
        FMT.write([made()], out, Writing())
    with pytest.raises(BadValue):
        FMT.write([], tmp_path / "p.hdf5", Writing())
    assert [p.name for p in tmp_path.iterdir()] == ["o.hdf5"]
    assert out.read_bytes() == b"mine"


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_bad_bytes_never_escape(tmp_path, seed):
    good = tmp_path / "good.hdf5"
    if not good.exists():
        robomimic_file(good, 1)
    bad = tmp_path / "bad.hdf5"
    bad.write_bytes(mutated(good.read_bytes(), seed))
    survives(FMT, bad)
