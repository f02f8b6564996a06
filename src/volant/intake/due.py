"""Which looks of checks at live samples are due, at how many samples, and which of them may wait."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..core import Signal
from .bank import Bank, Ints

__all__ = ["gathered", "newest", "rows_of", "spare", "stride", "tier"]

_SHARE = 64
_FEW = 8
"""A look-back is gone through when an eighth of a bank's rows are due."""


def newest(cuts: Ints, fresh: Ints) -> tuple[Ints, Ints]:
    """Rows of the newest ``fresh`` samples of each run, and where each run begins among them."""
    ends = cuts[1:]
    if fresh.max() == 1:
        return ends - 1, np.arange(len(ends))
    many = np.minimum(fresh, ends - cuts[:-1])
    starts = np.concatenate(([0], np.cumsum(many)[:-1]))
    rows = np.arange(int(many.sum())) - np.repeat(starts, many) + np.repeat(ends - many, many)
    return rows, starts


def gathered(due: npt.NDArray[np.bool_], new: Ints, bank: Bank) -> None:
    """Leave out look-backs that few rows are due for, while none has waited half as long again: a call costs more than
    the rows in it."""
    enough = due.sum(axis=1) * _FEW >= bank.open_rows
    late = (2 * new >= 3 * bank.strides[:, None]).any(axis=1)
    due &= (enough | late | (bank.strides == 1))[:, None]


def spare(due: npt.NDArray[np.bool_], new: Ints, bank: Bank, budget: int) -> int:
    """Leave out what can wait, where more is due than the budget allows; samples to be gone through again."""
    can = due & (bank.strides > 1)[:, None]
    cost = np.where(can, np.minimum(bank.backs[:, None] + new, bank.total.max()), 0)
    total = int(cost.sum())
    if total <= budget:
        return total
    order = np.argsort(np.where(can, -new / bank.strides[:, None], np.inf), axis=None, kind="stable")
    spent = np.cumsum(cost.ravel()[order])
    over = order[max(1, int(np.searchsorted(spent, budget, "right"))) :]
    flat = due.ravel()
    flat[over] &= ~can.ravel()[over]
    return min(total, budget)


def stride(reach: int) -> int:
    """New samples that a look-back waits for before it is looked at again."""
    return max(1, reach // (_SHARE if reach < 256 else _SHARE // 2))


def tier(reach: int) -> int:
    """Look-backs in few sizes, so that checks share their columns."""
    return next((size for size in (2, 32, 72, 272, 528, 640, 1344) if reach <= size), reach)


def rows_of(span: int, signal: Signal) -> int:
    """Samples of a stretch of time, generously."""
    return int(span / 1e9 * (signal.hz or 30.0) * 1.25) + 8
