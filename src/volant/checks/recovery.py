"""A grasp that failed and was tried again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from volant.core import Episode, Fact, Kind, Span, Verdict

from ._kernels import Floats, Ints, jit
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

    def findings(self, episode: Episode) -> Iterable[Fact]:
        """One fact with a span per recovery, from the first closing to the next."""
        by = f"checks/{self.name}@{self.version}"
        for stream in numbers(episode, Kind.STATE, Kind.JOINT, Kind.GRIPPER):
            for dim in grippers(stream.signal)[:2]:
                seen = profile(stream)[dim]
                low, high = float(seen[MIN]), float(seen[MAX])
                if seen[COUNT] < 8 or high - low <= 0.02 * max(abs(low), abs(high)):
                    continue
                way = np.asarray(stream.values).reshape(len(stream.t), -1)[:, dim].astype(np.float64)
                for start, stop in _attempts(way, stream.t, low, high):
                    yield Fact("", f"check/{self.name}", 1.0, by, Span(start, stop), stream.name)


def _attempts(way: Floats, t: Ints, low: float, high: float) -> Iterator[tuple[int, int]]:
    """Closing, opening and closing again: passages between the outer thirds, from where the gripper started."""
    rows = np.empty(64, dtype=np.int64)
    flips = [int(row) for row in rows[: _flips(way, low, high, rows)]]
    for close, let_go, again in zip(flips[0::2], flips[1::2], flips[2::2], strict=False):
        held, empty = int(t[let_go] - t[close]), int(t[again] - t[let_go])
        if 200_000_000 < held < 3_000_000_000 and 200_000_000 < empty < 4_000_000_000:
            yield int(t[close]), int(t[again]) + 1


@jit
def _flips(way: Floats, low: float, high: float, rows: Ints) -> int:
    count = side = 0
    for i in range(len(way)):
        now = 1 if way[i] > high - 0.3 * (high - low) else (-1 if way[i] < low + 0.3 * (high - low) else 0)
        if now != 0:
            if side == -now and count < len(rows):
                rows[count] = i
                count += 1
            side = now
    return count
