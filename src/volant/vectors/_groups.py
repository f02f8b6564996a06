"""Groups of rows, and for each row the groups in which a row within reach of it may lie: none is left out wrongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import kmeans
from ._kernels import CHUNK, LEAVES, narrowed, parted, sighted
from ._sound import Floats, Places, blocks, hands, shared

__all__ = ["Groups", "beside", "by_group", "leaved"]

Ints = npt.NDArray[np.int32]

_ROWS = 2048
_SCORES = 1 << 24
"""Products of rows with centres that are held at once (64 MB): the cores are called together seldom."""
_WORTH = 0.2
"""Parts of groups are looked into where that leaves out so much that no more than this share of them is left."""
_SLACK = 1e-5
"""What bounds give way by: more than float32 takes or adds."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The group of each row, one of ``count``; and the ones that it has to look into: ``beside`` between its ``spans``.

    ``spans`` are int64 ``[n, 2]``.
    """

    count: int
    place: Ints
    spans: Places
    beside: Ints


def beside(unit: Floats, middle: Floats, reach: float) -> Groups:
    """Rows by their nearest centre. Each looks into the cells within ``reach`` of it, its own among them.

    A row that is nearer to centre A lies ``(|x - B|^2 - |x - A|^2) / 2 |A - B|`` from the border to B.
    """
    count = len(middle)
    lengths = np.einsum("ij,ij->i", middle, middle)
    apart = np.sqrt(np.maximum(0, lengths - 2 * kmeans.scored(middle, middle)))
    wide = -(-count // CHUNK) * CHUNK
    turned, half = np.zeros((middle.shape[1], wide), np.float32), np.full(wide, np.inf, np.float32)
    turned[:, :count], half[:count] = middle.T, lengths / 2
    gaps = np.zeros((wide, wide), np.float32)
    gaps[:count, :count] = apart * reach + _SLACK
    widest = np.ascontiguousarray(gaps.reshape(wide, -1, CHUNK).max(axis=2))
    place = np.zeros(len(unit), np.int32)

    room = np.empty((min(len(unit), max(64, _SCORES // wide)), wide), np.float32)
    made: list[tuple[Places, Ints]] = []
    for low, high in blocks(len(unit), len(room)):
        scores, here = np.matmul(unit[low:high], turned, out=room[: high - low]), place[low:high]

        def some(a: int, b: int) -> tuple[Places, Ints]:
            seen, put = scores[a:b], here[a:b]  # noqa: B023
            return _roomy(b - a, (b - a) * count, lambda *to: sighted(seen, half, gaps, widest, (put, *to)))

        shared(some, high - low, _ROWS, take=made.append)
    return _gathered(made, place, count, np.arange(len(unit)))


def leaved(unit: Floats, cells: Groups, reach: float) -> Groups:
    """The same rows in parts of their groups, which leave out more; or as they are, where hardly anything is left out.

    A row within ``reach`` of another lies no farther from the middle of its part than that part reaches, and
    ``reach``; and no farther than that behind the border to it.
    """
    order = by_group(cells.place, cells.count)
    starts = np.concatenate([[0], np.cumsum(np.bincount(cells.place, minlength=cells.count))])
    leaf, chosen = np.empty(len(unit), np.int32), np.full((cells.count, LEAVES), -1, np.int64)
    radii = np.full((cells.count, LEAVES), -1, np.float32)
    made, step = (leaf, chosen, radii), max(1, cells.count // (16 * hands()))
    shared(lambda a, b: parted(np.arange(a, b), unit, (order, starts), np.float32(reach**2), made), cells.count, step)
    middles = unit[chosen]
    lengths = np.einsum("cij,cij->ci", middles, middles)
    apart = lengths[:, :, None] + lengths[:, None] - 2 * middles @ middles.transpose(0, 2, 1)
    walls = (2 * reach * np.sqrt(np.maximum(0, apart)) + _SLACK).astype(np.float32)
    lengths[chosen < 0] = np.inf  # looked at with the others, and never near
    leaves = middles, lengths, ((radii + np.float32(reach)) ** 2 + np.float32(_SLACK)), walls
    looks = np.diff(cells.spans, axis=1)[:, 0]

    def some(low: int, high: int) -> tuple[Places, Ints]:
        mine = order[low:high]  # rows of one cell look into much the same others, which stay in the cache
        most = int(looks[mine].sum()) * LEAVES
        sides = cells.spans, cells.beside
        return _roomy(high - low, most, lambda *made: narrowed(mine, unit, sides, leaves, made))

    filled = (chosen >= 0).sum(axis=1)
    seen = [(low, min(low + _ROWS // 16, len(unit))) for low in range(0, len(unit), max(_ROWS, len(unit) // 16))]
    left = sum(len(some(low, high)[1]) for low, high in seen)
    spans = np.concatenate([cells.spans[order[low:high]] for low, high in seen])
    every = sum(int(filled[cells.beside[low:high]].sum()) for low, high in spans.tolist())
    if left > _WORTH * every:
        return cells
    found: list[tuple[Places, Ints]] = []
    shared(some, len(unit), _ROWS, take=found.append)
    return _gathered(found, leaf, cells.count * LEAVES, order)


def by_group(place: Ints, count: int) -> Places:
    """Places of rows by their group, in their order within each; of few groups counted rather than compared."""
    return np.argsort(place.astype(np.uint16) if count <= 1 << 16 else place, kind="stable")


def _roomy(count: int, most: int, work: Callable[[Places, Ints], int]) -> tuple[Places, Ints]:
    """Ends and groups of some rows from work that fills them, called again with more room where that was too little."""
    ends, room, used = np.zeros(count + 1, np.int64), 4 * count, -1
    while used < 0:
        room = min(2 * room, most)
        made = np.empty(room, np.int32)
        used = work(ends, made)
    return ends, made[:used].copy()


def _gathered(made: list[tuple[Places, Ints]], place: Ints, count: int, order: Places) -> Groups:
    """Groups from what was found of spans of rows in some order."""
    ends = np.cumsum(np.concatenate([np.diff(one) for one, _ in made]))
    spans = np.zeros((len(place), 2), np.int64)
    spans[order[1:], 0], spans[order, 1] = ends[:-1], ends
    return Groups(count, place, spans, np.concatenate([found for _, found in made]))
