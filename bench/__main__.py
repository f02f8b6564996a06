"""Run every benchmark in a process of its own and write what they print to docs/bench.md.

python -m bench                # all
python -m bench startup add    # those whose name begins so
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "bench.md"


def main(wanted: list[str]) -> int:
    """Print each benchmark's lines as they come; the page is written when all were run."""
    names = sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_"))
    chosen = [name for name in names if not wanted or any(name.startswith(word) for word in wanted)]
    told: list[str] = []
    failed = 0
    for name in chosen:
        print(f"== {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"bench.{name}"], capture_output=True, text=True, check=False)
        lines = done.stdout.strip() or "printed nothing"
        if done.returncode:
            failed += 1
            lines += f"\nfailed with exit code {done.returncode}: {done.stderr.strip()[-400:]}"
        print(lines, flush=True)
        told.append(f"## {name}\n\n```\n{lines}\n```\n")
    if not wanted:
        machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
        head = (
            "# Speed and memory\n\nWritten by `make bench`. The machine is shared and noisy: read the ratios, "
            f"which are taken within one run, not the seconds. Machine: {machine}.\n\n"
        )
        PAGE.write_text(head + "\n".join(told), encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
