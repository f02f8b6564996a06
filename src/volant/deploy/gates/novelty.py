"""Help is asked for where the robot is somewhere that good episodes have never been."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ...core import Act, Environment, Floats, Ints, Moment
from ...core.errors import BadValue

__all__ = ["Novelty", "flat"]

_MOST = 2048
"""Reference states that are kept: 50 robots against so many take about a millisecond a step."""

_FLOOR = 0.1
"""No spread counts as less than this share of the median one: what hardly ever varies would else drown the rest."""

Array = npt.NDArray[np.generic]


def flat(obs: Mapping[str, Array]) -> Floats:
    """Every number that is observed, side by side: ``[n, d]``; pictures are left out, signals in order of name."""
    columns = [
        np.asarray(column, np.float64).reshape(len(column), -1)
        for _, column in sorted(obs.items())
        if column.ndim <= 2 and column.dtype.kind in "fiub"
    ]
    if not columns:
        raise BadValue("The gate 'novelty' needs observations that are numbers; there are only pictures.")
    return np.concatenate(columns, axis=1)


class Novelty:
    """Distance to the nearest state of episodes that went well, in units of their own spread per number observed.

    Nearest neighbours as in Sirius-Fleet, in the space of observed numbers; ``reference`` ``[m, d]`` are the states,
    of which an even choice of 2,048 is kept. A usual distance is ``typical``: the 95th percentile of distances from
    states that were left out to those kept.
    """

    name = "novelty"
    unit = "spreads"

    def __init__(self, reference: Floats) -> None:
        if len(reference) < 2:
            raise BadValue("The gate 'novelty' needs states of episodes that went well; there are none.")
        spread = reference.std(axis=0)
        usual = np.median(spread[spread > 1e-9]) if (spread > 1e-9).any() else 0.0
        spread = np.where(spread > 1e-9, np.maximum(spread, _FLOOR * usual), 0.0)
        self._scale = np.where(spread > 1e-9, 1 / np.maximum(spread, 1e-9), 0.0) / np.sqrt(
            max(1, (spread > 1e-9).sum())
        )
        keep = np.unique(np.linspace(0, len(reference) - 1, min(_MOST, len(reference))).astype(np.int64))
        self._kept = reference[keep] * self._scale
        self._squares = (self._kept**2).sum(axis=1)

    @classmethod
    def of(cls, episodes: Sequence[Mapping[str, Array]]) -> Novelty:
        """The gate that knows the observations of these episodes, each by signal name ``[T, ...]``."""
        if not episodes:
            raise BadValue("The gate 'novelty' needs episodes that went well; there are none.")
        return cls(np.concatenate([flat(obs) for obs in episodes]))

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """Nothing is remembered."""

    def scores(self, moment: Moment, act: Act) -> Floats:
        """The distance of this step; infinite where an observation is not finite."""
        found = np.zeros(len(moment.active))
        lanes = np.flatnonzero(moment.active)
        found[lanes] = self.distances(flat(moment.state.obs)[lanes])
        return found

    def distances(self, states: Floats) -> Floats:
        """Distance of each state ``[n, d]`` to the nearest that is known."""
        here = states * self._scale
        squares = (here**2).sum(axis=1)[:, None] + self._squares - 2 * here @ self._kept.T
        return np.where(np.isfinite(squares).all(axis=1), np.sqrt(np.maximum(squares.min(axis=1), 0.0)), np.inf)
