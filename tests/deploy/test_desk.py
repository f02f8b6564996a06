"""Robots and people: nobody is held twice, locks end, the most urgent come first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volant.core.errors import NotFound, Refused, VolantError
from volant.deploy.desk import NOBODY, Desk, Rules, Urgency

ROBOTS, OPERATORS = 6, 3
ACTIONS = st.tuples(
    st.sampled_from(["tick", "claim", "renew", "hand_back", "drop", "leave", "return"]),
    st.integers(0, ROBOTS - 1),
    st.integers(0, OPERATORS - 1),
    st.lists(st.booleans(), min_size=ROBOTS, max_size=ROBOTS),
    st.integers(0, 4),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ACTIONS, max_size=40), st.sampled_from(["cur", "fifo"]))
def test_two_operators_never_hold_one_robot_whatever_they_do(actions, order) -> None:
    desk, now = Desk(ROBOTS, OPERATORS, Rules(hold=2, lease=5, order=order)), 0
    for what, robot, operator, asking, later in actions:
        now += later
        before = desk.holder.copy()
        try:
            if what == "tick":
                desk.tick(now, np.array(asking), Urgency.none(ROBOTS))
            elif what == "claim":
                desk.claim(robot, operator, now)
                assert desk.holder[robot] == operator
            elif what == "renew":
                desk.renew(operator, now)
            elif what == "hand_back":
                desk.hand_back(robot, operator, now)
            elif what == "drop":
                desk.drop(robot)
            elif what == "leave":
                desk.leave(operator)
            else:
                desk.arrive(operator)
        except VolantError:
            expired = (before != NOBODY) & (desk.expires <= now)
            assert ((desk.holder == before) | expired).all(), "a refusal takes nobody's robot away"
        held = desk.holder[desk.holder != NOBODY]
        assert len(set(held.tolist())) == len(held), "an operator has two hands but one robot"
        for mine, robot_of in enumerate(desk.hands.tolist()):
            assert robot_of == NOBODY or desk.holder[robot_of] == mine
        assert (desk.hands != NOBODY).sum() == len(held)
        assert desk.duty[held].all()


def test_the_most_urgent_robot_is_helped_first_in_the_order_of_fleet_dagger() -> None:
    desk = Desk(5, 2)
    asking = np.array([True, True, True, True, False])
    urgency = Urgency(
        violation=np.array([0.0, 0.0, 1.0, 0.0, 9.0]),
        uncertainty=np.array([0.2, 0.9, 0.0, 0.9, 9.0]),
        risk=np.array([0.9, 0.1, 0.0, 0.2, 9.0]),
    )
    assert desk.tick(0, asking, urgency) == ((2, 0), (3, 1))
    assert desk.wall(urgency).tolist() == [4, 2, 3, 1, 0]


def test_of_equals_the_one_that_waits_longest_is_helped_first() -> None:
    desk = Desk(4, 1, Rules(order="fifo"))
    desk.ask(0, np.array([False, False, True, False]))
    desk.ask(1, np.array([True, False, True, False]))
    assert desk.tick(2, np.array([True, True, True, True])) == ((2, 0),)
    assert desk.waiting.tolist() == [True, True, False, True]
    desk.drop(2)
    assert desk.tick(3, np.array([True, True, False, True])) == ((0, 0),)


def test_a_lock_expires_unless_it_is_renewed_and_the_robot_waits_again() -> None:
    desk = Desk(2, 2, Rules(hold=0, lease=10))
    desk.claim(0, 0, now=0)
    desk.renew(0, now=8)
    desk.leave(1)
    desk.tick(17, np.array([True, False]))
    assert desk.holder[0] == 0
    desk.tick(18, np.array([True, False]))
    assert desk.holder[0] == NOBODY and desk.waiting[0] and not desk.duty[0]
    desk.arrive(0)
    assert desk.tick(19, np.array([True, False])) == ((0, 0),)


def test_a_robot_stays_for_the_minimum_hold_and_with_whoever_has_it() -> None:
    desk = Desk(2, 2, Rules(hold=5))
    desk.claim(0, 0, now=10)
    desk.claim(0, 0, now=11)
    with pytest.raises(Refused, match="with operator 0"):
        desk.claim(0, 1, now=11)
    with pytest.raises(Refused, match="already holds robot 0"):
        desk.claim(1, 0, now=11)
    with pytest.raises(Refused, match="Wait 3 more"):
        desk.hand_back(0, 0, now=12)
    with pytest.raises(Refused, match="does not hold"):
        desk.hand_back(0, 1, now=20)
    desk.hand_back(0, 0, now=15)
    assert desk.free.tolist() == [0, 1]
    with pytest.raises(NotFound, match="no robot 2"):
        desk.claim(2, 0, now=15)


def test_a_robot_that_no_longer_asks_leaves_the_queue_and_loses_its_place() -> None:
    desk = Desk(2, 1)
    desk.leave(0)
    desk.tick(0, np.array([True, False]))
    desk.tick(1, np.array([False, True]))
    desk.tick(2, np.array([True, True]))
    assert desk.asked.tolist() == [2, 1]
