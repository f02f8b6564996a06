"""Who helps, and what they do first."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from volant.core import Embodiment, Joint, Kind, Moment, Signal, State
from volant.core.errors import NotFound
from volant.deploy.people import RETREAT, BackOff, people

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from floor import BODY, Road, Walk, ints


def moment(active) -> Moment:
    none = np.zeros(2, np.bool_)
    obs = {"observation.state": np.array([[0.0, 1.0], [0.0, 1.0]])}
    return Moment(State(obs, none, np.zeros(2), none), ints(0, 0), np.array(active))


def test_a_hand_lets_go_and_rises_before_the_script_goes_on() -> None:
    dims = ("dx", "dz", "grip")
    joints = (Joint("dx", "1", -1.0, 1.0), Joint("dz", "1", -1.0, 0.5), Joint("grip", "1", -1.0, 1.0))
    arm = Embodiment("arm", joints, (Signal("action", Kind.ACTION, (3,), "float32", hz=10, dims=dims),))

    class Script(Walk):
        def act(self, moment):
            self.seen = moment.active.tolist()
            return super().act(moment)

    script = Script()
    hand = BackOff.of(script, arm, 2)
    hand.start(ints(0), (), ints(5))
    for _ in range(RETREAT):
        assert hand.act(moment([True, True])).actions[0].tolist() == [0.0, 0.5, -1.0]
        assert script.seen == [False, True]
    assert hand.act(moment([True, False])).actions[0] == pytest.approx(0.1)
    assert script.started == [((0,), (5,))]


def test_a_body_without_a_hand_does_not_back_off() -> None:
    walk = BackOff.of(Walk(), BODY, 2)
    walk.start(ints(0, 1), (), ints(1, 2))
    assert walk.act(moment([True, True])).actions[:, 0] == pytest.approx(0.1)


def test_operators_take_turns_by_name_and_unknown_ones_are_refused() -> None:
    expert = people("expert", 3, Road(), "walk", 2)
    assert len({id(one) for one in expert}) == 1
    several = people("expert,expert", 3, Road(), "walk", 2)
    assert len({id(one) for one in several}) == 3
    with pytest.raises(NotFound, match="No operator"):
        people("nobody", 1, Road(), "walk", 2)
