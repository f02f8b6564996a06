"""A grasp that failed and was tried again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from volant.core import Batch, Fact, Kind, Span, Verdict

from ._kernels import Floats, Ints, jit, ready
from ._names import grippers
from ._profile import COUNT, MAX, MIN, numbers, profile

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

    def findings(self, batch: Batch) -> Iterable[Fact]:
        """One fact with a span per recovery, from the first closing to the next."""
        by = f"checks/{self.name}@{self.version}"
        for alike, signal in numbers(batch, Kind.STATE, Kind.JOINT, Kind.GRIPPER):
            t, x, cuts = ready(alike.columns(signal.name))
            for dim in grippers(signal)[:2]:
                seen = profile(alike, signal.name)[:, dim]
                low, high = seen[:, MIN], seen[:, MAX]
                moves = (seen[:, COUNT] >= 8) & (high - low > 0.02 * np.maximum(np.abs(low), np.abs(high)))
                rows = np.full((len(moves), 64), -1, dtype=np.int64)
                _flips(np.ascontiguousarray(x[:, dim]), cuts, np.stack([low, high], axis=1), moves, rows)
                for run in np.flatnonzero(rows[:, 2] >= 0).tolist():
                    for start, stop in _attempts(t, rows[run][rows[run] >= 0].tolist()):
                        yield Fact(alike.ids[run], f"check/{self.name}", 1.0, by, Span(start, stop), signal.name)


def _attempts(t: Ints, flips: list[int]) -> Iterator[tuple[int, int]]:
    """Closing, opening and closing again: passages between the outer thirds, from where the gripper started."""
    for close, let_go, again in zip(flips[0::2], flips[1::2], flips[2::2], strict=False):
        held, empty = int(t[let_go] - t[close]), int(t[again] - t[let_go])
        if 200_000_000 < held < 3_000_000_000 and 200_000_000 < empty < 4_000_000_000:
            yield int(t[close]), int(t[again]) + 1


@jit
def _flips(way: Floats, cuts: Ints, ends: Floats, moves: npt.NDArray[np.bool_], rows: Ints) -> None:
    """Up to 64 rows per run where a gripper reaches the other side of its range."""
    for run in range(len(cuts) - 1):
        if not moves[run]:
            continue
        low, high = ends[run, 0], ends[run, 1]
        count = side = 0
        for i in range(cuts[run], cuts[run + 1]):
            now = 1 if way[i] > high - 0.3 * (high - low) else (-1 if way[i] < low + 0.3 * (high - low) else 0)
            if now != 0:
                if side == -now and count < rows.shape[1]:
                    rows[run, count] = i
                    count += 1
                side = now
