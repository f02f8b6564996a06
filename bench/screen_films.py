"""Whole processes over the 48 planted episodes with two cameras 320x240 (h264): ours beside two peers'.

`volant check` looks at every frame with all checks; `rda audit` with its default tier decodes the video too. They take
turns. score_lerobot_episodes exists as a git checkout only and is run where somebody built it (`bench/peers/build.sh`).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench._beside import ROOT, VOLANT, Run, alternate, middle, peer, run
from bench._clock import ratio

ROUNDS = int(os.environ.get("VOLANT_BENCH_ROUNDS", "2"))
EPISODES = int(os.environ.get("VOLANT_BENCH_FILMS", "48"))
CITED = 1.2
"""Episodes a second of score_lerobot_episodes on such a set, measured elsewhere; used where it is not here."""


def write(where: Path) -> None:
    """The set with its pictures as h264, as recorders write them."""
    from volant import plug
    from volant.conform.planted import planted
    from volant.core import Writing

    items = planted(0, clean=EPISODES - 16)
    how = Writing(robot="so100", fps=30.0, reencode="h264")
    plug.formats()["lerobot"].write((item.episode for item in items), where, how)


def ours(where: Path, out: Path) -> Run:
    """`volant check`; 1 means that it found something."""
    done = run((*VOLANT, "check", str(where)), out / "ours.txt")
    if f"{EPISODES} episodes checked" not in done.said:
        raise SystemExit(f"volant check failed ({done.code}): {done.said[-400:]}")
    return done


def audit(command: tuple[str, ...], where: Path, out: Path) -> Run:
    """`rda audit`; 0 and 2 are verdicts."""
    done = run((*command, "audit", str(where), "--format", "json"), out / "rda.txt")
    if done.code not in (0, 2):
        raise SystemExit(f"rda audit failed ({done.code}): {done.said[-400:]}")
    return done


def score(where: Path, out: Path) -> Run | None:
    """score_lerobot_episodes on a copy (it changes its input); ``None`` where it is not here or fails."""
    home = ROOT / ".venvs" / "score"
    if not (home / "checkout" / "score_dataset.py").exists():
        return None
    copy = out / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(where, copy)
    program = str(home / "checkout" / "score_dataset.py")
    command = (
        str(home / "bin" / "python"),
        program,
        "--repo_id",
        "bench/films",
        "--root",
        str(copy),
        "--threshold",
        "0.5",
    )
    done = run(
        command,
        out / "score.txt",
        {"HF_HUB_OFFLINE": "1", "WANDB_MODE": "disabled", "PYTHONPATH": str(home / "checkout" / "src")},
    )
    if done.code:
        print(f"score_lerobot_episodes failed ({done.code}): {done.said[-300:]}", flush=True)
        return None
    return done


def told(name: str, runs: list[Run]) -> str:
    """Medians of some runs in words."""
    mid = middle(runs)
    return f"{name} {mid.wall:.1f} s = {EPISODES / mid.wall:.1f} episodes/s, {mid.cpu:.1f} s of CPU, {mid.peak:.0f} MB"


def main() -> None:
    """Write the set once, then take turns."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        where = out / "films"
        subprocess.run([sys.executable, "-m", "bench.screen_films", "write", str(where)], check=True)
        frames = ours(where, out)  # compiles what has changed and warms the disk, for all
        print(frames.said.strip().splitlines()[-1], flush=True)
        rda = peer("rda", "rda")
        if rda:
            mine, other = alternate(lambda: ours(where, out), lambda: audit(rda, where, out), ROUNDS)
            faster = middle(other).wall / middle(mine).wall
            words = told("volant check", mine), told("rda audit", other)
            ratio(f"screen {EPISODES} episodes with video, whole process", *words, faster, "at least 5", faster >= 5)
            lean = middle(other).cpu / middle(mine).cpu
            print(f"of the same runs: processor time {lean:.1f} times less", flush=True)
        first = ours(where, out)
        done = score(where, out)
        rate = EPISODES / done.wall if done else CITED
        words = told("score_lerobot_episodes", [done]) if done else f"score_lerobot_episodes {CITED}/s (cited, not run)"
        mine = [first, ours(where, out)]
        faster = EPISODES / middle(mine).wall / rate
        ratio(
            f"screen {EPISODES} episodes with video, whole process", told("volant check", mine), words, faster,
            "at least 5", faster >= 5,
        )  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write(Path(sys.argv[2]))
    else:
        main()
