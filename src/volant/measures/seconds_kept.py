"""Yield: share of recorded time that the gate accepts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ..core import Estimate
from ..statistics.intervals import Z95
from ._groups import added, by_group

__all__ = ["SecondsKept"]

Array = npt.NDArray[np.generic]


class SecondsKept:
    """Accepted seconds of all judged seconds, overall and per task, body, site and operator.

    Interval: ratio estimator with the delta method, ``var = sum((a_i - R s_i)^2) / S^2`` (Cochran 1977, 6.3), cut to
    0..1; ``None`` below two episodes.
    """

    name = "yield"
    version = "1"
    unit = "share of seconds"

    def tally(self, table: Mapping[str, Array]) -> dict[str, Array]:
        """Sums from which ratio and variance follow, by group."""
        judged = (table["verdict"] != "").astype(np.float64)
        seconds = table["seconds"].astype(np.float64) * judged
        kept = seconds * (table["verdict"] == "accept")
        sums = {"n": judged, "seconds": seconds, "kept": kept, "ss": seconds**2, "kk": kept**2, "sk": seconds * kept}
        return by_group(table, sums)

    def merge(self, one: Mapping[str, Array], other: Mapping[str, Array]) -> dict[str, Array]:
        """Sums add up."""
        return added(one, other)

    def estimates(self, tally: Mapping[str, Array]) -> tuple[Estimate, ...]:
        """One share per group with judged time."""
        found = []
        for place, group in enumerate(tally["group"].tolist()):
            n, s, k, ss, kk, sk = (float(tally[c][place]) for c in ("n", "seconds", "kept", "ss", "kk", "sk"))
            if s <= 0:
                continue
            ratio = k / s
            spread = max(0.0, kk - 2 * ratio * sk + ratio * ratio * ss)
            half = Z95 * float(np.sqrt(spread * n / max(1.0, n - 1))) / s
            low, high = (max(0.0, ratio - half), min(1.0, ratio + half)) if n > 1 else (None, None)
            method = "accepted / judged seconds; 95 % ratio estimator"
            found.append(Estimate(self.name, ratio, self.unit, int(n), low, high, method=method, group=group))
        return tuple(found)
