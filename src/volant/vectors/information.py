"""How much two tables of the same rows tell about each other, row by row: mutual information by nearest neighbours.

The estimator is the first one of Kraskov, Stögbauer and Grassberger (2004), with the Euclidean norm in each table and
the larger of both as the joint distance; no model is trained. Of states and actions it says how well what was done
follows from what was seen (DemInf, arXiv 2502.08623): a row far below the others was an unusual answer to its state.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import digamma

from ..core.errors import BadValue
from ._near import local
from ._sound import Floats, blocks, shared, sound

__all__ = ["BATCH", "NEIGHBOURS", "REPEATS", "contributions", "mutual", "reduced", "scored"]

Doubles = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

NEIGHBOURS, BATCH, REPEATS = (5, 6, 7), 1024, 4
"""DemInf's own settings: which neighbours are averaged over, rows looked at together, how often all are dealt anew."""

LEAST = 64
"""Fewer rows than these say nothing that could be told from chance."""


def contributions(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    seed: int,
    neighbours: Sequence[int] = NEIGHBOURS,
    batch: int = BATCH,
    repeats: int = REPEATS,
) -> Doubles:
    """What each row adds to the mutual information of two tables ``[n, d]`` and ``[n, e]``: nats, float64 ``[n]``.

    Their mean is the estimate. Rows are dealt into batches of at most ``batch``, all of nearly one size, ``repeats``
    times anew; a row's number is its mean. Tables are taken as they are: scale them first (``reduced``). Raises
    ``BadValue`` for fewer than 64 rows, for rows that are not finite, and for a table in which nothing varies.
    """
    one = _varied(sound(first, "first rows", least=LEAST), "first")
    two = _varied(sound(second, "second rows", least=LEAST), "second")
    ks = np.array(sorted(set(neighbours)), np.int64)
    n = len(one)
    if len(two) != n:
        raise BadValue(f"{n} rows of the first table do not fit {len(two)} of the second.")
    if repeats < 1 or not len(ks) or ks[0] < 1:
        raise BadValue("Mutual information needs at least one repeat and one neighbour.")
    if batch < max(LEAST, 2 * int(ks[-1])):
        raise BadValue(f"Batches of {batch} rows are too small.", do=f"Give {max(LEAST, 2 * int(ks[-1]))} or more.")
    parts = -(-n // batch)
    edges = np.linspace(0, n, parts + 1).round().astype(np.int64)
    psi = _psi(int(np.diff(edges).max()) + 1)
    total = np.zeros(n)
    for turn in range(repeats):
        order = np.random.default_rng([seed, turn]).permutation(n)

        def some(low: int, high: int, order: Places = order) -> None:
            for part in range(low, high):
                mine = order[edges[part] : edges[part + 1]]
                out = np.zeros(len(mine))
                local(np.ascontiguousarray(one[mine].T), np.ascontiguousarray(two[mine].T), ks, psi, out)
                total[mine] += out

        shared(some, parts, max(1, parts // 16))
    return total / repeats


def mutual(first: npt.ArrayLike, second: npt.ArrayLike, *, seed: int) -> float:
    """The mutual information of two tables of the same rows, in nats; near 0 where they are independent.

    Each dimension is scaled to unit spread first. An estimate may lie a little below 0; it is not lifted.
    """
    return float(contributions(reduced(first), reduced(second), seed=seed).mean())


def reduced(rows: npt.ArrayLike, most: int | None = None, *, name: str = "rows") -> Floats:
    """Rows with every dimension centred and divided by its own spread, constant ones left out: float32 ``[n, d]``.

    Where more than ``most`` remain, the principal components that hold most of the spread, each as wide as it is
    there. Raises ``BadValue`` where no dimension varies.
    """
    table = sound(rows, name, least=2)
    middle = table.mean(axis=0, dtype=np.float64)
    spans = blocks(len(table), 65_536)
    spread = np.sqrt(np.sum([np.square(table[lo:hi] - middle).sum(axis=0) for lo, hi in spans], axis=0) / len(table))
    alive = spread > 1e-6 * np.maximum(np.abs(middle), 1e-30)
    if not alive.any():
        raise BadValue(f"Nothing varies in {len(table)} {name}.", do="What is constant tells nothing; leave it out.")
    made = np.empty((len(table), int(alive.sum())), np.float32)
    for lo, hi in spans:
        made[lo:hi] = (table[lo:hi, alive] - middle[alive]) / spread[alive]
    if most is None or made.shape[1] <= most:
        return made
    together = np.zeros((made.shape[1], made.shape[1]))
    for lo, hi in spans:
        wide = made[lo:hi].astype(np.float64)
        together += wide.T @ wide
    axes = np.linalg.eigh(together)[1][:, ::-1][:, :most]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(most)])  # LAPACK may choose either sign
    return np.concatenate([(made[lo:hi] @ axes).astype(np.float32) for lo, hi in spans])


def scored(rows: npt.ArrayLike, place: npt.ArrayLike, count: int) -> Doubles:
    """One number for each of ``count`` groups, from ``contributions`` and each row's group: z-scores, ``[count]``.

    Rows are clipped at the 1st and 99th percentile of all, averaged by group, and the means set to mean 0 and spread 1
    over the groups. NaN where a group has no row. Raises ``BadValue`` where all groups come out alike.
    """
    values, groups = np.asarray(rows, np.float64), np.asarray(place, np.int64)
    if values.ndim != 1 or values.shape != groups.shape:
        raise BadValue(f"{values.shape} contributions do not fit the groups of {groups.shape}.")
    if len(groups) and not 0 <= int(groups.min()) <= int(groups.max()) < count:
        raise BadValue(f"A row belongs to none of {count} groups.")
    if not np.isfinite(values).all():
        raise BadValue(f"{int((~np.isfinite(values)).sum())} of {len(values)} contributions are not finite.")
    many = np.bincount(groups, minlength=count)
    there = many > 0
    if int(there.sum()) < 2:
        raise BadValue(f"{int(there.sum())} groups with rows are too few to compare.", instead="Two are the least.")
    clipped = np.clip(values, *np.percentile(values, (1, 99)))
    means = np.full(count, np.nan)
    means[there] = np.bincount(groups, weights=clipped, minlength=count)[there] / many[there]
    spread = float(means[there].std())
    if not spread > 1e-9:
        raise BadValue(f"All {int(there.sum())} groups score the same.", do="A constant score tells nothing apart.")
    return np.asarray((means - means[there].mean()) / spread)


def _varied(table: Floats, name: str) -> Floats:
    if (table == table[0]).all():
        raise BadValue(f"Nothing varies in the {name} table.", do="What is constant tells nothing; leave it out.")
    return table


@lru_cache(maxsize=8)
def _psi(most: int) -> Doubles:
    """The digamma function of 0 to ``most``; 0 has none and stands as that of 1."""
    return np.asarray(digamma(np.maximum(1, np.arange(most + 1))), np.float64)
