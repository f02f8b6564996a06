"""Causes in one word, from columns in which each was planted."""

from __future__ import annotations

import numpy as np
import pytest

from volant.core import Environment, Job, Take
from volant.deploy.causes import CAUSES, cause

T = 60


def take(*, outcome: str = "failure", moving=None, progress=None, **labels) -> Take:
    """A take that moves and gets on evenly, unless told otherwise."""
    way = np.linspace(0, 1, T)
    place = np.cumsum(np.ones(T) if moving is None else moving)
    job = Job(0, Environment.of("w", "t", [1.0]), 0)
    gain = 0.9 * way if progress is None else np.asarray(progress)
    obs = {"observation.state": np.stack((place, place), axis=1)}
    columns = {"distance": 1 - 0.5 * way, "contact": np.ones(T)} | labels
    return Take(job, 0, obs, np.zeros((T, 1)), np.zeros(T, np.int8), gain > 2, gain, columns, {}, outcome)


HELD = np.r_[np.zeros(10), np.ones(30), np.zeros(20)]
CASES = {
    "diverged": take(outcome="invalid"),
    "dropped": take(contact=HELD, distance=np.r_[np.linspace(1, 0.5, 40), np.full(20, 0.5)]),
    "off course": take(distance=np.r_[np.linspace(1, 0.5, 40), np.linspace(0.5, 0.7, 20)]),
    "stalled": take(moving=np.r_[np.ones(35), np.full(25, 0.01)]),
    "no contact": take(contact=np.zeros(T)),
    "no progress": take(progress=np.r_[np.linspace(0, 0.5, 30), np.full(30, 0.5)]),
    "unknown": take(),
}


@pytest.mark.parametrize("word", CASES)
def test_a_planted_cause_is_named(word: str) -> None:
    assert cause(CASES[word], T) == word
    assert word in CAUSES


def test_time_that_ran_out_is_a_cause_where_nothing_else_is() -> None:
    assert cause(CASES["unknown"], T, late=True) == "timeout"
    assert cause(CASES["stalled"], T, late=True) == "stalled"


def test_only_what_came_before_counts() -> None:
    assert cause(CASES["off course"], 40) == "unknown"
    assert cause(CASES["dropped"], 30) == "unknown"
    assert cause(CASES["diverged"], 30) == "unknown"


def test_a_world_without_labels_leaves_it_unknown() -> None:
    bare = take()
    bare = Take(bare.job, 0, bare.obs, bare.actions, bare.control, bare.success, bare.progress, {}, {}, "failure")
    assert [cause(bare, step) for step in (0, 1, 30, T)] == ["unknown"] * 4
