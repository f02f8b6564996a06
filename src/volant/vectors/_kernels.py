"""The inner loops over rows, as machine code that runs without the interpreter's lock.

Sums may be taken in any order (``reassoc``), so that eight lanes add at once; the last bits of a distance differ
between processors, never the order of steps. NaN never comes here: ``_sound`` refuses it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..video.machine import kept

__all__ = ["HEAD", "apart", "best_cell", "foremost", "margins", "relax", "repeats", "saved", "scan", "settle"]

HEAD = 16
"""How many coordinates are compared first; most pairs that are far apart are told apart by them alone."""

_CHUNK = 64
"""Scores that are looked at together; most hold none that is high enough."""

LOOSE = {"reassoc", "contract", "nsz", "arcp"}


def _squared(one: Any, other: Any) -> Any:
    total = np.float32(0)
    for t in range(len(one)):
        gap = one[t] - other[t]
        total += gap * gap
    return total


_squared = kept(_squared, fastmath=LOOSE, inline="always")


def _scan(  # noqa: PLR0917
    queries: Any, pairs: Any, lists: Any, starts: Any, rows: Any, ids: Any, far: Any, near: Any
) -> None:
    last = near.shape[1] - 1
    for p in range(len(pairs)):
        q = pairs[p]
        worst = far[q, last]
        for s in range(starts[lists[p]], starts[lists[p] + 1]):
            gap = np.float32(0)
            for t in range(queries.shape[1]):
                gap += (queries[q, t] - rows[s, t]) * (queries[q, t] - rows[s, t])
            if gap < worst or (gap == worst and ids[s] < near[q, last]):
                at = last
                while at > 0 and (gap < far[q, at - 1] or (gap == far[q, at - 1] and ids[s] < near[q, at - 1])):
                    far[q, at] = far[q, at - 1]
                    near[q, at] = near[q, at - 1]
                    at -= 1
                far[q, at] = gap
                near[q, at] = ids[s]
                worst = far[q, last]


def _foremost(scores: Any, best: Any, chosen: Any) -> None:
    """The places of the highest scores of each row, the highest first, of equals the lower; ``best`` begins at -inf."""
    last = chosen.shape[1] - 1
    for r in range(len(scores)):
        worst = best[r, last]
        for low in range(0, scores.shape[1], _CHUNK):
            high = min(low + _CHUNK, scores.shape[1])
            hits = np.int32(0)
            for c in range(low, high):
                hits += np.int32(scores[r, c] > worst)
            if not hits:
                continue
            for c in range(low, high):
                score = scores[r, c]
                if score > worst:
                    at = last
                    while at > 0 and score > best[r, at - 1]:
                        best[r, at] = best[r, at - 1]
                        chosen[r, at] = chosen[r, at - 1]
                        at -= 1
                    best[r, at] = score
                    chosen[r, at] = c
                    worst = best[r, last]


def _best_cell(scores: Any, place: Any) -> None:
    for r in range(len(scores)):
        row = scores[r]
        best = row[0]
        for c in range(1, len(row)):
            best = max(best, row[c])
        for c in range(len(row)):
            if row[c] == best:
                place[r] = c
                break


def _margins(scores: Any, place: Any, gaps: Any, starts: Any, cells: Any) -> Any:
    """The cells with rows that may lie within reach of each row, its own too; only counts where ``cells`` is empty."""
    used = 0
    for r in range(len(scores)):
        row, mine = scores[r], place[r]
        reach = gaps[mine]
        own = row[mine]
        for c in range(len(row)):
            if own - row[c] <= reach[c]:
                if len(cells):
                    cells[used] = c
                used += 1
        starts[r + 1] = used
    return used


def _alike(one: Any, other: Any, limit: Any) -> Any:
    head = np.float32(0)
    for t in range(HEAD):
        gap = one[t] - other[t]
        head += gap * gap
    if head >= limit:
        return False
    return head + _squared(one[HEAD:], other[HEAD:]) < limit


_alike = kept(_alike, fastmath=LOOSE, inline="always")


def _repeats(  # noqa: PLR0917
    queries: Any, rows: Any, ids: Any, starts: Any, cells: Any, span: Any, kept_row: Any, limit: Any, found: Any
) -> None:
    """For each query (a position) the earliest kept row between the positions of ``span`` that it repeats, or -1."""
    for o in range(len(queries)):
        r = queries[o]
        mine = ids[r]
        best = np.int64(-1)
        for at in range(starts[mine], starts[mine + 1]):
            for s in range(span[cells[at], 0], span[cells[at], 1]):
                if not kept_row[s]:
                    continue
                if best >= 0 and ids[s] >= best:
                    break
                if _alike(rows[r], rows[s], limit):
                    best = ids[s]
                    break
        found[mine] = best


def _settle(  # noqa: PLR0917
    queries: Any, rows: Any, ids: Any, starts: Any, cells: Any, span: Any, kept_row: Any, limit: Any, found: Any
) -> None:
    """The same within a block, one row after the other, because what is kept depends on the rows before."""
    for o in range(len(queries)):
        r = queries[o]
        mine = ids[r]
        if found[mine] >= 0:
            continue
        best = np.int64(-1)
        for at in range(starts[mine], starts[mine + 1]):
            for s in range(span[cells[at], 1], span[cells[at], 2]):
                if ids[s] >= mine or (best >= 0 and ids[s] >= best):
                    break
                if kept_row[s] and _alike(rows[r], rows[s], limit):
                    best = ids[s]
                    break
        found[mine] = best
        kept_row[r] = best < 0


def _apart(rows: Any, query: Any, far: Any) -> None:
    for r in range(len(rows)):
        far[r] = np.sqrt(_squared(rows[r], query))


def _saved(scores: Any, length: Any, own: Any, left: Any, gains: Any) -> None:
    """Distance saved by each candidate, summed over all rows; ``scores`` are products of candidates and rows."""
    for c in range(len(scores)):
        total = np.float64(0)
        for r in range(len(left)):
            gap = np.sqrt(max(np.float32(0), own[c] + length[r] - 2 * scores[c, r]))
            total += np.float64(max(np.float32(0), left[r] - gap))
        gains[c] = total


def _relax(  # noqa: PLR0917
    rows: Any, centre: Any, number: Any, apart: Any, far: Any, mine: Any
) -> Any:
    """Move each row to a new centre where that is nearer; returns the place of the row that is farthest now.

    A row is not looked at where its centre is at least twice as far from the new one as from the row: by the triangle
    inequality the new one cannot be nearer. ``apart`` holds those distances, ``far`` is -1 at rows already chosen.
    """
    worst = np.float32(-2)
    place = 0
    for r in range(len(rows)):
        have = far[r]
        if apart[mine[r]] < 2 * have:
            gap = np.sqrt(_squared(rows[r], centre))
            if gap < have:
                have = gap
                far[r] = gap
                mine[r] = number
        if have > worst:
            worst = have
            place = r
    return place


apart = kept(_apart, fastmath=LOOSE)
saved = kept(_saved, fastmath=LOOSE)
scan = kept(_scan, fastmath=LOOSE)
foremost = kept(_foremost)
best_cell = kept(_best_cell, fastmath=LOOSE)
margins = kept(_margins)
repeats = kept(_repeats, fastmath=LOOSE)
settle = kept(_settle, fastmath=LOOSE)
relax = kept(_relax, fastmath=LOOSE)
