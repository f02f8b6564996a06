"""A lag between command and state that the rest of the set does not have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from volant.core import Batch, Fact, Sketch, Verdict

from ._beside import align, followers
from ._groups import by_group
from ._kernels import Floats, Ints, jit, ready
from ._profile import alone, remember
from .lag import best_lag

__all__ = ["Desync"]


class Desync:
    """How far an episode's lag between command and state lies from the median of its body, in milliseconds.

    The lag is the best shift of the first 512 samples, counted where its correlation is at least 0.7.
    """

    name = "desync"
    version = "1"
    unit = "ms"
    floor = 70.0
    limit = 150.0
    verdict = Verdict.REVIEW
    why = "{stream} follows its command {value:.3g} {unit} earlier or later than in the rest of the set."

    def sketches(self, batch: Batch) -> Iterable[Sketch]:
        """The lag in milliseconds, per state and its command."""
        for alike in batch.alike:
            for one, other in followers(alike.signals):
                t, x, cuts = ready(alike.columns(one))
                u, y, marks = ready(alike.columns(other))
                lags = np.full(len(alike.episodes), np.nan)
                _lags(t, x, cuts, (u, y, marks), lags)
                names = alone(alike, f"{alike.embodiment}|{one}")
                yield from remember(alike, names, np.isfinite(lags), lags[:, None])

    def compare(self, sketches: Sequence[Sketch]) -> Iterable[Fact]:
        """One fact per episode whose lag is unlike the others'."""
        by = f"checks/{self.name}@{self.version}"
        for name, subjects, values in by_group(sketches, least=5):
            away = np.abs(values[:, 0] - np.median(values[:, 0]))
            usual = 1.4826 * np.median(away)
            for place in np.flatnonzero(away > max(self.floor, 4 * usual)):
                stream = name.split("|")[-1]
                yield Fact(subjects[place], f"check/{self.name}", float(away[place]), by, stream=stream)


@jit
def _lags(t: Ints, x: Floats, cuts: Ints, beside: tuple[Ints, Floats, Ints], out: Floats) -> None:
    """Milliseconds per run, from at most 512 states; untouched where there are fewer than 48 or nothing is sure."""
    u, y, marks = beside
    for run in range(len(cuts) - 1):
        a, c, e = cuts[run], marks[run], marks[run + 1]
        n = min(cuts[run + 1] - a, 512)
        if n < 48 or e == c:
            continue
        command = np.empty((n, y.shape[1]))
        align(t[a : a + n], u[c:e], y[c:e], command)
        lag, sure = best_lag(x[a : a + n], command, 24)
        if sure >= 0.7:
            out[run] = lag * ((t[a + n - 1] - t[a]) / 1e6 / (n - 1))
