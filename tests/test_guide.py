"""The walk in docs/guide.md can be walked: every command, in its order, in an empty folder."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_the_guide_can_be_walked(tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / "examples"))
    try:
        from sample import recordings
    finally:
        sys.path.pop(0)
    recordings(tmp_path / "recordings")
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "docs" / "guide.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 8
    script = tmp_path / "walk.sh"
    script.write_text("set -eu\n" + "\n".join(blocks), encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-x", str(script)],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-1000:]
    assert "Traceback" not in done.stderr
    assert len(json.loads((tmp_path / "cut.json").read_text())["episodes"]) == 2
    assert json.loads((tmp_path / "checked.json").read_text())
    assert (tmp_path / "report.html").stat().st_size > 10_000
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "all-v1", "all-v2", "stack-h5", "stack-mcap", "stack-parquet", "stack-rlds", "stack-wds", "stack-zarr",
    ]  # fmt: skip
