"""Rows that repeat earlier rows: equal to the last bit, or within a small angle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue
from . import kmeans
from ._groups import Groups, beside, by_group, leaved
from ._kernels import HALF, HEAD, SIDES, TILE, laid, looking, repeats, settle
from ._sound import Floats, Places, blocks, hands, shared, sound

__all__ = ["exact", "near"]

_BLOCK = 65_536

_SLACK = 1e-5
"""More than a sum of products of unit rows is off by rounding; what passes is measured in the usual way."""


def exact(rows: npt.ArrayLike) -> Places:
    """For each row the place of the first row that is equal to it, its own where none before is; int64 ``[n]``.

    Rows are told apart by a 64-bit hash and then compared, so a collision cannot make two rows one. 0 equals -0.
    """
    table = sound(rows, least=0)
    first = np.arange(len(table), dtype=np.int64)
    left, salt = first, 0
    while len(left) > 1:
        marks = _hashed(table, left, salt)
        _, begin, group = np.unique(marks, return_index=True, return_inverse=True)
        leader = left[begin][group]
        same = np.concatenate(
            [(table[left[a:b]] == table[leader[a:b]]).all(axis=1) for a, b in blocks(len(left), _BLOCK)]
        )
        first[left[same]] = leader[same]
        left, salt = left[~same], salt + 1
    return first


def _hashed(table: Floats, places: Places, salt: int) -> npt.NDArray[np.uint64]:
    """Multiply-add of the bits of each row with odd numbers drawn for ``salt``; wraps around."""
    odd = np.random.default_rng(salt).integers(0, 2**63, table.shape[1], dtype=np.uint64) * 2 + 1
    marks = np.empty(len(places), np.uint64)
    for low, high in blocks(len(places), _BLOCK):
        bits = (table[places[low:high]] + np.float32(0)).view(np.uint32).astype(np.uint64)
        bits ^= bits << np.uint64(21)
        marks[low:high] = bits @ odd
    marks ^= marks >> np.uint64(29)
    return marks


def near(rows: npt.ArrayLike, eps: float, *, seed: int = 0) -> Places:
    """For each row the place of the earliest kept row it repeats (cosine above ``1 - eps``), its own where it is kept.

    Rows are gone through in order, each compared with the rows *kept* before it. That is SemDeDup's rule but for one
    thing: SemDeDup compares with removed rows too, by which a chain of small steps may remove a row that nothing kept
    is like. Groups by k-means say where to look; a row looks in every group whose border is near enough for a repeat
    to lie behind it (no pair is missed), so ``seed`` changes the time taken and not the answer. A row of zeros repeats
    rows of zeros only. ``eps`` lies above 0 and at most at 0.5; pairs within float32 rounding of it go either way.
    """
    table = sound(rows, least=0)
    if not 0 < eps <= 0.5:
        raise BadValue(f"An eps of {eps:g} makes no near repeats.", do="Give more than 0 and at most 0.5.")
    if not len(table):
        return np.zeros(0, np.int64)
    unit = _turned(table, seed)
    cells = max(1, round(len(unit) ** 0.5)) if len(unit) > 2_000 else 1
    middle = kmeans.centres(unit, cells, seed=seed, rounds=4, sample=min(len(unit), 32 * cells))
    groups = leaved(unit, beside(unit, middle, float(np.sqrt(2 * eps))), float(np.sqrt(2 * eps)))
    return _kept(_Laid.of(unit, groups), groups.place, 2 * eps)


def _turned(table: Floats, seed: int) -> Floats:
    """Rows of length one, turned so that the first coordinates tell most apart, and filled with zeros to 16 columns."""
    width = table.shape[1]
    unit = np.zeros((len(table), -(-width // HEAD) * HEAD), np.float32)
    some = np.random.default_rng(seed).choice(len(table), min(len(table), 20_000), replace=False)
    seen = _length_one(table[some])
    turn = np.ascontiguousarray(np.linalg.eigh(seen.T @ seen)[1][:, ::-1], np.float32)

    def turned(low: int, high: int) -> None:
        np.matmul(_length_one(table[low:high]), turn, out=unit[low:high, :width])

    shared(turned, len(table), 8192)
    return unit


def _length_one(rows: Floats) -> Floats:
    length = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))[:, None]
    unit: Floats = np.divide(rows, np.where(length > 0, length, 1), dtype=np.float64).astype(np.float32)
    return unit


@dataclass(frozen=True, slots=True)
class _Laid:
    """Unit rows sorted by cell: their ids, where each cell begins, its tiles; and which cells each id looks into."""

    rows: Floats
    ids: Places
    starts: Places
    tiles: Places
    heads: Floats
    beside: tuple[Places, npt.NDArray[np.int32]]

    @classmethod
    def of(cls, unit: Floats, groups: Groups) -> _Laid:
        """Rows by the group in which each lies; some may hold none."""
        place, cells = groups.place, groups.count
        ids = by_group(place, cells)
        rows = np.empty_like(unit)
        shared(lambda a, b: np.take(unit, ids[a:b], axis=0, out=rows[a:b], mode="clip"), len(ids), _BLOCK)
        starts = np.concatenate([[0], np.cumsum(np.bincount(place, minlength=cells))])
        tiles = np.concatenate([[0], np.cumsum(-(-np.diff(starts) // TILE))])
        heads = np.zeros((tiles[-1], SIDES, TILE), np.float32)
        heads[:, HEAD:] = np.inf
        laid(rows, starts, tiles, heads)
        return cls(rows, ids, starts, tiles, heads, (groups.spans, groups.beside))

    def earliest(self, queries: Places, side: int, span: Places, keeps: npt.NDArray[np.bool_], limit: float) -> Places:
        """For each query (a position) the id of the earliest row that it repeats on one side of ``span``, or -1."""
        mine, edges = self.ids[queries], np.zeros(len(span) + 1, np.int64)
        who = looking(mine, self.beside, edges)
        head = self.rows[queries, :HEAD]
        near = np.float32(limit + _SLACK) - np.cumsum((head**2).reshape(-1, 2, HALF).sum(axis=2), axis=1)
        hits, sought = mine[who], (queries, np.float32(-2) * head, near)
        together = (self.rows, self.ids, self.starts, self.tiles, self.heads)

        def some(a: int, b: int) -> None:
            repeats(np.arange(a, b), edges, who, sought, side, span, together, keeps, np.float32(limit), hits)

        shared(some, len(span), max(1, len(span) // (16 * hands())))
        best = mine.copy()
        np.minimum.at(best, who, hits)
        return np.where(best < mine, best, -1)


def _kept(sorted_: _Laid, place: npt.NDArray[np.int32], limit: float) -> Places:
    """Go through the rows in their order, a block at a time.

    Each looks for the earliest row that was kept in the blocks before. Of those that find none, the ones that repeat
    no row of their own block are kept; the few others are settled one after the other.
    """
    count = len(place)
    where = np.empty(count, np.int64)
    where[sorted_.ids] = np.arange(count)
    span = np.stack([sorted_.starts[:-1]] * 3, axis=1)
    keeps, every, found = np.zeros(count, np.bool_), np.ones(count, np.bool_), np.full(count, -1, np.int64)
    for low, high in blocks(count, _BLOCK):
        span[:, 1] = span[:, 2]
        span[:, 2] += np.bincount(place[low:high], minlength=len(span))
        found[low:high] = sorted_.earliest(where[low:high], 0, span, keeps, limit)
        fresh = where[low:high][found[low:high] < 0]
        alone = sorted_.earliest(fresh, 1, span, every, limit) < 0
        keeps[fresh] = alone
        settle(fresh[~alone], sorted_.beside, span, (sorted_.rows, sorted_.ids), keeps, np.float32(limit), found)
    return np.where(found < 0, np.arange(count), found)
