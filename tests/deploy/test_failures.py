"""What goes wrong and how often, from planted failures."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from volant.deploy.cockpit import Routine
from volant.deploy.desk import Rules
from volant.deploy.failures import Failure, between, ended, pareto, worst
from volant.deploy.pilot import Piloting, pilot

sys.path.insert(0, str(Path(__file__).parent))

from floor import Plan, Road

WORK = [Failure("a", 10.0, "")] * 9 + [Failure("a", 10.0, "dropped")] + [Failure("b", 10.0, "stalled")] * 10


def test_causes_come_in_order_with_their_shares() -> None:
    rows = pareto([one.cause for one in WORK])
    assert [(row.group, round(row.value, 3), row.n) for row in rows] == [("stalled", 0.909, 11), ("dropped", 0.091, 11)]
    assert all(row.low < row.value < row.high for row in rows)
    assert pareto(["", ""]) == ()


def test_time_between_failures_of_the_fleet_and_of_each_robot() -> None:
    fleet, worse, better = between(WORK)
    assert (fleet.group, fleet.value) == ("", pytest.approx(200 / 11))
    assert (worse.group, worse.value, better.group, better.value) == ("b", 10.0, "a", 100.0)
    assert worse.low < 10.0 < worse.high < 100
    never = between([Failure("c", 5.0, "")])[1]
    assert never.value == math.inf and never.low == pytest.approx(5 / 3.689, abs=1e-3) and never.high is None


def test_a_robot_that_fails_more_often_than_the_rest_stands_out() -> None:
    fleet = [Failure(str(i), 100.0, "stalled" if i % 5 == 0 else "") for i in range(50)]
    assert worst(fleet) == {}
    assert list(worst(fleet + [Failure("7", 1.0, "dropped")] * 9)) == ["7"]


def test_take_overs_and_lost_operations_count_once_each() -> None:
    how = Piloting(
        robots=5, operators=1, gate="progress", episodes=20, held_out=20, routine=Routine(Rules(hold=4), back=3)
    )
    done = pilot(Plan(), Road(), "walk", how)
    work = ended(done)
    assert sum(bool(one.cause) for one in work) == len(done.helps) > 5
    assert sum(one.seconds for one in work) == pytest.approx(sum(episode.seconds for episode in done))
