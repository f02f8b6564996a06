"""RECAP's numbers by hand, and a policy that is asked for what went well."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_failure_weights import lesson

from volant.core.errors import BadValue
from volant.train.advantage import ADVANTAGE, Recap, advantages, conditioned, returns


def test_returns_count_steps_and_the_price_of_failure() -> None:
    both = lesson(("success", [1, 1, 1]), ("failure", [1, 1]))
    made, scale = returns(both, Recap(failure=-10.0))
    assert scale == 11.0
    assert np.allclose(made * scale, [-2, -1, 0, -11, -10])


def test_an_advantage_is_ten_steps_beside_what_was_expected() -> None:
    value = np.array([-0.8, -0.5, -0.1, -0.4, -0.9])
    episode = np.array([0, 0, 0, 1, 1])
    made = advantages(value, episode, 20.0, np.array([0.0, -10.0]), ahead=2)
    assert np.allclose(made, [-2 / 20 - 0.1 + 0.8, -1 / 20 + 0.5, 0 + 0.1, -11 / 20 + 0.4, -10 / 20 + 0.9])


def test_better_samples_are_told_so_and_corrections_always() -> None:
    good = [("success", [1] * 12)] * 6
    both = lesson(*good, *[("failure", [1] * 12)] * 6, ("success", [0] * 6 + [1] * 6))
    place = np.where(np.isin(both.episode, range(6)), 1.0, -1.0).astype(np.float32)[:, None]
    told = conditioned(replace(both, obs={"observation.state": place}), seed=0)
    assert told.observations[-1] == ADVANTAGE
    said = told.obs[ADVANTAGE.name][:, 0]
    assert set(said.tolist()) == {0.0, 1.0}
    assert 0.2 < said.mean() < 0.42
    corrected = said[(both.episode == 12) & (both.control == 1)]
    assert corrected.sum() >= 4
    assert told.digest == both.digest


def test_without_any_outcome_it_is_refused() -> None:
    with pytest.raises(BadValue, match="how it ended"):
        conditioned(lesson(("", [1, 1])), seed=0)
