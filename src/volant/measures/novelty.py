"""How far an episode lies from everything that came before it: what it added when it came."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ..core import Searched
from ._before import nearest_before

__all__ = ["Novelty"]


class Novelty:
    """Distance to the nearest earlier episode in the space of motion; 0 is a repetition, the first has none.

    Two unlike movements lie about 1 apart. Later episodes do not change it, so each is measured once.
    """

    name = "novelty"
    version = "1"
    unit = "distance"
    embedding = "motion"

    def scores(
        self,
        rows: npt.NDArray[np.float32],
        columns: Mapping[str, npt.NDArray[np.generic]],
        fresh: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.float64]:
        """One distance per fresh episode, NaN for the very first and for what was not asked."""
        return nearest_before(rows, fresh)

    def searched(
        self,
        rows: npt.NDArray[np.float32],
        columns: Mapping[str, npt.NDArray[np.generic]],
        fresh: npt.NDArray[np.bool_],
        known: Searched,
    ) -> npt.NDArray[np.float64]:
        """The same by way of an index of the first rows, which finds the nearest surely."""
        return nearest_before(rows, fresh, known)
