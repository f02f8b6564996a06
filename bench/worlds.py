"""Steps a second and core of Meta-World lanes, beside a bare Gymnasium loop with the same expert in the same run."""

import time
import warnings

import numpy as np

from bench._clock import peak_mb, ratio
from volant import plug
from volant.core import Bools, Job, Lanes, Moment, Rolling, rollout

TASKS = ("push-v3", "pick-place-v3", "door-open-v3", "hammer-v3")
STEPS, EPISODE = 450, 150
ROBOTS = 50


def main() -> None:
    """CPU time, so that what else runs on the machine counts little; both loops are driven by the scripted expert."""
    warnings.simplefilter("ignore")
    for task in TASKS:
        bare, ours = bare_loop(task), our_loop(task)
        told = f"{task}: {ours:.0f} steps/s and core, recorded"
        ratio(
            told,
            f"{1e6 / ours:.0f} us a step",
            f"Gymnasium {bare:.0f}/s",
            ours / bare,
            "at least 0.8",
            ours > 0.8 * bare,
        )
    many()


def bare_loop(task: str) -> float:
    """Steps a second of CPU of the plain environment, stepped by its expert, episodes of 150 steps, resets counted."""
    from metaworld.env_dict import ALL_V3_ENVIRONMENTS_GOAL_OBSERVABLE
    from metaworld.policies import ENV_POLICY_MAP

    env, expert = ALL_V3_ENVIRONMENTS_GOAL_OBSERVABLE[f"{task}-goal-observable"](seed=0), ENV_POLICY_MAP[task]()
    start = time.process_time()
    for step in range(STEPS):
        if step % EPISODE == 0:
            obs, _ = env.reset()
        obs, *_ = env.step(np.clip(expert.get_action(obs), -1, 1).astype(np.float32))
    return STEPS / (time.process_time() - start)


def our_loop(task: str, lanes: int = 16) -> float:
    """The same through `core.rollout`, every episode kept as columns."""
    world = plug.world("metaworld")
    arms, expert = world.open(task, lanes), world.expert(task, lanes)
    places = world.sample(task, lanes, seed=0)
    jobs = [Job(number, place, number) for number, place in enumerate(places)]
    start = time.process_time()
    steps = sum(len(take) for take in rollout(arms, expert, jobs, Rolling(EPISODE, hold=EPISODE)))
    return steps / (time.process_time() - start)


def many() -> None:
    """Fifty robots on one core: do they keep up with 20 decisions a second each?"""
    world = plug.world("metaworld")
    start = time.process_time()
    arms, on = world.open("push-v3", ROBOTS), np.ones(ROBOTS, np.bool_)
    for lane, place in enumerate(world.sample("push-v3", ROBOTS, seed=0)):
        arms.reset(lane, place, lane)
    began = time.process_time() - start
    rate, alone = paced(arms, on, True), paced(arms, on, False)
    ratio(
        f"{ROBOTS} robots on one core",
        f"{rate:.0f} steps/s with their experts, {alone:.0f} without",
        f"{ROBOTS * 20} needed at 20 Hz",
        rate / (ROBOTS * 20),
        "at least 1",
        rate > ROBOTS * 20,
    )
    print(f"{ROBOTS} robots opened and placed: {began:.2f} s; peak memory {peak_mb():.0f} MB")


def paced(arms: Lanes, on: Bools, driven: bool, ticks: int = 60) -> float:
    """Lane steps a second of CPU."""
    expert = plug.world("metaworld").expert("push-v3", ROBOTS)
    start = time.process_time()
    for tick in range(ticks):
        moment = Moment(arms.state, np.full(ROBOTS, tick), on)
        actions = expert.act(moment).actions if driven else np.zeros((ROBOTS, 4))
        arms.step(actions, on)
    return ticks * ROBOTS / (time.process_time() - start)


if __name__ == "__main__":
    main()
