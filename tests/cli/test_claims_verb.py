"""``volant claims check``: verdicts in words and for machines, and the exit code that keeps numbers true in CI."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from volant.cli import cli

FIELD = Path(__file__).parents[2] / "examples/claims.toml"


def run(*words: str):
    return CliRunner().invoke(cli, ["claims", "check", *words])


def test_claims_that_do_not_hold_end_with_exit_code_1() -> None:
    words = run(str(FIELD))
    assert words.exit_code == 1
    assert "INCONSISTENT  fifteen-petabytes-a-year" in words.stdout
    assert "2 contradicted, 3 inconsistent, 1 undefined, 2 unverifiable" in words.stderr
    machine = run(str(FIELD), "--json")
    assert machine.exit_code == 1
    first = json.loads(machine.stdout)[0]
    assert (first["verdict"], first["computed"]["unit"]) == ("inconsistent", "PB/year")
    assert first["said"]["robots"]["source"] == "the claim itself"


def test_a_claim_without_units_is_said_plainly_and_is_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    path.write_text('[[claim]]\nname = "n"\nsays = "15 a year"\nsource = "s"\nvalue = 15\nunit = ""\n')
    done = run(str(path))
    assert done.exit_code == 0
    assert "It has no unit: 15 of what?" in done.stdout


def test_an_unknown_unit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    path.write_text('[[claim]]\nname = "n"\nsays = "w"\nsource = "s"\nvalue = 1\nunit = "hourss"\n')
    done = run(str(path))
    assert done.exit_code == 1
    assert done.exception is not None
