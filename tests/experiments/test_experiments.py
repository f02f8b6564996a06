"""Experiments: how budgets are split, what may be said of differences, and small ones lived for real."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("metaworld", reason="Meta-World has no build for this Python")
pytest.importorskip("jax", reason="policies are taught with JAX")

from click.testing import CliRunner

from volant.cli._group import cli
from volant.core.errors import BadValue, NotFound
from volant.experiments import EXPERIMENTS, Bench, Line, Result, difference, experiment, page, picture
from volant.experiments.breadth import ways
from volant.experiments.takeovers import _steps, _taken

BENCH = Bench("metaworld", "drawer-open-v3", budget=4, trials=4, seeds=1, members=2)


def test_every_way_spends_the_whole_budget() -> None:
    assert ways(64) == ((4, 16), (16, 4), (64, 1))
    assert all(a * b == 48 for a, b in ways(48))


def test_a_difference_is_counted_seed_by_seed() -> None:
    above = Line("a", (0.0, 1.0), ((0.5, 0.9), (0.4, 0.8), (0.6, 1.0)))
    below = Line("b", (0.0, 1.0), ((0.5, 0.7), (0.4, 0.6), (0.6, 0.8)))
    found = difference("a above b", above, below)
    assert (round(found.mean, 6), found.n, found.sure) == (0.2, 3, True)
    assert not difference("at the start", above, below, 0).sure


def test_one_seed_says_nothing_sure_and_the_page_says_so() -> None:
    line = Line("a", (0.0,), ((0.5,),))
    alone = difference("a above a", line, line)
    assert not alone.sure
    result = Result("x", "What?", "places", ("here",), (line,), (alone,), {"trials": 4})
    assert "not separated from zero" in page(result, "volant experiment x", "x.svg")


def test_places_of_an_axis_that_are_words_are_named_beside_it() -> None:
    line = Line("a", (0.0, 1.0), ((0.5, 0.9), (0.4, 0.8)))
    words = Result("x", "What?", "chosen by", ("random", "coverage"), (line,), (), {"trials": 4})
    assert "chosen by: 0 random, 1 coverage" in picture(words)
    assert "chosen by: 0" not in picture(replace(words, ticks=("0%", "50%")))


def test_unknown_experiments_and_tasks_are_refused_by_name() -> None:
    with pytest.raises(NotFound, match="takeovers"):
        experiment("takeover", BENCH)
    with pytest.raises(NotFound, match="push-v3"):
        Bench("metaworld", "push-v4")
    with pytest.raises(BadValue, match="budget"):
        Bench("metaworld", "push-v3", budget=1)
    assert CliRunner().invoke(cli, ["breadth-depth", "push-v3"]).exit_code == 2


@pytest.mark.slow
def test_the_verb_says_what_breadth_and_depth_brought(tmp_path: Path) -> None:
    words = ["breadth-depth", "metaworld/drawer-open-v3", "--budget", "8", "--trials", "4", "--seeds", "1"]
    done = CliRunner().invoke(cli, [*words, "-o", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    points = json.loads(done.stdout)["points"]
    assert [point["environments (log2)"] for point in points] == ["2 x 4", "8 x 1"]
    assert all(point["low"] <= point["success"] <= point["high"] for point in points)
    assert "volant experiment breadth metaworld/drawer-open-v3 --budget 8" in (tmp_path / "breadth.md").read_text()
    assert (tmp_path / "breadth.svg").read_text().startswith("<svg")


@pytest.mark.slow
def test_take_overs_use_no_more_of_a_person_than_was_allowed() -> None:
    from volant.experiments.takeovers import ARMS

    bench = replace(BENCH, task="pick-place-v3", source="expert")
    start = bench.shown(bench.places(3, "start"), "start")
    home = _taken(bench, ARMS[1], bench.taught(start, 0), (0, "round"), 400)
    assert 0 < sum(map(_steps, home)) <= 400


def test_every_experiment_has_its_module() -> None:
    from importlib import import_module

    for name in EXPERIMENTS:
        assert callable(import_module(f"volant.experiments.{name}").run)
