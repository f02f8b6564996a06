"""The inner loop of Kraskov's estimator: of every row of a batch, what it says about how two tables depend.

Distances of all pairs are made, ranked and counted while they lie in the nearest cache; nothing of size ``[n, n]`` is
ever stored. Coordinates come first (``[d, n]``), so that neighbouring rows are worked at together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..video.machine import kept

__all__ = ["local"]


def _apart(table: Any, i: Any, far: Any) -> None:
    """Squared distance of row ``i`` to every row."""
    one = table[0, i]
    for j in range(len(far)):
        gap = table[0, j] - one
        far[j] = gap * gap
    for d in range(1, len(table)):
        one = table[d, i]
        for j in range(len(far)):
            gap = table[d, j] - one
            far[j] += gap * gap


def _within(far: Any, reach: Any) -> Any:
    """How many are nearer than ``reach``, the row itself among them; where that is 0, how many lie at its place."""
    found = np.int32(0)
    if reach > 0:
        for j in range(len(far)):
            found = np.int32(found + np.int32(far[j] < reach))  # stays 32 bits wide: eight lanes count at once
    else:
        for j in range(len(far)):
            found = np.int32(found + np.int32(far[j] <= reach))
    return found


def _ranked(gaps: Any, near: Any) -> None:
    """The smallest of many distances, ascending."""
    last = len(near) - 1
    near[:] = np.inf
    worst = near[last]
    for gap in gaps:
        if gap < worst:
            at = last
            while at > 0 and gap < near[at - 1]:
                near[at] = near[at - 1]
                at -= 1
            near[at] = gap
            worst = near[last]


_apart = kept(_apart)
_within = kept(_within)
_ranked = kept(_ranked)


def _local(first: Any, second: Any, ks: Any, psi: Any, out: Any) -> None:
    """Add to ``out[i]`` the mean over ``ks`` of ``psi(k) + psi(n) - psi(n_first) - psi(n_second)``, in nats.

    ``psi[m]`` is the digamma function of ``m``. Where the k nearest lie at the very same place, as many as lie there
    take the place of k, and the borders count (Gao et al. 2017): repeated samples give no infinity.
    """
    n = first.shape[1]
    one, two, both = np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32)
    near = np.empty(ks[-1] + 1, np.float32)
    for i in range(n):
        _apart(first, i, one)
        _apart(second, i, two)
        for j in range(n):
            both[j] = max(one[j], two[j])
        _ranked(both, near)
        total = 0.0
        for k in ks:
            reach = near[k]
            usual = psi[k] if reach > 0 else psi[_within(both, reach) - 1]
            total += usual - psi[_within(one, reach)] - psi[_within(two, reach)]
        out[i] += total / len(ks) + psi[n]


local = kept(_local)
