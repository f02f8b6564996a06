"""Time before the first motion and after the last."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from volant.core import Alike, Batch, Fact, Span, Verdict

from ._kernels import Ints, Marks, jit, ready
from ._still import still
from .static import Static

__all__ = ["Idle"]

_LATE = np.int64(1 << 62)


class Idle:
    """For how long nothing moves at the head and the tail of an episode, in seconds each."""

    name = "idle"
    version = "1"
    unit = "s"
    floor = 1.0
    limit = 3.0
    verdict = Verdict.REVIEW
    why = "Nothing moves for {value:.3g} {unit} at an end of the episode."

    def findings(self, batch: Batch) -> Iterable[Fact]:
        """One fact with its span for a head and a tail of more than a second."""
        by = f"checks/{self.name}@{self.version}"
        for alike in batch.alike:
            first, last = _moved(alike)
            for run in np.flatnonzero(first <= last).tolist():
                whole = alike.episodes[run].span
                begin, end = int(first[run]), int(last[run])
                for a, b in ((whole.start, begin), (end, whole.stop)):
                    if (b - a) / 1e9 > self.floor:
                        yield Fact(alike.ids[run], f"check/{self.name}", (b - a) / 1e9, by, Span(a, b))


def _moved(alike: Alike) -> tuple[Ints, Ints]:
    """Times of the first and last motion per run; the last lies before the first where a stream shows none."""
    first = np.full(len(alike.episodes), _LATE)
    last = np.full(len(alike.episodes), -_LATE)
    for signal in alike.signals:
        if not Static().applies(signal):
            continue
        columns = alike.columns(signal.name)
        t, x, cuts = ready(columns)
        moving = np.zeros(len(t), dtype=np.uint8)
        lag = int(np.clip(round((signal.hz or 30.0) / 2), 4, 256))
        still(x, cuts, lag, moving)
        _ends(t, cuts, moving, lag, (first, last))
    return first, last


@jit
def _ends(t: Ints, cuts: Ints, moving: Marks, lag: int, ends: tuple[Ints, Ints]) -> None:
    """Widen the stretch of motion of each run of at least 16 samples; a run without motion is given up for good."""
    first, last = ends
    for run in range(len(cuts) - 1):
        a, b = cuts[run], cuts[run + 1]
        if b - a < 16:
            continue
        head, tail = a, b - 1
        while head < b and moving[head] == 0:
            head += 1
        while tail > head and moving[tail] == 0:
            tail -= 1
        if head == b:
            first[run], last[run] = 1 << 62, -(1 << 62) - 1
        elif last[run] >= -(1 << 62):
            first[run] = min(first[run], t[max(a, head - lag)])
            last[run] = max(last[run], t[tail])
