"""A policy for a fleet that is cheap to run: it wanders over the table as its few demonstrations did."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from volant import plug
from volant.core import Act, Environment, Ints, Job, Learning, Living, Moment, Origin, Rolling, lived, rollout
from volant.train import gather

__all__ = ["PLACE", "checkpoint"]

PLACE = "pusht/push"


class Wander:
    """Goes to where it was sent to 15 steps ago, and then to somewhere else."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.aim = np.zeros((0, 2))

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        pass

    def act(self, moment: Moment) -> Act:
        if int(moment.step.max()) % 15 == 0:
            self.aim = self.rng.uniform(80, 430, (len(moment.active), 2))
        return Act(self.aim.copy(), np.full(len(moment.active), 2, np.int8))


def checkpoint(path: Path) -> Path:
    """Write a policy of six wanderings to a file."""
    world = plug.world("pusht")
    body = world.body("push")
    jobs = [Job(i, there, i) for i, there in enumerate(world.sample("push", 6, 3))]
    takes = rollout(world.open("push", 6), Wander(1), jobs, Rolling(60))
    origin = Origin(tier="teleoperation", licence="Apache-2.0")
    shown = [lived(take, Living(body, origin, "aa", "worlds/pusht@1")) for take in takes]
    path.write_bytes(plug.learner("nearest").learn(gather(shown), Learning()).blob)
    return path
