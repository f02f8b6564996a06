"""Rows that can be worked with, or a plain word about why they cannot; and how work is shared out over the cores."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue

__all__ = ["Floats", "Places", "blocks", "hands", "shared", "sound"]

Floats = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]


def sound(rows: npt.ArrayLike, name: str = "rows", *, least: int = 1, width: int | None = None) -> Floats:
    """The same rows as contiguous float32 ``[n, d]``; refused where they are too few, misshapen or not finite."""
    try:
        made = np.asarray(rows)
        if made.dtype.kind not in "biuf":
            raise BadValue(f"The {name} are {made.dtype}, not numbers.")
    except ValueError as error:
        raise BadValue(f"The {name} are not of one length each.") from error
    if made.ndim != 2 or made.shape[1] < 1:
        raise BadValue(
            f"The {name} have the shape {made.shape}.", instead="A table of vectors is [n, d] with d of at least 1."
        )
    if width is not None and made.shape[1] != width:
        raise BadValue(f"The {name} are {made.shape[1]} wide, the others {width}.", do="Compare one embedding only.")
    if len(made) < least:
        raise BadValue(f"{len(made)} {name} are too few.", instead=f"This needs at least {least}.")
    with np.errstate(over="ignore"):
        made = np.ascontiguousarray(made, np.float32)
    if len(made) and not (np.isfinite(made.min()) and np.isfinite(made.max())):
        bad = sum(int((~np.isfinite(made[lo:hi])).any(axis=1).sum()) for lo, hi in blocks(len(made), 65_536))
        raise BadValue(f"{bad} of {len(made)} {name} hold NaN or infinity.", do="Leave those out before.")
    return made


def blocks(count: int, size: int) -> list[tuple[int, int]]:
    """Spans ``(from, to)`` of at most ``size`` that cover ``count`` in order."""
    return [(low, min(low + size, count)) for low in range(0, count, max(1, size))]


def hands() -> int:
    """How many cores this process may use; ``OMP_NUM_THREADS`` lowers it as it does for the linear algebra."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(asked)) if asked.isdigit() and int(asked) else cores


def shared(work: Callable[[int, int], Any], count: int, size: int, *, take: Callable[[Any], object] = id) -> None:
    """Call ``work(from, to)`` for spans of at most ``size`` on every core, and ``take`` with each result in order.

    ``work`` must let go of the interpreter's lock. Spans do not depend on how many cores there are.
    """
    spans = blocks(count, size)
    many = min(hands(), len(spans))
    if many < 2:
        for low, high in spans:
            take(work(low, high))
        return
    with ThreadPoolExecutor(many) as pool:
        for made in pool.map(lambda span: work(*span), spans):
            take(made)
