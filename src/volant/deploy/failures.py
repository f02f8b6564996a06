"""What goes wrong and how often: the Pareto of causes, and the time between failures of each robot and of the fleet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..core import Episode, Estimate
from ..statistics.intervals import wilson
from ..statistics.rates import poisson

__all__ = ["Failure", "between", "ended", "pareto", "worst"]


@dataclass(frozen=True, slots=True)
class Failure:
    """One stretch of a robot's work and what went wrong at its end: ``cause`` is empty where nothing did."""

    robot: str
    seconds: float
    cause: str


def ended(episodes: Iterable[Episode]) -> tuple[Failure, ...]:
    """The work in these episodes: each take-over is a failure with its cause, and so is an end without success."""
    found = []
    for episode in episodes:
        causes = [str(fact.value) for fact in episode.said if fact.key == "intervention/cause"]
        lost = [str(fact.value) for fact in episode.said if fact.key == "error_cause"]
        rewound = any(fact.key == "intervention/outcome" and fact.value == "rewound" for fact in episode.said)
        causes += [] if rewound else lost
        share = episode.seconds / max(1, len(causes))
        found += [Failure(episode.origin.robot, share, cause) for cause in causes or [""]]
    return tuple(found)


def pareto(causes: Sequence[str]) -> tuple[Estimate, ...]:
    """Causes from the commonest, each with its share of all failures and Wilson's interval."""
    counts = Counter(cause for cause in causes if cause)
    n = sum(counts.values())
    return tuple(
        Estimate("cause", hits / n, "share of failures", n, *wilson(hits, n), method="95 % Wilson", group=cause)
        for cause, hits in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def between(work: Sequence[Failure]) -> tuple[Estimate, ...]:
    """Mean time of work between failures: of the fleet, then of each robot, the worst first.

    Time over failures, with the exact Poisson interval of the rate turned over; where nothing failed the time worked
    is a lower bound (the value is infinite).
    """
    robots: dict[str, list[Failure]] = {}
    for one in work:
        robots.setdefault(one.robot, []).append(one)
    rows = [_mean("", work), *(_mean(robot, found) for robot, found in robots.items())]
    return (rows[0], *sorted(rows[1:], key=lambda row: (row.value, row.group)))


def worst(work: Sequence[Failure], alpha: float = 0.05) -> Mapping[str, float]:
    """Robots that fail more often than the rest of the fleet does, with the p-value: exact, Bonferroni over robots.

    Given how many failures there were in all, a sound robot's number is binomial with its share of the time.
    """
    from scipy.stats import binomtest

    time: dict[str, float] = {}
    failed: Counter[str] = Counter()
    for one in work:
        time[one.robot] = time.get(one.robot, 0.0) + one.seconds
        failed[one.robot] += bool(one.cause)
    total, all_failed = sum(time.values()), sum(failed.values())
    found = {}
    for robot, seconds in time.items():
        if not all_failed or not 0 < seconds < total:
            continue
        p = float(binomtest(failed[robot], all_failed, seconds / total, alternative="greater").pvalue)
        if p * len(time) <= alpha:
            found[robot] = min(1.0, p * len(time))
    return dict(sorted(found.items(), key=lambda item: item[1]))


def _mean(group: str, work: Sequence[Failure]) -> Estimate:
    seconds, failed = sum(one.seconds for one in work), sum(bool(one.cause) for one in work)
    low, high = poisson(failed, seconds) if seconds else (0.0, float("inf"))
    value = seconds / failed if failed else float("inf")
    bounds = (1 / high if high else None, 1 / low if low else None)
    method = f"{failed} failures; 95 % exact Poisson"
    return Estimate("time between failures", value, "s of work", len(work), *bounds, method=method, group=group)
