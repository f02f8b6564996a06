"""Do a forecast's intervals hold as often as they say? Synthetic curves, seven truths, three noises, known answers.

Two of the truths belong to none of the forms that are fitted. The peer is what papers do: one power law by least
squares, whose interval is two residual standard deviations of the logarithm.
"""

import sys
import time

import numpy as np

from bench._clock import ratio
from volant.reckon.forecast import combined
from volant.reckon.forms import fit_line
from volant.reckon.posterior import Measured

TRUTHS = {
    "power": lambda n: 1 - 0.9 * n**-0.4,
    "logit-log": lambda n: 1 / (1 + np.exp(1.5 - 0.8 * np.log(n))),
    "root-exponential": lambda n: 1 - 0.9 * np.exp(-0.35 * np.sqrt(n)),
    "saturating": lambda n: 1 - (0.2 + 0.75 * n**-0.7),
    "stretched": lambda n: 1 - np.exp(-((n / 12) ** 0.6)),
    "hill with a ceiling (foreign)": lambda n: 0.85 * n**1.3 / (n**1.3 + 8**1.3),
    "hyperbola (foreign)": lambda n: 0.1 + 0.8 * n / (n + 10),
}
TARGET = 0.8


def _line(seen: Measured, n: float) -> tuple[float, float]:
    line = fit_line("power", seen.n, 1 - seen.score)
    rest = np.log(np.clip(1 - seen.score, 1e-4, None)) - np.log(np.clip(line.gap(seen.n), 1e-4, None))
    spread = np.exp(2 * rest.std(ddof=2))
    gap = float(line.gap([n])[0])
    return 1 - min(1.0, gap * spread), 1 - gap / spread


def main(turns: int) -> None:
    """One line a truth, and the promise over all of them."""
    ours, papers, fits, began = [], [], 0, time.process_time()
    for place, (name, truth) in enumerate(TRUTHS.items()):
        found, curve, amount, alone, wide = [], [], [], [], []
        for trials in (20, 50, 200):
            for turn in range(turns):
                rng = np.random.default_rng([place, trials, turn])
                n = 2.0 ** np.arange(5 + turn % 2)
                score = rng.binomial(trials, truth(n)) / trials
                if np.ptp(score) == 0:
                    continue
                seen = Measured(n, score, np.full(len(n), float(trials * (turn % 2))))  # every other one unstated
                mixture, _ = combined(seen)
                fits += 1
                for ahead in (2 * n[-1], 4 * n[-1]):
                    low, high = mixture.prediction(float(ahead), 0.9, trials)
                    later = rng.binomial(trials, truth(ahead)) / trials
                    found.append(low - 1e-9 <= later <= high + 1e-9)
                    wide.append(high - low)
                    low, high = mixture.interval(float(ahead), 0.9)
                    curve.append(low <= truth(ahead) <= high)
                    low, high = _line(seen, float(ahead))
                    alone.append(low - 1e-9 <= later <= high + 1e-9)
                exact = _first(truth)
                (low, high), _ = mixture.reaching(TARGET, (0.05, 0.95))
                amount.append(low <= exact <= high)
        ours += found
        papers += alone
        print(
            f"{name}: 90 % intervals hold {np.mean(found):.1%} of what is measured later (width {np.mean(wide):.2f}), "
            f"{np.mean(curve):.1%} of true curves, {np.mean(amount):.1%} of amounts to {TARGET:g}; one power law "
            f"{np.mean(alone):.1%} (n={len(found)})"
        )
    cost = (time.process_time() - began) / fits * 1e3
    held, other = float(np.mean(ours)), float(np.mean(papers))
    ratio(
        "coverage of 90 % prediction intervals, two and four times beyond the data",
        f"{held:.1%} of {len(ours)} ({cost:.0f} ms CPU a forecast)",
        f"one power law by least squares {other:.1%}",
        held / other,
        "between 86 % and 96 %",
        0.86 <= held <= 0.96,
    )


def _first(truth) -> float:
    """The least n with which the true curve reaches the target; infinite where none does."""
    across = np.geomspace(1, 1e6, 4000)
    reached = np.nonzero(truth(across) >= TARGET)[0]
    return float(across[reached[0]]) if len(reached) else float("inf")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
