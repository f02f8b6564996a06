"""HDF5 trees without a layout of their own, robohive's trace among them."""

import h5py
import numpy as np
import pytest
from arrays_made import mutated, survives
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from volant.core import Kind, Reading
from volant.core.errors import Damaged, Hostile
from volant.formats.aloha import Aloha
from volant.formats.hdf5tree import Hdf5Tree
from volant.formats.robomimic import Robomimic

FMT = Hdf5Tree()


def said(episode, key):
    return [fact.value for fact in episode.said if fact.key == key]


def test_robohive_trace_is_ten_episodes(data):
    path = data / "robohive_h5" / "robohive" / "random_policy20230302-070139_trace.h5"
    assert FMT.bid(path).score >= 0.5
    assert Robomimic().bid(path).score < 0.5
    assert Aloha().bid(path).score < 0.5
    episodes = list(FMT.read(path, Reading()))
    assert len(episodes) == 10
    with h5py.File(path) as file:
        for i, episode in enumerate(episodes):
            trial = file[f"Trial{i}"]
            assert len(episode.streams) == 36
            np.testing.assert_array_equal(episode["actions"].values, trial["actions"][()])
            np.testing.assert_array_equal(
                episode["env_infos/state/body_quat"].values, trial["env_infos/state/body_quat"][()]
            )
            np.testing.assert_allclose(episode["actions"].t / 1e9, trial["time"][()], atol=1e-9)
    assert episodes[0]["env_infos/state/qpos"].signal.kind is Kind.JOINT
    assert abs(episodes[3]["actions"].rate - 12.5) < 1e-6
    assert said(episodes[0], "declared/total_episodes") == [10]
    assert len({e.id for e in episodes}) == 10


def test_every_dataset_of_robohive_is_a_stream(data):
    path = data / "robohive_h5" / "robohive" / "random_policy20230302-070139_trace.h5"
    with h5py.File(path) as file:
        names = []
        file["Trial0"].visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    assert sorted(s.name for s in next(FMT.read(path, Reading())).streams) == sorted(names)


def tree(path):
    with h5py.File(path, "w") as file:
        file.attrs["fps"] = 10
        file.attrs["operator"] = "ada"
        file["action/joint_position"] = np.arange(12.0).reshape(6, 2)
        file["action/joint_position"].attrs["unit"] = "rad"
        file["observation/timestamp/robot_ms"] = np.arange(6)
        file["observation/stamp"] = 1_700_000_000_000 + np.arange(6) * 100
        file["observation/camera"] = np.zeros((6, 4, 4, 3), np.uint8)
        file["calibration"] = np.eye(3)
        file["kind"] = np.array(["a", "b", "c", "d", "e", "f"], dtype=h5py.string_dtype())
        file["both"] = np.zeros(6, dtype=[("x", "f4"), ("n", "i8")])
    return path


def test_units_rates_words_and_compounds(tmp_path):
    (episode,) = FMT.read(tree(tmp_path / "x.h5"), Reading())
    assert episode["action/joint_position"].signal.unit == "rad"
    assert episode["action/joint_position"].signal.hz == 10
    assert episode["observation/camera"].video is not None
    assert episode["observation/camera"].t[0] == 1_700_000_000_000_000_000
    assert episode["kind"].values.tolist() == list("abcdef")
    assert episode["both.x"].signal.dtype == "float32"
    assert "calibration" not in episode
    assert "calibration" in said(episode, "declared/left_out")[0]
    assert said(episode, "declared/operator") == ["ada"]


def test_mapping_file_says_what_the_file_does_not(tmp_path):
    mapping = tmp_path / "m.toml"
    mapping.write_text(
        'task = "wipe"\nkeep = "listed"\n'
        '[signals."action/joint_position"]\nname = "action"\nkind = "action"\nframe = "base"\n'
    )
    (episode,) = FMT.read(tree(tmp_path / "x.h5"), Reading(mapping=mapping))
    assert [s.name for s in episode.streams] == ["action"]
    assert (episode.task, episode["action"].signal.frame) == ("wipe", "base")


def test_unreadable_dataset_is_damage_and_the_rest_is_saved(tmp_path):
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        file["a"] = np.arange(5.0)
        file["refs"] = np.array([file["a"].ref] * 5, dtype=h5py.ref_dtype)
    (episode,) = FMT.read(path, Reading())
    assert [s.name for s in episode.streams] == ["a"]
    assert "refs" in said(episode, "damage/unreadable")[0]


def test_clock_that_is_no_clock_is_said(tmp_path):
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        file["time"] = np.array([0, np.nan, 1.0])
        file["a"] = np.arange(3)
    (episode,) = FMT.read(path, Reading())
    assert said(episode, "damage/clock")
    assert said(episode, "declared/clock") == ["index"]


def test_empty_and_hostile_trees_are_refused(tmp_path):
    empty = tmp_path / "e.h5"
    h5py.File(empty, "w").close()
    with pytest.raises(Damaged, match="no dataset with rows"):
        list(FMT.read(empty, Reading()))
    many = tmp_path / "m.h5"
    with h5py.File(many, "w") as file:
        group = file
        for _ in range(40):
            group = group.create_group("g")
        group["a"] = np.arange(3)
        file["b"] = np.arange(3)
    with pytest.raises(Hostile, match="levels"):
        list(FMT.read(many, Reading()))


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_bad_bytes_never_escape(tmp_path, seed):
    good = tmp_path / "good.h5"
    if not good.exists():
        tree(good)
    bad = tmp_path / "bad.h5"
    bad.write_bytes(mutated(good.read_bytes(), seed))
    survives(FMT, bad)
