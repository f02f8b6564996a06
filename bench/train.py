"""An ensemble of five behaviour clones from fifty demonstrations, beside the same members one after the other."""

import statistics
import time
from collections.abc import Callable

import numpy as np

from bench._clock import median_of, ratio
from volant import plug
from volant.core import Demonstrations, Learning, Living, Origin, Rolling, lived, rollout
from volant.core.rollout import Job
from volant.train import gather

TASK, COUNT, MEMBERS = "push-v3", 50, 5


def demonstrations() -> Demonstrations:
    """The world's own script in fifty environments of a push task."""
    world = plug.world("metaworld")
    lanes, expert = world.open(TASK, 25), world.expert(TASK, 25)
    jobs = [Job(i, environment, i) for i, environment in enumerate(world.sample(TASK, COUNT, seed=1))]
    takes = sorted(rollout(lanes, expert, jobs, Rolling(world.horizon(TASK))), key=lambda take: take.job.number)
    how = Living(world.body(TASK), Origin(tier="simulation"), "", "metaworld@1")
    return gather(lived(take, how) for take in takes)


def busy(work: Callable[[], object]) -> float:
    """CPU seconds of one call, all threads."""
    start = time.process_time()
    work()
    return time.process_time() - start


def calm(work: Callable[[], object]) -> float:
    """Median CPU seconds of three calls."""
    return statistics.median(busy(work) for _ in range(3))


def main() -> None:
    """Cold and warm, the members together and one after the other; CPU time, all threads, whatever else runs here."""
    lesson = demonstrations()
    learner = plug.learner("bc")
    cold = busy(lambda: learner.learn(lesson, Learning(ensemble=MEMBERS)))
    warm = calm(lambda: learner.learn(lesson, Learning(ensemble=MEMBERS)))
    learner.learn(lesson, Learning(ensemble=1))
    apart = calm(lambda: [learner.learn(lesson, Learning(ensemble=1, seed=one)) for one in range(MEMBERS)])
    print(f"{COUNT} demonstrations of {TASK}, {len(lesson):,} samples, ensemble of {MEMBERS}, on {_device()}")
    ratio("train, imports and compiling included", f"{cold:.2f} s", "limit 5 s", cold / 5, "at most 1", cold <= 5)
    ratio("train, compiled", f"{warm:.2f} s", "limit 5 s", warm / 5, "at most 1", warm <= 5)
    beside = f"{apart:.2f} s one after the other"
    ratio("ensemble in one program", f"{warm:.2f} s", beside, apart / warm, "at least 1", apart >= warm)
    policy = learner.learn(lesson, Learning(ensemble=MEMBERS))
    many = 16
    head, rows = policy.controller(many).head, np.zeros((many, policy.sight.width), np.float32)  # type: ignore[attr-defined]
    asked = median_of(lambda: head.chunks(rows, np.zeros(many, np.int64), np.zeros(many, np.int64)), 50)
    print(f"a question for {many} lanes: {asked * 1e6:.0f} us in numpy, answered for 4 steps")


def _device() -> str:
    import jax

    return str(jax.devices()[0].device_kind)


if __name__ == "__main__":
    main()
