"""Logs with raw and JPEG pictures, joints and commands: read and judged, beside the mcap library's bare iteration."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import imagecodecs
import numpy as np
from mcap.reader import make_reader
from mcap_ros2.writer import Writer

from bench._clock import median_of, peak_mb, ratio
from volant import plug
from volant.core import Reading
from volant.formats.mcap import Mcap
from volant.intake.gate import Gate

FILES, SECONDS = 6, 4
PROMISED = 200.0

TIME = "builtin_interfaces/Time stamp\nstring frame_id"
LINE = "=" * 80
HEADER = f"\n{LINE}\nMSG: std_msgs/Header\n{TIME}\n{LINE}\nMSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n"
IMAGE = "std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\n"
IMAGE += "uint32 step\nuint8[] data"
PACKED = "std_msgs/Header header\nstring format\nuint8[] data"
JOINTS = "std_msgs/Header header\nstring[] name\nfloat64[] position\nfloat64[] velocity\nfloat64[] effort"
NUMBERS = "float64[7] data"


def generate(path: Path, seed: int) -> int:
    """One log: raw 640x480 pictures at 10 Hz and JPEG at 30 Hz, joints at 100 Hz, commands at 30 Hz; picture bytes."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:480, 0:640]
    scene = (127 + 60 * np.sin(x / 37.0) + 50 * np.cos(y / 23.0))[..., None] + rng.normal(0, 6, (480, 640, 3))
    names, total = [f"joint_{i}" for i in range(7)], 0
    with path.open("wb") as file:
        writer = Writer(file)
        kinds = {
            "/camera/raw": writer.register_msgdef("sensor_msgs/msg/Image", IMAGE + HEADER),
            "/camera/jpeg": writer.register_msgdef("sensor_msgs/msg/CompressedImage", PACKED + HEADER),
            "/joint_states": writer.register_msgdef("sensor_msgs/msg/JointState", JOINTS + HEADER),
            "/command": writer.register_msgdef("example_msgs/msg/Command", NUMBERS),
        }
        for tick in range(SECONDS * 300):
            t = 1_700_000_000_000_000_000 + tick * 10_000_000 // 3
            header = {"stamp": {"sec": t // 10**9, "nanosec": t % 10**9}, "frame_id": "camera"}
            made = {}
            if tick % 10 == 0:
                frame = np.clip(np.roll(scene, tick, 1), 0, 255).astype(np.uint8)
                made["/camera/jpeg"] = {"format": "jpeg", "data": imagecodecs.jpeg_encode(frame, 90)}
                made["/command"] = {"data": rng.normal(0, 1, 7).tolist()}
            if tick % 30 == 0:
                made["/camera/raw"] = {
                    "height": 480, "width": 640, "encoding": "rgb8", "step": 1920, "data": frame.tobytes(),
                }  # fmt: skip
            if tick % 3 == 0:
                position = np.sin(tick / 200 + np.arange(7)).tolist()
                made["/joint_states"] = {"name": names, "position": position, "velocity": [], "effort": []}
            for topic, message in made.items():
                total += len(message["data"]) if topic.startswith("/camera") else 0
                writer.write_message(topic, kinds[topic], {"header": header, **message}, t, t)
        writer.finish()
    return total


def iterate(paths: list[Path]) -> int:
    """Every message with its bytes, nothing decoded: the library's own floor."""
    count = 0
    for path in paths:
        with path.open("rb") as file:
            count += sum(1 for _ in make_reader(file).iter_messages())
    return count


def read(paths: list[Path]) -> int:
    """Every log as an episode with all numbers decoded."""
    return sum(episode.frames for path in paths for episode in Mcap().read(path, Reading()))


def main() -> None:
    """Print MB of pictures per second for iteration, reading, and reading with the verdict of all checks."""
    gate = Gate(plug.checks())

    def judged() -> None:
        for path in paths:
            gate.screen(list(Mcap().read(path, Reading())))

    with tempfile.TemporaryDirectory() as name:
        paths = [Path(name) / f"{i}.mcap" for i in range(FILES)]
        size = sum(generate(path, i) for i, path in enumerate(paths)) / 1e6
        gate.screen(list(Mcap().read(paths[0], Reading())))
        bare, ours = size / median_of(lambda: iterate(paths), 3), size / median_of(lambda: read(paths), 3)
        ratio("MCAP read as episodes", f"{ours:.0f} MB/s", f"mcap iteration {bare:.0f} MB/s", ours / bare,
              f"at least {PROMISED:.0f} MB/s", ours >= PROMISED)  # fmt: skip
        full = size / median_of(judged, 3)
        ratio("MCAP read and judged", f"{full:.0f} MB/s", f"mcap iteration {bare:.0f} MB/s", full / bare,
              f"at least {PROMISED:.0f} MB/s", full >= PROMISED)  # fmt: skip
        print(f"{size:.0f} MB of pictures in {FILES} files, peak memory {peak_mb():.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
