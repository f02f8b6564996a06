"""Real and simulated experience for the same money, where simulation is cheap and its physics are not quite right."""

from __future__ import annotations

from .bench import Bench
from .result import Line, Result, difference

__all__ = ["run"]

REAL = {"friction": 0.6, "grip": 0.75, "latency": 2.0, "mass": 1.5, "noise": 0.004}
"""The stand-in for reality: slippery, weak, late, heavy and badly seen."""
PRICE = 4
"""Real demonstrations cost so many simulated ones (assumed)."""
SHARES = (0.0, 0.125, 0.25, 0.5, 0.75, 1.0)


def run(bench: Bench) -> Result:
    """Success in the shifted world for every share of the budget that is spent on real demonstrations there.

    ``budget`` is in simulated demonstrations; the learner sees both sorts mixed, all steps alike.
    """
    kept = []
    for seed in bench.every_seed:
        real = bench.shown(bench.places(bench.budget // PRICE, seed, "real", physics=REAL), seed, "real")
        simulated = bench.shown(bench.places(bench.budget, seed, "simulated"), seed, "simulated")
        row = []
        for share in SHARES:
            some = real[: round(share * bench.budget / PRICE)]
            more = simulated[: round((1 - share) * bench.budget)]
            row.append(bench.success(bench.taught([*some, *more], seed), seed, physics=REAL))
            bench.tell(f"seed {seed}: {len(some)} real, {len(more)} simulated: {row[-1]:.2f}")
        kept.append(tuple(row))
    line = Line(f"a budget of {bench.budget} simulated demonstrations", SHARES, tuple(kept))
    means = [line.at(place).value for place in range(len(SHARES))]
    best = max(range(len(means)), key=means.__getitem__)
    found = tuple(
        difference(f"share {SHARES[best]:g} above {words}", line, line, best, place)
        for words, place in (("simulation alone", 0), ("real alone", len(SHARES) - 1))
        if place != best
    )
    inside = 0 < best < len(SHARES) - 1 and all(one.low > 0 for one in found)
    sure = "An optimum inside is found." if inside else "No optimum inside is separated from both ends."
    chosen = "It was chosen by the same seeds that its lead is counted over, which flatters it."
    physics = ", ".join(f"{name} {value:g}" for name, value in REAL.items())
    notes = (
        f"Highest mean at a share of {SHARES[best]:g}. {sure} {chosen}",
        f"Reality is a stand-in ({physics}); that a real demonstration costs {PRICE} simulated ones is assumed.",
    )
    asked = "How much of a budget does real experience deserve, beside cheap simulation?"
    ticks = tuple(f"{share:.0%}" for share in SHARES)
    return Result("mixture", asked, "share of the budget for real demonstrations", ticks, (line,), found,
                  bench.described(), notes)  # fmt: skip
