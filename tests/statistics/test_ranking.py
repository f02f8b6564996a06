"""Bradley and Terry recover planted strengths, with intervals that cover them."""

from __future__ import annotations

import numpy as np
import pytest

from volant.core.errors import BadValue
from volant.statistics.ranking import bradley_terry, duels, league

TRUE = np.array([1.0, 0.4, 0.0, -0.5, -0.9])


def drawn(rng: np.random.Generator, games: int) -> np.ndarray:
    wins = np.zeros((5, 5))
    for i in range(5):
        for j in range(i):
            wins[i, j] = rng.binomial(games, 1 / (1 + np.exp(TRUE[j] - TRUE[i])))
            wins[j, i] = games - wins[i, j]
    return wins


def test_two_rivals_have_the_closed_form() -> None:
    made = bradley_terry([[0, 3000], [1000, 0]])
    assert made.value[0] - made.value[1] == pytest.approx(np.log(3), abs=0.01)
    assert made.chance(0, 1) == pytest.approx(0.75, abs=0.002)


def test_planted_strengths_are_recovered_and_covered() -> None:
    rng = np.random.default_rng(4)
    many = [bradley_terry(drawn(rng, 40)) for _ in range(200)]
    assert np.mean([one.value for one in many], axis=0) == pytest.approx(TRUE, abs=0.05)
    covered = np.mean([(one.low <= TRUE) & (one.high >= TRUE) for one in many])
    assert 0.92 < covered < 0.985
    assert many[0].order == (0, 1, 2, 3, 4)


def test_who_never_lost_stays_finite() -> None:
    made = bradley_terry([[0, 8], [0, 0]])
    assert np.isfinite(made.high).all()
    assert made.value[0] > 1


def test_groups_that_never_met_are_refused() -> None:
    with pytest.raises(BadValue, match="never met"):
        bradley_terry([[0, 1, 0], [1, 0, 0], [0, 0, 0]])


def test_a_league_counts_duels_in_the_same_places() -> None:
    scores = np.array([[1.0, 0.0, 0.5], [1.0, 1.0, 0.0]])
    assert duels(scores)[0].tolist() == [0, 1.5, 2]
    assert duels(scores)[2].tolist() == [0, 1, 0]
    rng = np.random.default_rng(0)
    hard = rng.normal(0, 1.5, (150, 1))
    made = league((rng.normal([0.6, 0.0, -0.6], 1, (150, 3)) > hard).astype(float))
    assert made.order == (0, 1, 2)
    assert made.low[0] > made.high[2]
