"""The nearest of what came before, for many points at once and for a few on top of many."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core import Searched
from ..vectors import index
from ..vectors.bounds import nearest_row

__all__ = ["Places", "Rows", "nearest_before"]

Rows = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]
Far = npt.NDArray[np.float64]

_LEAF = 4096
_FEW = 20_000
"""Queries up to which looking at every row is cheaper than building an index of many lists."""


def nearest_before(rows: Rows, asked: npt.NDArray[np.bool_], known: Searched | None = None) -> Far:
    """Euclidean distance from each asked row to the nearest row before it; NaN for the first row and for the others.

    What came before the first asked row is searched once for all; among the asked, halves are searched for the other
    half, so each row is compared with every earlier one by one search or another. Exact up to 20,000 asked rows.
    ``known`` finds the nearest of the first rows, surely, where somebody keeps an index of them.
    """
    best = np.full(len(rows), np.inf)
    places = np.flatnonzero(asked).astype(np.int64)
    if len(places):
        first, start = int(places[0]), 0
        if known is not None and known.count <= first and len(places) <= _FEW:
            start = known.count
            _nearer(rows, places, known.nearest(rows[places]), best)
        _against(rows, places, start, first, best)
        _among(rows, places, first, len(rows), best)
    return np.where(asked & np.isfinite(best), best, np.nan)


def _among(rows: Rows, places: Places, low: int, high: int, best: Far) -> None:
    """Asked rows in ``low`` to ``high`` against the earlier ones of the same stretch."""
    mine = places[(places >= low) & (places < high)]
    if not len(mine) or high - low < 2:
        return
    if high - low <= _LEAF:
        for start in range(0, len(mine), 512):
            some = mine[start : start + 512]
            far = _distances(rows[some], rows[low:high])
            far[np.arange(low, high)[None] >= some[:, None]] = np.inf
            best[some] = np.minimum(best[some], far.min(axis=1))
        return
    middle = (low + high) // 2
    _among(rows, mine, low, middle, best)
    _against(rows, mine[mine >= middle], low, middle, best)
    _among(rows, mine, middle, high, best)


def _against(rows: Rows, asked: Places, low: int, high: int, best: Far) -> None:
    """Asked rows against the rows of a stretch that lies before all of them."""
    if not len(asked) or high <= low:
        return
    if len(asked) > _FEW:
        far = index.build(rows[low:high]).nearest(rows[asked], 1)[0][:, 0].astype(np.float64)
        best[asked] = np.minimum(best[asked], far)
        return
    for start in range(0, len(asked), 1024):
        some = asked[start : start + 1024]
        _nearer(rows, some, nearest_row(rows[some], rows[low:high]) + low, best)


def _nearer(rows: Rows, some: Places, near: Places, best: Far) -> None:
    """What lies at ``near`` is the nearest of ``some`` where nothing nearer was found before."""
    apart = rows[some].astype(np.float64) - rows[near]
    best[some] = np.minimum(best[some], np.sqrt(np.einsum("ij,ij->i", apart, apart)))


def _distances(one: Rows, other: Rows) -> Far:
    """Euclidean distances ``[m, n]``; float64, so that a repeat lies at zero."""
    a, b = one.astype(np.float64), other.astype(np.float64)
    square = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1)[None] - 2 * a @ b.T
    return np.asarray(np.sqrt(np.maximum(square, 0.0)))
