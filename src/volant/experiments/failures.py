"""Failures kept against failures dropped: the same human-like episodes, used in five ways."""

from __future__ import annotations

from .. import train
from .bench import Bench
from .result import Line, Result, difference

__all__ = ["run"]

PERSON = "human"


def run(bench: Bench) -> Result:
    """One policy for each way of using the same episodes of a person who also fails, at two sizes of data."""
    sizes = (bench.budget // 2, bench.budget)
    kept: dict[str, list[tuple[float, ...]]] = {method: [] for method in train.METHODS}
    failed = total = 0
    for seed in bench.every_seed:
        there = bench.places(bench.budget, seed, "taught")
        shown = bench.shown(there, seed, "failures", source=PERSON, failures=True)
        bench.apart(shown, seed)
        lessons = [train.gather(shown[:size]) for size in sizes]
        failed += lessons[-1].outcome.count("failure")
        total += len(shown)
        for method, rows in kept.items():
            row = [bench.success(bench.taught(lesson, seed, failures=method), seed) for lesson in lessons]
            rows.append(tuple(row))
            bench.tell(f"seed {seed}: {method}: " + ", ".join(f"{share:.2f}" for share in row))
    lines = {method: Line(method, tuple(map(float, sizes)), tuple(rows)) for method, rows in kept.items()}
    found = tuple(
        difference(f"{method} above drop, {sizes[-1]} episodes", line, lines["drop"])
        for method, line in lines.items()
        if method != "drop"
    )
    notes = (f"{failed} of {total} episodes were failures, labelled as such by the world.",)
    ticks = tuple(str(size) for size in sizes)
    asked = "Are failures better kept or dropped?"
    settings = {**bench.described(), "source": PERSON}
    return Result("failures", asked, "episodes", ticks, tuple(lines.values()), found, settings, notes)
