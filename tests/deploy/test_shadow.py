"""A candidate in the shadow: it decides on everything and moves nothing."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from volant.core.errors import BadValue
from volant.deploy.cockpit import Routine
from volant.deploy.desk import Rules
from volant.deploy.gate import Threshold
from volant.deploy.moments import taken
from volant.deploy.pilot import Piloted, Piloting, pilot
from volant.deploy.shadow import shadow

sys.path.insert(0, str(Path(__file__).parent))

from floor import Plan, Road

HOW = Piloting(
    robots=20, operators=4, gate="progress", episodes=80, limit=Threshold(6.0, 1.0), routine=Routine(Rules(hold=2))
)


@pytest.fixture(scope="module")
def done() -> Piloted:
    return pilot(Plan(0.8), Road(), "walk", HOW)


def test_a_recorded_episode_is_the_take_that_it_was(done: Piloted) -> None:
    for episode in done.episodes[:5]:
        take = taken(episode)
        assert np.array_equal(take.obs["observation.state"], episode["observation.state"].values)
        assert set(take.obs) == {"observation.state"} and {"need", "gap"} <= set(take.marks)
        assert take.job.environment.hash == episode.scene and take.outcome == "success"


def test_the_same_policy_is_nowhere_apart_and_turns_nothing_over(done: Piloted) -> None:
    takes = [taken(episode) for episode in done]
    found = shadow(Plan(0.8), takes)
    assert found.policy == "5eed"
    assert found.figure("apart when well").value == pytest.approx(0.0, abs=1e-12)
    assert [row.done for row in found.rows] == [row.shadow for row in found.rows]
    assert {row.alone for row in found.rows} == {True, False}


def test_a_better_candidate_is_apart_where_trouble_was_and_nearer_to_the_person(done: Piloted) -> None:
    found = shadow(Plan(9.0), [taken(episode) for episode in done])
    well, trouble = found.figure("apart when well"), found.figure("apart before trouble")
    assert trouble.low > well.value
    assert found.figure("nearer to the person").value == 1.0
    assert (
        found.figure("expected success in the shadow").value >= found.figure("expected success of what was done").value
    )


def test_nothing_that_was_recorded_changes_and_what_cannot_be_shown_is_refused(done: Piloted) -> None:
    takes = [taken(episode) for episode in done]
    before = [take.actions.copy() for take in takes]
    shadow(Plan(0.2), takes)
    assert all(np.array_equal(a, take.actions) for a, take in zip(before, takes, strict=True))
    with pytest.raises(BadValue, match="3 are too few"):
        shadow(Plan(), takes[:3])

    class Other(Plan):
        observations = (replace(Plan.observations[0], name="observation.joints"),)

    with pytest.raises(BadValue, match=r"lack observation\.joints"):
        shadow(Other(), takes)
