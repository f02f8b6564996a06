"""Forces and currents that leap: collisions, contact, a driver's glitch."""

from __future__ import annotations

import re

import numpy as np

from volant.core import Columns, Kind, Reach, Signal, Verdict

from ._kernels import Floats, Ints, Scores, blank, gather, jit, largest, ready, tall, total

__all__ = ["Force"]

_KINDS = (Kind.EFFORT, Kind.WRENCH, Kind.TACTILE)
_NAMES = re.compile(r"force|torque|current|effort|wrench", re.IGNORECASE)


class Force:
    """How far a force lies from the mean of the 64 samples before, in the largest such distance of the last 256.

    Contact moves a force several times its usual swing; three are remembered as events, eight are worth a look.
    """

    name = "force"
    version = "1"
    unit = "usual swings"
    floor = 3.0
    limit = 8.0
    verdict = Verdict.REVIEW
    why = "A force or current in {stream} leaps {value:.3g} {unit} away."
    reach = Reach(samples=256 + 64 + 8)

    def applies(self, signal: Signal) -> bool:
        """Forces, torques, currents and touch, by kind or by name."""
        return tall(signal) and (signal.kind in _KINDS or bool(_NAMES.search(signal.name)))

    def scores(self, columns: Columns) -> Scores:
        """Distance in usual swings, the worst dimension of each sample."""
        t, x, cuts = ready(columns)
        out = np.zeros(len(t), dtype=np.float32)
        _swings(x, cuts, out)
        return out


@jit
def _swings(x: Floats, cuts: Ints, out: Scores) -> None:
    desk = blank(cuts, 6)
    v, d, mean, away, spare = desk[0], desk[1], desk[2], desk[3], desk[4]
    usual = desk[5]
    for run in range(len(cuts) - 1):
        a, b = cuts[run], cuts[run + 1]
        n = b - a
        for dim in range(x.shape[1]):
            gather(x[a:b, dim], v, d)
            for i in range(n):
                if np.isnan(v[i]):
                    v[i] = 0.0
                mean[i] = v[i]
            total(mean, spare, n, 64)
            for i in range(n):
                before = min(i, 64)
                away[i] = abs(v[i] - mean[i - 1] / before) if before >= 16 else 0.0
                usual[i] = away[i]
            largest(usual, spare, n, 256)
            for i in range(64, n):
                if usual[i - 4] > 0.0:
                    score = min(1e6, away[i] / usual[i - 4])
                    out[a + i] = max(out[a + i], score)
