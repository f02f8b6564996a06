"""Breadth against depth: how a budget is split, and one small split lived for real."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("metaworld", reason="Meta-World has no build for this Python")
pytest.importorskip("jax", reason="policies are taught with JAX")

from click.testing import CliRunner

from volant.breadth import Breadth
from volant.cli._group import cli


def test_every_way_spends_the_whole_budget() -> None:
    assert Breadth("metaworld", "push-v3", budget=64).ways == ((64, 1), (16, 4), (4, 16))
    assert all(a * b == 48 for a, b in Breadth("metaworld", "push-v3", budget=48).ways)


@pytest.mark.slow
def test_the_verb_says_what_breadth_and_depth_brought() -> None:
    words = ["breadth-depth", "metaworld/drawer-open-v3", "--budget", "4", "--trials", "4", "--seeds", "1", "--json"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    splits = json.loads(done.stdout)["splits"]
    assert [(split["environments"], split["each"]) for split in splits] == [(4, 1)]
    assert splits[0]["low"] <= splits[0]["success"] <= splits[0]["high"]


def test_a_place_without_a_task_is_a_misuse() -> None:
    done = CliRunner().invoke(cli, ["breadth-depth", "push-v3"])
    assert done.exit_code == 2
