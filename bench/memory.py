"""Peak memory of adding and publishing, for a set and for one four times as large: bounded, whatever the size."""

import subprocess
import sys
import tempfile
from pathlib import Path

from bench._clock import peak_mb, ratio
from bench.add_state import episodes
from volant import intake, plug
from volant.core import Writing
from volant.curate import select
from volant.lake import Store
from volant.publish import Publishing, publish

SMALL, LARGE = 1_000, 4_000


def work(folder: Path, count: int) -> None:
    """Write a set, then add it and publish it; what the last two took at most is printed."""
    plug.formats()["lerobot"].write(iter(episodes(count)), folder / "set", Writing(robot="arm", fps=30.0))
    print(measured("add", folder), measured("publish", folder))


def measured(what: str, folder: Path) -> float:
    """Peak MB of one step in a process of its own."""
    command = [sys.executable, "-m", "bench.memory", what, str(folder)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])


def step(what: str, folder: Path) -> None:
    """One step, and this process's peak."""
    with Store(folder / "lake") as store:
        if what == "add":
            intake.add(store, [folder / "set"], intake.Adding(), at=1)
        else:
            publish(store, select(store, "true"), folder / "out", Publishing(quarantined=True, at=1))
    print(peak_mb())


def main() -> None:
    """Both sizes, both steps."""
    peaks = []
    for count in (SMALL, LARGE):
        with tempfile.TemporaryDirectory() as name:
            command = [sys.executable, "-m", "bench.memory", "work", name, str(count)]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            peaks.append([float(word) for word in told[-2:]])
    for place, what in enumerate(("adding", "publishing")):
        small, large = peaks[0][place], peaks[1][place]
        ours, other = f"{LARGE} episodes {large:.0f} MB", f"{SMALL} episodes {small:.0f} MB"
        ratio(
            f"peak memory while {what}",
            ours,
            other,
            large / small,
            "under 1000 MB, growing less than 2x",
            large < 1000 and large < 2 * small,
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        work(Path(sys.argv[2]), int(sys.argv[3]))
    elif len(sys.argv) > 2:
        step(sys.argv[1], Path(sys.argv[2]))
    else:
        main()
