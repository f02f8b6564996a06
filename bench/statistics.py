"""Type-I error, power and coverage of the statistics, by simulation; writes the figures of docs/evaluation.md.

python -m bench.statistics [--runs N]          # prints
python -m bench.statistics --runs 2000 --write # rewrites the tables and the picture of the page
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrc, ndtri

from volant.charts import Curve, curves, picture
from volant.statistics.anytime import bounded_mean, log_savi, p_values, paired_wealth
from volant.statistics.barnard import barnard
from volant.statistics.intervals import binomial_sequence, clopper_pearson, wilson
from volant.statistics.paired import paired_difference, sign_flip
from volant.statistics.prediction import powered_mean
from volant.statistics.ranking import bradley_terry, league

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "evaluation.md"
PICTURE = ROOT / "docs" / "evaluation-power.svg"
ALPHA, PAIRS = 0.05, 200


@dataclass(frozen=True)
class Ties:
    """How the trials of a pair hang together: correlation of a hidden ease, or success of one excluding the other."""

    name: str
    rho: float = 0.0
    opposed: bool = False


APART, ALIKE = Ties("independent"), Ties("same environments (correlation .6)", 0.6)
OPPOSED = Ties("opposed: one fails where the other succeeds", opposed=True)


def pairs(rng: np.random.Generator, p0: float, p1: float, ties: Ties, shape: tuple[int, int]) -> tuple[Bools, Bools]:
    """Successes of both arms ``[runs, pairs]``."""
    ease = rng.standard_normal(shape)
    own = -ease if ties.opposed else ties.rho * ease + np.sqrt(1 - ties.rho**2) * rng.standard_normal(shape)
    return ease < ndtri(p0), own < ndtri(p1)


def discordant(a: Bools, b: Bools) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Wins and losses of the second arm so far, after each pair."""
    return np.cumsum(b & ~a, axis=-1), np.cumsum(a & ~b, axis=-1)


def mcnemar_p(a: Bools, b: Bools) -> Floats:
    """Two-sided exact p-value after each pair."""
    wins, losses = discordant(a, b)
    n, most = wins + losses, np.maximum(wins, losses)
    tail = np.where(most > 0, bdtrc(np.maximum(most - 1, 0), np.maximum(n, 1), 0.5), 1.0)
    return np.minimum(1.0, np.where(n > 0, 2 * tail, 1.0))


def betting_p(a: Bools, b: Bools) -> Floats:
    """Two-sided anytime-valid p-value after each pair: both directions, each at half the level."""
    d = b.astype(np.float64) - a
    return np.minimum(1.0, 2 * np.minimum(p_values(paired_wealth(d)), p_values(paired_wealth(-d))))


def savi_p(a: Bools, b: Bools) -> Floats:
    """Two-sided p-value of the test for independent trials after each pair."""
    return np.minimum(1.0, 2 * np.minimum(p_values(log_savi(a, b)), p_values(log_savi(b, a))))


def ever(p: Floats) -> Bools:
    """Whether somebody who looks after every pair would have stopped."""
    return (p <= ALPHA).any(axis=-1)


def last(p: Floats) -> Bools:
    """Whether somebody who looks once, at the end, finds a difference."""
    found: Bools = p[..., -1] <= ALPHA
    return found


def chunks(runs: int, size: int = 200) -> Iterator[int]:
    """Sizes of pieces that fit into memory."""
    for start in range(0, runs, size):
        yield min(size, runs - start)


def rate(test: Callable[[Bools, Bools], Bools], p0: float, ties: Ties, runs: int, seed: int, n: int = PAIRS) -> int:
    """How many of so many runs without any difference raise an alarm."""
    rng = np.random.default_rng(seed)
    return sum(int(test(*pairs(rng, p0, p0, ties, (size, n))).sum()) for size in chunks(runs))


def row(*cells: str, hits: int, runs: int, nominal: float, broken: str = "**broken**") -> str:
    """One line of a table: observed share with its exact interval beside what was promised."""
    low, high = clopper_pearson(hits, runs)
    kept = "kept" if low <= nominal else broken
    return f"| {' | '.join(cells)} | {nominal:g} | {hits / runs:.4f} | {low:.4f} to {high:.4f} | {runs} | {kept} |"


def errors(runs: int) -> list[str]:
    """The table of false alarms."""
    lines = [
        "| test | looks | pairs | alpha | false alarms | 95 % interval | runs | promise |",
        "|---|---|---|---|---|---|---|---|",
    ]
    every, once = f"after every pair, up to {PAIRS}", f"once, after {PAIRS} pairs"
    plans: list[tuple[str, str, Ties, Callable[[Bools, Bools], Bools], int]] = [
        ("McNemar, exact", once, APART, lambda a, b: last(mcnemar_p(a, b)), 5 * runs),
        ("McNemar, exact", once, ALIKE, lambda a, b: last(mcnemar_p(a, b)), 5 * runs),
        ("McNemar, exact (naive peeking)", every, APART, lambda a, b: ever(mcnemar_p(a, b)), runs),
        ("McNemar, exact (naive peeking)", every, ALIKE, lambda a, b: ever(mcnemar_p(a, b)), runs),
        ("betting on pairs (the default)", every, APART, lambda a, b: ever(betting_p(a, b)), runs),
        ("betting on pairs (the default)", every, ALIKE, lambda a, b: ever(betting_p(a, b)), runs),
        ("betting on pairs (the default)", every, OPPOSED, lambda a, b: ever(betting_p(a, b)), runs),
        ("Turner and Grünwald", every, APART, lambda a, b: ever(savi_p(a, b)), runs),
        ("Turner and Grünwald", every, ALIKE, lambda a, b: ever(savi_p(a, b)), runs),
        ("Turner and Grünwald", every, OPPOSED, lambda a, b: ever(savi_p(a, b)), runs),
    ]
    for seed, (name, looks, ties, test, count) in enumerate(plans):
        hits = max(
            (rate(test, 0.5 if ties.opposed else p, ties, count, 100 * seed + k) for k, p in enumerate((0.5, 0.8))),
            key=int,
        )
        lines.append(row(name, looks, ties.name, hits=hits, runs=count, nominal=ALPHA))
    lines.append(row("betting on partial credit", every, "same environments", **partial(runs)))
    lines.append(row("sign-flip on partial credit", "once, after 16 pairs", "same environments", **flips(runs)))
    lines.append(row("Barnard, one-sided", "once, after 50 and 50 trials", "independent", **barnards(5 * runs)))
    return lines


def progress(rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Partial credit of two equal arms: a common ease of the place, half of the trials succeed (credit 1)."""
    ease = rng.standard_normal(shape)
    arms = (0.7 * ease + 0.7 * rng.standard_normal(shape) for _ in range(2))
    one, other = (np.where(x > 0, 1.0, np.clip(1 + x / 2, 0, 0.99)) for x in arms)
    return one, other


def partial(runs: int) -> dict[str, float]:
    """False alarms of betting on differences of partial credit, looked at after every pair."""
    rng, hits = np.random.default_rng(41), 0
    for size in chunks(runs):
        one, other = progress(rng, (size, PAIRS))
        both = [p_values(paired_wealth(d)) for d in (other - one, one - other)]
        hits += int(ever(np.minimum(1.0, 2 * np.minimum(*both))).sum())
    return {"hits": hits, "runs": runs, "nominal": ALPHA}


def flips(runs: int) -> dict[str, float]:
    """False alarms of the exact sign-flip test."""
    one, other = progress(np.random.default_rng(42), (runs, 16))
    return {"hits": sum(sign_flip(d) <= ALPHA for d in other - one), "runs": runs, "nominal": ALPHA}


def barnards(runs: int) -> dict[str, float]:
    """False alarms of Barnard's test at the share where there are most of .5 and .8."""
    known: dict[tuple[int, int], float] = {}
    worst = 0
    for seed, p in enumerate((0.5, 0.8)):
        hits = 0
        for a, b in np.random.default_rng(seed).binomial(50, p, (runs, 2)).tolist():
            if (a, b) not in known:
                known[a, b] = barnard((a, 50), (b, 50))
            hits += known[a, b] <= ALPHA
        worst = max(worst, hits)
    return {"hits": worst, "runs": runs, "nominal": ALPHA}


def coverage(runs: int) -> list[str]:
    """The table of how often intervals miss what they should hold."""
    lines = [
        "| interval | of | looks | allowed to miss | missed | 95 % interval | runs | promise |",
        "|---|---|---|---|---|---|---|---|",
    ]
    rng = np.random.default_rng(7)
    for p in (0.5, 0.9, 0.98):
        counts = rng.binomial(200, p, 5 * runs)
        for name, made in (("Wilson", wilson), ("Clopper and Pearson", clopper_pearson)):
            ends = {int(h): made(int(h), 200) for h in np.unique(counts)}
            missed = sum(not ends[h][0] <= p <= ends[h][1] for h in counts.tolist())
            word = "approximate" if made is wilson else "**broken**"
            told = row(name, f"success, {p:g} of 200", "once", hits=missed, runs=5 * runs, nominal=0.05, broken=word)
            lines.append(told)
    lines.append(row("binomial sequence", "success, 0.9", "after each of 200", **binomials(runs)))
    lines.append(row("bounded mean", "partial credit", "after 10, 25, 50, 100, 200", **bounded(min(runs, 1000))))
    lines.append(row("Bonett and Price", "difference of 200 pairs, .6 and .7", "once", **differences(5 * runs)))
    lines.append(row("Bradley and Terry", "5 policies, 40 duels a pair", "once", **strengths(min(runs, 1000))))
    lines.append(row("league over environments", "3 policies in 100 environments", "once", **leagues(min(runs, 1000))))
    lines.append(row("prediction-powered", "60 real, 600 simulated trials", "once", **powered(runs)))
    return lines


def binomials(runs: int) -> dict[str, float]:
    """Runs in which the interval that may be peeked at is ever wrong."""
    rng = np.random.default_rng(8)
    hits = np.cumsum(rng.random((runs, 200)) < 0.9, axis=1)
    ends = {(n, h): binomial_sequence(h, n) for n in range(1, 201) for h in np.unique(hits[:, n - 1]).tolist()}
    wrong = [any(not ends[n, h][0] <= 0.9 <= ends[n, h][1] for n, h in enumerate(line, 1)) for line in hits.tolist()]
    return {"hits": sum(wrong), "runs": runs, "nominal": 0.05}


def bounded(runs: int) -> dict[str, float]:
    """Runs in which the interval of mean partial credit is ever wrong at one of five looks."""
    rng = np.random.default_rng(9)
    true = float(progress(np.random.default_rng(1), (1, 2_000_000))[0].mean())
    missed = 0
    for _ in range(runs):
        x = progress(rng, (1, 200))[0][0]
        missed += any(not low <= true <= high for low, high in (bounded_mean(x[:n]) for n in (10, 25, 50, 100, 200)))
    return {"hits": missed, "runs": runs, "nominal": 0.05}


def differences(runs: int) -> dict[str, float]:
    """Intervals of a paired difference that miss it."""
    a, b = pairs(np.random.default_rng(10), 0.6, 0.7, ALIKE, (runs, 200))
    wins, losses = (column[:, -1].tolist() for column in discordant(a, b))
    ends = (paired_difference(w, lost, 200) for w, lost in zip(wins, losses, strict=True))
    return {"hits": sum(not low - 1e-12 <= 0.1 <= high + 1e-12 for _, low, high in ends), "runs": runs, "nominal": 0.05}


def strengths(runs: int) -> dict[str, float]:
    """Planted strengths that lie outside their interval, all five of every run counted."""
    rng, true = np.random.default_rng(11), np.array([1.0, 0.4, 0.0, -0.5, -0.9])
    chance = 1 / (1 + np.exp(true[None, :] - true[:, None]))
    missed = 0
    for _ in range(runs):
        upper = np.triu(rng.binomial(40, chance), 1).astype(np.float64)
        made = bradley_terry(upper + np.tril(40 - upper.T, -1))
        missed += int(((true < made.low) | (true > made.high)).sum())
    return {"hits": missed, "runs": 5 * runs, "nominal": 0.05}


def leagues(runs: int) -> dict[str, float]:
    """Intervals over environments that miss the strengths of a very large league."""
    rng, ability = np.random.default_rng(12), np.array([0.6, 0.0, -0.6])

    def scores(n: int) -> Floats:
        return (rng.normal(ability, 1, (n, 3)) > rng.normal(0, 1.5, (n, 1))).astype(np.float64)

    true = league(scores(200_000)).value
    made = [league(scores(100)) for _ in range(runs)]
    return {
        "hits": sum(int(((true < m.low) | (true > m.high)).sum()) for m in made),
        "runs": 3 * runs,
        "nominal": 0.05,
    }


def powered(runs: int) -> dict[str, float]:
    """Prediction-powered intervals that miss the real mean."""
    rng, missed = np.random.default_rng(13), 0

    def trials(n: int) -> tuple[Floats, Floats]:
        hidden = rng.random(n)
        return (hidden < 0.6).astype(float), (np.clip(hidden + rng.normal(0, 0.05, n), 0, 1) < 0.7).astype(float)

    for _ in range(runs):
        made = powered_mean(*trials(60), trials(600)[1])
        missed += not made.low <= 0.6 <= made.high
    return {"hits": missed, "runs": runs, "nominal": 0.05}


TESTS: dict[str, Callable[[Bools, Bools], Floats]] = {
    "McNemar, one look": mcnemar_p,
    "betting on pairs, looked at always": betting_p,
    "Turner and Grünwald, looked at always": savi_p,
}
SETTINGS = ((0.5, 0.6), (0.5, 0.7), (0.6, 0.8), (0.8, 0.9), (0.9, 0.98))


def found(p0: float, p1: float, ties: Ties, runs: int, most: int = 400) -> dict[str, Floats]:
    """For each test, the share of runs that have found the difference after each number of pairs."""
    rng = np.random.default_rng(round(1000 * p0 + p1 * 10))
    hits = {name: np.zeros(most) for name in TESTS}
    for size in chunks(runs):
        a, b = pairs(rng, p0, p1, ties, (size, most))
        for name, test in TESTS.items():
            alarm = test(a, b) <= ALPHA
            hits[name] += (np.maximum.accumulate(alarm, axis=1) if "always" in name else alarm).sum(axis=0)
    return {name: count / runs for name, count in hits.items()}


def power(runs: int) -> tuple[list[str], str]:
    """The table of power and of trials saved, and the picture of one setting."""
    lines = [
        "| success | pairs | "
        + " | ".join(f"{name}: at 100, 200 pairs" for name in TESTS)
        + " | betting: mean pairs |",
        "|---|---|" + "---|" * len(TESTS) + "---|",
    ]
    drawn = ""
    for p0, p1 in SETTINGS:
        for ties in (APART, ALIKE):
            made = found(p0, p1, ties, runs)
            cells = [f"{made[name][99]:.2f}, {made[name][199]:.2f}" for name in TESTS]
            mean = 1 + float((1 - made["betting on pairs, looked at always"][:-1]).sum())
            lines.append(f"| {p0:g} against {p1:g} | {ties.name} | {' | '.join(cells)} | {mean:.0f} of 400 at most |")
            if (p0, p1) == (0.6, 0.8) and ties is ALIKE:
                drawn = _drawn(made, runs)
    return lines, drawn


def _drawn(made: dict[str, Floats], runs: int) -> str:
    x = [*range(0, 201, 5)]
    many = []
    for name, share in made.items():
        y = [0.0, *(float(share[n - 1]) for n in x[1:])]
        ends = [clopper_pearson(round(v * runs), runs) for v in y]
        many.append(Curve(name, x, y, [e[0] for e in ends], [e[1] for e in ends], f"{runs} runs"))
    title = "Share of runs that find success of .6 against .8 on the same environments"
    levels = [(0.8, "80 %")]
    return curves(many, title=title, across="pairs of trials", up="share of runs that find it", levels=levels)


def main() -> None:
    """Measure and print; rewrite the blocks of the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    runs = asked.runs
    table, drawn = power(runs)
    blocks = {"errors": errors(runs), "coverage": coverage(runs), "power": table}
    if asked.write:
        PICTURE.write_text(picture(drawn), encoding="utf-8")
    text = PAGE.read_text(encoding="utf-8")
    for name, lines in blocks.items():
        print("\n".join(lines), flush=True)
        head, mark, tail = text.partition(f"<!-- measured: {name} -->\n")
        text = head + mark + "\n".join(lines) + "\n" + tail[tail.index("<!-- end -->") :]
    if asked.write:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
