"""Environments by their look: planted groups are found, none are made up, and both counts are shown."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from volant.core import Episode
from volant.lake import Store
from volant.vectors.diversity import vendi, vendi_between
from volant.worth.asking import ask
from volant.worth.environments import agreement, grouped
from volant.worth.space import signed


def test_planted_groups_are_found_and_their_number_too() -> None:
    rng = np.random.default_rng(0)
    for kinds in (2, 5, 12):
        middle = rng.standard_normal((kinds, 64)) / 8
        truth = np.arange(600) % kinds
        rows = (middle[truth] + 0.03 * rng.standard_normal((600, 64))).astype(np.float32)
        found = grouped(rows)
        assert found is not None
        assert found.max() + 1 == kinds and agreement(truth, found) == 1.0


def test_one_cloud_is_not_cut_into_environments() -> None:
    rows = np.random.default_rng(1).standard_normal((500, 64)).astype(np.float32)
    assert grouped(rows) is None
    assert grouped(rows[:19]) is None


def test_agreement_is_one_for_the_same_and_zero_by_chance() -> None:
    rng = np.random.default_rng(2)
    one = rng.integers(0, 5, 5_000)
    assert agreement(one, (one + 2) % 5) == 1.0
    assert abs(agreement(one, rng.integers(0, 5, 5_000))) < 0.01
    # by hand: pairs together in both 2, in rows 4, in columns 3, of 10
    assert agreement(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 2, 2])) == pytest.approx((2 - 0.8) / (3 - 0.8))


def test_the_jackknife_holds_the_score_of_the_population() -> None:
    rng = np.random.default_rng(3)
    weights = 1 / np.arange(1, 17) ** 0.7
    population = vendi((rng.standard_normal((200_000, 16)) * weights).astype(np.float32))
    held = 0
    for _ in range(100):
        value, low, high = vendi_between((rng.standard_normal((400, 16)) * weights).astype(np.float32))
        assert low <= value <= high
        held += low <= population <= high
    assert held >= 88


def test_coverage_shows_both_declared_and_clustered(lake: Store, make_episode: Callable[..., Episode]) -> None:
    lake.put([make_episode(i, task=("push", "stack")[i % 2], scene="ab"[i // 2 % 2]) for i in range(20, 60)], at=2)
    told = ask(lake, ["coverage"], 3)
    assert any("as declared only" in note for note in told.notes)
    table = lake.sql("SELECT id, scene FROM episodes")
    rng = np.random.default_rng(4)
    middle = rng.standard_normal((2, 256))
    rows = middle[(np.array(table["scene"].to_pylist()) == "a").astype(int)] + 0.1 * rng.standard_normal((60, 256))
    lake.tell_vectors(table["id"].to_pylist(), "embedding/frames", rows.astype(np.float32), signed("frames"), at=4)
    found = {(each.name, each.group): each for each in ask(lake, ["coverage"], 5).estimates}
    assert found["environments", "clustered environments"].value == 2
    assert found["agreement", "clustered environments"].value == 1.0
    assert found["combinations", "clustered environments"].value == found["combinations", ""].value == 4
    assert found["vendi", "space=frames"].n == 60 and found["vendi", "space=frames"].high is not None
