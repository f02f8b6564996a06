"""``volant staffing``: the queue's figures in words and for machines."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from volant.cli import cli


def run(*words: str):
    return CliRunner().invoke(cli, ["staffing", *words])


def test_the_published_case_is_the_default() -> None:
    found = json.loads(run("--json").stdout)
    assert found["formula"]["availability"] == pytest.approx(0.895, abs=5e-4)
    assert found["formula"]["queue"] == pytest.approx(4.34, abs=5e-3)
    assert (found["robots"], found["operators"]) == (49, 2)


def test_formula_and_simulated_fleets_stand_side_by_side() -> None:
    result = run("--robots", "10", "--seconds", "60", "--simulate")
    assert result.exit_code == 0, result.output
    assert "simulated" in result.stdout and "availability" in result.stdout
    assert "need 1 operator(s)" in result.stderr


def test_an_impossible_wish_is_said_in_words() -> None:
    assert "needs too much help" in run("--share", "0.5", "--seconds", "60").stderr
    refused = run("--seconds", "0")
    assert refused.exit_code == 1 and "handling time" in refused.output
