"""Staffing: every row of the published table, the edges, and simulated fleets beside the formula."""

from __future__ import annotations

import pytest

from volant.core.errors import BadValue
from volant.deploy.queue import Crew, load, needed, simulated, watchable

ROWS = [
    # robots, operators, ratio, availability, busy, queue
    (50, 1, 0.04 / 0.96, 0.480, 1.00, 25.0),
    (25, 1, 0.04 / 0.96, 0.842, 0.877, 3.08),
    (20, 1, 0.04 / 0.96, 0.892, 0.743, 1.43),
    (10, 1, 0.04 / 0.96, 0.941, 0.392, 0.20),
    (50, 1, Crew(50, 1, 60 * 0.04, 30).ratio, 0.895, 0.895, 4.34),
    (50, 1, Crew(50, 1, 60 * 0.04, 180).ratio, 0.167, 1.00, 40.7),
    (50, 1, Crew(50, 1, 10 * 0.04, 120).ratio, 0.967, 0.644, 1.02),
    (50, 1, Crew(50, 1, 10 * 0.04, 180).ratio, 0.895, 0.895, 4.34),
    (150, 3, Crew(150, 3, 10 * 0.04, 180).ratio, 0.933, 0.933, 7.24),
    (1000, 20, Crew(1000, 20, 10 * 0.04, 180).ratio, 0.965, 0.965, 15.3),
]


@pytest.mark.parametrize(("robots", "operators", "ratio", "availability", "busy", "queue"), ROWS)
def test_every_row_of_the_published_table_follows(robots, operators, ratio, availability, busy, queue) -> None:
    found = load(robots, operators, ratio)
    assert found.availability == pytest.approx(availability, abs=6e-4)
    assert found.busy == pytest.approx(busy, abs=6e-4)
    assert found.queue == pytest.approx(queue, rel=3e-3, abs=5e-3)


def test_pooling_operators_shortens_the_wait_at_the_same_staffing() -> None:
    assert load(50, 1, 0.02).wait == pytest.approx(4.85, abs=0.005)
    assert load(1000, 20, 0.02).wait == pytest.approx(0.79, abs=0.005)


def test_one_robot_and_one_operator_alternate() -> None:
    found = load(1, 1, 0.25)
    assert found.availability == pytest.approx(1 / 1.25)
    assert (found.queue, found.wait) == (0.0, 0.0)
    assert load(50, 2, 0.0) == load(7, 1, 0.0)


def test_staffing_answers_both_ways_and_at_the_edges() -> None:
    for ratio in (0.005, 0.02, 0.1, 0.2):
        most = watchable(2, ratio, 0.8)
        assert most and load(most, 2, ratio).availability >= 0.8 > load(most + 1, 2, ratio).availability
        few = needed(40, ratio, 0.75)
        assert load(40, few, ratio).availability >= 0.75
        assert few == 1 or load(40, few - 1, ratio).availability < 0.75
    assert watchable(1, 0.5, 0.9) == 0
    assert needed(50, 0.5, 0.9) == 0
    assert watchable(1, 0.0) == 1 << 20
    assert needed(1, 0.01) == 1


@pytest.mark.parametrize("crew", [Crew(20, 1, 75.0, 2.0), Crew(50, 1, 0.4, 120), Crew(30, 3, 20.0, 20.0)])
def test_simulated_fleets_agree_with_the_formula_within_their_interval(crew: Crew) -> None:
    formula = load(crew.robots, crew.operators, crew.ratio)
    hours = 2000 * crew.handling / 3600
    for figure in simulated(crew, hours=hours, seed=3):
        assert figure.low is not None and figure.high is not None
        slack = (figure.high - figure.low) * 0.25  # 95 % intervals of 12 figures: some may miss by a little
        assert figure.low - slack <= getattr(formula, figure.name) <= figure.high + slack, figure


def test_a_simulation_is_repeatable_and_the_spread_of_handling_times_matters_little() -> None:
    crew = Crew(50, 1, 0.4, 120)
    assert simulated(crew, seed=5, fleets=4, hours=10) == simulated(crew, seed=5, fleets=4, hours=10)
    fixed = simulated(crew, handling="fixed", fleets=8)[0].value
    wide = simulated(crew, handling="lognormal", fleets=8)[0].value
    assert 0 < fixed - wide < 0.03


def test_crews_that_cannot_be_are_refused() -> None:
    with pytest.raises(BadValue, match="0 operators"):
        Crew(5, 0, 1.0, 1.0)
    with pytest.raises(BadValue, match="handling time of 0"):
        Crew(5, 1, 1.0, 0.0)
    with pytest.raises(BadValue, match="between 0 and 1"):
        watchable(1, 0.1, 1.0)
    with pytest.raises(BadValue, match="exponential, fixed"):
        simulated(Crew(5, 1, 1.0, 1.0), handling="slow")
