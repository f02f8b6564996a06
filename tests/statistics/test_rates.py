"""Intervals of rates and means against known values and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from volant.core.errors import BadValue
from volant.statistics.rates import batch_mean, poisson, student


def test_garwoods_interval_of_ten_events() -> None:
    assert poisson(10, 1.0) == pytest.approx((4.795, 18.390), abs=1e-3)
    assert poisson(0, 2.0) == pytest.approx((0.0, 3.6889 / 2), abs=1e-4)
    assert poisson(3, 0.0) == (0.0, math.inf)
    with pytest.raises(BadValue, match="no rate"):
        poisson(-1, 1.0)


def test_students_interval_of_a_known_sample() -> None:
    low, high = student(np.array([1.0, 2.0, 3.0, 4.0]))
    assert (low, high) == pytest.approx((0.4457, 4.5543), abs=1e-4)
    assert student(np.array([1.0])) == (-math.inf, math.inf)


def test_batch_means_cover_the_mean_of_a_series_that_depends_on_itself() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, (300, 2000))
    series = np.zeros_like(noise)
    for t in range(1, noise.shape[1]):
        series[:, t] = 0.8 * series[:, t - 1] + noise[:, t]
    held = [low <= 0 <= high for low, high in (batch_mean(one[100:]) for one in series)]
    assert 0.9 < np.mean(held) < 0.99
    assert batch_mean(np.zeros(3)) == (-math.inf, math.inf)
