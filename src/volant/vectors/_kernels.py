"""The inner loops over rows, as machine code that runs without the interpreter's lock.

Sums may be taken in any order (``reassoc``), so that eight lanes add at once; the last bits of a distance differ
between processors, never the order of steps. NaN never comes here: ``_sound`` refuses it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..video.machine import kept

__all__ = [
    "HALF", "HEAD", "SIDES", "TILE", "apart", "best_cell", "foremost", "laid", "margins", "relax", "repeats", "saved",
    "scan", "settle",
]  # fmt: skip

HEAD = 16
"""How many coordinates are compared first; most pairs that are far apart are told apart by them alone."""

_CHUNK = 64
"""Scores that are looked at together; most hold none that is high enough."""
TILE = 64
"""How many rows are compared with one at once."""

HALF = HEAD // 2
"""Of other groups than the query's, these alone tell nearly all apart."""

SIDES = HEAD + 2
"""Lines of a tile: the head's coordinates, and the squared length of each of its halves."""

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
    """The cells with rows that may lie within reach of each row, its own too; -1 where ``cells`` has no room for them.

    Most chunks of scores hold none, which is seen of all at once.
    """
    used = 0
    for r in range(len(scores)):
        row, mine = scores[r], place[r]
        reach = gaps[mine]
        own = row[mine]
        for a in range(0, len(row), _CHUNK):
            part, far = row[a : a + _CHUNK], reach[a : a + _CHUNK]
            found = np.int32(0)
            for c in range(len(part)):
                found = np.int32(found + np.int32(own - part[c] <= far[c]))
            if not found:
                continue
            if used + found > len(cells):
                return -1
            for c in range(len(part)):
                if own - part[c] <= far[c]:
                    cells[used] = a + c
                    used += 1
        starts[r + 1] = used
    return used


def _laid(rows: Any, starts: Any, tiles: Any, heads: Any) -> None:
    """The heads of each cell's rows as tiles ``[SIDES, TILE]``: what is compared first lies side by side."""
    for cell in range(len(starts) - 1):
        for s in range(starts[cell], starts[cell + 1]):
            tile, at = tiles[cell] + (s - starts[cell]) // TILE, (s - starts[cell]) % TILE
            for half in range(2):
                heads[tile, HEAD + half, at] = 0
                for t in range(half * HALF, (half + 1) * HALF):
                    heads[tile, t, at] = rows[s, t]
                    heads[tile, HEAD + half, at] += rows[s, t] * rows[s, t]


def _added(tile: Any, turned: Any, half: Any, gaps: Any) -> Any:
    """Add one half of the squared distances between heads and a query's, less the query's own; the least of the sums.

    ``turned`` is the query's head times -2: eight products at a time are added to what is there.
    """
    t = half * HALF
    a, b, c, d = turned[t], turned[t + 1], turned[t + 2], turned[t + 3]
    e, f, g, h = turned[t + 4], turned[t + 5], turned[t + 6], turned[t + 7]
    for j in range(TILE):
        one = tile[t, j] * a + tile[t + 1, j] * b + tile[t + 2, j] * c + tile[t + 3, j] * d
        other = tile[t + 4, j] * e + tile[t + 5, j] * f + tile[t + 6, j] * g + tile[t + 7, j] * h
        gap = tile[HEAD + half, j] + one + other
        gaps[j] = gap if half == 0 else gaps[j] + gap
    least = gaps[0]
    for j in range(1, TILE):
        least = min(least, gaps[j])
    return least


_added = kept(_added, fastmath=LOOSE)


def _repeats(  # noqa: PLR0917
    some: Any, edges: Any, who: Any, sought: Any, side: Any, span: Any, laid: Any, keeps: Any, limit: Any, hits: Any
) -> None:
    """For each pair of a cell and a query that looks into it the earliest row there that it repeats, if any.

    ``some`` are cells, ``who[edges[cell] : edges[cell + 1]]`` the queries that look into one: places in ``sought``,
    which holds their positions, their heads times -2, and what the sums of one half and of both must lie below.
    ``span[cell]`` holds three positions; ``side`` says whether to look between the first and the second, or the second
    and the third. Only rows count that ``keeps`` says. All queries of a cell look at a tile while it lies in the
    nearest cache.
    """
    rows, ids, starts, tiles, heads = laid
    positions, turned, near = sought
    gaps = np.empty(TILE, np.float32)
    for cell in some:
        low, high, begin = span[cell, side], span[cell, side + 1], starts[cell]
        for number in range((low - begin) // TILE, (high - begin + TILE - 1) // TILE if low < high else 0):
            first = begin + number * TILE
            tile = heads[tiles[cell] + number]
            for pair in range(edges[cell], edges[cell + 1]):
                o = who[pair]
                if ids[max(first, low)] >= hits[pair] or _added(tile, turned[o], 0, gaps) >= near[o, 0]:
                    continue
                if _added(tile, turned[o], 1, gaps) >= near[o, 1]:
                    continue
                query = rows[positions[o]]
                for s in range(max(first, low), min(first + TILE, high)):
                    close = gaps[s - first] < near[o, 1] and ids[s] < hits[pair] and keeps[s]
                    if close and _squared(query, rows[s]) < limit:
                        hits[pair] = ids[s]


def _settle(doubtful: Any, beside: Any, span: Any, laid: Any, keeps: Any, limit: Any, found: Any) -> None:  # noqa: PLR0917
    """The same of positions within their block, one after the other: what is kept depends on the rows before."""
    (starts, cells), rows, ids = beside, laid[0], laid[1]
    for r in doubtful:
        mine = ids[r]
        best = np.int64(mine)
        for at in range(starts[mine], starts[mine + 1]):
            for s in range(span[cells[at], 1], span[cells[at], 2]):
                if ids[s] >= best:
                    break
                if keeps[s] and _squared(rows[r], rows[s]) < limit:
                    best = ids[s]
        found[mine] = best if best < mine else -1
        keeps[r] = best == mine


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
laid = kept(_laid)
repeats = kept(_repeats, fastmath=LOOSE)
settle = kept(_settle, fastmath=LOOSE)
relax = kept(_relax, fastmath=LOOSE)
