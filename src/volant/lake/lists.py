"""An index of kept points, kept beside them: so that what is nearest to a point is asked of a few lists, not of all.

    kept/<digest of key and author>/lists-<count>-<token>/    ``vectors.index`` over the first ``count`` points

Written aside under another name and then renamed; the token is that of the points, which only grow, so the lists hold
for their first ``count`` as long as the token does.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

import numpy as np

from ..core.durable import sync
from ..core.errors import LakeUnwritable
from ..vectors import index
from ..vectors.bounds import Bounded, bounded
from .points import Keeper, Points

__all__ = ["keep", "read"]

LEAST = 65_536
"""Points from which on an index is worth keeping: fewer are looked through in a tenth of a second."""
GROWTH = 1.25
"""An index is made anew once there are so many times as many points; those behind its end are looked at one by one."""

_ARRAYS = ("centres", "rows", "ids", "starts", "reach")


def read(keeper: Keeper, points: Points) -> Bounded | None:
    """The index that is kept of these points, mapped from disk; ``None`` where there is none."""
    place = _newest(keeper, points)
    if place is None:
        return None
    try:
        centres, rows, ids, starts, reach = (np.load(place / f"{name}.npy", mmap_mode="r") for name in _ARRAYS)
    except (OSError, ValueError):
        return None
    return Bounded(index.Index(centres, (index._Part(rows, ids, starts),), len(rows)), reach[:-1], float(reach[-1]))


def keep(keeper: Keeper, points: Points, *, least: int = LEAST) -> bool:
    """Make and keep an index of kept points where there is none, or they outgrew it; whether one was made.

    Raises ``LakeUnwritable``.
    """
    before = _newest(keeper, points)
    if points.head is None or len(points) < max(least, GROWTH * (0 if before is None else _count(before))):
        return False
    made = bounded(index.build(points.rows))
    part = made.index.parts[0]
    bounds = np.append(made.reach, made.length)
    arrays: tuple[np.ndarray, ...] = (made.index.centres, part.rows, part.ids, part.starts, bounds)
    folder = keeper.place(points.key, points.by)
    aside = folder / f"new-{os.getpid()}{secrets.token_hex(4)}-{points.head.token}"
    try:
        aside.mkdir()
        for name, array in zip(_ARRAYS, arrays, strict=True):
            np.save(aside / f"{name}.npy", array)
            sync(aside / f"{name}.npy")
        sync(aside)
        aside.rename(folder / f"lists-{len(points)}-{points.head.token}")
        sync(folder)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        if not any(folder.glob(f"lists-{len(points)}-*")):  # or another writer kept the same meanwhile
            raise LakeUnwritable(f"{folder} cannot be written: {error.strerror}.") from error
    if before is not None:
        shutil.rmtree(before, ignore_errors=True)
    return True


def _newest(keeper: Keeper, points: Points) -> Path | None:
    if points.head is None:
        return None
    found = keeper.place(points.key, points.by).glob(f"lists-*-{points.head.token}")
    return max((one for one in found if _count(one) <= points.head.count), key=_count, default=None)


def _count(place: Path) -> int:
    return int(place.name.split("-")[1])
