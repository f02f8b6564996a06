"""Measures on planted data with a known answer."""

import numpy as np
import pytest

from volant.conform.measure_laws import table
from volant.core import Episode, Kind, Signal, Stream
from volant.measures._counts import chao1, good_turing, hill
from volant.measures.acceptance import Acceptance
from volant.measures.coverage import Coverage
from volant.measures.duration import Duration
from volant.measures.effective_rate import EffectiveRate
from volant.measures.jerk import Jerk
from volant.measures.path_efficiency import PathEfficiency
from volant.measures.seconds_kept import SecondsKept
from volant.measures.smoothness import Smoothness


def moving(x: np.ndarray, hz: float = 100.0) -> Episode:
    signal = Signal("pose", Kind.POSE, (x.shape[1],), "float64", "m", "base", hz)
    return Episode((Stream(signal, (np.arange(len(x)) * 1e9 / hz).astype(np.int64), x),))


def min_jerk(n: int = 101) -> np.ndarray:
    s = np.linspace(0, 1, n)[:, None]
    return 10 * s**3 - 15 * s**4 + 6 * s**5


def test_chao1_and_good_turing_by_hand() -> None:
    counts = np.array([1, 1, 1, 1, 2, 2, 5, 8])
    value, low, high = chao1(counts)
    n = 21
    assert value == pytest.approx(8 + (n - 1) / n * 16 / 4)
    assert 8 < low < value < high
    assert good_turing(counts)[0] == pytest.approx(4 / 21)


def test_chao1_finds_a_planted_population() -> None:
    rng = np.random.default_rng(1)
    counts = np.bincount(rng.integers(0, 200, 300))
    value, low, high = chao1(counts[counts > 0])
    assert low <= 200 <= high
    assert abs(value - 200) < 40


def test_hill_numbers_of_even_and_uneven_sets() -> None:
    even = np.array([5, 5, 5, 5])
    assert [hill(even, order)[0] for order in (0, 1, 2)] == pytest.approx([4, 4, 4])
    uneven = np.array([97, 1, 1, 1])
    assert hill(uneven, 2)[0] == pytest.approx(1 / (0.97**2 + 3 * 0.01**2))
    assert hill(uneven, 0)[0] > hill(uneven, 1)[0] > hill(uneven, 2)[0]


def test_coverage_counts_combinations_not_products() -> None:
    rows = table(0, 6)
    rows["task"] = np.array(["a", "a", "b", "b", "b", "c"], dtype=object)
    rows["scene"] = np.array(["x", "y", "x", "x", "x", ""], dtype=object)
    rows["site"] = np.array([""] * 5 + ["lab"], dtype=object)
    rows["verdict"] = np.array(["accept"] * 5 + ["quarantine"], dtype=object)
    measure = Coverage()
    found = {(e.name, e.group): e for e in measure.estimates(measure.tally(rows))}
    assert found["combinations", ""].value == 3
    assert found["product bound", ""].value == 4
    assert found["combinations", ""].n == 5


def test_acceptance_and_yield_by_hand() -> None:
    rows = table(0, 4)
    rows["verdict"] = np.array(["accept", "quarantine", "accept", ""], dtype=object)
    rows["seconds"] = np.array([10.0, 30.0, 20.0, 99.0])
    rows["operator"] = np.array(["ann", "bob", "ann", "bob"], dtype=object)
    share = {e.group: e for e in Acceptance().estimates(Acceptance().tally(rows))}
    assert share[""].value == pytest.approx(2 / 3)
    assert share["operator=ann"].value == 1
    assert share["operator=bob"].n == 1
    kept = {e.group: e for e in SecondsKept().estimates(SecondsKept().tally(rows))}
    assert kept[""].value == pytest.approx(0.5)


def test_smoothness_of_a_minimum_jerk_reach() -> None:
    smooth = Smoothness().of(moving(min_jerk()))
    assert smooth == pytest.approx(-1.41, abs=0.05)  # published for minimum jerk: about -1.41
    shaky = min_jerk() + np.random.default_rng(0).normal(0, 0.02, (101, 1))
    assert Smoothness().of(moving(shaky)) < smooth - 0.5


def test_log_dimensionless_jerk_of_a_minimum_jerk_reach() -> None:
    value = Jerk().of(moving(min_jerk(1001), 1000.0))
    assert value == pytest.approx(-np.log(720 / 1.875**2), abs=0.05)  # analytic: integral of jerk^2 = 720 A^2 / T^5


def test_path_efficiency_of_line_and_loop() -> None:
    assert PathEfficiency().of(moving(min_jerk())) == pytest.approx(1)
    turn = np.linspace(0, 2 * np.pi, 200)
    assert PathEfficiency().of(moving(np.stack([np.cos(turn), np.sin(turn)], 1))) == pytest.approx(0, abs=1e-9)


def test_effective_rate_counts_gaps() -> None:
    t = np.concatenate([np.arange(50), np.arange(100, 151)]) * 20_000_000
    signal = Signal("joints", Kind.JOINT, (1,), hz=50.0)
    episode = Episode((Stream(signal, t.astype(np.int64), np.random.default_rng(0).normal(size=(101, 1))),))
    assert EffectiveRate().of(episode) == pytest.approx(100 / 3.0)
    assert Duration().of(episode) == pytest.approx(3.0)


def test_nothing_moves_nothing_is_measured() -> None:
    still = moving(np.ones((50, 2)))
    assert Smoothness().of(still) is None
    assert Jerk().of(still) is None
    assert PathEfficiency().of(still) is None
    assert Duration().of(Episode(())) is None
