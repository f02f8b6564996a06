"""What a report shows, gathered from the lake's catalogue and facts; no sample is read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .. import plug
from ..core import Estimate, SetMeasure, Span
from ..lake import Store

__all__ = ["Flagged", "Reason", "Summary", "columns_of", "summarise"]

Array = npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding of an episode in words: which check, where, and over which span."""

    check: str
    why: str
    stream: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class Flagged:
    """An episode that was not accepted, with its reasons."""

    id: str
    verdict: str
    task: str
    uri: str
    start: int
    seconds: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything one report page says, as values."""

    version: int
    table: Mapping[str, Array]
    verdicts: Mapping[str, int]
    by_check: tuple[tuple[str, int, str], ...]
    flagged: tuple[Flagged, ...]
    estimates: tuple[Estimate, ...]
    tasks: tuple[str, ...]
    scenes: tuple[str, ...]
    cells: npt.NDArray[np.float64]
    values: Mapping[str, tuple[str, tuple[float, ...]]]
    policies: tuple[str, ...]
    screened: tuple[str, ...]

    @property
    def episodes(self) -> int:
        """How many episodes the lake holds at this version."""
        return len(self.table["id"])

    @property
    def hours(self) -> float:
        """How long they last together."""
        return float(self.table["seconds"].astype(np.float64).sum()) / 3600


def columns_of(store: Store, version: int | None = None) -> dict[str, Array]:
    """The catalogue as numpy columns: text as objects with empty text for unknown, numbers as floats."""
    found: dict[str, Array] = {}
    table = store.catalogue(version)
    for name in table.column_names:
        values = table.column(name).to_pylist()
        if any(isinstance(value, str) for value in values) or all(value is None for value in values):
            found[name] = np.array(["" if value is None else value for value in values], dtype=object)
        elif not any(isinstance(value, list | tuple) for value in values):
            found[name] = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return found


def summarise(store: Store, *, version: int | None = None, most: int = 40) -> Summary:
    """Gather the figures of a report; at most ``most`` flagged episodes are listed, the worst first."""
    table = columns_of(store, version)
    reasons = _reasons(store, version)
    verdicts = Counter(str(verdict) or "unjudged" for verdict in table["verdict"].tolist())
    flagged = _flagged(table, reasons)
    by_check: dict[str, set[str]] = defaultdict(set)
    for episode in flagged:
        for reason in episode.reasons:
            by_check[reason.check].add(episode.id)
    worst = {
        check: "quarantine" if any(e.verdict == "quarantine" for e in flagged if e.id in ids) else "review"
        for check, ids in by_check.items()
    }
    ranked = sorted(by_check.items(), key=lambda item: (-len(item[1]), item[0]))
    tasks, scenes, cells = _cells(table)
    return Summary(
        store.version if version is None else version,
        table,
        verdicts,
        tuple((check, len(ids), worst[check]) for check, ids in ranked),
        tuple(flagged[:most]),
        _estimates(table),
        tasks,
        scenes,
        cells,
        _values(store, table, version),
        _authors(store, "verdict", version),
        tuple(sorted({str(value) for value in store.facts(key="screened", version=version).value})),
    )


def _reasons(store: Store, version: int | None) -> dict[str, list[Reason]]:
    """Reasons of the latest judgement of each episode."""
    latest = store.facts(key="verdict", version=version)
    signed = dict(zip(latest.subject, latest.by, strict=True))
    found: dict[str, list[Reason]] = defaultdict(list)
    for fact in store.facts(key="reason/*", version=version):
        if signed.get(fact.subject) == fact.by:
            found[fact.subject].append(Reason(fact.key[7:], str(fact.value), fact.stream, fact.span))
    return found


def _flagged(table: Mapping[str, Array], reasons: Mapping[str, list[Reason]]) -> list[Flagged]:
    rank = {"quarantine": 0, "review": 1}
    rows = zip(
        *(table[name].tolist() for name in ("id", "verdict", "task", "uri", "started_at", "seconds")), strict=True
    )
    flagged = [
        Flagged(subject, verdict, task, uri, int(start), seconds, tuple(reasons.get(subject, ())))
        for subject, verdict, task, uri, start, seconds in rows
        if verdict in rank
    ]
    return sorted(flagged, key=lambda episode: (rank[episode.verdict], -len(episode.reasons), episode.uri, episode.id))


def _estimates(table: Mapping[str, Array]) -> tuple[Estimate, ...]:
    found: list[Estimate] = []
    for measure in plug.measures().values():
        if isinstance(measure, SetMeasure) and len(table["id"]):
            found += measure.estimates(measure.tally(table))
    return tuple(found)


def _cells(table: Mapping[str, Array]) -> tuple[tuple[str, ...], tuple[str, ...], npt.NDArray[np.float64]]:
    """Episodes outside quarantine per task (rows) and environment (columns), the fullest first, 24 x 24 at most."""
    use = table["verdict"] != "quarantine"
    scene = np.where(table["scene"] != "", table["scene"], table["site"])
    task = np.array([str(name) or "unknown task" for name in table["task"][use].tolist()], dtype=object)
    where = np.array([str(name) or "unknown place" for name in scene[use].tolist()], dtype=object)
    tasks = [name for name, _ in Counter(task.tolist()).most_common(24)]
    scenes = [name for name, _ in Counter(where.tolist()).most_common(24)]
    cells = np.zeros((len(tasks), len(scenes)))
    for one, other in zip(task.tolist(), where.tolist(), strict=True):
        if one in tasks and other in scenes:
            cells[tasks.index(one), scenes.index(other)] += 1
    return tuple(tasks), tuple(scenes), cells


def _values(store: Store, table: Mapping[str, Array], version: int | None) -> dict[str, tuple[str, tuple[float, ...]]]:
    """Distributions: what the catalogue knows, and every measure that was taken."""
    found = {"duration": ("s", tuple(table["seconds"].astype(np.float64).tolist()))}
    units = {name: measure.unit for name, measure in plug.measures().items()}
    taken: dict[str, list[float]] = defaultdict(list)
    for fact in store.facts(key="measure/*", version=version):
        if isinstance(fact.value, int | float):
            taken[fact.key[8:]].append(float(fact.value))
    found.update({name: (units.get(name, ""), tuple(values)) for name, values in sorted(taken.items())})
    return found


def _authors(store: Store, key: str, version: int | None) -> tuple[str, ...]:
    return tuple(sorted(set(store.facts(key=key, version=version).by)))
