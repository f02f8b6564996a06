"""The unit changes in the middle of an episode."""

from __future__ import annotations

import numpy as np

from volant.core import Columns, Kind, Reach, Signal, Verdict

from ._kernels import MOVING, Floats, Ints, Scores, jit, ready, tall

__all__ = ["UnitSwitch"]


class UnitSwitch:
    """The share of dimensions that change by the same factor of 180/pi or 1000 from one sample to the next.

    One dimension may grow by any factor by chance; most of at least three never do so together.
    """

    name = "unit_switch"
    version = "1"
    unit = "share of dimensions"
    floor = 0.3
    limit = 0.5
    verdict = Verdict.QUARANTINE
    why = "{stream} changes its unit in the middle: a share of {value:.3g} of its dimensions leaps by 57.3 or 1000."
    reach = Reach(samples=1)

    def applies(self, signal: Signal) -> bool:
        """Positions and commands of at least three dimensions."""
        return tall(signal) and signal.kind in (*MOVING, Kind.ACTION) and signal.width >= 3

    def scores(self, columns: Columns) -> Scores:
        """The largest share over the four factors (up and down)."""
        t, x, cuts = ready(columns)
        out = np.zeros(len(t), dtype=np.float32)
        _factors(x, cuts, out)
        return out


@jit
def _factors(x: Floats, cuts: Ints, out: Scores) -> None:
    width = x.shape[1]
    for run in range(len(cuts) - 1):
        for i in range(cuts[run] + 1, cuts[run + 1]):
            degrees = thousands = fewer_degrees = fewer_thousands = filled = 0
            for dim in range(width):
                now, then = x[i, dim], x[i - 1, dim]
                if now == 0.0 or then == 0.0:
                    continue
                filled += 1
                if now > 50.0 * then > 0.0 or now < 50.0 * then < 0.0:
                    factor = now / then
                    degrees += 51.0 < factor < 64.0
                    thousands += 900.0 < factor < 1100.0
                elif then > 50.0 * now > 0.0 or then < 50.0 * now < 0.0:
                    factor = then / now
                    fewer_degrees += 51.0 < factor < 64.0
                    fewer_thousands += 900.0 < factor < 1100.0
            most = max(degrees, thousands, fewer_degrees, fewer_thousands)
            if most >= 3:
                out[i] = most / filled
