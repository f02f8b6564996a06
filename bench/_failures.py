"""What failures and take-overs are good for: the same episodes, five ways to use them; writes docs/policies.md.

python -m bench._failures [--seeds N] [--tasks push-v3,pick-place-v3] [--trials N]

For every task and seed: human-like demonstrations (failures kept), a first policy from those that succeeded, a fleet
piloted with it and helped by the same sort of person where the ensemble disagrees; then one policy for each way of
using all those episodes, judged in held-out environments. Minutes, not part of `make bench`.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import stats

from volant import plug
from volant.core import Demonstrations, Job, Living, Origin, Policy, Rolling, lived
from volant.deploy.pilot import Piloting, pilot
from volant.runners.living import Driver, live
from volant.train import METHODS, Training, gather, teach

PAGE = Path(__file__).parents[1] / "docs" / "policies.md"
MARKS = ("<!-- made by bench/_failures.py -->\n", "<!-- end -->\n")
PERSON, DEMONSTRATIONS, OPERATIONS, MEMBERS = "human", 40, 40, 3


def lesson(task: str, seed: int) -> tuple[Demonstrations, Demonstrations]:
    """A person's demonstrations alone, and together with what a piloted fleet brought home."""
    world = plug.world("metaworld")
    jobs = [Job(i, where, seed * 1000 + i) for i, where in enumerate(world.sample(task, DEMONSTRATIONS, seed=seed))]
    takes = live("metaworld", task, Driver(PERSON), jobs, Rolling(world.horizon(task)), runner="loop")
    how = Living(world.body(task), Origin(operator=PERSON, tier="teleoperation"), "", "metaworld@1")
    shown = [lived(take, how) for take in takes]
    alone = gather(shown)
    first = teach(alone, Training(ensemble=MEMBERS, seed=seed)).policy
    asks = Piloting(20, 2, PERSON, episodes=OPERATIONS, seed=seed + 500, held_out=40)
    home = pilot(first, world, task, asks)
    return alone, gather([*shown, *home.episodes])


def success(policy: Policy, task: str, seed: int, trials: int) -> float:
    """Share of held-out environments in which the policy succeeds: the same ones for every way."""
    world = plug.world("metaworld")
    jobs = [Job(i, where, i) for i, where in enumerate(world.sample(task, trials, seed=90_000 + seed))]
    takes = live("metaworld", task, Driver(policy=policy.blob), jobs, Rolling(world.horizon(task)), runner="loop")
    return float(np.mean([take.outcome == "success" for take in takes]))


def results(task: str, seed: int, trials: int) -> Iterator[tuple[str, float]]:
    """Every way's success at one task and seed."""
    alone, both = lesson(task, seed)
    piloted = len(np.unique(both.episode[both.control == 0]))
    print(f"# {task} {seed}: shown {outcomes(alone)}; with the fleet {outcomes(both)}, {piloted} piloted", flush=True)
    yield (
        "demonstrations alone, drop",
        success(teach(alone, Training(ensemble=MEMBERS, seed=seed)).policy, task, seed, trials),
    )
    for method in METHODS:
        yield (
            method,
            success(teach(both, Training(ensemble=MEMBERS, seed=seed, failures=method)).policy, task, seed, trials),
        )
    corrected = replace(both, weight=np.where((both.control == 0), 0.0, both.weight))
    persons = teach(corrected, Training(ensemble=MEMBERS, seed=seed)).policy
    yield "drop, without the policy's own steps", success(persons, task, seed, trials)


def outcomes(some: Demonstrations) -> str:
    """How the episodes ended, counted."""
    words = sorted(set(some.outcome))
    return ", ".join(f"{some.outcome.count(word)} {word}" for word in words)


def interval(values: list[float]) -> str:
    """Mean and its 95 % interval over seeds (Student)."""
    mean, spread = float(np.mean(values)), float(stats.sem(values)) if len(values) > 1 else float("nan")
    half = float(stats.t.ppf(0.975, len(values) - 1)) * spread if len(values) > 1 else float("nan")
    return f"{mean:.2f} ± {half:.2f}"


def main() -> int:
    """Run, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tasks", default="push-v3")
    parser.add_argument("--trials", type=int, default=50)
    asked = parser.parse_args()
    tasks = asked.tasks.split(",")
    found: dict[str, dict[str, list[float]]] = {}
    for seed in range(asked.seeds):
        for task in tasks:
            for way, share in results(task, seed, asked.trials):
                found.setdefault(way, {}).setdefault(task, []).append(share)
                print(f"{task} {seed} {way}: {share:.2f}", flush=True)
    shown = f"{DEMONSTRATIONS} human-like demonstrations and {OPERATIONS} piloted operations"
    lines = [
        f"{asked.seeds} seeds, {asked.trials} held-out trials each; {shown} per seed; mean and 95 % interval.",
        "",
        "| way | " + " | ".join(tasks) + " | " + " | ".join(f"{task}, minus drop" for task in tasks) + " |",
        "|---" * (1 + 2 * len(tasks)) + "|",
    ]
    for way, by in found.items():
        shares = [interval(by[task]) for task in tasks]
        beside = [np.subtract(by[task], found["drop"][task]).tolist() for task in tasks]
        less = ["" if way == "drop" else interval(values) for values in beside]
        lines.append(f"| {way} | " + " | ".join(shares) + " | " + " | ".join(less) + " |")
    table = "\n".join(lines) + "\n"
    print(table)
    head, mark, tail = PAGE.read_text(encoding="utf-8").partition(MARKS[0])
    if mark:
        PAGE.write_text(head + mark + table + tail[tail.index(MARKS[1]) :], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
