"""Video packets in a log are decoded from the nearest keyframe, whatever wrote them."""

from __future__ import annotations

import base64
import io
import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from mcap.writer import Writer as PlainWriter
from mcap_ros2.writer import Writer

from volant.core import Reading
from volant.formats.mcap import Mcap

VIDEO = "builtin_interfaces/Time timestamp\nstring frame_id\nuint8[] data\nstring format\n"
VIDEO += "=" * 80 + "\nMSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n"


def packets(n: int = 30) -> list[bytes]:
    """Annex B access units of a moving bar, a keyframe every ten."""
    made = []
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = 64, 48, "yuv420p"
    context.time_base = Fraction(1, 30)
    context.options = {"bf": "0", "g": "10", "preset": "ultrafast", "x264-params": "repeat-headers=1"}
    for i in range(n):
        picture = np.zeros((48, 64, 3), np.uint8)
        picture[:, 2 * i : 2 * i + 4] = 200
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        frame.pts = i
        made += [bytes(packet) for packet in context.encode(frame)]
    return made + [bytes(packet) for packet in context.encode(None)]


def ros(path: Path) -> None:
    out = io.BytesIO()
    writer = Writer(out)
    schema = writer.register_msgdef("foxglove_msgs/msg/CompressedVideo", VIDEO)
    for i, packet in enumerate(packets()):
        t = 1_700_000_000_000_000_000 + i * 33_000_000
        message = {"timestamp": {"sec": t // 10**9, "nanosec": t % 10**9}, "frame_id": "cam", "data": packet}
        writer.write_message("/video", schema, {**message, "format": "h264"}, t + 5, t + 5)
    writer.finish()
    path.write_bytes(out.getvalue())


def json_log(path: Path) -> None:
    with path.open("wb") as file:
        writer = PlainWriter(file)
        writer.start()
        schema = writer.register_schema("foxglove.CompressedVideo", "jsonschema", b"{}")
        channel = writer.register_channel("/video", "json", schema)
        for i, packet in enumerate(packets()):
            t = 1_700_000_000_000_000_000 + i * 33_000_000
            message = {"timestamp": {"sec": t // 10**9, "nsec": t % 10**9}, "frame_id": "cam", "format": "h264"}
            message["data"] = base64.b64encode(packet).decode()
            writer.add_message(channel, t + 5, json.dumps(message).encode(), t + 5)
        writer.finish()


@pytest.mark.parametrize("write", [ros, json_log])
def test_packets_become_pictures(tmp_path, write):
    path = tmp_path / "x.mcap"
    write(path)
    [episode] = Mcap().read(path, Reading())
    video = episode["/video"]
    assert video.signal.shape == (48, 64, 3) and video.signal.frame == "cam" and video.video.codec == "h264"
    assert video.t[1] - video.t[0] == 33_000_000 and "/video/log_time" in episode
    frames = list(video.video.frames())
    assert len(frames) == 30
    assert [int(np.argmax(frame[..., 1].sum(axis=0))) // 2 for frame in frames[:28]] == pytest.approx(range(28), abs=2)
    later = list(video.video.part(14, 18).frames())
    assert all(np.array_equal(a, b) for a, b in zip(later, frames[14:18], strict=True))
    assert len(list(video.video.lumas(25))) == 5
