"""Pictures come out in RGB order, without padding, in their own depth, and stay on disk until asked for."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from mcap.writer import Writer as PlainWriter
from mcap_ros2.writer import Writer

from volant.core import Episode, Kind, Reading
from volant.formats.mcap import Mcap
from volant.logs import shelf

LINE = "=" * 80
HEADER = f"\n{LINE}\nMSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n"
HEADER += f"{LINE}\nMSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n"
IMAGE = "std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\nuint32 step\n"
IMAGE += "uint8[] data" + HEADER
RNG = np.random.default_rng(1)


def log(path: Path, images: list[dict[str, object]], topic: str = "/camera") -> Episode:
    out = io.BytesIO()
    writer = Writer(out)
    schema = writer.register_msgdef("sensor_msgs/msg/Image", IMAGE)
    for i, image in enumerate(images):
        header = {"stamp": {"sec": 100 + i, "nanosec": 5}, "frame_id": "lens"}
        writer.write_message(topic, schema, {"header": header, **image}, (100 + i) * 10**9, (100 + i) * 10**9)
    writer.finish()
    path.write_bytes(out.getvalue())
    [episode] = Mcap().read(path, Reading())
    return episode


def image(pixels: np.ndarray, encoding: str, *, pad: int = 0, big: bool = False) -> dict[str, object]:
    stored = pixels.astype(pixels.dtype.newbyteorder(">" if big else "<"))
    rows = stored.reshape(len(pixels), -1).view(np.uint8)
    data = np.pad(rows, ((0, 0), (0, pad)), constant_values=7).tobytes()
    return {
        "height": pixels.shape[0], "width": pixels.shape[1], "encoding": encoding, "is_bigendian": int(big),
        "step": rows.shape[1] + pad, "data": data,
    }  # fmt: skip


COLOUR = RNG.integers(0, 255, (6, 8, 3), dtype=np.uint8)
ALPHA = RNG.integers(0, 255, (6, 8, 4), dtype=np.uint8)
DEEP = RNG.integers(0, 65535, (6, 8, 1), dtype=np.uint16)
FLOAT = RNG.normal(1, 1, (6, 8, 1)).astype(np.float32)


@pytest.mark.parametrize("pad", [0, 5])
@pytest.mark.parametrize(
    ("pixels", "encoding", "expected"),
    [
        (COLOUR, "rgb8", COLOUR),
        (COLOUR, "bgr8", COLOUR[..., ::-1]),
        (ALPHA, "rgba8", ALPHA[..., :3]),
        (ALPHA, "bgra8", ALPHA[..., 2::-1]),
        (COLOUR[..., :1], "mono8", COLOUR[..., :1]),
        (DEEP, "16UC1", DEEP),
        (FLOAT, "32FC1", FLOAT),
    ],
)
def test_every_encoding(tmp_path, pixels, encoding, expected, pad):
    for big in (False, True):
        episode = log(tmp_path / "x.mcap", [image(pixels, encoding, pad=pad, big=big)] * 2)
        stream = episode["/camera"]
        assert stream.signal.frame == "lens" and stream.t.tolist() == [100 * 10**9 + 5, 101 * 10**9 + 5]
        assert stream.signal.kind is (Kind.DEPTH if encoding in ("16UC1", "32FC1") else Kind.IMAGE)
        for frame in stream.video.frames():
            assert frame.dtype == expected.dtype and np.array_equal(frame, expected)


def test_depth_has_a_unit_only_where_the_topic_says_depth(tmp_path):
    assert log(tmp_path / "a.mcap", [image(DEEP, "16UC1")])["/camera"].signal.unit == "unknown"
    topic = "/camera/depth/image_rect"
    assert log(tmp_path / "b.mcap", [image(DEEP, "16UC1")], topic)[topic].signal.unit == "mm"
    assert log(tmp_path / "c.mcap", [image(FLOAT, "32FC1")], topic)[topic].signal.unit == "m"


def test_two_sizes_on_one_topic_are_two_streams(tmp_path):
    episode = log(tmp_path / "x.mcap", [image(COLOUR, "rgb8"), image(COLOUR[:4], "rgb8"), image(COLOUR, "rgb8")])
    assert len(episode["/camera"]) == 2 and len(episode["/camera#2"]) == 1


def test_an_unknown_encoding_is_damage_that_is_said(tmp_path):
    out = tmp_path / "x.mcap"
    with pytest.raises(Exception, match="'secret9' is unknown"):
        log(out, [image(COLOUR, "secret9")])


def test_pictures_are_not_held(tmp_path, monkeypatch):
    monkeypatch.setattr(shelf, "MOST_KEPT", 4 << 20)
    frame = image(np.zeros((400, 500, 3), np.uint8), "rgb8")
    path = tmp_path / "big.mcap"
    log(path, [frame] * 60)
    tracemalloc.start()
    [episode] = Mcap().read(path, Reading())
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(episode["/camera"]) == 60
    assert held < 6.2e6 and peak < 16e6  # 36 MB of pictures; chunks are 1 MB, four of them are kept


def test_protobuf_pictures_are_found_without_decoding(tmp_path):
    file = descriptor_pb2.FileDescriptorProto(name="f.proto", package="foxglove", syntax="proto3")
    file.dependency.append("google/protobuf/timestamp.proto")
    message = file.message_type.add(name="CompressedImage")
    for number, name, kind in ((1, "timestamp", 11), (4, "frame_id", 9), (2, "data", 12), (3, "format", 9)):
        one = message.field.add(name=name, number=number, type=kind, label=1)
        if kind == 11:
            one.type_name = ".google.protobuf.Timestamp"
    from google.protobuf import timestamp_pb2

    stamp = descriptor_pb2.FileDescriptorProto()
    timestamp_pb2.DESCRIPTOR.CopyToProto(stamp)
    files = descriptor_pb2.FileDescriptorSet(file=[stamp, file])
    pool = descriptor_pool.DescriptorPool()
    for one in files.file:
        pool.Add(one)
    made = message_factory.GetMessageClass(pool.FindMessageTypeByName("foxglove.CompressedImage"))
    jpeg = imagecodecs.jpeg_encode(COLOUR.repeat(4, 0).repeat(4, 1), 95)
    path = tmp_path / "x.mcap"
    with path.open("wb") as out:
        writer = PlainWriter(out)
        writer.start()
        schema = writer.register_schema("foxglove.CompressedImage", "protobuf", files.SerializeToString())
        channel = writer.register_channel("/camera", "protobuf", schema)
        for i in range(3):
            body = made(frame_id="lens", data=jpeg, format="jpeg")
            body.timestamp.seconds = 50 + i
            writer.add_message(channel, (50 + i) * 10**9 + 7, body.SerializeToString(), 0)
        writer.finish()
    [episode] = Mcap().read(path, Reading())
    stream = episode["/camera"]
    assert stream.t.tolist() == [50 * 10**9, 51 * 10**9, 52 * 10**9] and stream.signal.frame == "lens"
    assert list(stream.video.encoded()) == [jpeg] * 3 and stream.signal.shape == (24, 32, 3)
