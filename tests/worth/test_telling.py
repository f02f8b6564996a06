"""Value as facts: groups of a lake, what is told of them, and what is shown again."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from volant.cli import cli
from volant.core import Estimate, Fact, Score, Turn
from volant.core.errors import BadValue, NotFound
from volant.lake import Store
from volant.worth.telling import groups, known, tell, told


def _said(method: str, value: float, group: str) -> dict[str, list[Estimate]]:
    return {method: [Estimate(method, value, "success", 240, value - 0.1, value + 0.1, group=group)]}


def _novel(lake: Store) -> None:
    """Every demonstration as new as its cell's number says."""
    which = groups(lake)
    pairs = zip(which.ids, which.place, strict=True)
    lake.tell([Fact(one, "measure/novelty", float(place), "measures/novelty@1") for one, place in pairs], at=1)


def test_cells_and_sources_group_the_demonstrations_that_succeeded(lake: Store) -> None:
    cells, people = groups(lake), groups(lake, "source")
    assert cells.names == ("cell:push/a", "cell:push/b", "cell:stack/a", "cell:stack/b")
    assert people.names == groups(lake, "operator").names == ("source:operator=ann",)
    assert groups(lake, "collector").names == ("source:collector=ann",)
    assert len(cells.ids) == len(people.ids) == 13  # every third of twenty failed
    assert set(groups(lake, task="push").names) == {"cell:push/a", "cell:push/b"}
    with pytest.raises(BadValue, match="operator"):
        groups(lake, "operators")
    with pytest.raises(NotFound, match="no demonstrations"):
        groups(lake, task="fold")


def test_what_is_told_is_shown_with_its_interval_the_latest_first(lake: Store) -> None:
    for value in (0.5, 0.25):
        assert tell(lake, _said("datamodel", value, "cell:push/a"), at=1) == 1
    version = lake.version
    assert tell(lake, _said("datamodel", 0.25, "cell:push/a"), at=2) == 0
    assert lake.version == version  # what was said is not said again
    (one,) = told(lake)
    assert (one.name, one.group, one.value, one.low, one.high, one.n) == (
        "value/datamodel", "cell:push/a", 0.25, 0.15, 0.35, 240
    )  # fmt: skip
    assert lake.facts(key="value/datamodel/low").by == ["worth/datamodel@1"] * 2
    assert not told(lake, ["site"])
    with pytest.raises(BadValue, match="datamodel"):
        tell(lake, {"datamodels": []}, 1)


def test_a_value_without_an_interval_does_not_keep_that_of_an_older_one(lake: Store) -> None:
    tell(lake, _said("novelty", 3.0, "cell:push/a"), at=1)
    tell(lake, {"novelty": [Estimate("novelty", 9.0, "distance", 1, group="cell:push/a")]}, at=2)
    (one,) = told(lake)
    assert (one.value, one.low, one.high, one.n) == (9.0, None, None, 1)


def test_novelty_and_slope_follow_from_what_is_known(lake: Store) -> None:
    assert known(lake, []) == {}
    _novel(lake)
    turns = [
        Turn(n, "uniform", 0, "", n, (), (), (Score("push", "a", wins, 20, size, size),))
        for n, (wins, size) in enumerate(((2, 2.0), (12, 8.0)))
    ]
    found = known(lake, turns)
    many = [int((groups(lake).place == at).sum()) for at in range(4)]
    assert [(one.value, one.n) for one in found["novelty"]] == [(at * n, n) for at, n in enumerate(many)]
    assert [(one.group, one.value > 0, one.n) for one in found["slope"]] == [("cell:push/a", True, 40)]


def test_the_verb_says_how_values_are_made_and_then_shows_them(lake: Store) -> None:
    words = ["measure", "value", "--lake", str(lake.place), "--json"]
    nothing = CliRunner().invoke(cli, words)
    assert nothing.exit_code == 1
    assert "--probes 240 --world WORLD/TASK" in nothing.output
    assert CliRunner().invoke(cli, [*words, "--probes", "40"]).exit_code == 2
    _novel(lake)
    tell(lake, _said("left-out", -0.2, "source:operator=bob"), 1)
    shown = CliRunner().invoke(cli, words)
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)["estimates"]
    assert [(one["name"], one["group"]) for one in found[:2]] == [
        ("value/left-out", "source:operator=bob"),
        ("value/novelty", "source:collector=ann"),
    ]
    assert all(one["method"] and one["n"] for one in found)
    with pytest.raises(BadValue, match="weekday"):
        told(lake, ["weekday"])
    both = CliRunner().invoke(cli, [*words, "coverage", "--by", "collector", "--by", "family"])
    assert {one["name"].partition("/")[0] for one in json.loads(both.stdout)["estimates"]} > {"value"}
