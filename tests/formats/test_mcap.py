"""MCAP logs open with the values that the official libraries read, whole or cut, or are refused with a reason."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from log_compare import compare, pictures
from mcap.reader import NonSeekingReader
from mcap_ros2.decoder import DecoderFactory

from volant.core import Episode, Kind, Reading
from volant.core.errors import BadInput, Damaged
from volant.formats.mcap import Mcap

ROSBAG2 = "rosbag2_testres"
RERUN = "rerun_assets/crates/store/re_data_loader/tests/assets"


def read(path: Path, **how) -> list[Episode]:
    return list(Mcap().read(path, Reading(**how)))


def independent(path: Path) -> dict[str, list[object]]:
    """Every CDR message with a definition, as mcap-ros2-support decodes it, in order of recording."""
    found = defaultdict(list)
    with path.open("rb") as file:
        factory = DecoderFactory()
        for schema, channel, message in NonSeekingReader(file).iter_messages():
            if channel.message_encoding != "cdr" or "/srv/" in schema.name:
                continue
            found[channel.topic].append((message.log_time, factory.decoder_for("cdr", schema)(message.data)))
    return {topic: [m for _, m in sorted(rows, key=lambda row: row[0])] for topic, rows in found.items()}


def cases() -> list[str]:
    return [
        f"{RERUN}/rosbag2_2025_09_10-13_03_56_0.mcap",
        f"{ROSBAG2}/rosbag2_cpp/test/rosbag2_cpp/bags/topics_and_services.mcap",
        f"{ROSBAG2}/rosbag2_py/test/resources/mcap/convert_a/rewriter_a_0.mcap",
        f"{ROSBAG2}/rosbag2_py/test/resources/mcap/convert_b/rewriter_b_0.mcap",
        f"{ROSBAG2}/rosbag2_py/test/resources/mcap/talker/talker.mcap",
        f"{ROSBAG2}/rosbag2_py/test/resources/mcap/wbag/wbag_3.mcap",
        f"{ROSBAG2}/rosbag2_py/test/resources/mcap/reindex_test_bags/multiple_files/multiple_files_2.mcap",
        f"{ROSBAG2}/rosbag2_tests/resources/mcap/cdr_test/cdr_test_0.mcap",
        f"{ROSBAG2}/rosbag2_transport/test/resources/mcap/test_bag_for_seek/test_bag_for_seek_0.mcap",
        "rosbag_analyzer_fixtures/e2e/fixtures/test_sample.mcap",
        "rosbags_rs/tests/test_bags/test_bag_mcap/test_bag_mcap.mcap",
    ]


@pytest.mark.parametrize("name", cases())
def test_values_are_those_of_the_official_decoder(data, name):
    [episode] = read(data / name)
    messages = independent(data / name)
    assert compare(episode, messages) > 0
    for topic, rows in messages.items():
        own = [s for s in episode.streams if s.name == topic or s.name.startswith((topic + "/", topic + "#"))]
        damaged = any(f.stream == topic and f.key == "damage/message" for f in episode.said)
        assert damaged or max((len(s) for s in own), default=0) >= len(rows) or "TF" in str(type(rows[0])), topic


def test_every_mcap_opens_or_says_why(data):
    refused = {}
    for path in sorted(data.rglob("*.mcap")):
        try:
            episodes = read(path)
            assert episodes and all(len(s) for e in episodes for s in e.streams)
        except BadInput as error:
            refused[path.name] = str(error)
    assert set(refused) == {"wrong_rmw_test_0.mcap"}
    assert "wrong_format" in refused["wrong_rmw_test_0.mcap"]


def test_protobuf_and_json(data):
    [episode] = read(data / RERUN / "simple-protobuf.mcap")
    mouse = episode["mouse"]
    assert len(mouse) == 292 and mouse.signal.dims == ("clientX", "clientY")
    assert episode["pose/pose/position"].signal.unit == "m"
    assert episode["pose/pose/orientation"].signal.dims == ("qx", "qy", "qz", "qw")
    [log] = read(data / "rerun_assets/foxglove_log.mcap")
    assert len(log["/text_log/message"]) == 6


def test_messages_packed_one_by_one_hold_pictures(data):
    [episode] = read(data / "amber_soccer_mcap/tests/rosbag/soccer_goal/soccer_goal_12.mcap")
    [camera] = pictures(episode)
    assert camera.signal.kind is Kind.IMAGE and len(camera) == 2
    frames = list(camera.video.frames())
    assert frames[0].shape == camera.signal.shape and frames[0].std() > 5
    assert camera.t.tolist()[0] == 8297777777


def test_a_picture_that_is_smaller_than_it_says_is_damage(data):
    [episode] = read(data / "rosbags_rs/tests/test_bags/test_bag_mcap/test_bag_mcap.mcap")
    said = {f.stream: f.value for f in episode.said if f.key == "damage/message"}
    assert "480 rows of 1920 bytes holds 30" in said["/test/sensor_msgs/image"]


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "empty.mcap"
    path.write_bytes(b"")
    assert Mcap().bid(path).score == 0.6  # claimed by its name, to say what is wrong with it
    with pytest.raises(Damaged, match="begin"):
        read(path)


def test_cut_anywhere_saves_every_whole_message_or_says_why(data, tmp_path):
    whole = (data / RERUN / "rosbag2_2025_09_10-13_03_56_0.mcap").read_bytes()
    path, last = tmp_path / "cut.mcap", -1
    for size in range(64, len(whole), len(whole) // 40):
        path.write_bytes(whole[:size])
        try:
            [episode] = read(path)
        except Damaged as error:
            assert last <= 0 and str(error)
            continue
        said = {f.key: str(f.value) for f in episode.said}
        assert "damage/truncated" in said and f"of {size} bytes" in said["damage/saved"]
        count = int(said["damage/saved"].split()[0])
        assert count >= last
        last = count
    assert last > 150


def test_a_flipped_byte_is_noticed(data, tmp_path):
    whole = bytearray((data / ROSBAG2 / "rosbag2_py/test/resources/mcap/wbag/wbag_0.mcap").read_bytes())
    whole[len(whole) // 20] ^= 0xFF  # inside the first chunk
    path = tmp_path / "flip.mcap"
    path.write_bytes(whole)
    try:
        [episode] = read(path)
    except Damaged:
        return
    assert any(f.key.startswith("damage/") for f in episode.said)


def test_rates_and_topics(data):
    path = data / RERUN / "rosbag2_2025_09_10-13_03_56_0.mcap"
    found = {topic.topic: topic for topic in Mcap().topics(path)}
    assert found["/rosout"].count == 117 and found["/joint_state"].type == "sensor_msgs/msg/JointState"
    path = data / ROSBAG2 / "rosbag2_py/test/resources/mcap/talker/talker.mcap"
    [episode] = read(path)
    hz = {topic.topic: topic.hz for topic in Mcap().topics(path)}["/topic"]
    assert np.isclose(hz, episode["/topic"].rate, rtol=0.05) and episode["/topic"].signal.hz is None
