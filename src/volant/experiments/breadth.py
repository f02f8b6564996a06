"""Breadth against depth at equal budget: many environments once, or few of them again and again."""

from __future__ import annotations

import numpy as np

from .bench import Bench
from .result import Line, Result, difference

__all__ = ["run", "ways"]


def ways(budget: int) -> tuple[tuple[int, int], ...]:
    """(environments, demonstrations in each), from depth to breadth; their products are all the budget."""
    wanted = [4**power for power in range(6) if budget % 4**power == 0 and budget // 4**power > 1]
    return tuple((budget // each, each) for each in reversed(wanted))


def run(bench: Bench) -> Result:
    """Success in held-out environments for each way of spending the same number of demonstrations."""
    splits = ways(bench.budget)
    shares = []
    for seed in bench.every_seed:
        row = []
        for environments, each in splits:
            there = bench.places(environments, seed, "taught", environments)
            shown = bench.shown([place for place in there for _ in range(each)], seed, "breadth", environments)
            bench.apart(shown, seed)
            row.append(bench.success(bench.taught(shown, seed), seed))
            bench.tell(f"seed {seed}: {environments} environments x {each}: {row[-1]:.2f}")
        shares.append(tuple(row))
    line = Line(f"{bench.budget} demonstrations", tuple(float(np.log2(n)) for n, _ in splits), tuple(shares))
    ticks = tuple(f"{environments} x {each}" for environments, each in splits)
    words = f"{ticks[-1]} above {ticks[0]}"
    found = (difference(words, line, line, -1, 0),) if len(splits) > 1 else ()
    asked = "Many environments once, or few of them often, at equal budget?"
    return Result("breadth", asked, "environments (log2)", ticks, (line,), found, bench.described())
