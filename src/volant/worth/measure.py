"""What a lake is worth in numbers: measures of episodes told as facts, figures of the whole with their intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

from .. import plug
from ..core import Estimate, FactTable, Measure, SearchingMeasure, SetMeasure, SpaceMeasure
from ..core.errors import NotFound, suggest
from ..lake.numbers import matched
from . import space

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["figures", "known_figures", "tell", "tell_space"]

BLOCK = 256
"""Episodes measured between two commits."""


def tell(store: Store, measures: Sequence[Measure], at: int) -> int:
    """Measure every episode that has no value by this version yet; how many values were told."""
    told = 0
    for measure in measures:
        by, key = f"measures/{measure.name}@{measure.version}", f"measure/{measure.name}"
        done = set(_told(store, measure, by).to_pylist())
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


def tell_space(store: Store, measures: Sequence[SpaceMeasure], at: int) -> int:
    """Measure among the points of their space every episode that has no value by this version; how many were told."""
    told = 0
    for name in dict.fromkeys(measure.embedding for measure in measures):
        space.embed(store, name, at=at)
        known = space.known(store, name)
        for measure in (one for one in measures if one.embedding == name):
            by, key = f"measures/{measure.name}@{measure.version}", f"measure/{measure.name}"
            fresh = matched(_told(store, measure, by), pa.array(known.ids, pa.string())) < 0
            if not fresh.any():
                continue
            before = space.searched(store, known) if isinstance(measure, SearchingMeasure) else None
            if isinstance(measure, SearchingMeasure) and before is not None:
                scores = measure.searched(known.rows, known.columns, fresh, before)
            else:
                scores = measure.scores(known.rows, known.columns, fresh)
            there = fresh & np.isfinite(scores)
            table = FactTable()
            table.many(known.ids[there].tolist(), key, scores[there].tolist(), by)
            nowhere = known.ids[fresh & ~there].tolist()
            table.many(nowhere, "unmeasured", [measure.name] * len(nowhere), by)
            store.tell(table, at=at)
            told += int(there.sum())
            if isinstance(measure, SearchingMeasure):
                space.keep_index(store, known)
    return told


def _told(store: Store, measure: Measure | SpaceMeasure, by: str) -> pa.Array:
    """Subjects that this version of a measure has looked at."""
    return space.looked_at(store, f"measure/{measure.name}", by, "unmeasured", measure.name)


def _blocks(subjects: Sequence[str]) -> Iterable[list[str]]:
    return ([*subjects[start : start + BLOCK]] for start in range(0, len(subjects), BLOCK))


def figures(store: Store, names: Sequence[str], at: int, version: int | None = None) -> tuple[Estimate, ...]:
    """Figures of the named measures (all of them where none is named).

    A measure of single episodes is first told of every episode that lacks it, then shown as mean.
    """
    single, _, among = _chosen(names)
    tell(store, single, at)
    tell_space(store, among, at)
    return known_figures(store, names, version)


def known_figures(store: Store, names: Sequence[str] = (), version: int | None = None) -> tuple[Estimate, ...]:
    """The same from what was measured before: nothing is measured or told now."""
    single, whole, among = _chosen(names)
    found: list[Estimate] = []
    if whole:
        table = space.columns(store, version)[1]
        for measure in whole:
            found.extend(measure.estimates(measure.tally(table)))
    for one in single:
        found.extend(_summary(store, one))
    for other in among:
        found.extend(_summary(store, other))
    return tuple(found)


def _chosen(names: Sequence[str]) -> tuple[list[Measure], list[SetMeasure], list[SpaceMeasure]]:
    """The named measures: of single episodes, of sets, and of episodes among others. Raises ``NotFound``."""
    known = plug.names("measures")
    for name in names:
        if name not in known:
            raise NotFound(f"No measure is called {name!r}.", instead=suggest(name, known))
    chosen = [plug.load("measures", name) for name in (names or known)]
    whole = [one for one in chosen if isinstance(one, SetMeasure)]
    among = [one for one in chosen if isinstance(one, SpaceMeasure)]
    rest = [cast(Measure, one) for one in chosen if not isinstance(one, SetMeasure | SpaceMeasure)]
    return rest, whole, among


def _summary(store: Store, measure: Measure | SpaceMeasure) -> tuple[Estimate, ...]:
    """Mean of one measure over all episodes, with the normal 95 % interval of the mean."""
    found = store.sql("SELECT subject, number, added, pos FROM facts WHERE key = ?", params=[f"measure/{measure.name}"])
    marks = found["subject"].combine_chunks().dictionary_encode().indices.to_numpy()
    order = np.lexsort((found["pos"].to_numpy(), found["added"].to_numpy()))
    values = np.zeros(int(marks.max()) + 1 if len(marks) else 0)
    values[marks[order]] = found["number"].to_numpy()[order]  # of places that repeat, numpy keeps the last written
    values = values[np.isfinite(values)]
    if not len(values):
        return ()
    mean = float(values.mean())
    half = 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5 if len(values) > 1 else None
    low, high = (None, None) if half is None else (mean - half, mean + half)
    return (Estimate(measure.name, mean, measure.unit, len(values), low, high, method="mean, normal 95 %"),)
