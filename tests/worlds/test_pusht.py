"""PushT as a world: the unmodified environment's numbers, pictures into the lake, and no expert that pretends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("gym_pusht", reason="PushT is not installed")

from volant import intake, plug
from volant.core import Act, Environment, Ints, Job, Moment, Rolling, rollout
from volant.core.errors import Refused
from volant.lake import Store
from volant.runners.living import Driver, episodes


class Wander:
    """Goes somewhere else every few steps."""

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        pass

    def act(self, moment: Moment) -> Act:
        goals = np.random.default_rng(1).uniform(50, 450, (64, 2))
        n = len(moment.active)
        return Act(goals[moment.step // 4 % 64], np.zeros(n, np.int8))


def test_lanes_are_the_unmodified_environment() -> None:
    from gym_pusht.envs.pusht import PushTEnv

    world, env = plug.world("pusht"), PushTEnv(obs_type="pixels_agent_pos")
    place = world.sample("push-pixels", 1, seed=3)[0]
    lanes = world.open("push-pixels", 2)
    lanes.reset(1, place, 0)
    seen, _ = env.reset(options={"reset_to_state": list(place.vector)})
    on = np.array([False, True])
    for k in range(40):
        obs = lanes.state.obs
        assert np.array_equal(obs["observation.image"][1], seen["pixels"])
        assert np.array_equal(obs["observation.state"][1], seen["agent_pos"].astype(np.float32))
        action = np.random.default_rng(k // 5).uniform(100, 400, 2)
        lanes.step(np.tile(action, (2, 1)), on)
        seen, _, _, _, info = env.step(action)
        assert lanes.state.labels["covered"][1] == pytest.approx(info["coverage"], abs=1e-12)
        assert np.allclose(lanes.state.labels["block"][1], info["block_pose"])


def test_pictures_come_into_the_lake(tmp_path: Path) -> None:
    world = plug.world("pusht")
    jobs = [Job(i, place, i) for i, place in enumerate(world.sample("push-pixels", 2, seed=0))]
    takes = list(rollout(world.open("push-pixels", 2), Wander(), jobs, Rolling(12)))
    made = list(episodes("pusht", "push-pixels", takes, Driver().origin("pusht")))
    with Store(tmp_path / "lake") as store:
        added = intake.admit(store, made, at=1)
        again = store.episode(added.added[0])
    assert len(added.added) == 2
    video, first = again["observation.image"].video, next(one for one in made if one.id == again.id)
    assert video is not None
    picture = first["observation.image"].video
    assert picture is not None
    assert all(np.array_equal(a, b) for a, b in zip(video.frames(), picture.frames(), strict=True))


def test_what_has_no_expert_says_so() -> None:
    with pytest.raises(Refused, match="no scripted expert"):
        plug.world("pusht").expert("push", 1)


def test_physics_that_varies_changes_what_happens() -> None:
    world = plug.world("pusht")
    plain = world.sample("push", 1, seed=3)[0]

    def end(physics: dict[str, float]) -> np.ndarray:
        lanes = world.open("push", 1)
        lanes.reset(0, Environment.of("pusht", "push", plain.vector, physics), 0)
        goals = np.random.default_rng(0).uniform(100, 400, (60, 2))
        for k in range(120):
            lanes.step(goals[k // 2][None], np.array([True]))
        return np.concatenate((lanes.state.labels["block"][0], *(c[0] for c in lanes.state.obs.values())))

    assert np.array_equal(end({}), end({"friction": 0.0}))
    for name, value in (("friction", 1.0), ("latency", 2.0), ("noise", 4.0)):
        assert not np.array_equal(end({}), end({name: value})), name
