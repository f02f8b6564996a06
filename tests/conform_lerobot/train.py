"""A tiny ACT of LeRobot on a Meta-World task: publish, train, open, evaluate; prints what docs/policies.md records."""

from __future__ import annotations

import argparse
import time

import numpy as np

from volant import plug
from volant.core import Job, Living, Origin, Rolling, lived
from volant.runners.living import Driver, live
from volant.train import Training, gather, teach

TINY = {
    "policy.dim_model": "64",
    "policy.dim_feedforward": "128",
    "policy.n_heads": "4",
    "policy.n_encoder_layers": "1",
    "policy.n_vae_encoder_layers": "1",
    "policy.chunk_size": "16",
    "policy.n_action_steps": "8",
    "policy.optimizer_lr": "1e-3",
}


def main() -> None:
    """The whole way, once; and once more what the laws ask: opened again it acts the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", default="reach-v3")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--episodes", type=int, default=20)
    parser.add_argument("--trials", type=int, default=20)
    asked = parser.parse_args()
    world = plug.world("metaworld")
    jobs = [Job(i, where, i) for i, where in enumerate(world.sample(asked.task, asked.episodes, seed=1))]
    rolling = Rolling(world.horizon(asked.task))
    takes = live("metaworld", asked.task, Driver("expert"), jobs, rolling, runner="loop")
    how = Living(world.body(asked.task), Origin(tier="simulation"), "", "metaworld@1")
    episodes = [lived(take, how) for take in takes]
    lesson = gather(episodes)
    options = {**TINY, "steps": asked.steps, "batch": 32}
    made = teach(lesson, Training("lerobot:act", options=options), episodes=episodes)
    policy = plug.policy(made.policy.blob)
    print(
        f"{policy!r}: {asked.steps} steps on {made.episodes} episodes in {made.seconds:.0f} s, "
        f"{len(policy.blob):,} bytes"
    )
    held = [Job(i, where, i) for i, where in enumerate(world.sample(asked.task, asked.trials, seed=99))]
    began = time.perf_counter()
    tried = live("metaworld", asked.task, Driver(policy=policy.blob), held, rolling, runner="loop")
    wins = sum(take.outcome == "success" for take in tried)
    print(f"{wins} of {asked.trials} held-out environments of {asked.task} in {time.perf_counter() - began:.0f} s")
    again = live("metaworld", asked.task, Driver(policy=policy.blob), held[:2], rolling, lanes=2, runner="loop")
    same = all(np.array_equal(one.actions, other.actions) for one, other in zip(again, tried[:2], strict=True))
    print(f"opened again, in other company, it acts {'the same' if same else 'OTHERWISE'}")


if __name__ == "__main__":
    main()
