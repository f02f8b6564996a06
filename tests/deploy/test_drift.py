"""Bodies that wear out are found, joint by joint, and sound ones are left alone."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from volant.core import Environment
from volant.core.errors import BadValue, NotFound
from volant.deploy.drift import Motion, Watchman
from volant.deploy.worn import Wear, Worn

sys.path.insert(0, str(Path(__file__).parent))

from floor import Line


def moved(rng, robot: str, *, gain=(1.0, 1.0), late: int = 0, steps: int = 60) -> Motion:
    """A body of two dimensions that follows its commands with a first-order lag and some noise."""
    commands = np.cumsum(rng.normal(0, 0.3, (steps, 2)), axis=0) * 0.2
    felt = np.roll(commands, late, axis=0) * np.array(gain)
    felt[:late] = 0
    speed = np.zeros((steps, 2))
    for t in range(1, steps):
        speed[t] = 0.6 * speed[t - 1] + 0.4 * felt[t - 1]
    places = np.cumsum(speed, axis=0) + rng.normal(0, 0.01, (steps, 2))
    return Motion(robot, commands, places)


@pytest.fixture(scope="module")
def usual() -> list[Motion]:
    rng = np.random.default_rng(0)
    return [moved(rng, str(i % 10)) for i in range(60)]


def shift(usual, worn, *, operations: int = 30):
    """Ten robots for so many operations; robot 3 wears."""
    guard = Watchman(usual, ("shoulder", "elbow"), 10, horizon=operations)
    rng = np.random.default_rng(1)
    for operation in range(operations):
        for robot in range(10):
            guard.see(moved(rng, str(robot), **(worn(operation) if robot == 3 else {})))
    return guard.alarms


def test_a_weakening_joint_is_named_and_the_others_are_not(usual) -> None:
    alarms = shift(usual, lambda op: {"gain": (1.0, max(0.3, 1 - 0.03 * max(0, op - 5)))})
    assert {alarm.robot for alarm in alarms} == {"3"}
    first = alarms[0]
    assert first.what == "gain of elbow" and 5 < first.operation < 20 and first.since <= first.operation
    assert first.value < 0.95 * first.usual


def test_commands_that_come_ever_later_are_found(usual) -> None:
    alarms = shift(usual, lambda op: {"late": max(0, op - 10) // 4})
    assert {alarm.robot for alarm in alarms} == {"3"}
    assert alarms[0].what.startswith("lag of") and 10 < alarms[0].operation < 28
    assert alarms[0].value > alarms[0].usual + 0.2


def test_a_sound_fleet_rings_no_more_often_than_it_may(usual) -> None:
    quiet = [not shift(usual, lambda op: {}, operations=10) for _ in range(3)]
    assert all(quiet)


def test_what_cannot_be_watched_is_refused(usual) -> None:
    with pytest.raises(BadValue, match="too few"):
        Watchman(usual[:5], ("shoulder", "elbow"), 20)
    with pytest.raises(BadValue, match="1 names"):
        Watchman(usual, ("shoulder",), 20)
    guard = Watchman(usual, ("shoulder", "elbow"), 20, horizon=5)
    assert guard.see(Motion("1", np.zeros((3, 2)), np.zeros((3, 2)))) == ()


def test_a_worn_lane_does_less_and_later_and_no_other_lane_does() -> None:
    lanes = Worn(Line(2), Wear(lane=1, weaker=0.5, later=2.0, after=0))
    there = Environment.of("line", "walk", [1.0])
    step = np.full((2, 1), 0.1)
    both = np.ones(2, np.bool_)
    for lane in (0, 1):
        lanes.reset(lane, there, 0)
    lanes.step(step, both)
    assert lanes.state.obs["observation.state"][:, 0] == pytest.approx([0.1, 0.1])
    lanes.reset(1, there, 0)  # second operation: half the command, two steps late
    for wanted in (0.05, 0.10, 0.15):
        lanes.step(step, both)
        assert lanes.state.obs["observation.state"][1, 0] == pytest.approx(wanted)
    saved = lanes.save(1)
    lanes.step(step * 0, both)
    lanes.restore(1, saved)
    assert lanes.state.obs["observation.state"][1, 0] == pytest.approx(0.15)
    with pytest.raises(BadValue, match="no lane 2"):
        Worn(Line(2), Wear(lane=2))


def test_motion_is_read_from_takes_by_signal() -> None:
    from floor import Walk, jobs

    from volant.core import Rolling, rollout

    (take,) = rollout(Line(1), Walk(), jobs(0.5), Rolling(20, hold=1))
    assert Motion.of(take, "r").places.shape == (5, 2)
    with pytest.raises(NotFound, match="observation"):
        Motion.of(take, "r", "observation.stat")
