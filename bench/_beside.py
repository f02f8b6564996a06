"""Whole processes, ours and a peer's, in turn: wall and processor seconds, peak memory, and what became of them."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "VOLANT", "Run", "alternate", "middle", "peer", "run"]

ROOT = Path(__file__).resolve().parent.parent
VOLANT = (str(Path(sys.executable).with_name("volant")),)


@dataclass(frozen=True, slots=True)
class Run:
    """One finished process: ``wall`` and ``cpu`` seconds, ``peak`` MB of its largest process, exit ``code``, output."""

    wall: float
    cpu: float
    peak: float
    code: int
    said: str


def run(command: Sequence[str], out: Path, more: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end; what it prints goes to a file, so that no terminal slows it.

    Byte code is kept, as an installer keeps it for a peer: compiling our sources at each start takes 0.45 s of CPU.
    """
    kept = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(more or {})}
    with out.open("wb") as file:
        begun = time.perf_counter()
        child = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=kept)
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    scale = 1 if sys.platform == "darwin" else 1024
    said = out.read_text(encoding="utf-8", errors="replace")
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * scale / 1e6, child.returncode, said)


def alternate(ours: Callable[[], Run], theirs: Callable[[], Run], rounds: int) -> tuple[list[Run], list[Run]]:
    """Ours, theirs, ours, theirs, ... and ours once more: a machine whose speed drifts treats both alike."""
    mine, other = [], []
    for _ in range(rounds):
        mine.append(ours())
        other.append(theirs())
    mine.append(ours())
    return mine, other


def middle(runs: Sequence[Run]) -> Run:
    """Medians of wall, processor time and memory over runs of one command."""
    mid = statistics.median
    wall, cpu, peak = mid(r.wall for r in runs), mid(r.cpu for r in runs), mid(r.peak for r in runs)
    return Run(wall, cpu, peak, runs[-1].code, runs[-1].said)


def peer(name: str, program: str) -> tuple[str, ...] | None:
    """The command of a peer in its own environment; where that is absent, a line says how to build it.

    Environments lie under .venvs/, or where VOLANT_PEERS says.
    """
    path = Path(os.environ.get("VOLANT_PEERS") or ROOT / ".venvs") / name / "bin" / program
    if path.exists() and shutil.which(str(path)):
        return (str(path),)
    print(f"{program} is not here and was not run: `bash bench/peers/build.sh {name}` builds it.", flush=True)
    return None
