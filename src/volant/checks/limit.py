"""A joint at its stop."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Kind, Reach, Signal, Verdict

from ._kernels import MOVING, Floats, Ints, Scores, jit, ready, tall
from ._names import grippers

__all__ = ["Limit"]

_MOST = 512


class Limit:
    """For how long a dimension has been at or beyond its limit, in seconds; needs an embodiment that states limits.

    At means within half a percent of the way between the limits. At most 512 samples are counted.
    """

    name = "limit"
    version = "1"
    unit = "s"
    floor = 0.1
    limit = 0.5
    verdict = Verdict.REVIEW
    why = "A joint of {stream} rests at its limit for {value:.3g} {unit}."
    reach = Reach(samples=_MOST + 1)

    def applies(self, signal: Signal) -> bool:
        """Positions and commands; silent where no limits are known."""
        return tall(signal) and signal.kind in (*MOVING, Kind.ACTION)

    def scores(self, columns: Columns) -> Scores:
        """Seconds at the limit, the worst dimension of each sample, grippers aside."""
        t, x, cuts = ready(columns)
        out = np.zeros(len(t), dtype=np.float32)
        limits = columns.limits
        if limits is None or limits.shape != (x.shape[1], 2):
            return out
        margin = 0.005 * (limits[:, 1] - limits[:, 0])
        inner = np.ascontiguousarray(np.column_stack([limits[:, 0] + margin, limits[:, 1] - margin]))
        inner[np.isnan(limits)] = np.nan
        inner[list(grippers(columns.signal))] = np.nan
        _resting(t, x, cuts, inner, out)
        return out


@jit
def _resting(t: Ints, x: Floats, cuts: Ints, inner: Floats, out: Scores) -> None:
    for run in range(len(cuts) - 1):
        for dim in range(x.shape[1]):
            held = 0
            for i in range(cuts[run], cuts[run + 1]):
                now = x[i, dim]
                at = now <= inner[dim, 0] or now >= inner[dim, 1]
                held = min(held + 1, 512) if at else 0
                if held > 1:
                    out[i] = max(out[i], (t[i] - t[i - held + 1]) / 1e9)
