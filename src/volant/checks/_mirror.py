"""Episodes whose numbers lie where the set's would lie if something had changed places."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._groups import Matrix

__all__ = ["better_changed"]


def better_changed(values: Matrix, changed: Matrix) -> npt.NDArray[np.float64]:
    """How many times nearer each row is to the set's middle when changed than as it is; 0 where it fits as it is.

    Distances are in robust deviations of each column, at most ten each, on average over columns. A row must lie at
    least 1.4 away to be doubted.
    """
    middle = np.median(values, axis=0)
    spread = 1.4826 * np.median(np.abs(values - middle), axis=0)
    spread = spread + 0.1 * np.quantile(np.abs(values - middle), 0.9, axis=0) + 1e-9 + 1e-3 * np.abs(middle)
    here = np.minimum(np.abs(values - middle) / spread, 10.0).mean(axis=1)
    there = np.minimum(np.abs(changed - middle) / spread, 10.0).mean(axis=1)
    return np.asarray(np.where(here > 1.4, here / np.maximum(there, 0.5), 0.0))
