"""Publishing 390 MB of video as LeRobot v3.0 by packet copy, against copying the same bytes; dropping one of 60.

Sixty episodes of 300 frames from two cameras of 640 x 480. Statistics come from the histograms that screening keeps, as
they do when a lake is published. Both sides end on the disk (fsync).
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from bench._clock import peak_mb, ratio
from volant.core import Episode, Kind, Origin, Reading, Signal, Stream, Writing
from volant.formats.lerobot3 import LeRobot3
from volant.video import RawFrames, encode, open_video

EPISODES, FRAMES, MEGABYTES = 60, 300, 390
CRF = 34
"""Chosen so that a film of this noise is about 3.25 MB."""
CITED = 184.0
"""Seconds that LeRobot 0.6 took to delete one of sixty such episodes."""
CAMERAS = ("observation.images.top", "observation.images.wrist")


def film(path: Path, seed: int) -> None:
    """300 frames of noise over a moving pattern, H.264, about 3.25 MB."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:480, 0:640]
    still = rng.integers(0, 34, (480, 640)).astype(np.int64)
    frames = [
        ((rows + columns + 3 * i + np.roll(still, 7 * i, axis=1)) % 256).astype(np.uint8)[..., None].repeat(3, 2)
        for i in range(FRAMES)
    ]
    encode(RawFrames.of(np.stack(frames)), path, codec="h264", fps=30, crf=CRF)
    size, wanted = path.stat().st_size, MEGABYTES * 2**20 // (EPISODES * len(CAMERAS))
    print(f"one film: {size / 2**20:.2f} MB, wanted {wanted / 2**20:.2f} MB", file=sys.stderr)


def episodes(folder: Path) -> list[Episode]:
    """Sixty episodes; each camera file is its own copy, so that nothing is read from one place twice."""
    t = np.rint(np.arange(FRAMES) * 1e9 / 30).astype(np.int64)
    made = []
    for k in range(EPISODES):
        x = np.random.default_rng(k).normal(size=(FRAMES, 14)).cumsum(0).astype(np.float32)
        streams = [
            Stream(Signal("observation.state", Kind.STATE, (14,), "float32", "rad", "base", 30.0), t, x),
            Stream(Signal("action", Kind.ACTION, (14,), "float32", "rad", "base", 30.0), t, x + 1),
        ]
        for camera in CAMERAS:
            signal = Signal(camera, Kind.IMAGE, (480, 640, 3), "uint8", hz=30.0)
            streams.append(Stream(signal, t, open_video(folder / f"{camera}-{k}.mp4")))
        made.append(Episode(tuple(streams), Origin(embodiment="arm"), "stack", "stack the cubes"))
    return made


def copied(source: Path, target: Path) -> float:
    """Seconds to copy every file and have it on the disk."""
    begun = time.perf_counter()
    target.mkdir()
    for path in sorted(source.glob("*.mp4")):
        there = target / path.name
        shutil.copyfile(path, there)
        handle = os.open(there, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
    return time.perf_counter() - begun


def timed(given: list[Episode], out: Path) -> float:
    """Seconds to publish."""
    counts = np.full((3, 256), 360_000, np.int64)
    looks = {(one.id, camera): counts for one in given for camera in CAMERAS}
    begun = time.perf_counter()
    LeRobot3().write(iter(given), out, Writing(looks=looks))
    return time.perf_counter() - begun


def run(folder: Path) -> None:
    """Measure in this process, which has made nothing yet, so that its peak memory is that of publishing."""
    source = folder / "films"
    size = sum(path.stat().st_size for path in source.glob("*.mp4"))
    copies = [copied(source, folder / f"copy{i}") for i in range(2)]
    given = episodes(source)
    seconds = timed(given, folder / "set")
    copies.append(copied(source, folder / "copy2"))
    copy = sorted(copies)[1]
    again = [one for k, one in enumerate(LeRobot3().read(folder / "set", Reading())) if k != 30]
    begun = time.perf_counter()
    LeRobot3().write(iter(again), folder / "less", Writing(looks=_Same()))
    dropped = time.perf_counter() - begun
    ratio(
        f"publish {size / 2**20:.0f} MB of video as LeRobot v3.0, peak memory {peak_mb():.0f} MB",
        f"{seconds:.2f} s",
        f"copying the bytes {copy:.2f} s",
        seconds / copy,
        "within 3",
        seconds / copy <= 3 and peak_mb() < 1000,
    )
    ratio(
        f"drop one of {EPISODES} episodes",
        f"{dropped:.2f} s, {dropped / copy:.2f} times a copy",
        f"LeRobot's own tool {CITED:.0f} s, measured elsewhere",
        CITED / dropped,
        "at least 50",
        CITED / dropped >= 50,
    )


class _Same(dict):  # type: ignore[type-arg]
    """The same histogram for every camera."""

    def get(self, key: object, default: object = None) -> object:
        return np.full((3, 256), 360_000, np.int64)

    def __bool__(self) -> bool:
        return True


def main() -> None:
    """Make the films, then measure in a fresh process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "films"
        source.mkdir()
        for kind, camera in enumerate(CAMERAS):
            film(source / f"{camera}-0.mp4", kind)
            for k in range(1, EPISODES):
                shutil.copyfile(source / f"{camera}-0.mp4", source / f"{camera}-{k}.mp4")
        subprocess.run([sys.executable, "-m", "bench.publish_lerobot", str(folder)], check=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run(Path(sys.argv[1]))
    else:
        main()
