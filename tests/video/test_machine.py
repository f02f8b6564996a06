"""Machine code that is kept on disk comes back without the compiler's library, and is made where it is not there."""

import os
import subprocess
import sys
from pathlib import Path

SOURCE = """
import sys
import numpy as np
from volant.video.machine import kept

@kept
def summed(x):
    total = 0.0
    for i in range(len(x)):
        total += x[i]
    return total

print(summed(np.arange(5.0)), summed.stats.cache_hits.total(), "numba.typed.typedlist" in sys.modules)
"""


def test_kept_code_is_compiled_once_and_then_loaded_without_a_compiler(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(SOURCE)
    home = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept")}
    said = [
        subprocess.run([sys.executable, str(program)], capture_output=True, text=True, check=True, env=home).stdout
        for _ in range(2)
    ]
    assert said == ["10.0 0 True\n", "10.0 1 False\n"]
