"""Screening video beside decoding it: both in one run, on one core, frame by frame.

    python bench/screen_video.py [seconds of video]

Prints one line per codec: frames per second of PyAV decoding alone, of the whole screening pass (every number of
``core.LOOK`` for every frame, colour counts of every tenth), and their ratio. The aim is 0.7.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
from scipy import ndimage

from volant.video import encode, look_and_histogram, open_video

ROUNDS = 5


def scene(n: int, height: int = 480, width: int = 640) -> Iterator[np.ndarray]:
    """A textured table, a camera that sways, a box that moves over it, sensor noise."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, (height + 64, width + 96)).astype(np.float32)
    table = sum(ndimage.gaussian_filter(noise, s) * s * a for s, a in ((2, 12), (6, 25), (20, 40))) + 120
    for i in range(n):
        x, y = int(40 + 30 * np.sin(i / 20)), int(20 + 15 * np.cos(i / 17))
        image = table[y : y + height, x : x + width].copy()
        left, top = int(100 + 200 * (1 + np.sin(i / 15))), int(100 + 100 * (1 + np.cos(i / 11)))
        image[top : top + 80, left : left + 80] = 200 - table[200:280, 300:380] * 0.5
        image += rng.normal(0, 2.5, image.shape).astype(np.float32)
        yield np.clip(image, 0, 255).astype(np.uint8)[..., None].repeat(3, 2)


def decode(path: Path) -> None:
    """PyAV alone: every frame, one thread."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_count = 1
        for _ in container.decode(video=0):
            pass


def screen(path: Path) -> None:
    """One pass for looks and colours."""
    look_and_histogram(open_video(path))


def best(work: Callable[[Path], None], path: Path) -> float:
    """Processor seconds of one run."""
    begun = time.process_time()
    work(path)
    return time.process_time() - begun


def main() -> None:
    """Encode, decode and screen both codecs."""
    n = 30 * int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as folder:
        for codec in ("h264", "av1"):
            path = Path(folder) / f"{codec}.mp4"
            encode(scene(n), path, codec=codec, fps=30)
            screen(path)
            pairs = [(best(decode, path), best(screen, path)) for _ in range(ROUNDS)]
            alone, whole = (min(times) for times in zip(*pairs, strict=True))
            size = path.stat().st_size / n
            print(
                f"{codec:5} 640x480, {size / 1000:.1f} kB a frame: decode {n / alone:.0f} frames/s, "
                f"screen {n / whole:.0f} frames/s, ratio {alone / whole:.2f}"
            )


if __name__ == "__main__":
    main()
