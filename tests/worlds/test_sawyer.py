"""Sawyer lanes against the unmodified Meta-World: the same numbers, the same success, for every task."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

pytest.importorskip("metaworld", reason="Meta-World has no build for this Python")

from volant import plug
from volant.core import Environment, Lanes
from volant.core.errors import BadValue
from volant.worlds._sawyer import tasks
from volant.worlds._sawyer_tasks import EXPERTS, SIGHTS


def shown(lanes: Lanes, lane: int) -> np.ndarray:
    obs = lanes.state.obs
    return np.concatenate((obs["observation.state"][lane], obs["observation.environment_state"][lane]))


def seen(obs: np.ndarray) -> np.ndarray:
    return np.concatenate((obs[:18], obs[36:39])).astype(np.float32)


def test_every_task_has_a_row() -> None:
    assert set(tasks()) == set(SIGHTS) == set(EXPERTS)
    assert len(tasks()) == 50


@pytest.mark.slow
@pytest.mark.parametrize("task", tasks())
def test_lanes_are_the_unmodified_environment(task: str) -> None:
    from metaworld.env_dict import ALL_V3_ENVIRONMENTS_GOAL_OBSERVABLE as plain
    from metaworld.policies import ENV_POLICY_MAP

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        env, expert = plain[f"{task}-goal-observable"](seed=0), ENV_POLICY_MAP[task]()
        place = plug.world("metaworld").sample(task, 1, seed=11)[0]
        env._freeze_rand_vec, env._last_rand_vec = True, np.array(place.vector)
        lanes = plug.world("metaworld").open(task, 2)
        rng, done = np.random.default_rng(1), 0
        for lane in (0, 1):  # once by the expert, once by a hand that trembles
            obs, _ = env.reset()
            lanes.reset(lane, place, 0)
            assert np.array_equal(shown(lanes, lane), seen(obs))
            for _ in range(EXPERTS[task][2] + 20 if lane == 0 else 20):
                action = np.clip(expert.get_action(obs) + lane * rng.normal(0, 1, 4), -1, 1).astype(np.float32)
                obs, _, _, _, info = env.step(action)
                lanes.step(np.tile(action, (2, 1)).astype(float), np.arange(2) == lane)
                assert np.array_equal(shown(lanes, lane), seen(obs))
                assert lanes.state.success[lane] == bool(info["success"])
                done += int(info["success"])
                if done == 3:
                    break
    assert done or task in ("push-back-v3", "soccer-v3")


def moved(place: Environment, steps: int = 60, seed: int = 0) -> np.ndarray:
    """What is seen while the hand goes to the puck and pushes it, closed-loop by the expert."""
    from volant.core import Moment

    world = plug.world("metaworld")
    lanes, expert = world.open(place.task, 1), world.expert(place.task, 1)
    lanes.reset(0, place, seed)
    rows = []
    for k in range(steps):
        act = expert.act(Moment(lanes.state, np.array([k]), np.array([True])))
        lanes.step(act.actions, np.array([True]))
        rows.append(shown(lanes, 0))
    return np.stack(rows)


@pytest.mark.parametrize("name", ["friction", "grip", "latency", "mass", "noise"])
def test_physics_that_varies_changes_what_happens(name: str) -> None:
    world = plug.world("metaworld")
    plain = world.sample("pick-place-v3", 1, seed=4)[0]
    nominal, low, high = world.physics("pick-place-v3")[name]
    same, other = (Environment.of("metaworld", plain.task, plain.vector, {name: value}) for value in (nominal, high))
    assert low <= nominal < high
    assert np.array_equal(moved(plain), moved(same))
    assert not np.array_equal(moved(plain), moved(other))
    assert np.array_equal(moved(other), moved(other))


def test_latency_delays_an_action_by_whole_steps() -> None:
    world = plug.world("metaworld")
    vector = world.sample("reach-v3", 1, seed=4)[0].vector
    lanes, rng = world.open("reach-v3", 2), np.random.default_rng(0)
    for lane, late in enumerate((0.0, 3.0)):
        lanes.reset(lane, Environment.of("metaworld", "reach-v3", vector, {"latency": late}), 0)
    sent = np.concatenate((rng.uniform(-1, 1, (10, 4)), np.zeros((3, 4))))
    waiting = np.concatenate((np.tile([0.0, 0.0, 0.0, -1.0], (3, 1)), sent))
    for k in range(13):
        lanes.step(np.stack((waiting[k], sent[k])), np.ones(2, np.bool_))
        assert np.array_equal(shown(lanes, 0), shown(lanes, 1))


def test_noise_touches_what_is_seen_and_not_what_is() -> None:
    world = plug.world("metaworld")
    vector = world.sample("push-v3", 1, seed=4)[0].vector
    lanes = world.open("push-v3", 2)
    lanes.reset(0, Environment.of("metaworld", "push-v3", vector), 0)
    lanes.reset(1, Environment.of("metaworld", "push-v3", vector, {"noise": 0.005}), 0)
    assert np.array_equal(*lanes.state.labels["distance"])
    off = shown(lanes, 1) - shown(lanes, 0)
    assert 0 < np.abs(off[[0, 1, 2, 4, 5, 6]]).max() < 0.03
    assert not off[[3, *range(7, 21)]].any()


def test_progress_never_falls_and_ends_at_one() -> None:
    from volant.core import Job, Rolling, rollout

    world = plug.world("metaworld")
    places = world.sample("drawer-open-v3", 2, seed=1)
    jobs = [Job(i, place, i) for i, place in enumerate(places)]
    for take in rollout(world.open("drawer-open-v3", 2), world.expert("drawer-open-v3", 2), jobs, Rolling(250)):
        assert take.outcome == "success"
        assert (np.diff(take.progress) >= 0).all()
        assert take.progress[-1] == 1.0
        assert np.unique(take.labels["milestones"]).tolist() == [0, 1, 2, 3, 4]
        assert take.labels["distance"][-1] < take.labels["distance"][0]


def test_an_action_that_is_no_number_breaks_its_lane_only() -> None:
    world = plug.world("metaworld")
    lanes = world.open("reach-v3", 2)
    for lane, place in enumerate(world.sample("reach-v3", 2, seed=0)):
        lanes.reset(lane, place, 0)
    lanes.step(np.array([[np.nan, 0, 0, 0], [0.1, 0, 0, 0]]), np.ones(2, np.bool_))
    assert lanes.state.broken.tolist() == [True, False]


def test_impossible_variation_is_refused() -> None:
    with pytest.raises(BadValue, match="nominal"):
        plug.world("metaworld").sample("push-v3", 1, seed=0, vary=2.0)
