"""Behaviour cloning learns to walk the line, and its bytes are all there is to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from lessons import jobs, lesson, lived_by, walks
from toy import Line, Walk

from volant import plug
from volant.core import Kind, Learning, Policy, Rolling, Signal, rollout
from volant.core.errors import BadValue, Damaged

QUICK = Learning(ensemble=3, seed=1, options={"steps": 256, "width": 32})


@pytest.fixture(scope="module")
def policy() -> Policy:
    return plug.learner("bc").learn(lesson(walks(20)), QUICK)


def test_a_clone_reaches_marks_that_it_never_saw(policy: Policy) -> None:
    takes = lived_by(policy.controller(4), 20, seed=99)
    assert [take.outcome for take in takes].count("success") >= 19
    assert all(set(take.control.tolist()) == {0} for take in takes)


def test_the_same_demonstrations_and_settings_give_the_same_bytes(policy: Policy) -> None:
    assert plug.learner("bc").learn(lesson(walks(20)), QUICK).blob == policy.blob
    assert plug.learner("bc").learn(lesson(walks(20)), replace(QUICK, seed=2)).hash != policy.hash


def test_an_opened_policy_acts_as_it_did(policy: Policy) -> None:
    opened = plug.policy(policy.blob)
    assert (opened.hash, opened.observations, opened.action) == (policy.hash, policy.observations, policy.action)
    for one, other in zip(lived_by(policy.controller(4), 6, 5), lived_by(opened.controller(4), 6, 5), strict=True):
        assert np.array_equal(one.actions, other.actions)


def test_a_lane_alone_acts_as_it_does_in_a_crowd(policy: Policy) -> None:
    crowd = lived_by(policy.controller(4), 8, 7)
    for job, take in zip(jobs(8, 7), crowd, strict=True):
        (alone,) = rollout(Line(1), policy.controller(1), [job], Rolling(40, hold=2))
        assert len(alone) == len(take)
        assert np.allclose(alone.actions, take.actions, atol=1e-5)


def test_no_action_goes_beyond_what_was_demonstrated(policy: Policy) -> None:
    takes = lived_by(policy.controller(4), 10, seed=3)
    limit = np.abs(lesson(walks(20)).actions).max()
    assert max(np.abs(take.actions).max() for take in takes) <= limit


def test_members_disagree_more_where_nothing_was_demonstrated(policy: Policy) -> None:
    lanes = Line(2)
    lanes.reset(0, jobs(1, 0)[0].environment, 0)
    lanes.x[:] = [[0.0, 0.5], [40.0, -30.0]]
    from volant.core import Moment

    act = policy.controller(2).act(Moment(lanes.state, np.zeros(2, np.int64), np.ones(2, np.bool_)))
    near, far = act.marks["disagreement"]
    assert far > 2 * near > 0


def test_history_and_differences_are_part_of_what_is_seen() -> None:
    from volant.policies._sight import Sight, pairs

    hand = Signal("hand", Kind.STATE, (2,), "float32", "m", "world", 10.0, ("hand.x", "hand.y"))
    things = Signal("things", Kind.STATE, (3,), "float32", "m", "world", 10.0, ("cup.x", "cup.y", "cup.qx"))
    other = Signal("other", Kind.STATE, (1,), "float32", "m", "robot", 10.0, ("base.x",))
    assert pairs((hand, things, other)) == ((0, 2), (1, 3))
    sight = Sight((hand, things), history=2)
    obs = {"hand": np.arange(8.0).reshape(4, 2), "things": np.ones((4, 3))}
    rows = sight.of(obs, np.array([0, 0, 0, 1]))
    assert rows.shape == (4, sight.width)
    assert rows[:, 5].tolist() == [-1.0, 1.0, 3.0, 5.0]
    assert rows[:, 7].tolist() == [0.0, 2.0, 4.0, 0.0]


def test_a_chunk_ends_with_its_episode() -> None:
    from volant.policies._fit import windows

    ahead, there = windows(np.arange(5, dtype=np.float32)[:, None], np.array([0, 0, 0, 1, 1]), 3)
    assert ahead[:, :, 0].tolist() == [[0, 1, 2], [1, 2, 2], [2, 2, 2], [3, 4, 4], [4, 4, 4]]
    assert there.tolist() == [[1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 1, 0], [1, 0, 0]]


def test_samples_without_weight_teach_nothing() -> None:
    good, bad = walks(10), lived_by(Walk(-0.1), 10, seed=0)
    both = lesson(good + bad)
    silent = replace(both, weight=(both.episode < 10).astype(np.float64))
    policy = plug.learner("bc").learn(silent, QUICK)
    assert [take.outcome for take in lived_by(policy.controller(4), 12, seed=99)].count("success") >= 10


def test_too_little_or_broken_data_is_refused_in_words() -> None:
    with pytest.raises(BadValue, match=r"1 episodes with \d+ samples.*too little"):
        plug.learner("bc").learn(lesson(walks(1)), QUICK)
    broken = lesson(walks(4))
    broken.obs["observation.state"][3, 1] = np.nan
    with pytest.raises(BadValue, match=r"observation\.state.*1 samples.*walk-0"):
        plug.learner("bc").learn(broken, QUICK)


def test_an_unknown_option_is_refused_with_what_exists() -> None:
    with pytest.raises(BadValue, match=r"(?s)widht.*Did you mean 'width'"):
        plug.learner("bc").learn(lesson(walks(4)), replace(QUICK, options={"widht": 3}))
    with pytest.raises(BadValue, match="takes int"):
        plug.learner("bc").learn(lesson(walks(4)), replace(QUICK, options={"width": "wide"}))


def test_damaged_or_foreign_bytes_are_refused(policy: Policy) -> None:
    with pytest.raises(Damaged):
        plug.policy(policy.blob[:-100])
    from volant.core.checkpoint import pack

    with pytest.raises(Damaged, match="bounds"):
        plug.policy(pack({**plug.policy(policy.blob).header, "learner": "bc"}, {}))
