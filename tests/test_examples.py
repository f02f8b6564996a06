"""Every example runs as it stands, and is short."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
NUMBERED = sorted(EXAMPLES.glob("[0-9]*.py"))


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Examples import what lies beside them, as `python examples/x.py` lets them."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.delitem(sys.modules, "sample", raising=False)


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_an_example_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 60


@pytest.mark.slow
@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_an_example_runs(path: Path, beside: None, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", [path.name, str(tmp_path)])
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(path), run_name="__main__")
    printed = capsys.readouterr().out
    assert printed.strip()
    assert "Traceback" not in printed


@pytest.mark.slow
def test_the_demo_turns_without_real_recordings(beside: None, tmp_path: Path, monkeypatch, capsys) -> None:
    arguments = ["demo.py", "--data", str(tmp_path / "absent"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", arguments)
    runpy.run_path(str(EXAMPLES / "demo.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert "12 episodes" in re.sub(r" +(\d+ episodes)", r" \1", printed) or "6 episodes" in printed
    assert "sound" in printed
    assert (tmp_path / "out" / "report.html").stat().st_size > 1000
    assert (tmp_path / "out" / "made-robomimic" / "manifest.json").is_file()
