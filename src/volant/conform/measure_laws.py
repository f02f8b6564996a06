"""Laws of measures: defined or None, free of order, mergeable, honest about n."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ..core import Episode, Measure, SetMeasure
from . import generated
from .laws import Broken, Law

__all__ = ["EPISODE_LAWS", "SET_LAWS"]

Table = Mapping[str, npt.NDArray[np.generic]]


def _defined(measure: Measure) -> None:
    for episode in [*generated.episodes(3, 4), Episode(()), generated.episodes(1, 1)[0].between(0, 1)]:
        value = measure.of(episode)
        if value is not None and not math.isfinite(value):
            raise Broken(f"{measure.name}: {value} for {episode!r}; use None where it is not defined.")
        if value != measure.of(episode):
            raise Broken(f"{measure.name}: another value the second time.")


def table(seed: int, count: int) -> dict[str, npt.NDArray[np.generic]]:
    """A made-up table of episodes as columns."""
    rng = np.random.default_rng(seed)
    words = {
        name: np.array([f"{name}{i}" for i in rng.integers(0, 4, count)], dtype=object)
        for name in ("task", "scene", "embodiment", "robot", "operator", "site", "region", "tier")
    }
    verdicts = np.array(["accept", "review", "quarantine", ""], dtype=object)
    outcomes = np.array(["success", "failure", ""], dtype=object)
    return {
        "id": np.array([f"{seed}-{i}" for i in range(count)], dtype=object),
        **words,
        "seconds": rng.uniform(1, 60, count),
        "frames": rng.integers(1, 2000, count),
        "verdict": verdicts[rng.integers(0, 4, count)],
        "outcome": outcomes[rng.integers(0, 3, count)],
    }


def _close(one: Table, other: Table) -> bool:
    return one.keys() == other.keys() and all(
        one[name].shape == other[name].shape
        and (
            np.allclose(one[name].astype(float), other[name].astype(float), equal_nan=True)
            if one[name].dtype != object
            else bool((one[name] == other[name]).all())
        )
        for name in one
    )


def _figures(measure: SetMeasure, tally: Table) -> list[str]:
    """Figures as text with nine digits: sums in another order differ in the last ones."""
    rows = ((e.name, e.group, e.n, e.value, e.low, e.high) for e in measure.estimates(tally))
    return sorted(" ".join(f"{part:.9g}" if isinstance(part, float) else str(part) for part in row) for row in rows)


def _mergeable(measure: SetMeasure) -> None:
    one, other = table(1, 40), table(2, 25)
    both = {name: np.concatenate([one[name], other[name]]) for name in one}
    merged = measure.merge(measure.tally(one), measure.tally(other))
    if _figures(measure, merged) != _figures(measure, measure.tally(both)):
        raise Broken(f"{measure.name}: merging two parts differs from the whole.")


def _free(measure: SetMeasure) -> None:
    rows = table(3, 50)
    order = np.random.default_rng(0).permutation(50)
    mixed = {name: column[order] for name, column in rows.items()}
    if _figures(measure, measure.tally(rows)) != _figures(measure, measure.tally(mixed)):
        raise Broken(f"{measure.name}: another figure in another order.")


def _honest(measure: SetMeasure) -> None:
    for count in (0, 1, 60):
        for estimate in measure.estimates(measure.tally(table(4, count))):
            if estimate.n > count or not estimate.unit or not estimate.method:
                raise Broken(f"{measure.name}: {estimate!r} hides its n, unit or method.")
            if estimate.low is not None and estimate.high is not None and estimate.low > estimate.high:
                raise Broken(f"{measure.name}: {estimate!r} has its interval upside down.")


EPISODE_LAWS = (Law("defined", "a finite number or None, the same again, also for odd episodes", _defined),)
SET_LAWS = (
    Law("mergeable", "two tallies merged are the tally of both", _mergeable),
    Law("order-free", "the order of episodes does not matter", _free),
    Law("honest", "every figure carries unit, n, method and a sound interval", _honest),
)
