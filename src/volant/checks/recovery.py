"""A grasp that failed and was tried again."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from volant.core import Episode, Fact, Kind, Span, Verdict

from ._names import grippers
from ._profile import numbers

__all__ = ["Recovery"]


class Recovery:
    """How often a gripper let go within three seconds of closing and closed again within four: fail, then regain.

    A recovery is worth having, so it never counts against a recording; it is remembered with its span.
    """

    name = "recovery"
    version = "1"
    unit = "new attempts"
    floor = 0.0
    limit = float("inf")
    verdict = Verdict.ACCEPT
    why = "The gripper in {stream} let go and closed again ({value:.3g} {unit})."

    def findings(self, episode: Episode) -> Iterable[Fact]:
        """One fact with a span per recovery, from the first closing to the next."""
        by = f"checks/{self.name}@{self.version}"
        for stream in numbers(episode, Kind.STATE, Kind.JOINT, Kind.GRIPPER):
            x = np.asarray(stream.values).reshape(len(stream.t), -1)
            for dim in grippers(stream.signal)[:2]:
                for start, stop in _attempts(x[:, dim].astype(np.float64), stream.t):
                    yield Fact("", f"check/{self.name}", 1.0, by, Span(start, stop), stream.name)


def _attempts(
    way: np.ndarray[tuple[int, ...], np.dtype[np.float64]], t: np.ndarray[tuple[int, ...], np.dtype[np.int64]]
) -> Iterable[tuple[int, int]]:
    """Closing, opening and closing again: crossings of the middle half, beginning from where the gripper started."""
    fine = way[np.isfinite(way)]
    if len(fine) < 8 or fine.max() - fine.min() <= 0.02 * np.abs(fine).max():
        return
    low, high = np.quantile(fine, 0.02), np.quantile(fine, 0.98)
    state = np.where(way > high - 0.3 * (high - low), 1, np.where(way < low + 0.3 * (high - low), -1, 0))
    rows = np.flatnonzero(state)
    flips = rows[1:][state[rows[1:]] != state[rows[:-1]]]
    for k in range(0, len(flips) - 2, 2):
        held, again = int(t[flips[k + 1]] - t[flips[k]]), int(t[flips[k + 2]] - t[flips[k + 1]])
        if 0 < held < 3_000_000_000 and 200_000_000 < again < 4_000_000_000 and held > 200_000_000:
            yield int(t[flips[k]]), int(t[flips[k + 2]]) + 1
