"""Whole processes over one LeRobot v3 set without pictures: ours, forge's and doctor's.

`volant check` and `forge quality` take turns on the same folder (state and action of 14 numbers, 100 rows an episode);
start-up, reading and printing count for both. VOLANT_BENCH_EPISODES (10,000) and VOLANT_BENCH_ROUNDS (2) say how much;
forge takes minutes. lerobot-doctor compares all pairs of episodes: it gets a tenth of the episodes, and so do we then.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench._beside import VOLANT, Run, alternate, middle, peer, run
from bench._clock import ratio

EPISODES = int(os.environ.get("VOLANT_BENCH_EPISODES", "10000"))
ROUNDS = int(os.environ.get("VOLANT_BENCH_ROUNDS", "2"))


def written(folder: Path, episodes: int) -> Path:
    """The set, made in a process of its own so that its memory is not ours."""
    where = folder / f"set{episodes}"
    again = {**os.environ, "VOLANT_BENCH_EPISODES": str(episodes)}
    subprocess.run([sys.executable, "-m", "bench.add_state", "write", str(where)], check=True, env=again)
    return where


def ours(where: Path, out: Path) -> Run:
    """`volant check`; 1 means that it found something."""
    done = run((*VOLANT, "check", str(where)), out / "ours.txt")
    if done.code not in (0, 1) or "episodes checked" not in done.said:
        raise SystemExit(f"volant check failed ({done.code}): {done.said[-400:]}")
    return done


def theirs(command: tuple[str, ...], proof: str, where: Path, out: Path) -> Run:
    """A peer's command; it must say that it saw every episode, else its time means nothing."""
    done = run((*command, str(where)), out / "theirs.txt", {"HF_HUB_OFFLINE": "1", "COLUMNS": "100"})
    if proof not in done.said:
        raise SystemExit(f"{command[0]} did not do the work ({done.code}): {done.said[-400:]}")
    return done


def told(name: str, runs: list[Run], episodes: int) -> str:
    """Medians of some runs in words."""
    mid = middle(runs)
    walls = "/".join(f"{r.wall:.1f}" for r in runs)
    rate = f"{episodes / mid.wall:.0f} episodes/s"
    return f"{name} {mid.wall:.1f} s ({walls}), {rate}, {mid.cpu:.1f} s of CPU, {mid.peak:.0f} MB"


def main() -> None:
    """Forge on the whole set, doctor on a tenth of it."""
    forge, doctor = peer("forge", "forge"), peer("doctor", "lerobot-doctor")
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        where = written(out, EPISODES)
        ours(where, out)  # compiles what has changed and warms the disk, for both
        if forge:
            told_all = f"{EPISODES}/{EPISODES}"
            mine, other = alternate(
                lambda: ours(where, out), lambda: theirs((*forge, "quality"), told_all, where, out), ROUNDS
            )
            wall, peak = middle(other).wall / middle(mine).wall, middle(other).peak / middle(mine).peak
            words = told("volant check", mine, EPISODES), told("forge quality", other, EPISODES)
            ratio(f"screen {EPISODES} episodes, whole process", *words, wall, "at least 10", wall >= 10)
            cpu = middle(other).cpu / middle(mine).cpu
            print(f"of the same runs: processor time {cpu:.1f} times less, memory {peak:.2f} times less", flush=True)
        else:
            print(told("volant check", [ours(where, out) for _ in range(ROUNDS)], EPISODES), flush=True)
        if doctor:
            few = EPISODES // 10
            small = written(out, few)
            mine, other = alternate(
                lambda: ours(small, out), lambda: theirs((*doctor, "check"), f"{few}", small, out), 1
            )
            wall = middle(other).wall / middle(mine).wall
            words = told("volant check", mine, few), told("lerobot-doctor check", other, few)
            ratio(f"screen {few} episodes, whole process", *words, wall, "none", True)


if __name__ == "__main__":
    main()
