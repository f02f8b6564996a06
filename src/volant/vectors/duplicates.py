"""Rows that repeat earlier rows: equal to the last bit, or within a small angle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue
from . import kmeans
from ._kernels import HEAD, best_cell, margins, repeats, settle
from ._sound import Floats, Places, blocks, hands, shared, sound

__all__ = ["exact", "near"]

_BLOCK = 65_536


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
    place, starts, beside = _beside(unit, middle, float(np.sqrt(2 * eps)))
    order = np.argsort(place, kind="stable")
    return _kept(unit[order], order, place, (starts, beside), np.float32(2 * eps))


def _turned(table: Floats, seed: int) -> Floats:
    """Rows of length one, turned so that the first coordinates tell most apart, and filled with zeros to 16 columns."""
    width = table.shape[1]
    unit = np.zeros((len(table), -(-width // HEAD) * HEAD), np.float32)
    some = np.random.default_rng(seed).choice(len(table), min(len(table), 20_000), replace=False)
    seen = _length_one(table[some])
    turn = np.ascontiguousarray(np.linalg.eigh(seen.T @ seen)[1][:, ::-1], np.float32)
    for low, high in blocks(len(table), _BLOCK):
        unit[low:high, :width] = _length_one(table[low:high]) @ turn
    return unit


def _length_one(rows: Floats) -> Floats:
    length = np.linalg.norm(rows.astype(np.float64), axis=1)[:, None]
    unit: Floats = np.divide(rows, length, out=np.zeros(rows.shape), where=length > 0).astype(np.float32)
    return unit


def _beside(unit: Floats, middle: Floats, reach: float) -> tuple[npt.NDArray[np.int32], Places, npt.NDArray[np.int32]]:
    """Each row's own cell, and as starts and cells the ones within ``reach`` of it, its own among them.

    A row that is nearer to centre A lies ``(|x - B|^2 - |x - A|^2) / 2 |A - B|`` from the border to B.
    """
    apart = np.sqrt(
        np.maximum(0, -2 * (kmeans.scored(middle, middle) - np.einsum("ij,ij->i", middle, middle)[:, None] / 2))
    )
    gaps = (apart * reach + 1e-6).astype(np.float32)
    place = np.zeros(len(unit), np.int32)
    starts = np.zeros(len(unit) + 1, np.int64)
    parts: list[npt.NDArray[np.int32]] = []
    for low, high in blocks(len(unit), max(64, 4_000_000 // len(middle))):
        scores = kmeans.scored(unit[low:high], middle)
        own = place[low:high]
        found: dict[int, npt.NDArray[np.int32]] = {}
        many = starts[low + 1 : high + 1]

        def one(a: int, b: int) -> None:
            best_cell(scores[a:b], own[a:b])  # noqa: B023
            ends = np.zeros(b - a + 1, np.int64)
            used = margins(scores[a:b], own[a:b], gaps, ends, np.zeros(0, np.int32))  # noqa: B023
            found[a] = np.empty(used, np.int32)  # noqa: B023
            margins(scores[a:b], own[a:b], gaps, ends, found[a])  # noqa: B023
            many[a:b] = np.diff(ends)  # noqa: B023

        shared(one, high - low, 1024)
        parts.extend(found[a] for a in sorted(found))
    np.cumsum(starts, out=starts)
    return place, starts, np.concatenate(parts)


def _kept(rows: Floats, ids: Places, place: npt.NDArray[np.int32], beside: tuple[Places, npt.NDArray[np.int32]],
          limit: np.float32) -> Places:  # fmt: skip
    """Go through the rows in their order, a block at a time; ``rows`` and ``ids`` are sorted by cell."""
    count = len(ids)
    where = np.empty(count, np.int64)
    where[ids] = np.arange(count)
    ends = np.cumsum(np.bincount(place))
    span = np.stack([ends - np.bincount(place)] * 3, axis=1).astype(np.int64)
    keeps, found = np.zeros(count, np.bool_), np.full(count, -1, np.int64)
    for low, high in blocks(count, _BLOCK):
        span[:, 1] = span[:, 2]
        span[:, 2] += np.bincount(place[low:high], minlength=len(span))
        queries = np.sort(where[low:high])
        size = -(-len(queries) // (4 * hands()))
        shared(
            lambda a, b, q=queries: repeats(q[a:b], rows, ids, *beside, span, keeps, limit, found),  # type: ignore[misc]
            len(queries),
            size,
        )
        settle(where[low:high], rows, ids, *beside, span, keeps, limit, found)
    return np.where(found < 0, np.arange(count), found)
