"""Paired tests by hand, against scipy, and at their nominal level."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from volant.core.errors import BadValue
from volant.statistics.paired import mcnemar, paired_difference, sign_flip


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (1, 0), (5, 0), (6, 0), (9, 3), (3, 9), (20, 20)])
def test_mcnemar_is_the_binomial_test_on_discordant_pairs(wins: int, losses: int) -> None:
    if wins + losses == 0:
        assert mcnemar(wins, losses) == 1.0
        return
    assert mcnemar(wins, losses) == pytest.approx(stats.binomtest(wins, wins + losses).pvalue)
    one = stats.binomtest(wins, wins + losses, alternative="greater").pvalue
    assert mcnemar(wins, losses, sides=1) == pytest.approx(one)


def test_the_interval_of_a_paired_difference_covers_it() -> None:
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(2000):
        wins, losses, _ = rng.multinomial(50, [0.25, 0.10, 0.65])
        value, low, high = paired_difference(int(wins), int(losses), 50)
        assert low <= value <= high
        inside += low <= 0.15 <= high
    assert 0.935 < inside / 2000 < 0.975


def test_impossible_pairs_are_refused() -> None:
    with pytest.raises(BadValue, match="discordant"):
        paired_difference(3, 3, 5)


def test_sign_flip_by_hand_and_by_draws() -> None:
    assert sign_flip([1.0, 2.0, 3.0]) == pytest.approx(2 / 8)
    assert sign_flip([0.0, 0.0]) == 1.0
    assert sign_flip([1.0] * 8) == pytest.approx(2 / 256)
    many = np.random.default_rng(0).normal(0.4, 1, 40)
    assert sign_flip(many, seed=1) == pytest.approx(stats.ttest_1samp(many, 0).pvalue, abs=0.01)
    assert sign_flip(many, seed=1) == sign_flip(many, seed=1)
