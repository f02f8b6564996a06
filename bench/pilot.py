"""Fifty simulated robots and one operator at 20 Hz on one core; the limit is the bare physics of the same arms.

The policy clones eight demonstrations of the expert, asks where its ensemble disagrees, and is helped by the expert.
"""

import os
import time

import numpy as np

from volant import plug
from volant.core import Demonstrations, Job, Learning, Rolling
from volant.deploy.cockpit import Routine
from volant.deploy.gate import Threshold
from volant.deploy.pace import Pace
from volant.deploy.pilot import Piloting, pilot
from volant.runners.living import Driver, episodes, live
from volant.train import gather

from ._clock import ratio

TASK, ROBOTS, HZ = "push-v3", 50, 20.0
LIMIT = Threshold(0.5, 0.2, 2)


def policy():
    """Eight demonstrations, a few seconds of learning."""
    world = plug.world("metaworld")
    jobs = [Job(i, place, i) for i, place in enumerate(world.sample(TASK, 8, 1))]
    driver = Driver("expert")
    takes = live("metaworld", TASK, driver, jobs, Rolling(world.horizon(TASK)), runner="loop")
    shown: Demonstrations = gather(episodes("metaworld", TASK, takes, driver.origin("metaworld")))
    return plug.learner("bc").learn(shown, Learning(ensemble=5))


def bare(steps: int = 100) -> float:
    """Milliseconds of CPU that the physics of fifty arms takes for one step, nothing else."""
    world = plug.world("metaworld")
    lanes = world.open(TASK, ROBOTS)
    for lane, place in enumerate(world.sample(TASK, ROBOTS, 2)):
        lanes.reset(lane, place, lane)
    actions, active = np.random.default_rng(0).uniform(-1, 1, (steps, ROBOTS, 4)), np.ones(ROBOTS, np.bool_)
    start = time.process_time()
    for action in actions:
        lanes.step(action, active)
    return (time.process_time() - start) / steps * 1000


def shift(mind, clock, sleep, episodes: int):
    """One shift; what came of it, and the work of each tick (ms) in which no robot was out of work."""
    kept: list[Pace] = []

    def pace(crew):
        kept.append(Pace(crew, HZ, clock, sleep))
        return kept[-1]

    how = Piloting(ROBOTS, 1, episodes=episodes, limit=LIMIT, routine=Routine(reaction=10, limit=150))
    done = pilot(mind, plug.world("metaworld"), TASK, how, pace=pace)
    ends: dict[int, int] = {}
    for stretch in done.stretches:
        ends[stretch.robot] = max(ends.get(stretch.robot, 0), stretch.stop)
    return done, np.array(kept[0].work[: min(ends.values())]) * 1000


def main() -> int:
    """CPU of a tick (what else runs counts little), then the same by the clock in real time."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    mind, limit, budget = policy(), bare(), 1000 / HZ
    done, work = shift(mind, time.process_time, lambda _: None, 120)
    half, most = np.percentile(work, (50, 99))
    print(f"{len(work)} ticks with {ROBOTS} robots at work or waiting, {len(done.helps)} take-overs, one operator")
    first, ours = f"CPU p50 {half:.1f} ms, p99 {most:.1f} ms a tick", f"bare physics {limit:.1f} ms"
    ratio("50 robots, one operator, one core", first, ours, limit / half, f"p99 under {budget:.0f} ms", most < budget)
    done, work = shift(mind, time.perf_counter, time.sleep, 60)
    half, most = np.percentile(work, (50, 99))
    late = float((work > budget).mean())
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"by the clock, held to 20 Hz ({load}): p50 {half:.1f} ms, p99 {most:.1f} ms, {late:.1%} of {len(work)} late")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
