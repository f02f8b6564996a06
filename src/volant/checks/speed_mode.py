"""Operators who work in two gears."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from volant.core import Batch, Fact, Kind, Sketch, Verdict

from ._groups import Matrix, by_group
from ._profile import PATH, groups, lengths, likeness, numbers, profile, remember

__all__ = ["SpeedMode", "modes", "paces"]


class SpeedMode:
    """How many times faster or slower an episode is than the larger of two groups of speeds in its task.

    Two groups are said to exist where the best split of the logarithm of speed (Otsu 1979) leaves means that are three
    pooled deviations apart (Ashman's D), each with a tenth of at least twenty episodes. Information, no fault.
    """

    name = "speed_mode"
    version = "1"
    unit = "times the usual speed"
    floor = 1.2
    limit = float("inf")
    verdict = Verdict.ACCEPT
    why = "The task is done at two speeds; here at {value:.3g} {unit} or its inverse."

    def sketches(self, batch: Batch) -> Iterable[Sketch]:
        """Path per second of each dimension, per state."""
        for alike, signal in numbers(batch, Kind.STATE, Kind.JOINT, Kind.POSE):
            columns = alike.columns(signal.name)
            lasted = np.zeros(len(alike.episodes))
            filled = np.flatnonzero(lengths(alike, signal.name))
            first, last = columns.cuts[filled], columns.cuts[filled + 1] - 1
            lasted[filled] = (columns.t[last] - columns.t[first]) / 1e9
            speeds = profile(alike, signal.name)[..., PATH] / np.where(lasted > 0, lasted, 1.0)[:, None]
            yield from remember(alike, groups(alike, likeness(signal)), lasted > 0, speeds)

    def compare(self, sketches: Sequence[Sketch]) -> Iterable[Fact]:
        """One fact for each episode of the smaller group."""
        by = f"checks/{self.name}@{self.version}"
        for name, subjects, values in by_group(sketches, least=20):
            speed = paces(values)
            if speed is None:
                continue
            few, factor = modes(speed)
            for place in np.flatnonzero(few) if factor > self.floor else ():
                stream = name.split("|")[-1].split("[")[0]
                yield Fact(subjects[place], f"check/{self.name}", factor, by, stream=stream)


def paces(values: Matrix) -> Matrix | None:
    """Logarithm of how many times the group's usual speed each row is, ``[n]``, from path per second ``[n, dims]``.

    The median over the dimensions that usually move; ``None`` where none does.
    """
    usual = np.median(values, axis=0)
    moving = usual > 0
    if not moving.any():
        return None
    return np.asarray(np.log(np.maximum(np.median(values[:, moving] / usual[moving], axis=1), 1e-6)))


def modes(speed: Matrix) -> tuple[npt.NDArray[np.bool_], float]:
    """Which rows belong to the smaller of two groups, and the factor between the groups; 1 where there is one."""
    n = len(speed)
    rows = np.sort(speed)
    left = np.arange(1, n)
    sums, squares = np.cumsum(rows)[:-1], np.cumsum(rows**2)[:-1]
    low, high = sums / left, (rows.sum() - sums) / (n - left)
    within = squares - left * low**2 + (rows**2).sum() - squares - (n - left) * high**2
    cut = int(np.argmin(within))
    spread = np.sqrt(max(within[cut], 1e-12) / n)
    small = min(cut + 1, n - cut - 1)
    if small < max(2, n // 10) or (high[cut] - low[cut]) < 3.0 * spread:
        return np.zeros(n, dtype=np.bool_), 1.0
    slow = speed <= rows[cut]
    return (slow if cut + 1 <= n // 2 else ~slow), float(np.exp(high[cut] - low[cut]))
