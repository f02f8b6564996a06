"""What parts of the data are worth: success with them minus success without, each value with its interval.

Probes are small policies, each taught by some of the groups (cells or sources) of the data; ``design`` says which.
Two readings of what they achieved: ``left_out`` compares those that saw everything with those that missed one group,
``datamodel`` regresses success on which groups were seen and so uses all of them. ``outlying`` asks no policy: how far
a group's episodes lie from everything else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

from ..core import Estimate
from ..core.acting import Bools, Floats, Ints
from ..core.errors import BadValue
from ..vectors import index

__all__ = ["LEAST", "datamodel", "design", "left_out", "outlying"]

LEAST = 4
"""Probes for each group that there must be at least."""
_KEPT = 0.75
"""The chance that a group is shown to a probe of the random part: near to everything, where the question is asked."""
_PART = 0.6
"""The part of the probes that saw everything or missed exactly one group."""
_NEIGHBOURS = 32


def design(groups: int, probes: int, seed: int) -> Bools:
    """Which groups each probe is shown, ``[probes, groups]``.

    Six in ten see everything or miss exactly one group, evenly; the others are shown each group with a chance of
    three quarters. Refused with fewer than two groups, or fewer than ``LEAST`` probes a group.
    """
    if groups < 2:
        raise BadValue(
            "One group alone has nothing to be compared with.", do="Value by another column, or add other data."
        )
    if probes < LEAST * (groups + 1):
        raise BadValue(
            f"{probes} probes are too few for {groups} groups.", do=f"Ask for {LEAST * (groups + 1)} or more."
        )
    each = max(2, int(probes * _PART) // (groups + 1))
    planned = np.repeat(np.concatenate((np.ones((1, groups), np.bool_), ~np.eye(groups, dtype=np.bool_))), each, axis=0)
    rng = np.random.default_rng((seed, groups, probes))
    free = rng.random((probes - len(planned), groups)) < _KEPT
    free[np.arange(len(free)), rng.integers(0, groups, len(free))] = True
    return np.concatenate((planned, free))


def left_out(names: Sequence[str], inside: Bools, score: Floats) -> tuple[Estimate, ...]:
    """Mean score of the probes that saw everything minus that of those that missed only this group; Welch's 95 %.

    ``score [p]`` is each probe's share of successes. ``n`` counts the probes on both sides. Refused where no score
    differs from another, or a side has fewer than two probes.
    """
    _sound(names, inside, score)
    whole = score[inside.all(axis=1)]
    one = (~inside).sum(axis=1) == 1
    made = []
    for at, name in enumerate(names):
        without = score[one & ~inside[:, at]]
        if min(len(whole), len(without)) < 2:
            raise BadValue(
                f"{len(whole)} probes saw everything and {len(without)} all but {name!r}: two each, at least."
            )
        gap = float(whole.mean() - without.mean())
        half = _welch(whole, without)
        made.append(
            _estimate(
                "left out", gap, len(whole) + len(without), half=half, method="Welch 95 % over probes", group=name
            )
        )
    return tuple(made)


def datamodel(names: Sequence[str], inside: Bools, score: Floats) -> tuple[Estimate, ...]:
    """What each group adds to the score, by least squares of ``score [p]`` on ``inside [p, g]`` over all probes.

    The 95 % interval is Student's with variances that may differ from probe to probe (HC3). Refused where no score
    differs, probes are too few, or two groups were always shown together.
    """
    _sound(names, inside, score)
    p, g = inside.shape
    if p < g + 3:
        raise BadValue(f"{p} probes cannot tell {g} groups apart.", do=f"Use {LEAST * (g + 1)} or more.")
    x = np.column_stack((np.ones(p), inside.astype(np.float64)))
    if np.linalg.matrix_rank(x) < g + 1:
        raise BadValue("Some groups were always shown together, so no regression tells them apart.")
    inverse = np.linalg.inv(x.T @ x)
    weight = inverse @ (x.T @ score)
    reach = np.einsum("pi,ij,pj->p", x, inverse, x)
    wrong = (score - x @ weight) / np.maximum(1.0 - reach, 1e-9)
    spread = np.sqrt(np.diag(inverse @ (x.T * wrong**2) @ x @ inverse))
    half = spread * stats.t.ppf(0.975, p - g - 1)
    said = "least squares over all probes, HC3 95 %"
    return tuple(
        _estimate("datamodel", float(weight[at + 1]), p, half=float(half[at + 1]), method=said, group=name)
        for at, name in enumerate(names)
    )


def outlying(names: Sequence[str], group: Ints, rows: npt.NDArray[np.float32]) -> tuple[Estimate, ...]:
    """Mean distance of a group's episodes ``rows [n, d]`` to the nearest episode of another group; Student's 95 %.

    ``group [n]`` indexes ``names``. Where the 32 nearest are all of the same group, the farthest of them stands for
    it. No policy is asked, so harmful data that looks like no other is worth much by this.
    """
    if len(names) < 2:
        raise BadValue("One group alone has nothing to be compared with.")
    found = index.build(np.ascontiguousarray(rows, np.float32))
    k = min(len(rows), _NEIGHBOURS)
    distance, place = found.nearest(np.ascontiguousarray(rows, np.float32), k)
    other = (place >= 0) & (group[np.maximum(place, 0)] != group[:, None])
    first = np.where(other.any(axis=1), other.argmax(axis=1), k - 1)
    apart = distance[np.arange(len(rows)), first].astype(np.float64)
    return tuple(averaged("novelty", name, apart[group == at], "distance") for at, name in enumerate(names))


def averaged(name: str, group: str, values: Floats, unit: str) -> Estimate:
    """The mean of values with Student's 95 % interval; no interval for a single one. Refused without any."""
    if not len(values):
        raise BadValue(f"Nothing is known of {group!r} that could be averaged.")
    mean = float(values.mean())
    if len(values) < 2:
        return Estimate(name, mean, unit, 1, method="a single episode", group=group)
    half = float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5)
    return Estimate(name, mean, unit, len(values), mean - half, mean + half, method="mean, Student 95 %", group=group)


def _sound(names: Sequence[str], inside: Bools, score: Floats) -> None:
    if inside.shape != (len(score), len(names)):
        raise BadValue(f"{len(score)} scores and {len(names)} groups do not fit a design of {inside.shape}.")
    if len(names) < 2:
        raise BadValue("One group alone has nothing to be compared with.")
    if not len(score) or float(np.ptp(score)) == 0.0:
        same = f"{score[0]:.2f}" if len(score) else "none"
        raise BadValue(
            f"All {len(score)} probes did equally well ({same}), so nothing follows for what taught them.",
            do="Use a task that is neither hopeless nor solved by any of the data, or more trials.",
        )


def _welch(one: Floats, other: Floats) -> float:
    """Half of Welch's 95 % interval of a difference of means."""
    a, b = one.var(ddof=1) / len(one), other.var(ddof=1) / len(other)
    if a + b == 0.0:
        return 0.0
    free = (a + b) ** 2 / (a**2 / (len(one) - 1) + b**2 / (len(other) - 1))
    return float(stats.t.ppf(0.975, free) * (a + b) ** 0.5)


def _estimate(name: str, value: float, n: int, *, half: float, method: str, group: str) -> Estimate:
    return Estimate(name, value, "success", n, value - half, value + half, method=method, group=group)
