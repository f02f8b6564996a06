"""How many trials it takes: published figures."""

from __future__ import annotations

import math

import pytest

from volant.core.errors import BadValue
from volant.statistics.sizes import detectable, pairs, per_arm, within


def test_trials_per_arm_match_published_figures() -> None:
    assert per_arm(0.5, 0.6) == pytest.approx(387.3, abs=0.1)
    assert per_arm(0.5, 0.55) == pytest.approx(1564.7, abs=0.1)
    assert per_arm(0.8, 0.9) == pytest.approx(198.96, abs=0.01)


def test_what_so_many_trials_find_is_the_inverse() -> None:
    assert detectable(0.5, 388) == pytest.approx(0.6, abs=1e-3)
    assert per_arm(0.3, detectable(0.3, 100)) == pytest.approx(100)
    assert math.isinf(detectable(0.99, 20))


def test_pairs_that_agree_more_need_fewer_trials() -> None:
    """Independent arms at .5 and .6 disagree in half of the pairs."""
    assert pairs(0.1, 0.5) == pytest.approx(387, rel=0.03)
    assert pairs(0.1, 0.2) < 0.42 * pairs(0.1, 0.5)
    with pytest.raises(BadValue, match="discordant"):
        pairs(0.3, 0.2)


def test_trials_until_two_points_either_side_of_ninety_percent() -> None:
    assert within(0.9, 0.02) == pytest.approx(912, abs=3)


def test_equal_shares_cannot_be_told_apart() -> None:
    with pytest.raises(BadValue, match="told apart"):
        per_arm(0.5, 0.5)
