"""What a lake is worth in numbers: measures of episodes told as facts, figures of the whole with their intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from volant import plug
from volant.core import Estimate, FactTable, Measure, SetMeasure
from volant.core.errors import NotFound, suggest

if TYPE_CHECKING:
    from volant.lake import Store

__all__ = ["figures", "known_figures", "tell"]

COLUMNS = ("id", "task", "scene", "embodiment", "robot", "operator", "site", "region", "tier", "seconds", "frames")
JUDGED = ("verdict", "outcome")
BLOCK = 256
"""Episodes measured between two commits."""


def tell(store: Store, measures: Sequence[Measure], at: int) -> int:
    """Measure every episode that has no value by this version yet; how many values were told."""
    told = 0
    for measure in measures:
        by, key = f"measures/{measure.name}@{measure.version}", f"measure/{measure.name}"
        known = store.facts(key=[key, "unmeasured"])
        done = {s for s, b in zip(known.subject, known.by, strict=True) if b == by}
        for block in _blocks([subject for subject in store.ids() if subject not in done]):
            table = FactTable()
            for episode in store.episodes(block):
                value = measure.of(episode)
                if value is None:  # said too, so that nobody measures it again
                    table.row(episode.id, "unmeasured", measure.name, by)
                else:
                    table.row(episode.id, key, float(value), by)
                    told += 1
            store.tell(table, at=at)
    return told


def _blocks(subjects: Sequence[str]) -> Iterable[list[str]]:
    return ([*subjects[start : start + BLOCK]] for start in range(0, len(subjects), BLOCK))


def figures(store: Store, names: Sequence[str], at: int, version: int | None = None) -> tuple[Estimate, ...]:
    """Figures of the named measures (all of them where none is named).

    A measure of single episodes is first told of every episode that lacks it, then shown as mean, least and most.
    """
    tell(store, _chosen(names)[0], at)
    return known_figures(store, names, version)


def known_figures(store: Store, names: Sequence[str] = (), version: int | None = None) -> tuple[Estimate, ...]:
    """The same from what was measured before: nothing is measured or told now."""
    single, whole = _chosen(names)
    found: list[Estimate] = []
    if whole:
        table = episode_columns(store, version)
        for measure in whole:
            found.extend(measure.estimates(measure.tally(table)))
    for one in single:
        found.extend(_summary(store, one))
    return tuple(found)


def _chosen(names: Sequence[str]) -> tuple[list[Measure], list[SetMeasure]]:
    """The named measures: those of single episodes, and those of sets. Raises ``NotFound``."""
    known = plug.names("measures")
    for name in names:
        if name not in known:
            raise NotFound(f"No measure is called {name!r}.", instead=suggest(name, known))
    chosen = [plug.load("measures", name) for name in (names or known)]
    single = [cast(Measure, measure) for measure in chosen if not isinstance(measure, SetMeasure)]
    return single, [measure for measure in chosen if isinstance(measure, SetMeasure)]


def episode_columns(store: Store, version: int | None = None) -> Mapping[str, npt.NDArray[np.generic]]:
    """The lake's episodes as the columns that measures of sets tally; text as object arrays, empty where unknown."""
    table = store.sql(f"SELECT {', '.join((*COLUMNS, *JUDGED))} FROM episodes", version=version)
    columns: dict[str, npt.NDArray[np.generic]] = {}
    for name in (*COLUMNS, *JUDGED):
        values = table[name].to_pylist()
        if name in ("seconds", "frames"):
            columns[name] = np.array([value or 0 for value in values], np.float64 if name == "seconds" else np.int64)
        else:
            columns[name] = np.array([value or "" for value in values], object)
    return columns


def _summary(store: Store, measure: Measure) -> tuple[Estimate, ...]:
    """Mean of one measure over all episodes, with the normal 95 % interval of the mean."""
    table = store.facts(key=f"measure/{measure.name}")
    latest = {s: float(cast(float, v)) for s, v in zip(table.subject, table.value, strict=True)}
    values = np.array([value for value in latest.values() if np.isfinite(value)], np.float64)
    if not len(values):
        return ()
    mean = float(values.mean())
    half = 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5 if len(values) > 1 else None
    low, high = (None, None) if half is None else (mean - half, mean + half)
    return (Estimate(measure.name, mean, measure.unit, len(values), low, high, method="mean, normal 95 %"),)
