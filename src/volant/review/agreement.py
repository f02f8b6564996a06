"""How well people agree: pair by pair beyond chance, and each of them with gold."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from ..core import Estimate
from ..statistics.intervals import wilson
from ..statistics.raters import counted, kappa, kappa_interval
from .board import Board, Case, Rating

__all__ = ["Agreement", "agreement"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Figures of a review: ``kappa`` and ``raw`` over all pairs of ratings and per pair of raters, ``gold`` per rater.

    ``pace`` is the median of seconds a decision took, per rater. A figure is left out where nothing was counted.
    """

    kappa: tuple[Estimate, ...]
    raw: tuple[Estimate, ...]
    gold: tuple[Estimate, ...]
    pace: tuple[Estimate, ...]


def agreement(now: Board) -> Agreement:
    """Agreement of everybody who rated, from a board. Gold ratings count against gold only."""
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    hits, asked = Counter[str](), Counter[str]()
    pace: dict[str, list[float]] = defaultdict(list)
    for case in now.cases.values():
        for one in (*case.earlier, *case.ratings):
            if one.seconds:
                pace[one.rater].append(one.seconds)
            if case.gold:
                asked[one.rater] += 1
                hits[one.rater] += one.verdict == case.gold
        for first, second in _pairs(case):
            pairs[first.rater, second.rater].append((first.verdict, second.verdict))
    every = [("", [pair for some in pairs.values() for pair in some])] if len(pairs) != 1 else []
    grouped = [*every, *((f"{a} with {b}", some) for (a, b), some in sorted(pairs.items()))]
    figures = [made for group, some in grouped if some for made in _agreed(group, some)]
    return Agreement(
        tuple(one for one in figures if one.name == "kappa"),
        tuple(one for one in figures if one.name == "agreement"),
        tuple(
            Estimate("gold", hits[name] / n, "share", n, *wilson(hits[name], n),
                     method="gold episodes answered right / rated; 95 % Wilson", group=name)
            for name, n in sorted(asked.items())
        ),
        tuple(
            Estimate("pace", float(np.median(some)), "s", len(some), method="median seconds a decision", group=name)
            for name, some in sorted(pace.items())
        ),
    )  # fmt: skip


def _pairs(case: Case) -> list[tuple[Rating, Rating]]:
    """The first two independent ratings of the first round: a third was asked for because they differed."""
    some = (case.earlier or case.ratings)[:2]
    if case.gold or len(some) < 2:
        return []
    first, second = sorted(some, key=lambda one: one.rater)
    return [(first, second)]


def _agreed(group: str, some: list[tuple[str, str]]) -> list[Estimate]:
    first, second = ([pair[i] for pair in some] for i in (0, 1))
    n, same = len(some), sum(a == b for a, b in some)
    table = counted(first, second)
    made = [Estimate("agreement", same / n, "share", n, *wilson(same, n),
                     method="double-rated episodes rated alike / double-rated; 95 % Wilson", group=group)]  # fmt: skip
    value, interval = kappa(table), kappa_interval(table)
    if value is not None and interval is not None:
        method = "Cohen 1960; 95 % of the Dirichlet posterior, Jeffreys' prior"
        made.append(Estimate("kappa", value, "", n, *interval, method=method, group=group))
    return made
