"""``volant pilot`` on a small world: tables, JSON, the picture, and refusals before anything moves."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from volant import plug
from volant.cli import cli
from volant.deploy import calling

sys.path.insert(0, str(Path(__file__).parents[1] / "deploy"))

from floor import Plan, Road


def run(*words: object, lake: object = "/nowhere") -> Result:
    env = {"SOURCE_DATE_EPOCH": "1700000000", "VOLANT_LAKE": str(lake)}
    return CliRunner().invoke(cli, ["pilot", *map(str, words)], env=env)


@pytest.fixture(autouse=True)
def road(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy road as an installed world, and checkpoints that are numbers: where the policy gets stuck."""
    there = plug.names
    monkeypatch.setattr(plug, "names", lambda group: ("road",) if group == "worlds" else there(group))
    monkeypatch.setattr(plug, "world", lambda name: Road())
    monkeypatch.setattr(calling, "opened", lambda policy: Plan(float(policy)))


SMALL = ("road/walk", "--robots", 6, "--episodes", 30, "--held-out", 40, "--gate", "progress", "--reaction", 0.2)


def test_tables_say_what_happened_and_the_picture_and_the_lake_have_it(tmp_path: Path) -> None:
    result = run("0.8", *SMALL, "--shadow", "9.0", "--keep", "-o", tmp_path / "shift.svg", lake=tmp_path / "lake")
    assert result.exit_code == 0, result.output
    for words in ("operator load by the formula", "time between failures", "skill", "nearer to the person"):
        assert words in result.stdout
    assert "30 episodes came home" in result.stderr
    assert (tmp_path / "shift.svg").read_text().startswith("<svg ")


def test_json_is_one_document_and_a_canary_is_judged() -> None:
    said = json.loads(run("9.0", *SMALL, "--canary", "0.2", "--json").stdout)
    assert said["canary"]["word"] == "running" and len(said["episodes"]) == len(said["operations"]) == 30
    assert {one["name"] for one in said["figures"]} >= {"success", "take-overs per minute", "availability"}
    assert said["gate"]["name"] == "progress" and said["shadow"] is None


def test_what_cannot_be_done_is_said_before_anything_moves(tmp_path: Path) -> None:
    for words, why in (
        (("0.8", "road/wlak"), "no task"),
        (("0.8", *SMALL, "-o", tmp_path / "shift.png"), "End it in .svg"),
        (("0.8", *SMALL, "--takeover", "keyboard"), "needs a terminal"),
        (("0.8", "road/walk", "--gate", "ensembel"), "'ensemble'"),
    ):
        result = run(*words)
        assert result.exit_code == 1, result.output
        assert why in result.output
