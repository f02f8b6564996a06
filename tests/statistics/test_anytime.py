"""Anytime-valid tests: worked examples, closed forms, and no more false alarms than promised under peeking."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import betainc, betaln

from volant.core.errors import BadValue
from volant.statistics.anytime import bounded_mean, log_savi, log_wealth, p_values, paired_wealth


def test_four_clean_pairs_decide_and_three_do_not() -> None:
    p = p_values(log_savi([0, 0, 0, 0], [1, 1, 1, 1]))
    assert p[2] > 0.05 >= p[3]
    assert np.exp(log_savi([0], [1]))[0] == pytest.approx(16 / 9)


def test_paired_wealth_has_a_closed_form_for_clean_and_mixed_pairs() -> None:
    clean = np.exp(paired_wealth(np.ones(7)))
    assert clean == pytest.approx([(2 ** (n + 1) - 1) / (n + 1) for n in range(1, 8)])
    rng = np.random.default_rng(5)
    d = rng.permutation([1] * 12 + [-1] * 5 + [0] * 20)
    whole = 2**17 * 2 * np.exp(betaln(13, 6)) * (1 - betainc(13, 6, 0.5))
    assert np.exp(paired_wealth(d)[-1]) == pytest.approx(whole)


def test_the_order_of_pairs_does_not_matter_and_ties_change_nothing() -> None:
    d = np.array([0.5, -0.2, 0.0, 1.0, 0.3])
    assert paired_wealth(d)[-1] == pytest.approx(paired_wealth(d[::-1])[-1])
    assert paired_wealth(d)[-1] == pytest.approx(paired_wealth(d[d != 0])[-1])
    assert paired_wealth(d)[-1] == pytest.approx(log_wealth((1 + d) / 2, 0.5))


def test_peeking_after_every_pair_keeps_the_level() -> None:
    rng = np.random.default_rng(11)
    a, b = rng.random((2, 1500, 150)) < 0.6
    for evidence in (log_savi(a, b), paired_wealth(b.astype(float) - a)):
        assert (p_values(evidence)[:, -1] <= 0.05).mean() < 0.05


def test_pairs_that_exclude_each_other_fool_savi_and_not_the_bets() -> None:
    """Where one fails because the other succeeds, pairs are no independent trials; both shares are one half."""
    rng = np.random.default_rng(2)
    a = rng.random((1500, 150)) < 0.5
    assert (p_values(log_savi(a, ~a))[:, -1] <= 0.05).mean() > 0.08
    assert (p_values(paired_wealth(1.0 - 2.0 * a))[:, -1] <= 0.05).mean() < 0.05


def test_the_interval_of_a_bounded_mean_covers_it_at_all_times() -> None:
    rng = np.random.default_rng(8)
    missed = 0
    for _ in range(150):
        x = rng.beta(2, 1, 80)
        missed += any(not low <= 2 / 3 <= high for low, high in (bounded_mean(x[:n]) for n in (10, 20, 40, 80)))
    assert missed / 150 <= 0.05
    low, high = bounded_mean(np.ones(50))
    assert low == pytest.approx(0.9, abs=0.01)
    assert high == 1.0
    assert bounded_mean([]) == (0.0, 1.0)


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(BadValue, match="between -1 and 1"):
        paired_wealth([2.0])
    with pytest.raises(BadValue, match="between 0 and 1"):
        bounded_mean([1.5])
