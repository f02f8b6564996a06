"""Evaluation of 200 trials within a minute on two cores, beside the physics of as many steps alone.

python -m bench.evaluate [--trials N]
"""

import argparse
import os
import time

import numpy as np

from bench._clock import ratio, seconds
from volant import evaluate, plug
from volant.core import Demonstrations, Job, Learning, Rolling
from volant.runners.living import Driver, live

WORLD, TASK = "metaworld", "push-v3"


def taught(count: int) -> bytes:
    """A cloned policy of so many demonstrations by the expert."""
    world = plug.world(WORLD)
    body = world.body(TASK)
    jobs = [Job(k, place, k) for k, place in enumerate(world.sample(TASK, count, seed=0))]
    takes = [t for t in live(WORLD, TASK, Driver(), jobs, Rolling(world.horizon(TASK))) if t.outcome == "success"]
    size = [len(take) for take in takes]
    lesson = Demonstrations(
        body.signals[:-1],
        body.signals[-1],
        {s.name: np.concatenate([take.obs[s.name] for take in takes]) for s in body.signals[:-1]},
        np.concatenate([take.actions for take in takes]),
        np.repeat(np.arange(len(takes)), size),
        np.concatenate([take.control for take in takes]),
        np.ones(sum(size)),
        np.concatenate([take.progress for take in takes]),
        tuple(take.outcome for take in takes),
        tuple(take.job.environment.task for take in takes),
        tuple(str(take.job.number) for take in takes),
    )
    return plug.learner("bc").learn(lesson, Learning()).blob


def physics(steps: int, lanes: int = 16) -> float:
    """Steps a CPU second of the arms alone, actions drawn beforehand; opening them is not counted."""
    world = plug.world(WORLD)
    many = world.open(TASK, lanes)
    for lane, place in enumerate(world.sample(TASK, lanes, seed=1)):
        many.reset(lane, place, lane)
    actions = np.random.default_rng(0).uniform(-1, 1, (steps // lanes, lanes, 4))
    active = np.ones(lanes, np.bool_)
    start = time.process_time()
    for action in actions:
        many.step(action, active)
    return actions.shape[0] * lanes / (time.process_time() - start)


def main() -> None:
    """A policy that fails sometimes, so that trials run to the horizon: alone, against the expert, stopping early."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    trials = parser.parse_args().trials
    blob, place = taught(6), f"{WORLD}/{TASK}"
    made: list[evaluate.Evaluation] = []
    for what, rival in (("one policy", None), ("a policy against the expert", "expert")):
        took = seconds(lambda rival=rival: made.append(evaluate(blob, place, trials=trials, against=rival)))
        print(
            f"evaluate {what}, {trials} trials each: {took:.1f} s on {len(os.sched_getaffinity(0))} cores", flush=True
        )
        if rival is None:
            wall = took
    took = seconds(lambda: made.append(evaluate(blob, place, trials=trials, against="expert", sequential=True)))
    print(f"the same, stopped when decided: {took:.1f} s, {len(made[-1].trials)} pairs of {trials}", flush=True)
    start = time.process_time()
    again = evaluate(blob, place, trials=trials, runner="loop")
    rate = int(again.trials.steps.sum()) / (time.process_time() - start)
    alone = physics(16_000)
    assert again.hash == made[0].hash
    ratio(
        f"evaluate {trials} trials, success {again.success.value:g}",
        f"{wall:.1f} s; {rate:.0f} steps a CPU second in one process",
        f"physics alone {alone:.0f}",
        rate / alone,
        "200 trials within 60 s",
        wall <= 60,
    )


if __name__ == "__main__":
    main()
