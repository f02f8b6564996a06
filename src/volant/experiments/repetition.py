"""The thousand-and-first repetition against the first: what one more of the same is worth."""

from __future__ import annotations

import numpy as np

from .bench import Bench
from .result import Line, Result, difference

__all__ = ["run"]

START = 8
COUNTS = (0, 1, 10, 100, 1000)


def run(bench: Bench) -> Result:
    """Eight environments are known; then one more is shown 1, 10, 100, 1,000 times, or as many new ones once each.

    Everything is shown by the bench's source, whose repetitions differ as a person's do. ``budget`` is not used.
    """
    held, fresh, own = list[tuple[float, ...]](), list[tuple[float, ...]](), list[tuple[float, ...]]()
    for seed in bench.every_seed:
        start = bench.shown(bench.places(START, seed, "start"), seed, "start")
        place = bench.places(1, seed, "repeated")
        again = bench.shown(place * max(COUNTS), seed, "again")
        others = bench.shown(bench.places(COUNTS[-2], seed, "others"), seed, "others")
        bench.apart([*start, *again, *others], seed)
        rows: tuple[list[float], ...] = ([], [], [])
        for count in COUNTS:
            policy = bench.taught([*start, *again[:count]], seed)
            rows[0].append(bench.success(policy, seed))
            rows[2].append(bench.success_in(policy, place))
            if count <= len(others):
                policy = bench.taught([*start, *others[:count]], seed) if count else policy
                rows[1].append(bench.success(policy, seed))
            bench.tell(f"seed {seed}: {count} more: " + ", ".join(f"{row[-1]:.2f}" for row in rows))
        for kept, row in zip((held, fresh, own), rows, strict=True):
            kept.append(tuple(row))
    x = tuple(float(np.log10(count)) if count else -0.5 for count in COUNTS)
    repeated = Line("one environment again and again", x, tuple(held))
    spread = Line("new environments, once each", x[:-1], tuple(fresh))
    there = Line("success in the repeated one itself", x, tuple(own))
    found = (
        difference("the first repetition", repeated, repeated, 1, 0),
        difference("1,000 repetitions against 100", repeated, repeated, 4, 3),
        difference("1,000 repetitions against 1", repeated, repeated, 4, 1),
        difference("100 new environments against 1,000 repetitions", spread, repeated, 3, 4),
    )
    asked = "What is the thousand-and-first repetition worth, beside the first?"
    ticks = tuple(f"{count:,} more" for count in COUNTS)
    return Result("repetition", asked, "demonstrations more (log10; left: none)", ticks, (repeated, spread, there),
                  found, {**bench.described(), "budget": max(COUNTS)})  # fmt: skip
