"""How alone an episode is among all others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ..vectors import index

__all__ = ["NEIGHBOURS", "Rarity", "loneliness"]

NEIGHBOURS = 10
"""A rare case may have so many less one of its like and is rare still."""

_FEW = 20_000


def loneliness(rows: npt.NDArray[np.float32], asked: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Distance from the rows at these places to their tenth nearest other row (the last, where fewer are)."""
    k = min(NEIGHBOURS + 1, len(rows))
    if k < 2 or not len(asked):
        return np.full(len(asked), np.nan)
    known = index.build(rows, lists=1 if len(asked) <= _FEW else None)
    return known.nearest(rows[asked], k)[0][:, -1].astype(np.float64)


class Rarity:
    """Distance to the tenth nearest other episode in the space of motion, of all that the lake held when it was asked.

    Large is rare. What comes later may make an episode common; `volant rare` asks anew.
    """

    name = "rarity"
    version = "1"
    unit = "distance"
    embedding = "motion"

    def scores(
        self,
        rows: npt.NDArray[np.float32],
        columns: Mapping[str, npt.NDArray[np.generic]],
        fresh: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.float64]:
        """One distance per fresh episode; NaN where it is alone."""
        made = np.full(len(rows), np.nan)
        made[fresh] = loneliness(rows, np.flatnonzero(fresh).astype(np.int64))
        return made
