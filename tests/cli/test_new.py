"""What `volant new` writes works from the first minute: its tests pass, and it keeps the laws."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from volant.cli import cli


def run(*words: object) -> tuple[int, str]:
    """One command line in this process, its code and everything it said."""
    result = CliRunner().invoke(cli, [str(word) for word in words])
    return result.exit_code, result.output


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["check", "format", "measure", "embedding"])
def test_a_new_plugin_passes_its_own_tests_and_the_laws(kind: str, tmp_path: Path) -> None:
    code, said = run("new", kind, "my-thing", "--dir", tmp_path, "--json")
    assert code == 0
    assert len(json.loads(said)["files"]) == 3
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["check", "format", "measure", "embedding"])
def test_its_entry_point_names_what_was_written(kind: str, tmp_path: Path) -> None:
    assert run("new", kind, "slip", "--dir", tmp_path)[0] == 0
    made = tomllib.loads((tmp_path / "pyproject.toml").read_text())
    assert made["project"]["entry-points"] == {f"volant.{kind}s": {"slip": "volant_slip:Slip"}}
    assert "class Slip" in (tmp_path / "volant_slip.py").read_text()
    assert "$" not in "".join(path.read_text() for path in tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["check", "format", "measure", "embedding"])
def test_what_is_written_is_clean(kind: str, tmp_path: Path) -> None:
    run("new", kind, "slip", "--dir", tmp_path)
    files = [str(path) for path in tmp_path.glob("*.py")]
    base = [sys.executable, "-m", "ruff"]
    lint = ["check", "--isolated", "--select", "E,F,B", "--line-length", "120"]
    layout = ["format", "--isolated", "--check", "--line-length", "120"]
    for what in (lint, layout):
        done = subprocess.run([*base, *what, *files], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_written_over_and_bad_names_are_refused(tmp_path: Path) -> None:
    run("new", "check", "slip", "--dir", tmp_path)
    code, said = run("new", "check", "slip", "--dir", tmp_path)
    assert (code, "already there" in said) == (1, True)
    for name in ("9lives", "../up", "class", "Größe", "a" * 60, "x y"):
        code, said = run("new", "check", name, "--dir", tmp_path / "other")
        assert (code, "cannot name" in said) == (1, True)
    assert not (tmp_path / "other").exists()
    (tmp_path / "file").write_text("")
    assert run("new", "check", "slip", "--dir", tmp_path / "file" / "deep")[0] == 1


def test_conform_tries_the_laws_of_an_installed_plugin() -> None:
    code, said = run("conform", "nan", "--json")
    found = json.loads(said)
    assert (code, found["ok"], found["kind"]) == (0, True, "checks")
    assert {law["name"] for law in found["laws"]} >= {"cut-invariant", "one-score"}
    code, said = run("conform", "jerk", "--json")
    assert (code, json.loads(said)["error"]["kind"]) == (2, "Misuse")
    assert json.loads(run("conform", "nann", "--json")[1])["error"]["instead"].startswith("Did you mean 'nan'")
