"""ROS 2 bags open with the values that another library reads, or are refused with what is wrong with them."""

from __future__ import annotations

import shutil
import sqlite3
from collections import defaultdict
from pathlib import Path

import pytest
import yaml
import zstandard
from log_compare import compare
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore

from volant.core import Episode, Kind, Reading
from volant.core.errors import BadInput, Damaged, Hostile, NotFound
from volant.formats.rosbag2 import Rosbag2

PY = "rosbag2_testres/rosbag2_py/test/resources"
TESTS = "rosbag2_testres/rosbag2_tests/resources"


def read(path: Path, **how) -> list[Episode]:
    return list(Rosbag2().read(path, Reading(**how)))


def said(episode: Episode) -> dict[str, object]:
    return {fact.key: fact.value for fact in episode.said}


def independent(path: Path) -> dict[str, list[object]]:
    found = defaultdict(list)
    with AnyReader([path], default_typestore=get_typestore(Stores.ROS2_HUMBLE)) as reader:
        for connection, _, raw in reader.messages():
            found[connection.topic].append(reader.deserialize(raw, connection.msgtype))
    return found


@pytest.fixture
def bag(data, tmp_path) -> Path:
    """A writable copy of a split bag."""
    folder = tmp_path / "wbag"
    shutil.copytree(data / PY / "sqlite3/wbag", folder)
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    "name",
    [
        "plotjuggler/datasamples/rosbag2_test",
        f"{PY}/sqlite3/wbag",
        f"{PY}/mcap/wbag",
        "rosbags_rs/tests/test_bags/test_bag_sqlite3",
        "rosbags_rs/tests/test_bags/test_bag_mcap",
    ],
)
def test_values_are_those_of_another_library(data, name):
    [episode] = read(data / name)
    messages = independent(data / name)
    assert compare(episode, messages) > 0
    assert said(episode)["log/messages"] == sum(map(len, messages.values()))
    assert "damage/count" not in said(episode)


def test_every_bag_opens_or_says_why(data):
    refused = {}
    for path in sorted(data.rglob("metadata.yaml")):
        try:
            [episode] = read(path.parent)
            assert all(len(stream) for stream in episode.streams)
        except BadInput as error:
            refused[path.parent.relative_to(data).as_posix()] = str(error)
    assert {
        name: next(w for w in ("empty", "not whole", "wrong_format") if w in why) for name, why in refused.items()
    } == {
        "amber_soccer_mcap/tests/rosbag/soccer_goal": "not whole",
        "rosbag2_testres/ros2bag/test/resources/empty_bag": "empty",
        f"{TESTS}/mcap/wrong_rmw_test": "wrong_format",
        f"{TESTS}/sqlite3/wrong_rmw_test": "wrong_format",
        "unitree_go2_bags/test_1": "not whole",
        "unitree_go2_bags/test_2": "not whole",
        "unitree_go2_bags/test_3": "not whole",
        "unitree_go2_bags/test_5/robot_bag": "not whole",
    }


def test_single_files_open_too_and_nothing_is_written_beside_them(data):
    counts = 0
    for path in sorted(data.rglob("*.db3")):
        before = sorted(path.parent.iterdir())
        with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as connection:
            [[expected]] = connection.execute("SELECT count(*) FROM messages")
        if expected:
            [episode] = read(path)
            assert said(episode)["log/messages"] == expected
            counts += expected
        else:
            with pytest.raises(Damaged, match="no messages"):
                read(path)
        assert sorted(path.parent.iterdir()) == before
    assert counts > 20_000


def test_a_type_that_nobody_defines_is_kept_as_bytes_and_said(data):
    path = data / "unitree_go2_bags/test_5/vicon_bag"
    [episode] = read(path)
    [stream] = episode.streams
    assert stream.signal.kind is Kind.BLOB and len(stream) == 11162
    assert "vicon_receiver/msg/Position is not defined" in str(said(episode)["log/note"])
    with sqlite3.connect(f"file:{next(path.glob('*.db3'))}?immutable=1", uri=True) as connection:
        [[first]] = connection.execute("SELECT data FROM messages ORDER BY timestamp LIMIT 1")
    assert stream.values[0] == first


def test_rows_left_in_a_write_ahead_log_are_found(bag, tmp_path):
    path = bag / "wbag_0.db3"
    busy = sqlite3.connect(path)
    busy.execute("PRAGMA journal_mode = WAL")
    busy.execute("DELETE FROM messages WHERE rowid > 100")
    busy.commit()
    lone = tmp_path / "lone"
    lone.mkdir()
    for name in ("wbag_0.db3", "wbag_0.db3-wal"):
        shutil.copy(bag / name, lone / name)
    busy.close()
    before = {path.name: path.read_bytes() for path in lone.iterdir()}
    assert before["wbag_0.db3-wal"]
    [episode] = read(lone / "wbag_0.db3")
    assert said(episode)["log/messages"] == 100
    assert {path.name: path.read_bytes() for path in lone.iterdir()} == before


def edited(folder: Path, **changes) -> None:
    path = folder / "metadata.yaml"
    raw = yaml.safe_load(path.read_text())
    raw["rosbag2_bagfile_information"] |= changes
    path.write_text(yaml.safe_dump(raw))


def test_a_missing_part_is_named(bag):
    (bag / "wbag_3.db3").unlink()
    with pytest.raises(Damaged, match=r"1 are not there: wbag_3\.db3"):
        read(bag)


def test_a_wrong_count_is_said(bag):
    edited(bag, message_count=7000)
    assert "declares 7000 messages, 6074 are there" in str(said(read(bag)[0])["damage/count"])


@pytest.mark.parametrize("name", ["../../secret.db3", "/etc/passwd", "a/../../b.db3", "nul\0.db3"])
def test_paths_stay_inside_the_folder(bag, name):
    edited(bag, relative_file_paths=[name])
    with pytest.raises(Hostile, match="outside"):
        read(bag)


def test_links_stay_inside_the_folder(bag, tmp_path):
    outside = tmp_path / "outside.db3"
    (bag / "wbag_0.db3").rename(outside)
    (bag / "wbag_0.db3").symlink_to(outside)
    with pytest.raises(Hostile, match="outside"):
        read(bag)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("rosbag2_bagfile_information: [", Damaged),
        ("rosbag2_bagfile_information: 3", Damaged),
        ("rosbag2_bagfile_information: {relative_file_paths: [], storage_identifier: sqlite3}", Damaged),
        ("rosbag2_bagfile_information: {relative_file_paths: [a], storage_identifier: oracle}", BadInput),
        ("!!python/object/apply:os.system ['true']", Damaged),
        ("a: &a [x]\nb: *c", Damaged),
    ],
)
def test_bad_metadata_says_why(tmp_path, text, error):
    (tmp_path / "metadata.yaml").write_text(text)
    with pytest.raises(error):
        read(tmp_path)


def test_packed_files_are_unpacked(bag):
    for path in sorted(bag.glob("*.db3")):
        (bag / f"{path.name}.zstd").write_bytes(zstandard.compress(path.read_bytes()))
        path.unlink()
    names = sorted(path.name for path in bag.glob("*.zstd"))
    edited(bag, relative_file_paths=names, compression_format="zstd", compression_mode="FILE")
    assert said(read(bag)[0])["log/messages"] == 6074
    (bag / names[0]).write_bytes(zstandard.compress(bytes(200 << 20)))
    with pytest.raises(Hostile, match="200 times"):
        read(bag)


def test_absent_and_empty(tmp_path):
    with pytest.raises(NotFound):
        read(tmp_path / "nothing.db3")
    (tmp_path / "zero.db3").write_bytes(b"")
    with pytest.raises(Damaged, match="no bytes"):
        read(tmp_path / "zero.db3")
    sqlite3.connect(tmp_path / "other.sqlite").execute("CREATE TABLE a (b)").connection.close()
    assert Rosbag2().bid(tmp_path / "other.sqlite").score == 0
    with pytest.raises(BadInput, match="without the tables"):
        read(tmp_path / "other.sqlite")
