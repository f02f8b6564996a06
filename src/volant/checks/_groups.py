"""Sketches by group, as one matrix each: what every comparison begins with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from volant.core import Sketch, Sketches

__all__ = ["Matrix", "by_group", "outlying"]

Matrix = npt.NDArray[np.float64]


def by_group(sketches: Sequence[Sketch], least: int) -> Iterator[tuple[str, list[str], Matrix]]:
    """Name, subjects and values ``[n, width]`` of each group of at least ``least`` sketches, in a fixed order."""
    return (group for group in Sketches.of(sketches).by_group() if len(group[1]) >= least)


def outlying(values: Matrix, slack: Matrix | float) -> Matrix:
    """Distance of each value from its column's median, in robust deviations plus ``slack``."""
    away = np.abs(values - np.nanmedian(values, axis=0))
    return np.asarray(away / (1.4826 * np.nanmedian(away, axis=0) + slack))
