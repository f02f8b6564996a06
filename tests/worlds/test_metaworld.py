"""Meta-World as a world: seeded, countable environments, experts that succeed."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("metaworld", reason="Meta-World has no build for this Python")

from volant import plug
from volant.core import Act, Job, Moment, Rolling, rollout
from volant.core.errors import NotFound


def test_the_expert_succeeds_in_environments_that_can_be_counted() -> None:
    world = plug.world("metaworld")
    places = world.sample("push-v3", 6, seed=5)
    assert len({place.hash for place in places}) == 6
    assert [place.hash for place in places] == [place.hash for place in world.sample("push-v3", 6, seed=5)]
    lanes = world.open("push-v3", 3)
    jobs = [Job(i, place, i) for i, place in enumerate(places)]
    takes = list(rollout(lanes, world.expert("push-v3", 3), jobs, Rolling(world.horizon("push-v3"))))
    assert sum(take.outcome == "success" for take in takes) >= 5


def test_a_restored_lane_has_the_same_future() -> None:
    world = plug.world("metaworld")
    lanes = world.open("pick-place-v3", 1)
    lanes.reset(0, world.sample("pick-place-v3", 1, seed=1)[0], 0)
    on, go = np.array([True]), np.array([[0.3, 0.2, -0.5, 0.4]])
    for _ in range(5):
        lanes.step(go, on)
    saved = lanes.save(0)
    seen = []
    for _ in range(2):
        for _ in range(20):
            lanes.step(go, on)
        seen.append(np.concatenate([column[0].copy() for column in lanes.state.obs.values()]))
        lanes.restore(0, saved)
    assert np.array_equal(seen[0], seen[1])


def test_an_unknown_task_is_refused_with_near_names() -> None:
    with pytest.raises(NotFound, match="push-v3"):
        plug.world("metaworld").sample("psh-v3", 1, seed=0)


def test_regions_partition_the_environments() -> None:
    world = plug.world("metaworld")
    for name in world.regions("push-v3"):
        assert {world.region(place) for place in world.sample("push-v3", 4, seed=2, region=name)} == {name}


def test_a_controller_answers_every_lane() -> None:
    world = plug.world("metaworld")
    lanes = world.open("reach-v3", 2)
    for lane, place in enumerate(world.sample("reach-v3", 2, seed=3)):
        lanes.reset(lane, place, lane)
    moment = Moment(lanes.state, np.zeros(2, np.int64), np.ones(2, np.bool_))
    act = world.expert("reach-v3", 2).act(moment)
    assert isinstance(act, Act)
    assert act.actions.shape == (2, 4)
    assert (np.abs(act.actions) <= 1).all()
