"""A sentinel: the probability that an operation will fail, from what its gate has seen so far, and how good it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..core import Bools, Estimate, Floats, Ints
from ..core.errors import BadValue
from ..statistics.intervals import clopper_pearson, wilson
from .gate import Threshold, calibrated

__all__ = ["Judged", "Reliability", "Sentinel", "alarm", "glimpses", "judged", "taught"]

_DRAWS = 1000


@dataclass(frozen=True, eq=False)
class Sentinel:
    """Probability of failure as a rising step function of the highest need so far: ``levels`` ``[k]`` to ``risks``."""

    levels: Floats
    risks: Floats

    def __call__(self, peaks: Floats) -> Floats:
        """The probability that operations whose need has peaked at these levels will fail."""
        return np.interp(peaks, self.levels, self.risks)


@dataclass(frozen=True, slots=True)
class Reliability:
    """One bin of the reliability curve: what was predicted on average, what came, its interval, and of how many."""

    predicted: float
    observed: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Judged:
    """How a sentinel did on operations that it was not taught by.

    ``figures``: Brier score and that of always saying the base rate, skill (1 minus their ratio), AUC, and at the
    limit for the wanted rate: share of failures foreseen, of successes alarmed, and how many steps before the end.
    """

    curve: tuple[Reliability, ...]
    figures: tuple[Estimate, ...]
    limit: Threshold


def glimpses(scores: Sequence[Floats], *, seed: int = 0) -> tuple[Floats, Ints]:
    """One moment of each operation, drawn at random: the highest score up to it, and its step.

    One each, so that operations stay independent of each other however long they are.
    """
    rng = np.random.default_rng(seed)
    steps = np.array([int(rng.integers(0, len(column))) if len(column) else 0 for column in scores], np.int64)
    highest = [
        float(column[: step + 1].max()) if len(column) else 0.0 for column, step in zip(scores, steps, strict=True)
    ]
    return np.array(highest), steps


def taught(scores: Sequence[Floats], failed: Bools, *, glances: int = 8, seed: int = 0) -> Sentinel:
    """The sentinel of these operations: isotonic regression of failure on the highest score so far.

    Each operation is seen at ``glances`` moments drawn at random and counts as one in all.
    """
    from scipy.optimize import isotonic_regression

    if len(scores) != len(failed) or not len(failed):
        raise BadValue(f"{len(scores)} operations and {len(failed)} outcomes teach nothing.")
    seen = np.concatenate([glimpses(scores, seed=seed + i)[0] for i in range(glances)])
    came = np.tile(failed.astype(np.float64), glances)
    order = np.argsort(seen, kind="stable")
    levels, start, count = np.unique(seen[order], return_index=True, return_counts=True)
    means = np.add.reduceat(came[order], start) / count
    risks = np.asarray(isotonic_regression(means, weights=count.astype(np.float64)).x, np.float64)
    n = len(failed)
    return Sentinel(levels, np.clip(risks, 0.5 / (n + 1), 1 - 0.5 / (n + 1)))


def alarm(sentinel: Sentinel, scores: Sequence[Floats], rate: float) -> Threshold:
    """The risk above which a wanted share of operations like these raises an alarm."""
    return calibrated([sentinel(np.maximum.accumulate(column)) for column in scores if len(column)], rate)


def judged(sentinel: Sentinel, scores: Sequence[Floats], failed: Bools, limit: Threshold, *, seed: int = 0) -> Judged:
    """The sentinel on operations it does not know: reliability in bins of equal size, Brier, AUC, and the alarm."""
    peaks, _ = glimpses(scores, seed=seed)
    said, came = sentinel(peaks), failed.astype(np.float64)
    return Judged(_curve(said, came), (*_scores(said, came, seed), *_alarm(sentinel, scores, failed, limit)), limit)


def _curve(said: Floats, came: Floats, bins: int = 6) -> tuple[Reliability, ...]:
    made = []
    for part in np.array_split(np.argsort(said, kind="stable"), min(bins, max(1, len(said) // 10))):
        n, hits = len(part), float(came[part].sum())
        made.append(Reliability(float(said[part].mean()), hits / n, *wilson(hits, n), n))
    return tuple(made)


def _scores(said: Floats, came: Floats, seed: int) -> list[Estimate]:
    rng = np.random.default_rng(seed)
    n = len(came)
    draws = rng.integers(0, n, (_DRAWS, n))
    errors = (said - came) ** 2
    base = came[draws].mean(axis=1)
    rows = {
        "brier": (errors.mean(), errors[draws].mean(axis=1), "squared probability"),
        "brier of the base rate": (came.var(), base * (1 - base), "squared probability"),
        "skill": _skill(errors, came, draws),
        "auc": (_auc(said, came), np.array([_auc(said[draw], came[draw]) for draw in draws[:300]]), "share of pairs"),
    }
    made = []
    for name, (value, spread, unit) in rows.items():
        known = spread[np.isfinite(spread)]
        low, high = np.quantile(known, (0.025, 0.975)).tolist() if len(known) else (None, None)
        made.append(Estimate(name, float(value), unit, n, low, high, method="95 % bootstrap over operations"))
    return made


def _skill(errors: Floats, came: Floats, draws: Ints) -> tuple[float, Floats, str]:
    base = came[draws].mean(axis=1)
    spread = 1 - errors[draws].mean(axis=1) / np.maximum(base * (1 - base), 1e-12)
    return float(1 - errors.mean() / max(float(came.var()), 1e-12)), spread, "share of the base rate's error"


def _auc(said: Floats, came: Floats) -> float:
    """How often a failure was thought likelier than a success; ties count half (Mann and Whitney)."""
    from scipy.stats import rankdata

    bad = int(came.sum())
    good = len(came) - bad
    if not bad or not good:
        return float("nan")
    return float((rankdata(said)[came > 0].sum() - bad * (bad + 1) / 2) / (bad * good))


def _alarm(sentinel: Sentinel, scores: Sequence[Floats], failed: Bools, limit: Threshold) -> list[Estimate]:
    first = np.full(len(scores), -1)
    for place, column in enumerate(scores):
        over = np.flatnonzero(sentinel(np.maximum.accumulate(column)) > limit.high)
        first[place] = over[0] if len(over) else -1
    rang, long = first >= 0, np.array([len(column) for column in scores])
    ahead = (long - first)[rang & failed]
    bad, good = int(failed.sum()), int((~failed).sum())
    method = f"alarm above a risk of {limit.high:.3g}; 95 % Clopper-Pearson"
    rows = {
        "alarmed": (rang, len(failed)),
        "failures foreseen": (rang & failed, bad),
        "false alarms": (rang & ~failed, good),
    }
    made = []
    for name, (hits, n) in rows.items():
        low, high = clopper_pearson(float(hits.sum()), n)
        share = float(hits.sum()) / n if n else float("nan")
        made.append(Estimate(name, share, "share of operations", n, low, high, "measured", method))
    if len(ahead):
        made.append(Estimate("warning", float(np.median(ahead)), "steps before the end", len(ahead), method="median"))
    return made
