"""ROS 1 bags open with the values that another library reads, however packed, or are refused with a reason."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from log_compare import compare
from rosbags.highlevel import AnyReader

from volant.core import Episode, Kind, Reading
from volant.core.errors import Damaged, Refused
from volant.formats.rosbag1 import Rosbag1


def read(path: Path, **how) -> list[Episode]:
    return list(Rosbag1().read(path, Reading(**how)))


def independent(path: Path) -> dict[str, list[object]]:
    found = defaultdict(list)
    with AnyReader([path]) as reader:
        for connection, _, raw in reader.messages():
            found[connection.topic].append(reader.deserialize(raw, connection.msgtype))
    return found


@pytest.mark.parametrize(
    "name",
    [
        "foxglove_rosbag/fixtures/example-lz4.bag",
        "foxglove_rosbag/fixtures/example-bz2.bag",
        "plotjuggler/datasamples/fake_joint_state.bag",
        "plotjuggler/datasamples/tilt_laser.bag",
        "robot_localization_bags/test/test2.bag",
        "rosbag_analyzer_fixtures/e2e/fixtures/test_sample.bag",
    ],
)
def test_values_are_those_of_another_library(data, name):
    [episode] = read(data / name)
    messages = independent(data / name)
    assert compare(episode, messages) > 0
    assert not [f for f in episode.said if f.key.startswith("damage/")]
    assert {f.key: f.value for f in episode.said}["log/messages"] == sum(map(len, messages.values()))


def test_joints_have_names_and_rates(data):
    [episode] = read(data / "plotjuggler/datasamples/fake_joint_state.bag")
    joints = episode["/fake_joints_state/position"]
    assert joints.signal.kind is Kind.JOINT and joints.signal.unit == "unknown" and joints.signal.hz is None
    assert joints.signal.dims == tuple(f"joint_{i}" for i in range(6)) and joints.values.shape == (2725, 6)
    assert round(joints.rate) == 1000


def test_transforms_are_streams_of_their_child_frame(data):
    path = data / "foxglove_rosbag/fixtures/example-lz4.bag"
    [episode] = read(path)
    wanted = [
        (t.transform.translation.x, t.transform.rotation.w)
        for message in independent(path)["/tf"]
        for t in message.transforms
        if t.child_frame_id == "turtle1"
    ]
    move, turn = episode["/tf/turtle1/translation"], episode["/tf/turtle1/rotation"]
    assert move.signal.frame == "world" and move.signal.unit == "m" and turn.signal.dims == ("qx", "qy", "qz", "qw")
    assert np.array_equal(np.column_stack((move.values[:, 0], turn.values[:, 3])), np.array(wanted))


def test_units_and_frames_are_stated_ones(data):
    [episode] = read(data / "plotjuggler/datasamples/tilt_laser.bag")
    assert episode["/imu_data/linear_acceleration"].signal.unit == "m/s^2"
    assert episode["/scan/ranges"].signal.unit == "m" and episode["/scan/ranges"].signal.kind is Kind.LIDAR
    assert episode["/position_gps/latitude"].signal.unit == "deg"
    assert episode["/imu_data/orientation"].signal.frame != "unknown"
    assert "/imu_data/log_time" in episode


@pytest.mark.parametrize(("name", "says"), [("empty-file.bag", "no bytes"), ("no-messages.bag", "no messages")])
def test_empty_bags_are_refused(data, name, says):
    path = data / "foxglove_rosbag/fixtures" / name
    assert Rosbag1().bid(path).score > 0.5
    with pytest.raises(Damaged, match=says):
        read(path)


def test_an_unindexed_or_cut_bag_is_saved(data, tmp_path):
    whole = bytearray((data / "foxglove_rosbag/fixtures/example-lz4.bag").read_bytes())
    path, last = tmp_path / "cut.bag", -1
    for size in range(5000, len(whole), len(whole) // 15):
        path.write_bytes(whole[:size])
        try:
            [episode] = read(path)
        except Damaged:
            assert last <= 0
            continue
        said = {f.key: f.value for f in episode.said}
        assert "damage/truncated" in said and str(size) in said["damage/saved"]
        assert said["log/messages"] >= last
        last = said["log/messages"]
    assert last > 5000
    at = whole.index(b"index_pos=") + len(b"index_pos=")
    whole[at : at + 8] = bytes(8)
    path.write_bytes(whole)
    [episode] = read(path)
    said = {f.key: f.value for f in episode.said}
    assert "damage/unindexed" in said and said["log/messages"] >= last


def test_writing_is_refused(tmp_path):
    with pytest.raises(Refused, match="mcap"):
        Rosbag1().write([], tmp_path / "x.bag", None)
