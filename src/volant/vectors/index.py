"""Nearest rows: an inverted file of lists around centres that grows without being built anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue
from . import kmeans
from ._kernels import foremost, scan
from ._sound import Floats, Places, blocks, hands, shared, sound

__all__ = ["Index", "build"]

_PARTS = 8
"""More parts than these are laid together, so that many small additions do not slow the search."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows sorted by their list; ``starts[l]`` to ``starts[l + 1]`` are list ``l``, ``ids`` their places as added."""

    rows: Floats
    ids: Places
    starts: Places


@dataclass(frozen=True, slots=True)
class Index:
    """What the nearest rows of any row are, out of ``count`` rows; nothing in it changes, ``added`` makes a new one.

    ``centres`` are float32 ``[lists, d]``. With one list every answer is exact; with more, ``probes`` lists a query are
    looked at, and a neighbour in another list is missed. bench/worth_vectors.py says how many are found.
    """

    centres: Floats
    parts: tuple[_Part, ...]
    count: int

    @property
    def exact(self) -> bool:
        """Whether every answer is exact whatever ``probes`` is."""
        return len(self.centres) == 1

    def nearest(self, queries: npt.ArrayLike, k: int, *, probes: int = 8) -> tuple[Floats, Places]:
        """Distances (float32 ``[m, k]``, ascending) and places (int64 ``[m, k]``) of the ``k`` nearest rows.

        Of equally near rows the lower place comes first. A query whose probed lists hold fewer than ``k`` rows is
        looked for in all of them.
        """
        asked = sound(queries, "queries", least=0, width=self.centres.shape[1])
        if not 1 <= k <= self.count:
            raise BadValue(f"The {k} nearest of {self.count} rows do not exist.", do=f"Ask for 1 to {self.count}.")
        if probes < 1:
            raise BadValue(f"{probes} probes look nowhere.", do="Give at least 1.")
        far = np.full((len(asked), k), np.inf, np.float32)
        near = np.full((len(asked), k), -1, np.int64)
        lists = len(self.centres)
        for low, high in blocks(len(asked), max(64, 4_000_000 // lists)):
            chosen = _lists(asked[low:high], self.centres, min(probes, lists))
            self._search(asked[low:high], chosen, far[low:high], near[low:high])
        short = np.flatnonzero(near[:, -1] < 0)
        if len(short):
            some, places = np.full((len(short), k), np.inf, np.float32), np.full((len(short), k), -1, np.int64)
            self._search(asked[short], np.tile(np.arange(lists), (len(short), 1)), some, places)
            far[short], near[short] = some, places
        return np.sqrt(far), near

    def _search(self, queries: Floats, chosen: Places, far: Floats, near: Places) -> None:
        """Look through the chosen lists ``[m, probes]``; queries of one list come one after the other."""
        order = np.argsort(chosen[:, 0], kind="stable")
        asked, lists = queries[order], chosen[order]
        best, places = far[order], near[order]

        def some(low: int, high: int) -> None:
            flat = lists[low:high].ravel()
            turn = np.argsort(flat, kind="stable")
            for part in self.parts:
                scan(asked[low:high], turn // lists.shape[1], flat[turn], part.starts, part.rows, part.ids,
                     best[low:high], places[low:high])  # fmt: skip

        shared(some, len(asked), max(1, min(8192, -(-len(asked) // hands()))))
        far[order], near[order] = best, places

    def added(self, rows: npt.ArrayLike) -> Index:
        """An index of these rows too; their places go on where the present ones end. The centres stay.

        An index that has grown to many times its size answers slower than one built anew.
        """
        table = sound(rows, least=0, width=self.centres.shape[1])
        if not len(table):
            return self
        parts = (*self.parts, _sorted(table, self.centres, self.count))
        if len(parts) > _PARTS:
            parts = (parts[0], _laid_together(parts[1:], len(self.centres)))
        return Index(self.centres, parts, self.count + len(table))


def build(rows: npt.ArrayLike, *, seed: int = 0, lists: int | None = None) -> Index:
    """An index of rows: up to 10,000 in one list and exact, more in ``lists`` (2 sqrt n) lists by k-means."""
    table = sound(rows)
    count = lists if lists is not None else (1 if len(table) <= 10_000 else round(2 * len(table) ** 0.5))
    middle = kmeans.centres(table, count, seed=seed, rounds=5)
    return Index(middle, (_sorted(table, middle, 0),), len(table))


def _sorted(rows: Floats, centres: Floats, first: int) -> _Part:
    place = kmeans.assign(rows, centres)[0] if len(centres) > 1 else np.zeros(len(rows), np.int32)
    order = np.argsort(place, kind="stable").astype(np.int64)
    return _Part(rows[order], order + first, _starts(np.bincount(place, minlength=len(centres))))


def _starts(counts: Places) -> Places:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)])


def _laid_together(parts: tuple[_Part, ...], lists: int) -> _Part:
    """One part of several; list by list in the order in which they came."""
    place = np.concatenate([np.repeat(np.arange(lists), np.diff(part.starts)) for part in parts])
    order = np.argsort(place, kind="stable")
    rows, ids = (np.concatenate([getattr(part, name) for part in parts])[order] for name in ("rows", "ids"))
    return _Part(rows, ids, _starts(np.bincount(place, minlength=lists)))


def _lists(queries: Floats, centres: Floats, probes: int) -> Places:
    """The nearest lists of each query, the nearest first."""
    if len(centres) == 1:
        return np.zeros((len(queries), 1), np.int64)
    scores = kmeans.scored(queries, centres)
    chosen = np.zeros((len(queries), probes), np.int64)
    best = np.full(chosen.shape, -np.inf, np.float32)
    shared(lambda a, b: foremost(scores[a:b], best[a:b], chosen[a:b]), len(queries), 1024)
    return chosen
