"""The one loop that steps worlds, on a world that can be computed by hand."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from volant.core import Act, Environment, Job, Living, Moment, Origin, Rolling, lived, rollout
from volant.core.errors import BadValue

sys.path.insert(0, str(Path(__file__).parent))

from toy import BODY, Line, Walk


def jobs(*marks: float) -> list[Job]:
    return [Job(i, Environment.of("line", "walk", [mark]), 100 + i) for i, mark in enumerate(marks)]


def test_every_job_is_lived_once_on_few_lanes() -> None:
    walk = Walk()
    takes = list(rollout(Line(2), walk, jobs(0.5, 1.0, 0.3, 0.7, 5.0), Rolling(20, hold=1)))
    assert sorted(take.job.number for take in takes) == [0, 1, 2, 3, 4]
    by = {take.job.number: take for take in takes}
    assert [len(by[i]) for i in range(5)] == [5, 10, 3, 7, 20]
    assert [by[i].outcome for i in range(5)] == ["success"] * 4 + ["failure"]
    assert walk.started[0] == ((0, 1), (100, 101))
    assert len(walk.started) == 4


def test_columns_hold_what_was_seen_before_each_action_and_what_came_of_it() -> None:
    (take,) = rollout(Line(1), Walk(), jobs(0.3), Rolling(20, hold=2))
    assert np.allclose(take.obs["observation.state"][:, 0], [0.0, 0.1, 0.2, 0.3])
    assert take.success.tolist() == [False, False, True, True]
    assert np.allclose(take.labels["distance"], [0.3, 0.2, 0.1, 0.0])
    assert np.allclose(take.marks["gap"], [0.3, 0.2, 0.1, 0.0])


def test_a_stopped_lane_is_an_aborted_episode_and_is_kept() -> None:
    (take,) = rollout(Line(1), Walk(stop_at=4), jobs(5.0), Rolling(20))
    assert (take.outcome, len(take)) == ("aborted", 5)


def test_a_rewound_lane_goes_on_from_the_saved_state_as_another_part() -> None:
    first, second = rollout(Line(1), Walk(back=(6, 3)), jobs(0.9), Rolling(30, hold=1, keep=2))
    assert (first.outcome, len(first), first.part) == ("aborted", 7, 0)
    assert (second.outcome, second.part, second.start) == ("success", 1, 7)
    assert second.obs["observation.state"][0, 0] == pytest.approx(0.4)


def test_a_waiting_lane_is_neither_stepped_nor_recorded() -> None:
    class Slow(Walk):
        ticks = 0

        def act(self, moment: Moment) -> Act:
            self.ticks += 1
            return replace(super().act(moment), wait=np.array([self.ticks % 2 == 0, False]))

    slow = Slow(back=(4, 3))
    takes = {take.job.number: take for take in rollout(Line(2), slow, jobs(0.3, 1.0), Rolling(40, hold=1, keep=2))}
    assert [len(takes[i]) for i in (0, 1)] == [3, 8]
    assert np.allclose(takes[0].obs["observation.state"][:, 0], [0.0, 0.1, 0.2])
    assert (takes[1].part, takes[1].start) == (1, 5)


def test_rewinding_without_saved_states_is_refused() -> None:
    with pytest.raises(BadValue, match=r"Rolling\.keep"):
        list(rollout(Line(1), Walk(back=(2, 1)), jobs(0.9), Rolling(30)))


def test_a_take_becomes_an_episode_with_control_segments_and_facts() -> None:
    (take,) = rollout(Line(1), Walk(), jobs(0.6), Rolling(20, hold=1))
    episode = lived(take, Living(BODY, Origin(tier="simulation"), "near", "line@1"))
    assert [(segment.label, segment.span.start, segment.span.stop) for segment in episode.segments] == [
        ("policy", 0, 300_000_000),
        ("person", 300_000_000, 500_000_001),
    ]
    assert episode.scene == take.job.environment.hash
    said = {fact.key: fact.value for fact in episode.said}
    assert (said["outcome"], said["environment/region"], said["rollout/seed"]) == ("success", "near", 100)
    assert episode["action"].values.shape == (6, 1)
    assert episode.id == lived(take, Living(BODY, Origin(tier="simulation"), "near", "line@1")).id


def test_environments_differ_by_hash_where_an_episode_could_tell() -> None:
    one = Environment.of("line", "walk", [1.0], {"mass": 2.0, "friction": 1.0})
    assert one.hash == Environment.of("line", "walk", np.array([1.0]), {"friction": 1.0, "mass": 2.0}).hash
    assert one.hash != Environment.of("line", "walk", [1.0], {"friction": 1.5, "mass": 2.0}).hash
    with pytest.raises(BadValue, match="not finite"):
        Environment.of("line", "walk", [float("nan")])
