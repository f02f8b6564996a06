"""Published laws with their units, among them one whose unit is a trap."""

from __future__ import annotations

import pytest

from volant.core.errors import BadValue, Refused
from volant.reckon.formula import Quantity, evaluate
from volant.reckon.laws import Law, multiplied

EGOSCALE = (0.024, 0.003)  # L = 0.024 - 0.003 ln(D), arXiv 2602.16710
HOURS = Quantity(20_854, "hour", "cited", "arXiv 2602.16710")


def test_egoscale_counts_thousands_of_hours() -> None:
    law = Law("logarithmic", *EGOSCALE, "khour", "arXiv 2602.16710")
    assert law.at(HOURS) == pytest.approx(0.0149, abs=5e-5)
    assert law.at(Quantity(20.854, "khour")) == pytest.approx(law.at(HOURS))
    wrong = Law("logarithmic", *EGOSCALE, "hour")
    assert wrong.at(Quantity(2900, "hour")) > 0  # the loss would vanish at e^8 = 2,981 hours
    with pytest.raises(Refused, match="no loss is negative"):
        wrong.at(HOURS)


def test_a_law_without_its_unit_is_refused_and_so_is_data_of_another_kind() -> None:
    with pytest.raises(BadValue, match="does not say what n counts"):
        Law("logarithmic", *EGOSCALE, "")
    with pytest.raises(BadValue, match="cannot be said in"):
        Law("power", 1.068, 0.579, "environment").at(HOURS)
    with pytest.raises(BadValue, match="cannot be"):
        multiplied(0.276, 0)


def test_published_ratios_and_times_come_out_again() -> None:
    assert multiplied(0.276, 2) == pytest.approx(0.826, abs=5e-4)
    assert multiplied(0.276, 10) == pytest.approx(0.530, abs=5e-4)
    gen0 = {
        "goal": Quantity(10e6, "hour", "assumed"),
        "have": Quantity(270_000, "hour", "cited"),
        "rate": Quantity(10_000, "hour/week", "cited"),
    }
    weeks = evaluate("(goal - have) / rate", gen0, unit="week")
    assert weeks.value == pytest.approx(973) and weeks.how == "assumed"
    assert evaluate("(goal - have) / rate", gen0, unit="year").value == pytest.approx(18.7, abs=0.05)


def test_a_power_law_of_pairs_says_its_own_score() -> None:
    pairs = Law("power", 1.068, 0.579, "environment", "arXiv 2410.18647")
    assert 1 - pairs.at(Quantity(32, "environment")) == pytest.approx(0.856, abs=1e-3)
