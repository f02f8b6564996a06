"""Whatever bytes a log holds, only a refusal may come out of its reader."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcap_ros2.writer import Writer
from rosbags.rosbag1 import Writer as BagWriter
from rosbags.typesys import Stores, get_typestore

from volant.core import Reading
from volant.core.errors import Damaged, Hostile, VolantError
from volant.formats.mcap import Mcap
from volant.formats.rosbag1 import Rosbag1
from volant.formats.rosbag2 import Rosbag2
from volant.formats.ulog import ULogs
from volant.logs.mcap_file import MAGIC, McapFile

FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8)
CUT = st.floats(0.05, 1)


def small_mcap() -> bytes:
    out = io.BytesIO()
    writer = Writer(out)
    joints = "string[] name\nfloat64[] position\nbuiltin_interfaces/Time stamp\nPoint[2] p\n"
    joints += "=" * 80 + "\nMSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n"
    joints += "=" * 80 + "\nMSG: x_msgs/Point\nfloat32 x\nfloat32 y\n"
    schema = writer.register_msgdef("x_msgs/msg/Joints", joints)
    picture = writer.register_msgdef("sensor_msgs/msg/CompressedImage",
        "std_msgs/Header header\nstring format\nuint8[] data\n"
        + "=" * 80 + "\nMSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n"
        + "=" * 80 + "\nMSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n")  # fmt: skip
    for i in range(20):
        point = [{"x": i, "y": 1}, {"x": 2, "y": i}]
        message = {"name": ["a"] * (i % 3), "position": [1.0] * (i % 3), "stamp": {"sec": i}, "p": point}
        writer.write_message("/j", schema, message, i, i)
        writer.write_message("/c", picture, {"format": "png", "data": b"\x89PNG\r\n\x1a\n" + bytes(30)}, i, i)
    writer.finish()
    return out.getvalue()


def edited(whole: bytes, edits: list[tuple[float, int]], cut: float) -> bytes:
    made = bytearray(whole[: max(1, int(len(whole) * cut))])
    for place, value in edits:
        made[min(len(made) - 1, int(place * len(made)))] = value
    return bytes(made)


def survives(form, path: Path) -> None:
    """Reading ends in episodes that can be used, or in a refusal."""
    try:
        for episode in form.read(path, Reading()):
            assert episode.streams
            for stream in episode.streams:
                assert len(stream.t) == len(stream.x)
                if stream.video is not None:
                    list(stream.video.frames(0, 2))
            assert episode.id
    except VolantError as error:
        assert str(error)


@FUZZ
@given(edits=EDITS, cut=CUT)
def test_mcap(tmp_path, edits, cut):
    path = tmp_path / "x.mcap"
    path.write_bytes(edited(small_mcap(), edits, cut))
    survives(Mcap(), path)


@FUZZ
@given(edits=EDITS, cut=CUT)
def test_a_file_of_our_own(tmp_path_factory, edits, cut):
    from test_own import own_bytes

    path = tmp_path_factory.mktemp("own") / "x.mcap"
    path.write_bytes(edited(own_bytes(tmp_path_factory), edits, cut))
    survives(Mcap(), path)


@FUZZ
@given(edits=EDITS, cut=CUT)
def test_bag1(tmp_path, edits, cut):
    source = tmp_path / "whole.bag"
    if not source.exists():
        store = get_typestore(Stores.ROS1_NOETIC)
        header = store.types["std_msgs/msg/Header"]
        stamp = store.types["builtin_interfaces/msg/Time"]
        kind = store.types["sensor_msgs/msg/JointState"]
        writer = BagWriter(source)
        writer.set_compression(BagWriter.CompressionFormat.BZ2)
        with writer as bag:
            link = bag.add_connection("/j", "sensor_msgs/msg/JointState", typestore=store)
            for i in range(30):
                state = kind(header(i, stamp(i, 5), "base"), ["a", "b"], np.ones(2), np.ones(2), np.ones(0))
                bag.write(link, i * 1000, store.serialize_ros1(state, "sensor_msgs/msg/JointState"))
    path = tmp_path / "x.bag"
    path.write_bytes(edited(source.read_bytes(), edits, cut))
    survives(Rosbag1(), path)


@FUZZ
@given(edits=EDITS, cut=CUT)
def test_bag2(data, tmp_path, edits, cut):
    whole = (data / "rosbag2_testres/rosbag2_tests/resources/sqlite3/cdr_test/cdr_test_0.db3").read_bytes()
    path = tmp_path / "x.db3"
    path.write_bytes(edited(whole, edits, cut))
    survives(Rosbag2(), path)


@settings(FUZZ, max_examples=12)
@given(edits=EDITS, cut=st.floats(0.05, 0.3))
def test_ulog(data, tmp_path, edits, cut):
    path = tmp_path / "x.ulg"
    path.write_bytes(edited((data / "pyulog/test/sample_log_small.ulg").read_bytes(), edits, cut))
    survives(ULogs(), path)


def record(opcode: int, body: bytes) -> bytes:
    return struct.pack("<BQ", opcode, len(body)) + body


def text(words: str) -> bytes:
    return struct.pack("<I", len(words)) + words.encode()


def chunk(packed: bytes, size: int, method: str = "zstd") -> bytes:
    return record(6, struct.pack("<QQQI", 0, 0, size, 0) + text(method) + struct.pack("<Q", len(packed)) + packed)


def test_a_chunk_that_declares_a_flood_is_refused(tmp_path):
    path = tmp_path / "x.mcap"
    path.write_bytes(MAGIC + record(1, text("") + text("")) + chunk(zstandard.compress(b"x"), 1 << 40))
    with pytest.raises(Hostile, match="1099511627776"):
        list(Mcap().read(path, Reading()))


def test_a_chunk_holds_no_more_than_it_declares(tmp_path):
    path = tmp_path / "x.mcap"
    path.write_bytes(MAGIC + record(1, text("") + text("")) + chunk(zstandard.compress(bytes(64 << 20)), 100))
    source = McapFile(path)
    assert list(source.messages()) == []
    assert not source._shelf._last
    with pytest.raises(Damaged):
        list(Mcap().read(path, Reading()))


def test_absurd_lengths_are_damage(tmp_path):
    path = tmp_path / "x.mcap"
    path.write_bytes(MAGIC + record(1, text("") + text("")) + struct.pack("<BQ", 5, 1 << 62) + b"abc")
    with pytest.raises(Damaged, match="declares 4611686018427387904 bytes"):
        list(Mcap().read(path, Reading()))


def test_a_type_inside_itself_is_not_followed_for_ever(tmp_path):
    out = io.BytesIO()
    writer = Writer(out)
    schema = writer.register_msgdef("x_msgs/msg/A", "uint8 a\n")
    writer.write_message("/a", schema, {"a": 1}, 1, 1)
    writer.finish()
    whole = out.getvalue()
    path = tmp_path / "x.mcap"
    from volant.logs.definition import parse_definitions
    from volant.logs.layout import template

    path.write_bytes(whole)
    with pytest.raises(Damaged, match="nested"):
        template(bytes(5000), "x/A", parse_definitions("x/A", "A inner\nuint8 a\n", ros1=True), ros1=True)
    with pytest.raises(Damaged, match="elements"):
        template(b"\xff" * 100, "x/A", parse_definitions("x/A", "string[] words\n", ros1=True), ros1=True)
