"""Simulated trials narrow the interval of few real ones, and a bad simulator cannot bend it."""

from __future__ import annotations

import numpy as np
import pytest

from volant.core.errors import BadValue
from volant.statistics.prediction import powered_mean


def trials(rng: np.random.Generator, n: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    hidden = rng.random(n)
    real = (hidden < 0.6).astype(float)
    return real, (np.clip(hidden + rng.normal(0, noise, n), 0, 1) < 0.7).astype(float)


@pytest.mark.parametrize("noise", [0.05, 3.0])
def test_the_interval_covers_the_real_mean_with_good_and_bad_simulators(noise: float) -> None:
    rng = np.random.default_rng(7)
    covered, worth = [], []
    for _ in range(400):
        y, f = trials(rng, 60, noise)
        _, many = trials(rng, 600, noise)
        made = powered_mean(y, f, many)
        covered.append(made.low <= 0.6 <= made.high)
        worth.append(made.worth)
    assert 0.92 < np.mean(covered) < 0.975
    assert np.median(worth) > (100 if noise < 1 else 58)


def test_scores_out_of_range_are_refused() -> None:
    with pytest.raises(BadValue, match="between 0 and 1"):
        powered_mean([2, 0], [0, 0], [0, 0])


def test_the_formula_by_hand() -> None:
    made = powered_mean([1, 0, 1, 1], [1, 0, 0, 1], [1, 1, 0, 1, 1], trust=1.0)
    assert made.value == pytest.approx(0.75 + 0.8 - 0.5)
    assert powered_mean([1, 0, 1, 1], [1, 1, 1, 1], [1, 1], trust=0.0).value == 0.75
