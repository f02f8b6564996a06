"""Adding 10,000 state-only episodes of 100 frames: read, screened, judged, durable, beside LeRobot's own recorder."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from bench._clock import peak_mb, ratio
from volant import intake, plug
from volant.core import Episode, Kind, Origin, Signal, Stream, Writing
from volant.lake import Store

EPISODES, FRAMES, WIDTH = int(os.environ.get("VOLANT_BENCH_EPISODES", "10000")), 100, 14
CITED = 23.0
"""Episodes a second of LeRobot 0.6's recorder, measured elsewhere at 22-24; used where it cannot be run here."""


def episodes(count: int) -> "list[Episode]":
    """Smooth motion of an arm with sensor noise, seeded."""
    rng = np.random.default_rng(0)
    names = tuple(f"j{i}" for i in range(WIDTH))
    state = Signal("observation.state", Kind.STATE, (WIDTH,), "float32", hz=30.0, dims=names)
    action = Signal("action", Kind.ACTION, (WIDTH,), "float32", hz=30.0, dims=names)
    t = np.arange(FRAMES, dtype=np.int64) * 1_000_000_000 // 30
    made = []
    for number in range(count):
        phase, speed = rng.uniform(0, 6.28, WIDTH), rng.uniform(0.2, 0.6, WIDTH)
        path = np.sin(phase + speed * 6.28 * t[:, None] / 1e9) * rng.uniform(0.3, 1, WIDTH)
        x = (path + rng.normal(0, 1e-3, path.shape)).astype(np.float32)
        streams = (Stream(state, t, x), Stream(action, t, np.roll(x, -2, axis=0)))
        made.append(Episode(streams, Origin(uri=f"made:{number}", embodiment="arm"), task=f"task {number % 5}"))
    return made


def lerobot_rate(folder: Path) -> tuple[float, str]:
    """Episodes a second of LeRobot's recorder in its own environment, or the cited figure."""
    python = Path(".venvs/lerobot/bin/python")
    if not python.exists():
        return CITED, "LeRobot's recorder 23/s (cited)"
    program = Path(__file__).parent / "peers" / "lerobot_record.py"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "hf")}
    command = [str(python), str(program), str(folder / "recorded"), "150", str(FRAMES), str(WIDTH)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        return CITED, "LeRobot's recorder 23/s (cited; it failed here)"
    rate = float(done.stdout.split()[-1])
    return rate, f"LeRobot's recorder {rate:.1f}/s (150 episodes, same run)"


def main() -> None:
    """Write the set once, then time `add` from the files to the last durable commit, memory included."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writer = [sys.executable, "-m", "bench.add_state", "write", str(folder / "set")]
        subprocess.run(writer, check=True)
        with Store(folder / "warm") as store:
            intake.add(store, [folder / "set"], intake.Adding(limit=2), at=1)  # compiled kernels are kept between runs
        with Store(folder / "lake") as store:
            start = time.perf_counter()
            done = intake.add(store, [folder / "set"], intake.Adding(), at=1)
            took = time.perf_counter() - start
        rate = len(done.added) / took
        other, words = lerobot_rate(folder)
        ours = f"{len(done.added)} episodes in {took:.1f} s = {rate:.0f}/s, peak {peak_mb():.0f} MB"
        ratio("add state-only episodes", ours, words, rate / other, "at least 25", rate / other >= 25)
        ratio(
            "memory while adding", f"{peak_mb():.0f} MB", "limit 1000 MB", peak_mb() / 1000, "under 1", peak_mb() < 1000
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        plug.formats()["lerobot"].write(iter(episodes(EPISODES)), Path(sys.argv[2]), Writing(robot="arm", fps=30.0))
    else:
        main()
