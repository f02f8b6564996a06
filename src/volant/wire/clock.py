"""Two clocks compared by messages that go there and back (RFC 5905, on-wire protocol)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Offset", "offset_of"]


@dataclass(frozen=True, slots=True)
class Offset:
    """How far the other clock is ahead of ours, ns, and the way there and back that it was measured on: the true offset
    lies within half of ``rtt``. ``n`` exchanges were made."""

    ns: int
    rtt: int
    n: int


def offset_of(exchanges: Iterable[tuple[int, int, int, int]]) -> Offset | None:
    """The offset from (sent, received there, answered there, received back), each by its own clock.

    The exchange with the shortest way is believed: whatever made the others longer need not have been symmetric.
    """
    best: Offset | None = None
    n = 0
    for sent, there, answered, back in exchanges:
        n += 1
        rtt = (back - sent) - (answered - there)
        if rtt >= 0 and (best is None or rtt < best.rtt):
            best = Offset(((there - sent) + (answered - back)) // 2, rtt, 0)
    return None if best is None else Offset(best.ns, best.rtt, n)
