"""Groups of rows around centres: Lloyd's k-means on a sample, and which centre each of many rows lies nearest to."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue
from ._kernels import best_cell
from ._sound import Floats, blocks, shared, sound

__all__ = ["assign", "centres"]

Ints = npt.NDArray[np.int32]
_SCORES = 4_000_000
"""How many scores of rows beside centres are held at once (16 MB)."""


def centres(rows: npt.ArrayLike, count: int, *, seed: int = 0, rounds: int = 10, sample: int | None = None) -> Floats:
    """Centres ``[count, d]`` of groups of rows: Lloyd's rounds from rows drawn at random, on a seeded sample.

    ``sample`` rows are looked at, 64 a centre where it is not given. A centre that no row is nearest to moves to the
    row that is farthest from its own. ``BadValue`` where there are fewer rows than centres.
    """
    table = sound(rows)
    if count < 1:
        raise BadValue(f"{count} centres make no groups.", do="Ask for at least 1.")
    if count > len(table):
        raise BadValue(f"{len(table)} rows cannot have {count} centres.", do=f"Ask for at most {len(table)}.")
    if rounds < 0 or (sample is not None and sample < count):
        raise BadValue("K-means needs rounds of at least 0 and a sample of at least one row a centre.")
    rng = np.random.default_rng(seed)
    size = min(len(table), sample or max(64 * count, 1024))
    seen = table[np.sort(rng.choice(len(table), size, replace=False))] if size < len(table) else table
    middle = seen[np.sort(rng.choice(size, count, replace=False))].copy()
    for _ in range(rounds):
        place, distance = assign(seen, middle)
        moved = _moved(seen, place, distance, middle)
        if np.array_equal(moved, middle):
            break
        middle = moved
    return middle


def assign(rows: npt.ArrayLike, centres: npt.ArrayLike) -> tuple[Ints, Floats]:
    """Place of each row's nearest centre (int32 ``[n]``, the lower of equals) and the distance to it (float32 ``[n]``).

    Centres within float32 rounding of equally near may be told apart either way.
    """
    table, middle = sound(rows, least=0), sound(centres, "centres")
    sound(middle, "centres", width=table.shape[1])
    place, distance = np.zeros(len(table), np.int32), np.zeros(len(table), np.float32)
    for low, high in blocks(len(table), max(64, _SCORES // len(middle))):
        scores = scored(table[low:high], middle)
        found = place[low:high]
        shared(lambda a, b, scores=scores, found=found: best_cell(scores[a:b], found[a:b]), high - low, 1024)  # type: ignore[misc]
        gap = table[low:high] - middle[found]
        np.sqrt(np.einsum("ij,ij->i", gap, gap), out=distance[low:high])
    return place, distance


def scored(rows: Floats, centres: Floats) -> Floats:
    """``x.c - |c|^2 / 2`` of rows beside centres ``[n, count]``: the highest is the nearest."""
    scores: Floats = rows @ centres.T
    scores -= np.einsum("ij,ij->i", centres, centres) / 2
    return scores


def _moved(rows: Floats, place: Ints, distance: Floats, centres: Floats) -> Floats:
    """The mean of each centre's rows; centres without rows go to the rows that lie farthest from theirs."""
    order = np.argsort(place, kind="stable")
    counts = np.bincount(place, minlength=len(centres))
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    some = counts > 0
    moved = centres.copy()
    moved[some] = np.add.reduceat(rows[order], starts[some], axis=0) / counts[some, None].astype(np.float32)
    lost = np.flatnonzero(~some)
    if len(lost):
        moved[lost] = rows[np.argsort(-distance, kind="stable")[: len(lost)]]
    return moved
