"""Barnard's test agrees with published figures and with scipy."""

from __future__ import annotations

import pytest
from scipy import stats

from volant.core.errors import BadValue
from volant.statistics.barnard import barnard


def test_published_figures() -> None:
    assert barnard((25, 50), (29, 50)) == pytest.approx(0.265, abs=5e-4)
    assert barnard((28, 50), (46, 50)) == pytest.approx(1.7e-5, rel=0.03)


def test_three_clean_pairs_decide_and_two_do_not() -> None:
    assert barnard((0, 2), (2, 2)) == pytest.approx(1 / 16)
    assert barnard((0, 3), (3, 3)) == pytest.approx(1 / 64)


@pytest.mark.parametrize(("first", "second"), [((3, 10), (8, 12)), ((0, 7), (2, 9)), ((9, 9), (5, 9))])
def test_scipy_agrees(first: tuple[int, int], second: tuple[int, int]) -> None:
    (a, n), (b, m) = first, second
    table = [[a, b], [n - a, m - b]]
    less = stats.barnard_exact(table, alternative="less", n=128).pvalue
    both = stats.barnard_exact(table, alternative="two-sided", n=128).pvalue
    assert barnard(first, second) == pytest.approx(less, rel=1e-3)
    assert barnard(first, second, sides=2) == pytest.approx(both, rel=1e-3)


def test_what_is_no_count_is_refused() -> None:
    with pytest.raises(BadValue, match="no counts"):
        barnard((5, 4), (1, 4))
