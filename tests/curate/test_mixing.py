"""Mixtures: n^0.43, group DRO by proxies, sweeps; shares are what was asked for, and losers are named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from volant import Lake
from volant.cli._group import cli
from volant.core.errors import BadValue, Refused
from volant.curate import load, mixing, robust, select
from volant.lake import Store


def samples(rng: np.random.Generator, sizes: tuple[int, ...], turns: tuple[float, ...]) -> robust.Proxies:
    """Groups of episodes whose action is what was seen times a number of the group's own, at a place of its own."""
    seen, done, episode, group = [], [], [], []
    for one, (size, turn) in enumerate(zip(sizes, turns, strict=True)):
        for _ in range(size):
            x = rng.normal(size=(20, 2)) + 0.5 * one
            seen.append(x)
            done.append(x[:, :1] * turn + rng.normal(0, 0.1, (20, 1)))
            episode += [len(group)] * 20
            group.append(one)
    how = robust.Robust(cosines=8)
    return robust.proxies(np.concatenate(seen), np.concatenate(done), np.array(episode), np.array(group), how)


def test_robust_weights_rise_where_the_mixture_costs_most() -> None:
    some = samples(np.random.default_rng(0), (60, 60, 8), (1.0, 1.0, -1.0))
    start = np.array([0.47, 0.47, 0.06])
    found = robust.minimax(some, start)
    assert found.sum() == pytest.approx(1.0)
    assert found[2] > 3 * start[2]
    worst = [np.max(some.means(some.losses(shares)) - some.least()) for shares in (start, found)]
    assert worst[1] < 0.6 * worst[0]
    assert robust.minimax(some, start).tolist() == found.tolist()


def test_robust_weights_stay_where_groups_agree_and_keep_a_floor() -> None:
    some = samples(np.random.default_rng(1), (40, 40), (1.0, 1.0))
    assert robust.minimax(some, np.array([0.5, 0.5])) == pytest.approx([0.5, 0.5], abs=0.1)
    kept = robust.minimax(some, np.array([1.0, 0.0]), robust.Robust(rounds=3, smooth=0.0, least=0.05))
    assert kept.min() >= 0.05 - 1e-12
    with pytest.raises(BadValue, match="cannot each keep"):
        robust.minimax(some, np.ones(3), robust.Robust(least=0.4))


def test_a_group_of_one_episode_cannot_teach_and_test() -> None:
    with pytest.raises(Refused, match="single episode"):
        samples(np.random.default_rng(0), (5, 1), (1.0, 1.0))


def test_groups_weigh_by_a_power_of_their_seconds_and_losers_are_named(lake: Store) -> None:
    chosen = select(lake, "task = 'push' OR scene = 'a'")
    groups = mixing.grouped(lake, {"all": chosen}, ("task",))
    shares = mixing.powered(groups)
    assert shares == pytest.approx(groups.sizes**0.43 / (groups.sizes**0.43).sum())
    made = mixing.mixed(groups, shares, "n^0.43")
    got = np.bincount(groups.group, np.array(made.weights) * groups.seconds)
    assert got / got.sum() == pytest.approx(shares)
    assert got.sum() == pytest.approx(groups.seconds.sum())
    large, small = sorted(mixing.parts(groups, shares), key=lambda one: -one.seconds)
    assert "of the share it brings" in large.loses
    assert small.loses == ""
    assert mixing.powered(groups, 1.0) == pytest.approx(groups.natural)


def test_selections_that_overlap_or_weigh_nothing_are_refused(lake: Store) -> None:
    one, other = select(lake, "task = 'push'"), select(lake, "scene = 'a'")
    with pytest.raises(Refused, match="5 episodes lie in two"):
        mixing.grouped(lake, {"push": one, "a": other})
    with pytest.raises(BadValue, match="operator"):
        mixing.grouped(lake, {"push": one}, ("operators",))
    groups = mixing.grouped(lake, {"push": one}, ("scene",))
    with pytest.raises(Refused, match="teleoperation"):
        mixing.halved(groups, "tier", "simulation")
    assert mixing.halved(groups, "scene", "a").tolist() == [True, False]


def test_the_verb_optimises_sweeps_and_writes_weights(tmp_path: Path, lake: Store) -> None:
    out, home = tmp_path / "mix.sel", str(tmp_path / "lake")
    words = ["mix", "--lake", home, "--by", "task,scene", "--optimise", "-o", str(out), "--json"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert sum(one["weight"] for one in told["groups"]) == pytest.approx(1.0)
    assert all(one["change"]["n"] >= 1 for one in told["groups"])
    assert len(load(out).weights) == len(load(out)) == 20
    swept = CliRunner().invoke(cli, ["mix", "--lake", home, "--sweep", "scene=a", "--json"])
    shares = [one["share"] for one in json.loads(swept.stdout)["sweep"]]
    assert shares == list(mixing.SHARES)
    shown = CliRunner().invoke(cli, ["mix", "--lake", home, "--by", "task"])
    assert "n^0.43" in shown.stdout
    refused = CliRunner().invoke(cli, ["mix", "--lake", home, "--sweep", "sim"])
    assert refused.exit_code == 1
    assert "nothing to sweep" in refused.output


def test_selections_mix_by_name_in_the_lake(tmp_path: Path, lake: Store) -> None:
    del lake
    with Lake(tmp_path / "lake", clock=lambda: 7) as memory:
        push, stack = memory.select("task = 'push'"), memory.select("task = 'stack' AND scene = 'a'")
        made = memory.mix(push, stack)
        assert sorted(one.episodes for one in made.parts) == [5, 10]
        assert memory.selection(made.selection.hash).selection == made.selection
        alone = memory.mix(push)
        assert "one group only" in alone.notes[-1]
        with pytest.raises(BadValue, match="names nothing to sweep"):
            memory.mix(sweep="real")
