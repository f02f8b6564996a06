"""``volant evaluate`` on a small world: words, JSON, pages, suites, exit codes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from volant.cli import cli
from volant.lake import Store

sys.path.insert(0, str(Path(__file__).parents[1] / "evaluate"))

from arena import Lines, line

__all__ = ["line"]


def run(*words: object, lake: object = "/nowhere") -> Result:
    env = {"SOURCE_DATE_EPOCH": "1700000000", "VOLANT_LAKE": str(lake)}
    return CliRunner().invoke(cli, ["evaluate", *map(str, words)], env=env)


def test_a_table_with_n_interval_and_method(line: Lines) -> None:
    result = run("expert", "line/walk", "--trials", 20)
    assert result.exit_code == 0, result.output
    assert "95% Clopper-Pearson" in result.stdout
    assert "95% Wilson" in result.stdout
    assert "Held-out environments: nobody taught it." in result.stderr


def test_json_is_one_document_with_every_trial(line: Lines, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    result = run("expert", "line/walk", "--trials", 12, "--json", "-o", page)
    said = json.loads(result.stdout)
    assert said["how"]["trials"] == 12
    assert len(said["arms"][0]["trials"]["environment"]) == 12
    assert said["files"] == [str(page)]
    assert page.read_text().startswith("<!doctype html>")


def test_a_suite_is_written_and_holds_and_a_harder_one_exits_with_1(line: Lines, tmp_path: Path) -> None:
    path = tmp_path / "regress.toml"
    assert run("expert", "line/walk", "--trials", 8, "--write-suite", path).exit_code == 0
    good = run("expert", "--suite", path)
    assert good.exit_code == 0, good.output
    assert "nothing regressed" in good.stdout
    path.write_text(path.read_text().replace("require = 0.9", "require = 1.0").replace("vector = [0.", "vector = [9."))
    bad = run("expert", "--suite", path, "--json")
    assert bad.exit_code == 1
    said = json.loads(bad.stdout)
    assert said["passed"] is False
    assert said["scenarios"][0]["verdict"] == "regressed"


def test_trials_are_kept_in_the_lake_when_asked(line: Lines, tmp_path: Path) -> None:
    place = tmp_path / "lake"
    assert run("expert", "line/walk", "--trials", 4, "--keep", lake=place).exit_code == 0
    with Store(place, create=False) as store:
        assert len(store.ids()) == 4
        assert len(store.facts(key="evaluation/of")) == 4


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("expert", "line/wlak"), 1, "Did you mean 'walk'"),
        (("expert", "lime/walk"), 1, "Did you mean 'line'"),
        (("expert",), 2, "Name WORLD/TASK"),
        (("exprt", "line/walk"), 1, "Did you mean 'expert'"),
        (("expert", "line/walk", "--trials", 0), 1, "0 trials show nothing"),
        (("expert", "line/walk", "--against", "expert"), 1, "compared with itself"),
        (("expert", "line/walk", "--sequential"), 1, "Name one rival"),
        (("expert", "line/walk", "-o", "x.pdf"), 1, ".html or .svg"),
        (("expert", "line/walk", "-o", "/no/such/x.svg"), 1, "no folder"),
        (("expert", "line/walk", "--suite", "x.toml"), 2, "names its own"),
        (("expert", "--suite", "none.toml"), 1, "no suite"),
        (("expert", "line/walk", "--score", "sucess"), 1, "Did you mean 'success'"),
    ],
)
def test_bad_input_is_refused_in_words(line: Lines, words: tuple[object, ...], code: int, said: str) -> None:
    result = run(*words)
    assert result.exit_code == code
    assert said in result.output
    assert "Traceback" not in result.output
