"""Intervals of proportions agree with published figures and hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from volant.core.errors import BadValue
from volant.statistics.intervals import binomial_sequence, clopper_pearson, median_interval, wilson


def test_wilson_matches_published_interval() -> None:
    low, high = wilson(12, 20)
    assert (round(low, 3), round(high, 3)) == (0.387, 0.781)
    assert wilson(0, 0) == (0.0, 1.0)


def test_wilson_covers_about_95_percent() -> None:
    rng = np.random.default_rng(0)
    hits = rng.binomial(40, 0.9, 4000)
    inside = [low <= 0.9 <= high for low, high in (wilson(h, 40) for h in hits)]
    assert 0.93 < np.mean(inside) < 0.98


def test_clopper_pearson_matches_published_interval() -> None:
    low, high = clopper_pearson(63, 70)
    assert (round(low, 4), round(high, 4)) == (0.8048, 0.9588)


def test_clopper_pearson_needs_1030_trials_for_two_points_at_90_percent() -> None:
    """The smallest n at which 90 % measured success has a lower end of 88 %."""
    assert clopper_pearson(0.9 * 1030, 1030)[0] >= 0.88 > clopper_pearson(0.9 * 1020, 1020)[0]


def test_clopper_pearson_has_closed_forms_at_the_edges() -> None:
    assert clopper_pearson(0, 10) == pytest.approx((0.0, 1 - 0.025**0.1))
    assert clopper_pearson(10, 10) == pytest.approx((0.025**0.1, 1.0))
    assert clopper_pearson(0, 0) == (0.0, 1.0)


def test_an_interval_that_may_be_peeked_at_holds_over_a_whole_run() -> None:
    rng = np.random.default_rng(1)
    ever_outside = 0
    for _ in range(300):
        hits = np.cumsum(rng.random(120) < 0.7)
        ends = [binomial_sequence(int(h), n) for n, h in enumerate(hits, 1) if n % 4 == 0]
        ever_outside += any(not low <= 0.7 <= high for low, high in ends)
    assert ever_outside / 300 <= 0.05
    low, high = binomial_sequence(63, 70)
    assert low < clopper_pearson(63, 70)[0]
    assert high > 0.9


def test_what_is_no_count_is_refused() -> None:
    with pytest.raises(BadValue, match="5 of 4"):
        clopper_pearson(5, 4)
    with pytest.raises(BadValue, match="confidence level"):
        clopper_pearson(3, 4, 95)


def test_the_interval_of_a_median_lies_on_ordered_numbers() -> None:
    assert median_interval(range(10)) == (1.0, 8.0)
    assert median_interval(range(6)) == (0.0, 5.0)
    assert median_interval(range(5)) is None
    assert median_interval([]) is None
