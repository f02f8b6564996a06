"""The newest samples of many live streams of one sort, side by side, and how far each check has come in each."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..core import Columns, Signal

__all__ = ["Bank", "Ints"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_NOBODY = 2**62
_MOST_WAITING = 4096
"""Samples that are kept, at most, for a look beside a stream that does not come."""


@dataclass(slots=True, eq=False)
class Bank:
    """Rows of samples that share one signal and its limits; one row a stream of one session.

    ``checks`` are the names of those that look at each row alone, ``strides`` how many new samples each waits for,
    ``backs`` their look-backs. Of every row at least ``reach`` samples are held before those that nobody has scored.

    ``names[row]`` is whose it is (empty where nobody's), ``total[row]`` how many samples its run has,
    ``seen[check, row]`` how many of them a check has scored, ``held[row]`` the fewest that any look at it beside others
    has.
    """

    signal: Signal
    checks: tuple[str, ...] = ()
    strides: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    backs: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    reach: int = 0
    limits: Floats | None = None
    names: list[str] = field(init=False, default_factory=list)
    total: Ints = field(init=False)
    seen: Ints = field(init=False)
    held: Ints = field(init=False)
    _n: Ints = field(init=False)
    _t: Ints = field(init=False)
    _x: Floats = field(init=False)
    _free: list[int] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.total, self.held, self._n = (np.zeros(0, np.int64) for _ in range(3))
        self.seen = np.zeros((len(self.checks), 0), np.int64)
        self._t = np.zeros((0, 64), np.int64)
        self._x = np.zeros((0, 64, max(1, self.signal.width)))

    def open(self, name: str) -> int:
        """A row for somebody's stream."""
        if not self._free:
            self._widen(max(1, len(self.names)))
        row = self._free.pop()
        self.names[row] = name
        self.begin(row)
        return row

    def close(self, row: int) -> None:
        """Nobody's any more."""
        self.names[row] = ""
        self._free.append(row)

    @property
    def open_rows(self) -> int:
        """How many rows are somebody's."""
        return len(self.names) - len(self._free)

    def begin(self, row: int) -> None:
        """A run begins: what came before is of another. Rows take turns: each has its first look at its own time."""
        self._n[row] = self.total[row] = 0
        self.held[row] = _NOBODY
        for i, check in enumerate(self.checks):
            self.seen[i, row] = -(zlib.crc32(f"{self.names[row]}{check}".encode()) % int(self.strides[i]))

    def add(self, rows: Ints, t: Ints, x: npt.NDArray[np.generic]) -> None:
        """Append samples: sample ``i`` (``t[i]``, ``x[i]``) to row ``rows[i]``; those of one row in their order."""
        many = np.bincount(rows, minlength=len(self.names))
        if np.any(self._n + many > self._t.shape[1]):
            self._make_room(many)
        places = self._n[rows]
        if many.max() > 1:  # several of one row: each after those before it
            order = np.argsort(rows, kind="stable")
            firsts = np.cumsum(many) - many
            places[order] += np.arange(len(rows)) - firsts[rows[order]]
        self._t[rows, places] = t
        self._x[rows, places] = x.reshape(len(rows), -1)
        self._n += many
        self.total += many

    def columns(self, rows: Ints, back: Ints, newest: int | None = None) -> Columns:
        """The newest ``back[i]`` samples of each row, or as many as there are, laid end to end; of each run only the
        ``newest`` are to be scored."""
        ends = self._n[rows]
        many = np.minimum(back, ends)
        cuts = np.zeros(len(rows) + 1, np.int64)
        np.cumsum(many, out=cuts[1:])
        if len(rows) == 1:
            part = slice(int(ends[0] - many[0]), int(ends[0]))
            return Columns(self.signal, self._t[rows[0], part], self._x[rows[0], part], cuts, self.limits, newest)
        from ._kernels import lay  # compiled code takes a moment to load

        t, x = np.empty(cuts[-1], np.int64), np.empty((cuts[-1], self._x.shape[2]))
        lay((self._t, self._x), rows, ends, cuts, (t, x))
        return Columns(self.signal, t, x, cuts, self.limits, newest)

    def last(self, row: int, back: int) -> Columns:
        """The newest ``back`` samples of one row."""
        return self.columns(np.array([row]), np.array([back]))

    def newest(self, row: int) -> int:
        """When the newest sample of a row was taken, ns; 0 where there is none."""
        n = int(self._n[row])
        return int(self._t[row, n - 1]) if n else 0

    def _widen(self, more: int) -> None:
        first = len(self.names)
        self.names += [""] * more
        self._free += range(first + more - 1, first - 1, -1)
        self.total, self.held, self._n = (np.pad(one, (0, more)) for one in (self.total, self.held, self._n))
        self.seen = np.pad(self.seen, ((0, 0), (0, more)))
        self._t = np.pad(self._t, ((0, more), (0, 0)))
        self._x = np.pad(self._x, ((0, more), (0, 0), (0, 0)))

    def _make_room(self, many: Ints) -> None:
        """Let go of what nobody needs any more, and grow while look-backs are not full."""
        waiting = self.total - np.minimum(self.held, self.seen.min(axis=0, initial=_NOBODY))
        keep = np.minimum(self._n, self.reach + np.clip(waiting, 0, _MOST_WAITING))
        full = np.flatnonzero(self._n + many > self._t.shape[1])
        size = int((keep + many)[full].max())
        if 2 * size > self._t.shape[1]:
            more = 2 * size - self._t.shape[1]
            self._t = np.pad(self._t, ((0, 0), (0, more)))
            self._x = np.pad(self._x, ((0, 0), (0, more), (0, 0)))
            full = np.flatnonzero(self._n + many > self._t.shape[1])
        for row in full.tolist():
            kept, end = int(keep[row]), int(self._n[row])
            self._t[row, :kept] = self._t[row, end - kept : end]
            self._x[row, :kept] = self._x[row, end - kept : end]
            self._n[row] = kept
