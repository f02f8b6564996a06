"""The slope of measured curves: steep cells are worth more, and one point has no slope."""

from __future__ import annotations

import pytest

from volant.core.errors import BadValue
from volant.worth.slopes import Grown, slopes

STEEP = [Grown("steep", n, round(wins * 40), 40) for n, wins in ((2, 0.1), (8, 0.4), (16, 0.7))]
FLAT = [Grown("flat", n, 38, 40) for n in (20, 40, 80)]


def test_demonstrations_of_a_steep_cell_are_worth_more_than_of_a_saturated_one() -> None:
    steep, flat = slopes([*STEEP, *FLAT], {"a": {"steep": 4}, "b": {"flat": 4}})
    assert steep.value > 5 * max(flat.value, 0.001)
    assert 0 < steep.low < steep.value < steep.high < 1
    assert (steep.n, flat.n) == (120, 120)


def test_the_next_ones_are_worth_less_than_the_last_ones_were() -> None:
    last, following = (slopes(STEEP, {"a": {"steep": 4}}, more)[0].value for more in (0, 4))
    assert 0 < following < last


def test_one_measurement_of_a_cell_has_no_slope() -> None:
    with pytest.raises(BadValue, match="two different numbers"):
        slopes(STEEP[:1], {"a": {"steep": 4}})
