"""Sampling plans beside published tables and beside lots that are drawn."""

import numpy as np
import pytest

from volant.core.errors import BadValue
from volant.statistics.sampling import find_plan, passing, rectified


def test_the_operating_curve_is_that_of_a_textbook():
    # Montgomery, Introduction to Statistical Quality Control, table 15.2: n = 89, c = 2.
    bad = [0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09]
    table = [0.9897, 0.9397, 0.7366, 0.4985, 0.3042, 0.1721, 0.0919, 0.0468, 0.0230, 0.0109]
    assert passing(89, 2, bad).tolist() == pytest.approx(table, abs=5e-5)


def test_a_plan_is_that_of_another_program():
    # R's AcceptanceSampling: find.plan(PRP = c(0.05, 0.95), CRP = c(0.15, 0.075), type = "binom") is n = 80, c = 7.
    plan = find_plan(0.05, 0.15, producer=0.05, consumer=0.075)
    assert (plan.n, plan.c) == (80, 7)
    assert plan.producer <= 0.05
    assert plan.consumer <= 0.075


def test_no_smaller_sample_keeps_both_risks():
    plan = find_plan(0.02, 0.1)
    for n in range(1, plan.n):
        kept = [c for c in range(n + 1) if passing(n, c, 0.1) <= 0.1 and passing(n, c, 0.02) >= 0.95]
        assert not kept, (n, kept)


def test_a_small_lot_is_hypergeometric():
    # 2 bad of 10, look at 3, forgive none: C(8,3) / C(10,3) = 56 / 120.
    assert float(passing(3, 0, 0.2, lot=10)) == pytest.approx(56 / 120)
    assert passing(3, 0, [0.0, 1.0], lot=10).tolist() == pytest.approx([1.0, 0.0])
    assert passing(50, 2, [0.01, 0.05, 0.1], lot=500).tolist() == pytest.approx(
        [0.991828, 0.534314, 0.099417], abs=1e-6
    )


def test_a_large_lot_is_nearly_without_end():
    assert passing(89, 2, [0.01, 0.05], lot=1_000_000) == pytest.approx(passing(89, 2, [0.01, 0.05]), abs=1e-4)


def test_lots_that_are_drawn_pass_as_often_as_the_curve_says():
    rng = np.random.default_rng(3)
    found = rng.hypergeometric(20, 180, 30, 20_000)
    assert (found <= 2).mean() == pytest.approx(float(passing(30, 2, 0.1, lot=200)), abs=0.01)


def test_what_goes_out_is_that_of_a_textbook():
    # Montgomery: at 1 % bad, lots of 10,000, n = 89, c = 2 send out 0.93 %.
    assert float(rectified(89, 2, 0.01, 10_000)) == pytest.approx(0.0093, abs=5e-5)


@pytest.mark.parametrize(("aql", "ltpd"), [(0.1, 0.1), (0.2, 0.1), (-0.1, 0.2)])
def test_shares_that_make_no_plan_are_refused(aql, ltpd):
    with pytest.raises(BadValue, match="no plan"):
        find_plan(aql, ltpd)


def test_a_lot_that_no_sample_can_judge_is_refused():
    with pytest.raises(BadValue, match="Look at every"):
        find_plan(0.01, 0.02, lot=20)
