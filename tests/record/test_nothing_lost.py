"""Two of the schedules of ``bench/nothing_lost.py``, each with killed processes and a rough road."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 4])
def test_what_was_acknowledged_is_there_once(seed: int) -> None:
    """Seed 1 kills the client; 4 kills the server three times and fills its disk."""
    command = [sys.executable, "-m", "bench.nothing_lost", "1", str(seed)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 and "lost 0" in done.stdout and "KEPT" in done.stdout, done.stdout + done.stderr[-2000:]
