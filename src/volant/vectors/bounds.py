"""The nearest row of any point, surely: all rows looked at, or only lists that the triangle inequality leaves open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ._sound import Floats, Places, blocks, sound
from .index import Index

__all__ = ["Bounded", "bounded", "nearest_row"]

Far = npt.NDArray[np.float64]

_PROBES = 4
_QUERIES = 1024
_BLOCK = 1024
"""Rows compared at once: their products with a thousand queries stay in the cache."""
_OPEN = 0.4
"""Where more lists than this share are open, one look at all rows is quicker."""
_LOOSE = 1e-5
"""What bounds give way by, as a share of the largest length: float32 may put a row into the second nearest list."""


@dataclass(frozen=True, slots=True, eq=False)
class Bounded:
    """An index of which it is known how far each list reaches from its centre; ``length`` is the longest row's."""

    index: Index
    reach: Far
    length: float

    @property
    def count(self) -> int:
        """How many rows are known."""
        return self.index.count

    def nearest(self, queries: npt.ArrayLike) -> Places:
        """The place of the nearest row of each query ``[m]``; no nearer one is missed, of equally near ones any.

        A few lists are looked at first. A row of another list is at least as far as the list's ball is, and as the
        plane is that lies between the centres of that list and of the query's own: what is farther than the nearest
        row so far is not looked at. Where rows repeat each other that is nearly all of them, in noise little.
        """
        asked = sound(queries, "queries", least=0, width=self.index.centres.shape[1])
        made = np.empty(len(asked), np.int64)
        for low, high in blocks(len(asked), _QUERIES):
            made[low:high] = self._some(asked[low:high])
        return made

    def _some(self, asked: Floats) -> Places:
        far, found = self.index.nearest(asked, 1, probes=_PROBES)
        place, upper = found[:, 0], far[:, 0].astype(np.float64)
        left = self._open(asked, upper)
        best, turned = ((_squares(asked) - upper**2) / 2).astype(np.float32), _turned(asked)
        if left.mean() > _OPEN:
            for part in self.index.parts:
                for low, high in blocks(len(part.rows), _BLOCK):
                    _look(part.rows[low:high], part.ids[low:high], turned.T, best, place)
            return place
        for part in self.index.parts:
            filled = left.any(axis=0) & (np.diff(part.starts) > 0)
            for one in np.flatnonzero(filled).tolist():
                low, high = part.starts[one : one + 2].tolist()
                mine = np.flatnonzero(left[:, one])
                some, where = best[mine], place[mine]
                _look(part.rows[low:high], part.ids[low:high], turned[mine].T, some, where)
                best[mine], place[mine] = some, where
        return place

    def _open(self, asked: Floats, upper: Far) -> npt.NDArray[np.bool_]:
        """Which lists may hold a row nearer than ``upper`` ``[m, lists]``."""
        middle, longest = self.index.centres, max(self.length, float(_squares(asked).max(initial=0.0)) ** 0.5)
        loose = _LOOSE * longest
        square = _gaps(asked, middle)
        own = square.argmin(axis=1)
        ball = np.sqrt(square) - self.reach
        apart = np.sqrt(_gaps(middle[own], middle))
        wall = square - square[np.arange(len(asked)), own][:, None] - loose * longest
        plane = np.divide(wall, 2 * apart, out=np.full_like(wall, -np.inf), where=apart > loose)
        return np.asarray(np.maximum(ball, plane) <= upper[:, None] + loose)


def bounded(index: Index) -> Bounded:
    """What the bounds of an index are."""
    reach, length = np.zeros(len(index.centres)), 0.0
    for part in index.parts:
        place = np.repeat(np.arange(len(reach)), np.diff(part.starts))
        for low, high in blocks(len(place), 1 << 16):
            gap = part.rows[low:high] - index.centres[place[low:high]]
            np.maximum.at(reach, place[low:high], np.sqrt(_squares(gap)))
            length = max(length, float(_squares(part.rows[low:high]).max()) ** 0.5)
    return Bounded(index, reach, length)


def nearest_row(asked: Floats, known: Floats) -> Places:
    """The place of the nearest known row of each asked one: products of blocks, at the speed of the machine's BLAS."""
    best, place = np.full(len(asked), -np.inf, np.float32), np.zeros(len(asked), np.int64)
    turned = _turned(asked).T
    for low, high in blocks(len(known), _BLOCK):
        _look(known[low:high], np.arange(low, high), turned, best, place)
    return place


def _look(rows: Floats, ids: Places, turned: Floats, best: Floats, place: Places) -> None:
    """Where one of some rows is nearer to a query than the best so far, it is the best so far."""
    close = np.concatenate([rows, np.einsum("ij,ij->i", rows, rows)[:, None]], axis=1) @ turned
    value = close.max(axis=0)
    better = np.flatnonzero(value > best)
    best[better], place[better] = value[better], ids[close[:, better].argmax(axis=0)]


def _turned(asked: Floats) -> Floats:
    """Queries with one number more, so that a product with rows and their squares is ``x.y - |y|^2 / 2`` at once."""
    return np.concatenate([asked, np.full((len(asked), 1), -0.5, np.float32)], axis=1)


def _squares(rows: Floats) -> Far:
    return np.asarray(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))


def _gaps(one: Floats, other: Floats) -> Far:
    """Squared distances ``[m, n]``."""
    a, b = one.astype(np.float64), other.astype(np.float64)
    return np.asarray(np.maximum(_squares(one)[:, None] + _squares(other)[None] - 2 * a @ b.T, 0.0))
