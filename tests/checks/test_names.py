"""What the names of signals say of them."""

from __future__ import annotations

from volant.checks._clock import ticking
from volant.checks._names import grippers, placed
from volant.core import Kind, Signal


def test_places_are_told_from_speeds_and_simulator_states():
    columns = tuple(f"column_{i}" for i in range(36))
    assert placed(Signal("observation.state", Kind.STATE, (26,)))
    assert placed(Signal("pose", Kind.POSE, (7,)))
    assert placed(Signal("vehicle", Kind.STATE, (2,)))
    assert not placed(Signal("acc", Kind.STATE, (2,)))
    assert not placed(Signal("imu.angular_velocity_covariance", Kind.STATE, (9,)))
    assert not placed(Signal("state", Kind.STATE, (32,)))
    assert not placed(Signal("state_history", Kind.STATE, (36,), dims=columns))
    assert not placed(Signal("action", Kind.ACTION, (7,)))


def test_the_seventh_joint_of_an_arm_is_no_gripper():
    assert grippers(Signal("joint_pos", Kind.JOINT, (7,))) == ()
    assert grippers(Signal("observation.state", Kind.STATE, (7,))) == (6,)
    assert grippers(Signal("joints", Kind.JOINT, (8,))) == (7,)


def test_a_second_clock_of_a_topic_is_not_judged_again():
    assert not ticking(Signal("imu/log_time", Kind.CLOCK, (), "int64"))
    assert ticking(Signal("imu", Kind.IMU, (3,)))
