"""The figures of one contestant: success, partial credit, milestones, time, regions, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core import Estimate, Floats
from ..statistics.anytime import bounded_mean
from ..statistics.intervals import binomial_sequence, clopper_pearson, median_interval, wilson
from ..statistics.ranking import league
from .settings import Evaluating
from .trials import Trials

__all__ = ["MILESTONES", "figures", "reached", "strengths"]

MILESTONES = (0.25, 0.5, 0.75)
"""Shares of the way whose reaching is told beside success."""


def figures(trials: Trials, how: Evaluating) -> tuple[Estimate, ...]:
    """Every figure of the trials, in the order in which a person asks for them."""
    n, hits = len(trials), int(trials.success.sum())
    percent = f"{how.level:.0%}"
    planned = f"{percent} {{}}, as if n had been fixed" if how.sequential else f"{percent} {{}}"
    made: list[Estimate] = []
    if how.sequential:  # first, because it alone allows for having stopped early
        ends = binomial_sequence(hits, n, how.level)
        made.append(Estimate("success", hits / n, "share", n, *ends, method=f"{percent} at every n (beta mixture)"))
    for name, ends in (
        ("Clopper-Pearson", clopper_pearson(hits, n, how.level)),
        ("Wilson", wilson(hits, n, _z(how.level))),
    ):
        made.append(Estimate("success", hits / n, "share", n, *ends, method=planned.format(name)))
    made.append(_credit(trials.progress, how))
    made += [reached(trials, share, how) for share in MILESTONES]
    times = trials.seconds[trials.success]
    if len(times):
        low, high = median_interval(times, how.level) or (None, None)
        method = f"median over successes, {percent} from order"
        made.append(Estimate("time_to_success", float(np.median(times)), "s", len(times), low, high, method=method))
    for region in sorted(set(trials.regions)):
        made.append(_of_region(trials, region, how))
    for word in sorted(set(trials.outcome) - {"success", "failure"}):
        count = trials.outcome.count(word)
        method = f"{percent} Clopper-Pearson; counts as failure"
        ends = clopper_pearson(count, n, how.level)
        made.append(Estimate(f"outcome/{word}", count / n, "share", n, *ends, method=method))
    return tuple(made)


def reached(trials: Trials, share: float, how: Evaluating) -> Estimate:
    """Share of trials that got at least so far."""
    n, hits = len(trials), int((trials.progress >= share - 1e-12).sum())
    ends = clopper_pearson(hits, n, how.level)
    return Estimate(f"reached/{share:g}", hits / n, "share", n, *ends, method=f"{how.level:.0%} Clopper-Pearson")


def strengths(many: Sequence[Trials], how: Evaluating) -> list[Estimate]:
    """Strength of each contestant of a league: log odds of doing better than the average of all in one environment."""
    scores = np.stack([one.progress if how.score == "progress" else one.success for one in many], axis=1)
    made = league(scores)
    rows = zip(made.value.tolist(), made.low.tolist(), made.high.tolist(), strict=True)
    return [Estimate("strength", value, "log odds", made.n, low, high, method=made.method) for value, low, high in rows]


def _credit(progress: Floats, how: Evaluating) -> Estimate:
    ends = bounded_mean(progress, how.level)
    method = f"mean of the best of each trial, {how.level:.0%} by betting, at every n"
    return Estimate("progress", float(progress.mean()), "share", len(progress), *ends, method=method)


def _of_region(trials: Trials, region: str, how: Evaluating) -> Estimate:
    inside = np.array([one == region for one in trials.regions])
    n, hits = int(inside.sum()), int(trials.success[inside].sum())
    ends = clopper_pearson(hits, n, how.level)
    method = f"{how.level:.0%} Clopper-Pearson"
    return Estimate("success", hits / n, "share", n, *ends, method=method, group=f"region={region}")


def _z(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))
