"""Simulator against reality: the published figures of SIMPLER's two tasks."""

from __future__ import annotations

import numpy as np
import pytest

from volant.core.errors import BadValue
from volant.statistics.agreement import kendall, pearson, rank_violation, spearman

COKE = ([0.907, 0.853, 0.920, 0.760, 0.133, 0.293], [0.787, 0.857, 0.710, 0.567, 0.027, 0.170])
NEAR = ([0.733, 0.633, 0.583, 0.450, 0.017, 0.350], [0.779, 0.442, 0.354, 0.317, 0.050, 0.042])


def test_published_figures() -> None:
    assert rank_violation(*COKE) == pytest.approx(0.0313, abs=5e-5)
    assert pearson(*COKE)[0] == pytest.approx(0.9754, abs=5e-5)
    assert rank_violation(*NEAR) == pytest.approx(0.1110, abs=5e-5)
    assert pearson(*NEAR)[0] == pytest.approx(0.8561, abs=5e-5)


def test_six_policies_leave_the_correlation_uncertain() -> None:
    r, low, high = pearson(*NEAR)
    assert low is not None
    assert high is not None
    assert low < 0.2 < r < high < 1


def test_scores_without_partners_are_refused() -> None:
    with pytest.raises(BadValue, match="at least 2"):
        rank_violation([0.5], [0.5])
    with pytest.raises(BadValue, match="all the same"):
        pearson([0.5, 0.5], [0.1, 0.2])


def test_ranks_agree_whatever_the_scale_and_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng, held, n, draws = np.random.default_rng(7), np.zeros(2), 12, 400
    true = 6 / np.pi * np.arcsin(0.6 / 2), 2 / np.pi * np.arcsin(0.6)  # of normal pairs with correlation 0.6
    for _ in range(draws):
        a = rng.normal(size=n)
        b = 0.6 * a + 0.8 * rng.normal(size=n)
        for at, one in enumerate((spearman, kendall)):
            _, low, high = one(np.exp(a), b**3)
            held[at] += low <= true[at] <= high
    assert (held / draws > 0.92).all() and (held / draws < 0.985).all(), held / draws


def test_ranks_that_cannot_agree_are_refused() -> None:
    assert spearman([1, 2, 3, 4, 5], [2, 4, 6, 8, 9]) == (1.0, None, None)
    assert kendall([1, 2, 3, 4, 5], [5, 4, 3, 2, 1]) == (-1.0, None, None)
    assert kendall([1, 2, 3, 4], [1, 3, 2, 4])[1:] == (None, None)
    for one in (spearman, kendall):
        with pytest.raises(BadValue, match="all the same"):
            one([1, 1, 1, 1], [1, 2, 3, 4])
