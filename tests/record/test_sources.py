"""Robots that know nothing of Volant: a Foxglove server, a Zenoh bus, a recorded log, a simulator."""

from __future__ import annotations

import asyncio
import json
import struct
import threading
import time
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from click.testing import CliRunner

import volant
from aside import aside
from volant.cli import cli
from volant.core.errors import Refused
from volant.record import Recorder
from volant.record.foxglove import listen
from volant.record.zenoh import channel_of
from volant.record.zenoh import listen as listen_zenoh

from .conftest import LiveGateServer, free_port


def test_a_robot_with_the_foxglove_sdk_is_recorded_without_a_line_of_code(gate: LiveGateServer, tmp_path: Path) -> None:
    foxglove = pytest.importorskip("foxglove")
    from foxglove.channels import CompressedImageChannel
    from foxglove.messages import CompressedImage, Timestamp

    port = free_port()
    server = foxglove.start_server(host="127.0.0.1", port=port, name="robot")
    camera = CompressedImageChannel("/camera")
    joints = foxglove.Channel("/joints", message_encoding="json", schema={"type": "object"})
    stop = asyncio.Event()
    sent = [0]

    async def record() -> object:
        with Recorder(gate.url, task="wipe", robot="fox", token=gate.token, spool=tmp_path) as rec:
            carrier = await listen(f"ws://127.0.0.1:{port}", rec, topics=("/joints", "/camera"), stop=stop, told=bool)
            rec.end("success")
        return carrier, rec

    async def speak() -> None:
        while sent[0] < 40:
            now = time.time_ns()
            shot = imagecodecs.jpeg_encode(np.full((24, 32, 3), sent[0] * 5, np.uint8), 90)
            camera.log(
                CompressedImage(timestamp=Timestamp(now // 10**9, now % 10**9), format="jpeg", data=shot), log_time=now
            )
            joints.log({"q": [0.1, float(np.sin(sent[0] / 9)), 0.3]}, log_time=now)
            sent[0] += 1
            await asyncio.sleep(0.03)
        await asyncio.sleep(0.3)
        stop.set()

    async def both() -> tuple[object, Recorder]:
        told, _ = await asyncio.gather(record(), speak())
        return told  # type: ignore[return-value]

    try:
        carrier, rec = aside(both())
    finally:
        server.stop()
    [became] = rec.stored.values()
    with volant.Lake(gate.lake) as lake:
        episode = lake.episode(str(became["id"]))
        names = {stream.name: len(stream) for stream in episode.streams if not stream.name.endswith("/arrival")}
        assert carrier.messages > 40  # type: ignore[attr-defined]
        assert names["/camera"] > 20 and episode["/camera"].video is not None
        assert names["/joints/q"] > 20 and np.allclose(episode["/joints/q"].values[:, 2], 0.3)
        assert next(iter(episode["/camera"].video.frames())).shape == (24, 32, 3)


def test_a_ros_2_topic_on_the_zenoh_bus_is_recorded(tmp_path: Path) -> None:
    zenoh = pytest.importorskip("zenoh")
    port = free_port()
    settings = zenoh.Config()
    settings.insert_json5("listen/endpoints", f'["tcp/127.0.0.1:{port}"]')
    settings.insert_json5("scouting/multicast/enabled", "false")
    stop = threading.Event()
    key = "0/arm/push/geometry_msgs::msg::dds_::Vector3_/RIHS01_" + "cc12fe83e4c02719" * 4
    with zenoh.open(settings) as robot, Recorder(tmp_path, task="press") as rec:
        result: list[object] = []
        ear = threading.Thread(target=lambda: result.append(listen_zenoh(f"tcp/127.0.0.1:{port}", rec, stop=stop)))
        ear.start()
        time.sleep(0.5)
        for i in range(30):
            robot.put(key, b"\x00\x01\x00\x00" + struct.pack("<3d", i, 2.0, 3.0))
            time.sleep(0.01)
        time.sleep(0.3)
        stop.set()
        ear.join()
    assert result[0].messages >= 25  # type: ignore[attr-defined]
    assert not result[0].left_out  # type: ignore[attr-defined]


def test_the_names_of_ros_2_on_zenoh_are_understood() -> None:
    channel = channel_of("0/arm/joint_states/sensor_msgs::msg::dds_::JointState_/RIHS01_00")
    assert channel is not None and (channel.topic, channel.type) == ("/arm/joint_states", "sensor_msgs/msg/JointState")
    assert channel_of("@/liveliness") is None and channel_of("0/other/key") is None


def test_a_log_is_sent_as_if_it_happened_now(gate: LiveGateServer, tmp_path: Path) -> None:
    log = _log(tmp_path / "log.mcap")
    done = CliRunner().invoke(
        cli, ["record", "--mcap", str(log), "--to", gate.url, "--token", gate.token, "--speed", "0", "--task",
              "replayed", "--spool", str(tmp_path / "spool"), "--json"]
    )  # fmt: skip
    result = json.loads(done.stdout)
    assert done.exit_code == 0 and result["messages"] == 200 and not result["waiting"], done.output
    [became] = result["stored"].values()
    with volant.Lake(gate.lake) as lake:
        live = lake.episode(became["id"])
        [whole] = volant.read(log)
    assert np.array_equal(live["/q/v"].values, whole["/q/v"].values) and np.array_equal(live["/q/v"].t, whole["/q/v"].t)


def test_a_simulated_robot_is_a_client(gate: LiveGateServer, tmp_path: Path) -> None:
    pytest.importorskip("metaworld")
    done = CliRunner().invoke(
        cli, ["record", "--world", "metaworld/reach-v3", "--to", gate.url, "--token", gate.token, "--episodes", "2",
              "--robots", "2", "--spool", str(tmp_path), "--json"]
    )  # fmt: skip
    result = json.loads(done.stdout)
    assert done.exit_code == 0 and result["outcomes"] == {"success": 2} and not result["waiting"], done.output
    assert "quarantine" not in {became["verdict"] for became in result["stored"].values()}, "a busy core leaves gaps"
    with volant.Lake(gate.lake) as lake:
        rows = lake.episodes("task = 'reach-v3'").to_pylist()
    assert [(row["outcome"], row["tier"], row["site"]) for row in rows] == [("success", "simulation", "metaworld")] * 2


def test_nobody_at_the_other_end_is_said(tmp_path: Path) -> None:
    with Recorder(tmp_path) as rec, pytest.raises(Refused, match="No Foxglove server answers"):
        aside(listen("ws://127.0.0.1:9", rec, stop=asyncio.Event(), told=bool))


def _log(path: Path) -> Path:
    from mcap.writer import Writer

    with path.open("wb") as file:
        writer = Writer(file)
        writer.start()
        channel = writer.register_channel("/q", "json", writer.register_schema("q", "jsonschema", b"{}"))
        for i in range(200):
            t = 1_700_000_000_000_000_000 + i * 20_000_000
            writer.add_message(channel, t, json.dumps({"v": [i / 100, float(np.sin(i / 30)), 1.0]}).encode(), t)
        writer.finish()
    return path
