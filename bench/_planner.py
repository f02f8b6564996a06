"""The planner beside uniform and count-greedy collection: same start, same cost, several seeds; success and cost ratio.

No fleet is at work in any of them: every operator step is a demonstration that was ordered.

``python -m bench._planner --seeds 10 --out planner-out`` goes on where it was stopped. It takes half an hour and is not
part of `make bench`.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy import stats

from volant.lake import Store
from volant.stations import Turning
from volant.wheel import turns

TASKS = (
    "peg-insert-side-v3",
    "basketball-v3",
    "pick-place-v3",
    "stick-push-v3",
    "button-press-v3",
    "drawer-open-v3",
)
STRATEGIES = ("planner", "uniform", "count-greedy")

Spent = list[tuple[float, float]]
"""What was spent by each turn's end, and success then."""


def main() -> None:
    """Run what is missing, then print."""
    said = argparse.ArgumentParser()
    said.add_argument("--seeds", type=int, default=10)
    said.add_argument("--first-seed", type=int, default=0)
    said.add_argument("--turns", type=int, default=3)
    said.add_argument("--budget", type=float, default=1500)
    said.add_argument("--trials", type=int, default=30)
    said.add_argument("--members", type=int, default=2)
    said.add_argument("--out", type=Path, default=Path("bench-out/planner"))
    how = said.parse_args()
    seeds = range(how.first_seed, how.first_seed + how.seeds)
    curves: dict[str, list[Spent]] = {name: [] for name in STRATEGIES}
    for seed in seeds:
        for name in STRATEGIES:
            place = how.out / str(seed)
            turning = Turning(
                place / "policies",
                TASKS,
                strategy=name,
                seed=seed,
                budget=how.budget,
                trials=how.trials,
                members=how.members,
                robots=0,
            )
            with Store(place / name) as store:
                made = list(turns(store, replace(turning), how.turns, clock=time.time_ns, tell=lambda _: None))
            spent = np.cumsum([turn.cost for turn in made]).tolist()
            curves[name].append([(cost, turn.success) for cost, turn in zip(spent, made, strict=True)])
        print(seed, {name: [round(s, 3) for _, s in curves[name][-1]] for name in STRATEGIES}, flush=True)
    report(curves)


def report(curves: dict[str, list[Spent]]) -> None:
    """Differences at equal cost over seeds, and the ratio of cost to reach the other's last success.

    A strategy's success between turns is read off straight lines; costs differ a little from the budget, because
    attempts that fail cost too. Intervals are Student's over seeds, 95 %.
    """
    for name in STRATEGIES[1:]:
        pairs = list(zip(curves["planner"], curves[name], strict=True))
        for part in (1 / 3, 2 / 3, 1.0):
            gaps = np.array([_gap(mine, theirs, part) for mine, theirs in pairs])
            half = float(stats.t.ppf(0.975, len(gaps) - 1) * stats.sem(gaps)) if len(gaps) > 1 else float("nan")
            where = f"at {part:.0%} of the money that both spent"
            low, high = gaps.mean() - half, gaps.mean() + half
            wins = f"better in {(gaps > 0).sum()} of {len(gaps)} seeds"
            print(f"planner - {name} {where}: {gaps.mean():+.3f} [{low:+.3f}, {high:+.3f}], {wins}")
        ratios = [_ratio(mine, theirs) for mine, theirs in pairs]
        known = [ratio for ratio in ratios if ratio is not None]
        words = f"{np.median(known):.2f} (n={len(known)} of {len(ratios)}; the others never got there)"
        print(f"cost to reach {name}'s last success over what {name} paid: median {words}")


def _gap(mine: Spent, theirs: Spent, part: float) -> float:
    """How far the planner is ahead when both have spent the same part of what both could spend."""
    start, end = mine[0][0], min(mine[-1][0], theirs[-1][0])
    cost = start + part * (end - start)
    ours, others = (np.interp(cost, *zip(*curve, strict=True)) for curve in (mine, theirs))
    return float(ours - others)


def _ratio(mine: Spent, theirs: Spent) -> float | None:
    """What mine paid for the other's last success (by straight lines between turns), over what the other paid."""
    goal, start = theirs[-1][1], mine[0][0]
    for (c0, s0), (c1, s1) in pairwise(mine):
        if s1 >= goal:
            share = 0.0 if s1 == s0 else max(0.0, (goal - s0) / (s1 - s0))
            return (c0 + share * (c1 - c0) - start) / (theirs[-1][0] - theirs[0][0])
    return None


if __name__ == "__main__":
    main()
