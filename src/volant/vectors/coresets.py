"""Few rows that stand for many: k-centre leaves nothing far away, facility location serves the most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue
from ._kernels import relax, saved
from ._sound import Floats, Places, blocks, shared, sound

__all__ = ["facility", "k_centre"]

_SPAN = 65_536
_AHEAD = 32
"""How many of the most promising rows have their gain computed anew at once."""


def k_centre(
    rows: npt.ArrayLike, count: int, *, seed: int = 0, start: Sequence[int] | Places = ()
) -> tuple[Places, Floats]:
    """``count`` rows chosen one after the other, each the farthest from those before; and the radius after each.

    Places int64 ``[count]`` in the order of choice, and float32 ``[count]``: how far the row that is farthest from all
    chosen ones (``start`` among them) still is. Gonzalez 1985: the last radius is at most twice the smallest that any
    ``count`` rows could reach. ``start`` are places that were chosen earlier; without them the first is drawn by
    ``seed``. Of equally far rows the lower place is taken.
    """
    table = sound(rows)
    given = np.unique(np.asarray(start, np.int64))
    _enough(count, len(table) - len(given), "rows")
    if len(given) and not (given[0] >= 0 and given[-1] < len(table)):
        raise BadValue(f"The start names places beyond the {len(table)} rows.")
    far, mine = np.full(len(table), np.inf, np.float32), np.zeros(len(table), np.int32)
    chosen = table[given].copy()
    worst = int(np.random.default_rng(seed).integers(len(table)))
    for number, place in enumerate(given.tolist()):
        worst = _nearer(table, place, chosen[:number], far, mine)
    middle = np.concatenate([chosen, np.empty((count, table.shape[1]), np.float32)])
    places, radius = np.empty(count, np.int64), np.empty(count, np.float32)
    for step in range(count):
        places[step] = worst
        middle[len(given) + step] = table[worst]
        worst = _nearer(table, worst, middle[: len(given) + step], far, mine)
        radius[step] = max(0.0, float(far[worst]))
    return places, radius


def _nearer(rows: Floats, place: int, before: Floats, far: Floats, mine: npt.NDArray[np.int32]) -> int:
    """Take one more centre in; the place of the row that is farthest from all of them then."""
    centre = rows[place].copy()
    gap = before.astype(np.float64) - centre
    # A hair less than it is, so that rounding never skips a row that would be nearer.
    apart = (np.sqrt(np.einsum("ij,ij->i", gap, gap)) * (1 - 1e-5)).astype(np.float32)
    apart = apart if len(apart) else np.zeros(1, np.float32)
    far[place] = -1
    worst: list[int] = []
    number = np.int32(len(before))
    shared(
        lambda a, b: a + relax(rows[a:b], centre, number, apart, far[a:b], mine[a:b]),
        len(rows),
        max(_SPAN, -(-len(rows) // 64)),
        take=worst.append,
    )
    return worst[int(np.argmax(far[worst]))]


def facility(
    rows: npt.ArrayLike, count: int, *, seed: int = 0, sample: int = 20_000
) -> tuple[Places, npt.NDArray[np.float64]]:
    """``count`` rows so that all rows lie near to one of them: greedy facility location, and the gain of each pick.

    What a set of picks is worth is how much nearer each row lies to the nearest of them than to the mean of all rows,
    summed (rows that lie nearer to the mean gain nothing). The worth is monotone and its gains diminish, so the greedy
    choice reaches at least 63 % of the best (Nemhauser 1978); gains are computed anew only where they may matter
    (Minoux 1978), which changes nothing in the choice. Of more than ``sample`` rows so many are drawn by ``seed``; they
    are what is served and chosen from, and gains are scaled to all rows. Places int64, gains float64 ``[count]``.
    """
    table = sound(rows)
    drawn = np.arange(len(table))
    if len(table) > sample:
        drawn = np.sort(np.random.default_rng(seed).choice(len(table), sample, replace=False))
    _enough(count, len(drawn), "rows of the sample" if len(drawn) < len(table) else "rows")
    seen = table[drawn] - table.mean(axis=0, dtype=np.float64).astype(np.float32)
    left = np.sqrt(np.einsum("ij,ij->i", seen, seen))
    hoped = _gains(seen, np.arange(len(seen)), left)
    picks, gains = np.empty(count, np.int64), np.empty(count)
    for step in range(count):
        picks[step] = _best(seen, left, hoped)
        hoped[picks[step]] = -1
        gap = seen - seen[picks[step]]
        after = np.minimum(left, np.sqrt(np.einsum("ij,ij->i", gap, gap)))
        gains[step] = np.sum(left - after, dtype=np.float64)
        left = after
    return drawn[picks], gains * (len(table) / len(seen))


def _best(rows: Floats, left: Floats, hoped: npt.NDArray[np.float64]) -> int:
    """The row with the highest gain; ``hoped`` holds gains of earlier rounds, which can only have become less."""
    fresh = np.zeros(len(rows), np.bool_)
    while True:
        best = int(np.argmax(hoped))
        if fresh[best]:
            return best
        ahead = min(_AHEAD, len(rows))
        top = np.argpartition(-hoped, ahead - 1)[:ahead]
        top = np.union1d(top[~fresh[top] & (hoped[top] >= 0)], [best])
        hoped[top] = _gains(rows, top, left)
        fresh[top] = True


def _gains(rows: Floats, picks: Places, left: Floats) -> npt.NDArray[np.float64]:
    """How much nearer all rows would come to a pick, for each of some."""
    gains = np.empty(len(picks))
    length = np.einsum("ij,ij->i", rows, rows)
    for low, high in blocks(len(picks), 256):
        scores = rows[picks[low:high]] @ rows.T
        shared(
            lambda a, b, scores=scores, low=low: saved(  # type: ignore[misc]
                scores[a:b], length, length[picks[low + a : low + b]], left, gains[low + a : low + b]
            ),
            high - low,
            16,
        )
    return gains


def _enough(count: int, there: int, what: str) -> None:
    if count < 1:
        raise BadValue(f"{count} picks are no choice.", do="Ask for at least 1.")
    if count > there:
        raise BadValue(f"{count} picks cannot be made of {there} {what}.", do=f"Ask for at most {there}.")
