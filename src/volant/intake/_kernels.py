"""Runs of samples laid end to end as machine code."""

from __future__ import annotations

from typing import Any

from ..video.machine import kept

__all__ = ["lay"]


@kept
def lay(bank: Any, rows: Any, ends: Any, cuts: Any, out: Any) -> None:
    """The samples before ``ends[i]`` of each row ``rows[i]`` of a bank (times ``[rows, n]``, values ``[rows, n, w]``)
    where they belong in ``out`` (times and values): between ``cuts[i]`` and ``cuts[i + 1]``."""
    (t, x), (out_t, out_x) = bank, out
    for i in range(len(rows)):
        a, b = cuts[i], cuts[i + 1]
        first = ends[i] - (b - a)
        out_t[a:b] = t[rows[i], first : ends[i]]
        out_x[a:b] = x[rows[i], first : ends[i]]
