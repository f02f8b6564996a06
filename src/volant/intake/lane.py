"""The last samples of one live stream, and many of them side by side as columns."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..core import Columns, Signal

__all__ = ["Lane", "beside_each_other"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(slots=True, eq=False)
class Lane:
    """One stream of one session: its newest samples, at least ``reach`` of them before those that nobody scored yet.

    ``seen`` holds by name of a check how many samples of the run it has scored; ``total`` how many the run has.
    """

    session: str
    signal: Signal
    reach: int
    limits: Floats | None = None
    total: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    _t: Ints = field(init=False)
    _x: Floats = field(init=False)
    _n: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._t = np.zeros(64, np.int64)
        self._x = np.zeros((64, max(1, self.signal.width)))

    def begin(self) -> None:
        """A run begins: what came before is of another."""
        self._n = self.total = 0
        self.seen.clear()

    def due(self, check: str, stride: int) -> int:
        """How many new samples a check has to look at, where they are enough; 0 where it can wait.

        Lanes take turns: the first look of each comes at a time of its own.
        """
        seen = self.seen.get(check)
        if seen is None:
            seen = self.seen[check] = -(zlib.crc32(f"{self.session}{check}".encode()) % stride)
        new = self.total - seen
        return min(new, self.total) if new >= stride else 0

    def add(self, t: Ints, x: npt.NDArray[np.generic]) -> None:
        """Append samples."""
        many = len(t)
        if self._n + many > len(self._t):
            self._make_room(many)
        self._t[self._n : self._n + many] = t
        self._x[self._n : self._n + many] = x.reshape(many, -1)
        self._n += many
        self.total += many

    def last(self, back: int) -> tuple[Ints, Floats]:
        """The newest ``back`` samples, or as many as there are."""
        a = max(0, self._n - back)
        return self._t[a : self._n], self._x[a : self._n]

    @property
    def newest(self) -> int:
        """When the newest sample was taken, ns; 0 where there is none."""
        return int(self._t[self._n - 1]) if self._n else 0

    def fresh(self, check: str) -> int:
        """How many samples a check has not scored yet."""
        return self.total - self.seen.get(check, 0)

    def _make_room(self, many: int) -> None:
        """Let go of what nobody needs any more, or grow while the look-back is not full."""
        waiting = self.total - min(self.seen.values(), default=0)
        keep = min(self._n, self.reach + waiting)
        kept = slice(self._n - keep, self._n)
        size, t, x = max(2 * (keep + many), 64), self._t, self._x
        if size > len(t) or size < len(t) // 4:
            t, x = np.zeros(size, np.int64), np.zeros((size, x.shape[1]))
        t[:keep], x[:keep] = self._t[kept], self._x[kept]
        self._t, self._x, self._n = t, x, keep


def beside_each_other(lanes: Sequence[Lane], back: Sequence[int]) -> Columns:
    """The newest ``back[i]`` samples of each lane laid end to end; the lanes share one signal and its limits."""
    parts = [lane.last(many) for lane, many in zip(lanes, back, strict=True)]
    cuts = np.zeros(len(lanes) + 1, np.int64)
    np.cumsum([len(t) for t, _ in parts], out=cuts[1:])
    t = np.concatenate([t for t, _ in parts])
    return Columns(lanes[0].signal, t, np.concatenate([x for _, x in parts]), cuts, lanes[0].limits)
