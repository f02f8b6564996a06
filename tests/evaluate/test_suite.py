"""Suites are files that people write: read strictly, judged with reasons, and written from an evaluation."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from volant.core.errors import BadValue, Damaged, NotFound
from volant.evaluate import Evaluating, evaluate, suite

sys.path.insert(0, str(Path(__file__).parent))

from arena import Lines, line, walker

__all__ = ["line"]

HOW = Evaluating(runner="loop")

GOOD = """
name = "walks"
world = "line"
task = "walk"

[[scenario]]
name = "near"
region = "near"
trials = 20
require = 0.6

[[scenario]]
name = "one mark"
environments = [{ vector = [0.7], seed = 4 }, { vector = [0.8] }]
require = 0.0
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "regress.toml"
    path.write_text(text)
    return path


def test_scenarios_are_drawn_or_named_and_judged_by_what_they_require(line: Lines, tmp_path: Path) -> None:
    made = suite.load(written(tmp_path, GOOD))
    assert [one.name for one in made.scenarios] == ["near", "one mark"]
    assert made.scenarios[1].seeds == (4, 1)
    done: list[tuple[int, int]] = []
    found = suite.run(made, walker(0.95), HOW, progress=lambda *n: done.append(n))
    assert [one.verdict for one in found] == ["held", "held"]
    assert suite.passed(found)
    assert done[-1] == (22, 22)
    assert set(found[0].evaluation.trials.regions) == {"near"}
    worse = suite.run(made, walker(0.2), HOW)
    assert worse[0].verdict == "regressed"
    assert "0.6 is required" in worse[0].why
    assert not suite.passed(worse)


def test_a_rival_may_not_be_much_better(line: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = GOOD + '\n[[scenario]]\nname = "last week"\ntrials = 40\nagainst = "last.ckpt"\nmargin = 0.05\n'
    made = suite.load(written(tmp_path, text))
    only = replace(made, scenarios=made.scenarios[2:])
    assert only.scenarios[0].against == tmp_path / "last.ckpt"
    before = suite.contestant
    monkeypatch.setattr(
        suite, "contestant", lambda who, world: walker(0.9, 5) if isinstance(who, Path) else before(who, world)
    )
    assert suite.run(only, walker(0.9, 6), HOW)[0].verdict in ("held", "unclear")
    lost = suite.run(only, walker(0.3, 6), HOW)[0]
    assert lost.verdict == "regressed"
    assert "McNemar" in lost.why
    few = replace(only, scenarios=(replace(only.scenarios[0], trials=3),))
    assert suite.run(few, walker(0.0, 6), HOW)[0].verdict == "unclear"


def test_a_suite_written_from_an_evaluation_holds_for_the_same_policy(line: Lines, tmp_path: Path) -> None:
    made = evaluate(walker(0.5), "line", "walk", trials=30, runner="loop")
    again = suite.load(written(tmp_path, suite.written(made, require=1.0)))
    assert sum(len(one.environments) for one in again.scenarios) == 30
    found = suite.run(again, walker(0.5), HOW)
    assert [one.verdict for one in found] == ["held", "held"]
    assert found[0].evaluation.success.value == 1.0
    assert found[1].evaluation.success.value == 0.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("require = 0.6", "requires = 0.6"), "'requires', which means nothing. Did you mean 'require'"),
        (("require = 0.6", ""), "asks for nothing"),
        (("require = 0.6", "require = 60"), "60, not a number from 0 to 1"),
        (("trials = 20", "trials = 0"), "not a number from 1"),
        (('name = "one mark"', 'name = "near"'), "names a scenario twice"),
        (('world = "line"', ""), "has no world"),
        (("{ vector = [0.8] }", "{ vektor = [0.8] }"), "'vector'"),
        (("{ vector = [0.8] }", '{ vector = ["a"] }'), "no number"),
    ],
)
def test_what_a_suite_says_wrongly_is_named(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    with pytest.raises(BadValue) as refusal:
        suite.load(written(tmp_path, GOOD.replace(*change)))
    assert words in str(refusal.value)


def test_missing_broken_and_empty_suites_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no suite"):
        suite.load(tmp_path / "none.toml")
    with pytest.raises(Damaged, match="no TOML"):
        suite.load(written(tmp_path, "name = "))
    with pytest.raises(BadValue, match="holds no"):
        suite.load(written(tmp_path, 'name = "x"'))


def test_environments_that_cannot_be_set_up_are_refused_before_anything_moves(line: Lines, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match=r"vector of 2 numbers .* has 1"):
        suite.run(suite.load(written(tmp_path, GOOD.replace("[0.8]", "[0.8, 1.0]"))), walker(0.5), HOW)
    with pytest.raises(NotFound, match="varies no 'mass'"):
        text = GOOD.replace("{ vector = [0.8] }", "{ vector = [0.8], physics = { mass = 2.0 } }")
        suite.run(suite.load(written(tmp_path, text)), walker(0.5), HOW)
