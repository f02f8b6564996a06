"""A log that breaks off anywhere gives every message that lies whole in what is left, pictures included."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import lz4.frame
import numpy as np
import pytest
import zstandard
from mcap.records import Chunk
from mcap.stream_reader import StreamReader
from mcap.writer import CompressionType, Writer
from rosbags.rosbag1 import Writer as Bag1Writer
from rosbags.typesys import Stores, get_typestore
from rosbags.typesys.store import Typestore
from test_log_pictures import IMAGE

from volant.core import Episode, Format, Reading
from volant.core.errors import Damaged
from volant.formats.mcap import Mcap
from volant.formats.rosbag1 import Rosbag1

SIZE = (48, 64, 3)
FRAMES = 120
CUTS = 12


class Written(NamedTuple):
    """A log and its pictures; ``whole(cut)`` says, without Volant, how many of each topic a cut leaves whole."""

    path: Path
    format: Format
    pictures: np.ndarray
    whole: Callable[[int], tuple[int, int]]


def pictures() -> np.ndarray:
    return np.random.default_rng(7).integers(0, 255, (FRAMES, *SIZE), dtype=np.uint8)


def numbers() -> list[np.ndarray]:
    return list(np.random.default_rng(8).normal(0, 1, (FRAMES, 6)))


def mcap(path: Path, packed: CompressionType, *, chunked: bool = True) -> Written:
    shown, values = pictures(), numbers()
    store = get_typestore(Stores.ROS2_HUMBLE)
    with path.open("wb") as file:
        writer = Writer(file, chunk_size=300_000, compression=packed, use_chunking=chunked)
        writer.start("ros2")
        channels = []
        for topic, kind, text in (
            ("/camera", "sensor_msgs/msg/Image", IMAGE),
            ("/row", "a/msg/Row", "float64[6] data"),
        ):
            schema = writer.register_schema(kind, "ros2msg", text.encode())
            channels.append(writer.register_channel(topic, "cdr", schema))
        for i in range(FRAMES):
            t = (100 + i) * 10**9
            picture = bytes(store.serialize_cdr(image_message(store, i, shown[i]), "sensor_msgs/msg/Image"))
            writer.add_message(channels[0], t, picture, t)
            writer.add_message(channels[1], t, b"\0\1\0\0" + values[i].tobytes(), t)
        writer.finish()
    return Written(path, Mcap(), shown, lambda cut: _counted(_left(path, cut), shown, values))


def image_message(store: Typestore, i: int, pixels: np.ndarray) -> object:
    kinds = store.types
    header = kinds["std_msgs/msg/Header"]
    stamp = kinds["builtin_interfaces/msg/Time"](sec=100 + i, nanosec=0)
    first = {"seq": i} if "seq" in header.__dataclass_fields__ else {}
    return kinds["sensor_msgs/msg/Image"](
        header=header(**first, stamp=stamp, frame_id="lens"), height=SIZE[0], width=SIZE[1], encoding="rgb8",
        is_bigendian=0, step=3 * SIZE[1], data=pixels.ravel(),
    )  # fmt: skip


def _left(path: Path, cut: int) -> bytes:
    """What a cut file still holds in plain bytes: all that is left of its packed chunks, or the file itself."""
    whole, plain = path.read_bytes()[:cut], []
    with path.open("rb") as file:
        packed = [one for one in StreamReader(file, emit_chunks=True).records if isinstance(one, Chunk)]
    for record in packed:
        if not record.compression:
            return whole
        at = whole.find(record.data[:64])
        if at >= 0:
            left = whole[at : at + len(record.data)]
            zstd = zstandard.ZstdDecompressor().decompressobj()
            plain.append((zstd if record.compression == "zstd" else lz4.frame.LZ4FrameDecompressor()).decompress(left))
    return b"".join(plain) if packed else whole


def _counted(plain: bytes, shown: np.ndarray, values: list[np.ndarray]) -> tuple[int, int]:
    return sum(one.tobytes() in plain for one in shown), sum(one.tobytes() in plain for one in values)


def bag1(path: Path) -> Written:
    shown, values = pictures(), numbers()
    store = get_typestore(Stores.ROS1_NOETIC)
    kinds = store.types
    with Bag1Writer(path) as writer:
        image = writer.add_connection("/camera", "sensor_msgs/msg/Image", typestore=store)
        row = writer.add_connection("/row", "std_msgs/msg/Float64MultiArray", typestore=store)
        layout = kinds["std_msgs/msg/MultiArrayLayout"](dim=[], data_offset=0)
        for i in range(FRAMES):
            t = (100 + i) * 10**9
            writer.write(image, t, store.serialize_ros1(image_message(store, i, shown[i]), "sensor_msgs/msg/Image"))
            data = kinds["std_msgs/msg/Float64MultiArray"](layout=layout, data=values[i])
            writer.write(row, t, store.serialize_ros1(data, "std_msgs/msg/Float64MultiArray"))
    return Written(path, Rosbag1(), shown, lambda cut: _counted(path.read_bytes()[:cut], shown, values))


MADE: dict[str, Callable[[Path], Written]] = {
    "mcap": lambda folder: mcap(folder / "whole.mcap", CompressionType.NONE),
    "mcap without chunks": lambda folder: mcap(folder / "whole.mcap", CompressionType.NONE, chunked=False),
    "mcap zstd": lambda folder: mcap(folder / "whole.mcap", CompressionType.ZSTD),
    "mcap lz4": lambda folder: mcap(folder / "whole.mcap", CompressionType.LZ4),
    "ROS 1 bag": lambda folder: bag1(folder / "whole.bag"),
}


def row_of(episode: Episode) -> int:
    return max((len(stream) for stream in episode.streams if stream.name.startswith("/row")), default=0)


@pytest.mark.parametrize("sort", MADE)
def test_every_whole_message_is_there(sort: str, tmp_path: Path) -> None:
    made = MADE[sort](tmp_path)
    whole = made.path.read_bytes()
    [episode] = made.format.read(made.path, Reading())
    assert len(episode["/camera"]) == row_of(episode) == FRAMES
    rng = np.random.default_rng(9)
    seen = set()
    for cut in sorted(int(cut) for cut in rng.integers(100, len(whole) - 20, CUTS)):
        path = tmp_path / f"cut{made.path.suffix}"
        path.write_bytes(whole[:cut])
        images, rows = made.whole(cut)
        if not images + rows:
            with pytest.raises(Damaged):
                list(made.format.read(path, Reading()))
            continue
        [episode] = made.format.read(path, Reading())
        found = list(episode["/camera"].x.frames()) if "/camera" in episode else []
        assert (len(found), row_of(episode)) == (images, rows), (sort, cut)
        assert all(np.array_equal(one, made.pictures[i]) for i, one in enumerate(found))
        said = {fact.key for fact in episode.said}
        assert "damage/truncated" in said or images == FRAMES, (sort, cut)
        seen.add(images)
    assert len(seen) > CUTS // 2
