"""How often an episode was there already when it came."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ..vectors import duplicates

__all__ = ["EPS", "Redundancy"]

EPS = 0.01
"""One minus the cosine below which two movements repeat each other: about eight degrees."""


class Redundancy:
    """How many earlier episodes repeat the same movement: 0 for the first of its sort, 1,000 for repetition 1,001.

    Every episode is compared with those kept before it (SemDeDup's rule, see ``vectors.duplicates``): the first it
    repeats is its original, and it counts the repetitions of that original so far.
    """

    name = "redundancy"
    version = "1"
    unit = "repetitions"
    embedding = "motion"

    def scores(
        self,
        rows: npt.NDArray[np.float32],
        columns: Mapping[str, npt.NDArray[np.generic]],
        fresh: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.float64]:
        """Repetitions before each episode."""
        if not len(rows) or not fresh.any():
            return np.full(len(rows), np.nan)
        original = duplicates.near(rows, EPS)
        order = np.argsort(original, kind="stable")
        marks = original[order]
        starts = np.flatnonzero(np.concatenate([[True], marks[1:] != marks[:-1]]))
        rank = np.arange(len(rows)) - np.repeat(starts, np.diff(np.append(starts, len(rows))))
        made = np.empty(len(rows))
        made[order] = rank
        return np.where(fresh, made, np.nan)
