"""What episodes show only beside all others of the lake: their sketches compared, check by check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..core import Fact, FactTable, SetCheck, Sketches
from .judge import judge, verdict_facts
from .screening import Screener

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["beside_others", "sketches_of"]


def beside_others(store: Store, screener: Screener, at: int) -> list[tuple[str, str, str]]:
    """Tell what comparing sketches finds new and judge again whom it concerns; subject, verdict before and after.

    The sketches of one check at a time are held, as columns.
    """
    told = FactTable()
    for name, check in sorted(screener.checks.items()):
        if isinstance(check, SetCheck):
            found = FactTable.of(check.compare(sketches_of(store, name)))
            told.extend(_changes(found, store.facts(key=[f"check/{name}", f"why/{name}"])))
    if not len(told):
        return []
    store.tell(told, at=at)
    subjects = sorted(set(told.subject))
    facts = store.facts(subject=subjects, key=["check/*", "why/*"])
    before = dict(zip(*_verdicts(store, subjects), strict=True))
    judged = judge(facts, screener.policy, screener.checks, subjects)
    store.tell(verdict_facts(judged.values(), screener.policy), at=at)
    return [
        (one.subject, before.get(one.subject, "accept"), one.verdict.value)
        for one in judged.values()
        if before.get(one.subject) != one.verdict.value
    ]


def sketches_of(store: Store, name: str) -> Sketches:
    """Everything that a set check remembers in a lake."""
    parts = [part.table for part in store.fact_groups(key=f"sketch/{name}") if part.type == "vector"]
    if not parts:
        return Sketches.of([])
    table = pa.concat_tables([part.select(["subject", "stream", "value"]) for part in parts]).combine_chunks()
    who, where = (_coded(table[column]) for column in ("subject", "stream"))
    vectors = table["value"].combine_chunks()
    cuts = vectors.offsets.to_numpy().astype(np.int64)
    values = vectors.values.to_numpy(zero_copy_only=False)
    return Sketches(who[0], where[0], who[1], where[1], values[cuts[0] : cuts[-1]], cuts - cuts[0])


def _coded(column: pa.ChunkedArray) -> tuple[Sequence[str], npt.NDArray[np.int64]]:
    coded = column.combine_chunks().dictionary_encode()
    return coded.dictionary.to_pylist(), coded.indices.to_numpy().astype(np.int64)


def _verdicts(store: Store, subjects: list[str]) -> tuple[list[str], list[str]]:
    table = store.facts(subject=subjects, key="verdict")
    return table.subject, [str(value) for value in table.value]


def _changes(found: FactTable, there: FactTable) -> FactTable:
    """The rows of ``found`` that are not said yet, and a 0 for each finding that no longer holds."""
    said = {_place(fact): fact for fact in there}
    places = {_place(fact) for fact in found}
    fresh = FactTable.of(fact for fact in found if (old := said.get(_place(fact))) is None or old.value != fact.value)
    for place, old in said.items():
        if place not in places and old.key.startswith("check/") and old.value:
            fresh.add(replace(old, value=0.0, at=0))
    return fresh


def _place(fact: Fact) -> tuple[object, ...]:
    return fact.subject, fact.key, fact.stream, fact.span
