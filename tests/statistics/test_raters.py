"""Agreement of raters beside published tables and simulated raters."""

import numpy as np
import pytest

from volant.core.errors import BadValue
from volant.statistics.raters import counted, kappa, kappa_error, kappa_interval


def test_kappa_is_that_of_a_textbook_table():
    # Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, table 18.1: kappa 0.68, error 0.087.
    table = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]
    assert kappa(table) == pytest.approx((0.89 - 0.66) / 0.34)
    assert kappa_error(table) == pytest.approx(0.0877, abs=5e-5)


def test_kappa_is_that_of_a_hand_computation():
    # 20 yes-yes, 15 no-no, 5 and 10 between: po 0.7, pe 0.5.
    assert kappa([[20, 5], [10, 15]]) == pytest.approx(0.4)


def test_labels_are_counted_pair_by_pair():
    assert counted(["a", "r", "a", "a"], ["a", "r", "r", "a"]).tolist() == [[2, 1], [0, 1]]


def test_chance_alone_gives_no_kappa():
    assert kappa([[12]]) is None
    assert kappa_interval([[12, 0], [0, 0]]) is None
    assert kappa(np.zeros((2, 2))) is None


def test_perfect_agreement_of_few_pairs_is_no_certainty():
    low, high = kappa_interval([[8, 0], [0, 4]])
    assert low < 0.75 < high <= 1


def test_the_same_seed_gives_the_same_interval():
    assert kappa_interval([[8, 1], [2, 4]]) == kappa_interval([[8, 1], [2, 4]])


def test_a_table_that_is_not_square_is_refused():
    with pytest.raises(BadValue, match="square"):
        kappa([[1, 2, 3], [1, 2, 3]])


@pytest.mark.parametrize(("good", "right", "n"), [(0.8, 0.9, 20), (0.9, 0.97, 50), (0.5, 0.8, 100)])
def test_the_interval_holds_kappa_as_often_as_it_says(good, right, n):
    says = np.array([right, 1 - right])
    cells = good * np.outer(says, says) + (1 - good) * np.outer(says[::-1], says[::-1])
    true = kappa(cells * 1e6)
    rng = np.random.default_rng(7)
    held = 0
    for seed in range(300):
        low, high = kappa_interval(rng.multinomial(n, cells.ravel()).reshape(2, 2) + 1e-9, seed=seed)
        held += low <= true <= high
    assert 0.90 <= held / 300 <= 0.985
