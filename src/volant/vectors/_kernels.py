"""The inner loops over rows, as machine code that runs without the interpreter's lock.

Sums may be taken in any order (``reassoc``), so that eight lanes add at once; the last bits of a distance differ
between processors, never the order of steps. NaN never comes here: ``_sound`` refuses it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..video.machine import kept

__all__ = [
    "CHUNK", "HALF", "HEAD", "LEAVES", "SIDES", "TILE", "apart", "best_cell", "foremost", "laid", "looking", "narrowed",
    "parted", "relax", "repeats", "saved", "scan", "settle", "sighted",
]  # fmt: skip

HEAD = 16
"""How many coordinates are compared first; most pairs that are far apart are told apart by them alone."""

_CHUNK = 64
"""Scores that are looked at together; most hold none that is high enough."""

CHUNK = 32
"""The same of cells beside a row, of which fewer are near enough."""

TILE = 64
"""How many rows are compared with one at once."""

LEAVES = 16
"""Into how many parts the rows of one cell are parted at most."""

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


def _dot(one: Any, other: Any) -> Any:
    total = np.float32(0)
    for t in range(len(one)):
        total += one[t] * other[t]
    return total


_dot = kept(_dot, fastmath=LOOSE, inline="always")


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


def _sighted(scores: Any, half: Any, gaps: Any, widest: Any, sides: Any) -> Any:
    """Each row's nearest cell, and those with rows that may lie within reach of it; -1 where there is no room for them.

    ``scores`` are products with centres; ``half``, half the squared lengths of these, are taken off here, where a row
    lies in the cache. Most chunks hold no cell near enough, which their best score tells (``widest`` is the largest of
    a chunk's ``gaps``). Both have whole chunks of columns.
    """
    place, starts, cells = sides
    used, many = 0, scores.shape[1] // CHUNK
    tops = np.empty(many, np.float32)
    for r in range(len(scores)):
        row = scores[r]
        best = np.float32(-np.inf)
        for k in range(many):
            part, off = row[k * CHUNK : k * CHUNK + CHUNK], half[k * CHUNK : k * CHUNK + CHUNK]
            top = part[0] - off[0]
            for c in range(CHUNK):
                top = max(top, part[c] - off[c])
            tops[k] = top
            best = max(best, top)
        mine = 0
        while tops[mine // CHUNK] != best:
            mine += CHUNK
        while row[mine] - half[mine] != best:
            mine += 1
        place[r] = mine
        for k in range(many):
            if best - tops[k] > widest[mine, k]:
                continue
            for c in range(k * CHUNK, k * CHUNK + CHUNK):
                if best - (row[c] - half[c]) <= gaps[mine, c]:
                    if used == len(cells):
                        return -1
                    cells[used] = c
                    used += 1
        starts[r + 1] = used
    return used


def _parted(some: Any, unit: Any, groups: Any, enough: Any, made: Any) -> None:
    """Part the rows of some cells around up to ``LEAVES`` of their own, each the farthest from those before it.

    ``groups`` are ids by cell and where each begins. ``made`` takes each id's leaf, and each cell's chosen ids and how
    far their rows reach. Where no row is farther than ``enough`` (a squared distance), no more are chosen.
    """
    (order, starts), (leaf, chosen, reach) = groups, made
    for cell in some:
        low, count = starts[cell], starts[cell + 1] - starts[cell]
        far, mine = np.full(count, np.inf, np.float32), np.zeros(count, np.int32)
        pick = 0
        for k in range(min(LEAVES, (count + TILE - 1) // TILE)):
            chosen[cell, k] = order[low + pick]
            centre = unit[order[low + pick]]
            worst = np.float32(-1)
            for s in range(count):
                gap = _squared(unit[order[low + s]], centre)
                if gap < far[s]:
                    far[s] = gap
                    mine[s] = k
                if far[s] > worst:
                    worst = far[s]
                    pick = s
            if worst <= enough:
                break
        for s in range(count):
            leaf[order[low + s]] = cell * LEAVES + mine[s]
            reach[cell, mine[s]] = max(reach[cell, mine[s]], np.sqrt(far[s]))


def _narrowed(some: Any, unit: Any, beside: Any, leaves: Any, made: Any) -> Any:
    """The leaves of cells that some rows look into which may hold a row within reach; -1 where there is no room.

    A leaf is left out whose ball is too far, or to which the border from the nearest leaf of its cell is.
    """
    (spans, cells), (middles, lengths, wide, walls), (ends, found) = beside, leaves, made
    gaps, used = np.empty(LEAVES, np.float32), 0
    for r in range(len(some)):
        row = unit[some[r]]
        length = _dot(row, row)
        for at in range(spans[some[r], 0], spans[some[r], 1]):
            cell = cells[at]
            least = np.float32(np.inf)
            for j in range(LEAVES):
                gaps[j] = length + lengths[cell, j] - 2 * _dot(row, middles[cell, j])
                least = min(least, gaps[j])
            near = 0
            while gaps[near] != least:
                near += 1
            for j in range(LEAVES):
                if gaps[j] <= wide[cell, j] and gaps[j] - least <= walls[cell, near, j]:
                    if used == len(found):
                        return -1
                    found[used] = cell * LEAVES + j
                    used += 1
        ends[r + 1] = used
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


def _looking(mine: Any, beside: Any, edges: Any) -> Any:
    """Which of some rows look into each group, by group: places in ``mine``, their ids.

    ``edges`` says where each group's begin; it comes as zeros, one more than there are groups.
    """
    spans, cells = beside
    for o in range(len(mine)):
        for at in range(spans[mine[o], 0], spans[mine[o], 1]):
            edges[cells[at] + 1] += 1
    for cell in range(1, len(edges)):
        edges[cell] += edges[cell - 1]
    who, filled = np.empty(edges[-1], np.int32), edges[:-1].copy()
    for o in range(len(mine)):
        for at in range(spans[mine[o], 0], spans[mine[o], 1]):
            who[filled[cells[at]]] = o
            filled[cells[at]] += 1
    return who


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
    (spans, cells), rows, ids = beside, laid[0], laid[1]
    for r in doubtful:
        mine = ids[r]
        best = np.int64(mine)
        for at in range(spans[mine, 0], spans[mine, 1]):
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
sighted = kept(_sighted, fastmath=LOOSE)
parted = kept(_parted, fastmath=LOOSE)
narrowed = kept(_narrowed, fastmath=LOOSE)
laid = kept(_laid)
looking = kept(_looking)
repeats = kept(_repeats, fastmath=LOOSE)
settle = kept(_settle, fastmath=LOOSE)
relax = kept(_relax, fastmath=LOOSE)
