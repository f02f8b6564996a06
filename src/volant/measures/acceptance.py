"""Share of episodes that the gate accepts, with Wilson's interval; stage: automatic."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ..core import Estimate
from ..statistics.intervals import wilson
from ._groups import added, by_group

__all__ = ["Acceptance"]

Array = npt.NDArray[np.generic]


class Acceptance:
    """Accepted episodes of all judged episodes, overall and per task, body, site and operator."""

    name = "acceptance"
    version = "1"
    unit = "share"

    def tally(self, table: Mapping[str, Array]) -> dict[str, Array]:
        """Judged and accepted episodes by group; episodes without a verdict are not counted."""
        judged = (table["verdict"] != "").astype(np.float64)
        accepted = (table["verdict"] == "accept").astype(np.float64)
        return by_group(table, {"judged": judged, "accepted": accepted})

    def merge(self, one: Mapping[str, Array], other: Mapping[str, Array]) -> dict[str, Array]:
        """Counts add up."""
        return added(one, other)

    def estimates(self, tally: Mapping[str, Array]) -> tuple[Estimate, ...]:
        """One share per group that has judged episodes."""
        rows = zip(tally["group"].tolist(), tally["judged"].tolist(), tally["accepted"].tolist(), strict=True)
        return tuple(
            Estimate(
                self.name,
                accepted / judged,
                self.unit,
                int(judged),
                *wilson(accepted, judged),
                method="accepted / judged episodes, automatic stage; 95 % Wilson",
                group=group,
            )
            for group, judged, accepted in rows
            if judged > 0
        )
