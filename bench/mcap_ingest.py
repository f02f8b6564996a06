"""Logs with raw and JPEG pictures, joints and commands: read and judged, beside the mcap library's bare iteration."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import imagecodecs
import numpy as np
import zstandard
from mcap.reader import make_reader
from mcap.records import Chunk
from mcap.stream_reader import StreamReader
from mcap_ros2.writer import Writer

from bench._clock import median_of, peak_mb, ratio
from volant.core import Reading
from volant.formats.mcap import Mcap
from volant.intake import Adding, check

PROMISED = 200.0
CORES = 2

TIME = "builtin_interfaces/Time stamp\nstring frame_id"
LINE = "=" * 80
HEADER = f"\n{LINE}\nMSG: std_msgs/Header\n{TIME}\n{LINE}\nMSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n"
IMAGE = "std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\n"
IMAGE += "uint32 step\nuint8[] data"
PACKED = "std_msgs/Header header\nstring format\nuint8[] data"
JOINTS = "std_msgs/Header header\nstring[] name\nfloat64[] position\nfloat64[] velocity\nfloat64[] effort"
NUMBERS = "float64[7] data"


class Mix(NamedTuple):
    """Files, pictures at 30 Hz in each, their size, and how many pass between two raw ones."""

    name: str
    files: int
    frames: int
    height: int
    width: int
    raw_every: int
    promised: bool


MIXES = (
    Mix("as peers.md has it: raw and JPEG 320x240 at 30 Hz", 12, 147, 240, 320, 1, True),
    Mix("harder: 640x480, half of the bytes JPEG", 4, 180, 480, 640, 12, False),
)


def scenes(mix: Mix, seed: int) -> Iterator[np.ndarray]:
    """A camera that turns over a textured scene, with the noise of a sensor: distinct pictures, hardly compressible."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : mix.height, 0 : mix.width]
    scene = (127 + 60 * np.sin(x / 37.0) + 50 * np.cos(y / 23.0))[..., None] + rng.normal(0, 6, (*x.shape, 3))
    scene = np.clip(scene, 4, 251).astype(np.uint8)
    noise = [rng.integers(0, 5, scene.shape, np.uint8) for _ in range(12)]
    for i in range(mix.frames):
        yield np.roll(scene, 3 * i, 1) + np.roll(noise[i % 12], i, 0) - np.uint8(2)


def generate(path: Path, mix: Mix, seed: int) -> None:
    """One log: pictures at 30 Hz, joints at 100 Hz, commands at 30 Hz; chunks as the library writes them (zstd)."""
    rng = np.random.default_rng(seed)
    names, pictures = [f"joint_{i}" for i in range(7)], scenes(mix, seed)
    with path.open("wb") as file:
        writer = Writer(file)
        kinds = {
            "/camera/raw": writer.register_msgdef("sensor_msgs/msg/Image", IMAGE + HEADER),
            "/camera/jpeg": writer.register_msgdef("sensor_msgs/msg/CompressedImage", PACKED + HEADER),
            "/joint_states": writer.register_msgdef("sensor_msgs/msg/JointState", JOINTS + HEADER),
            "/command": writer.register_msgdef("example_msgs/msg/Command", NUMBERS),
        }
        for tick in range(mix.frames * 10):
            t = 1_700_000_000_000_000_000 + tick * 10_000_000 // 3
            header = {"stamp": {"sec": t // 10**9, "nanosec": t % 10**9}, "frame_id": "camera"}
            made = {}
            if tick % 10 == 0:
                frame = next(pictures)
                made["/camera/jpeg"] = {"format": "jpeg", "data": imagecodecs.jpeg_encode(frame, 90)}
                made["/command"] = {"data": rng.normal(0, 1, 7).tolist()}
                if tick // 10 % mix.raw_every == 0:
                    made["/camera/raw"] = {
                        "height": mix.height, "width": mix.width, "encoding": "rgb8", "step": 3 * mix.width,
                        "data": frame.tobytes(),
                    }  # fmt: skip
            if tick % 3 == 0:
                position = np.sin(tick / 200 + np.arange(7)).tolist()
                made["/joint_states"] = {"name": names, "position": position, "velocity": [], "effort": []}
            for topic, message in made.items():
                writer.write_message(topic, kinds[topic], {"header": header, **message}, t, t)
        writer.finish()


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


def judged(paths: list[Path]) -> int:
    """Every log screened by all checks and judged, as ``volant check`` does it."""
    found = check(paths, Adding())
    if found.refused or len(found.judgements) != len(paths):
        raise SystemExit(f"{len(found.judgements)} of {len(paths)} logs were judged: {found.refused}")
    return len(found.judgements)


def limit(paths: list[Path]) -> dict[str, float]:
    """Seconds of one core that nobody saves: unpacking once, hashing every picture, decoding JPEG to grey."""
    spent = {"unpacking": 0.0, "hashing": 0.0, "JPEG": 0.0}
    for path in paths:
        packed: list[bytes] = []
        with path.open("rb") as file:
            records = StreamReader(file, emit_chunks=True).records
            packed = [record.data for record in records if isinstance(record, Chunk)]
        plain = zstandard.ZstdDecompressor()
        start = time.thread_time()
        for chunk in packed:
            plain.decompress(chunk)
        spent["unpacking"] += time.thread_time() - start
        [episode] = Mcap().read(path, Reading())
        for name in ("/camera/raw", "/camera/jpeg"):
            video = episode[name].video
            blobs = list(video.encoded()) if video is not None else []
            start = time.thread_time()
            digest = hashlib.sha256()
            for blob in blobs:
                digest.update(blob)
            spent["hashing"] += time.thread_time() - start
            start = time.thread_time()
            if name.endswith("jpeg"):
                for blob in blobs:
                    imagecodecs.jpeg8_decode(blob, outcolorspace="GRAYSCALE")
            spent["JPEG"] += time.thread_time() - start
    return spent


def measure(mix: Mix, folder: Path) -> None:
    """Print MB of files a second for iteration, reading, and reading with the verdict of all checks."""
    paths = [folder / f"{i}.mcap" for i in range(mix.files)]
    for i, path in enumerate(paths):
        generate(path, mix, i)
    size = sum(path.stat().st_size for path in paths) / 1e6
    raw = mix.files * -(-mix.frames // mix.raw_every) * mix.height * mix.width * 3 / 1e6
    print(f"{mix.name}; joints 100 Hz, commands 30 Hz; {mix.files} files of {mix.frames / 30:.1f} s, {size:.0f} MB "
          f"({raw:.0f} MB of raw pixels before zstd); load average {os.getloadavg()[0]:.1f}")  # fmt: skip
    judged(paths[:1])
    bare, ours = size / median_of(lambda: iterate(paths), 3), size / median_of(lambda: read(paths), 3)
    other = f"mcap iteration {bare:.0f} MB/s"
    ratio("MCAP read as episodes", f"{ours:.0f} MB/s", other, ours / bare, f"at least {PROMISED:.0f} MB/s",
          ours >= PROMISED)  # fmt: skip
    before = time.process_time()
    full = size / median_of(lambda: judged(paths), 3)
    spent = (time.process_time() - before) / 3
    promise = f"at least {PROMISED:.0f} MB/s" if mix.promised else "none for a mix that two cores cannot unpack so fast"
    ratio("MCAP read and judged", f"{full:.0f} MB/s", other, full / bare, promise,
          full >= PROMISED if mix.promised else None)  # fmt: skip
    floor = limit(paths)
    words = ", ".join(f"{what} {seconds:.2f} s" for what, seconds in floor.items())
    best = size / (sum(floor.values()) / CORES)
    print(f"  one core alone: {words}; so two cores reach at most {best:.0f} MB/s, and {full / best:.2f} of that is "
          f"reached; judging took {spent:.2f} s of CPU ({size / spent:.0f} MB per CPU second)", flush=True)  # fmt: skip


def main() -> None:
    """Both mixes."""
    for mix in MIXES:
        with tempfile.TemporaryDirectory() as name:
            measure(mix, Path(name))
    print(f"peak memory {peak_mb():.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
