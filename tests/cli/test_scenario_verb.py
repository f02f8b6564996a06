"""``volant scenario``: the figures in words and for machines, and the page."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from volant.cli import cli

FILE = Path(__file__).parents[2] / "examples/scenario.toml"


def test_figures_and_page_come_from_one_file(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    done = CliRunner().invoke(cli, ["scenario", str(FILE), "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert "18.25 PB/year" in done.stdout and "Real but slow" in done.stdout
    text = out.read_text(encoding="utf-8")
    assert "http" not in text.replace("http://www.w3.org", "")
    machine = CliRunner().invoke(cli, ["scenario", str(FILE), "--json"])
    cases = json.loads(machine.stdout)["cases"]
    assert len(cases) == 10
    assert cases[0]["figures"]["volume"]["how"] == "cited"


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["scenario", str(tmp_path / "none.toml")])
    assert done.exit_code == 1
