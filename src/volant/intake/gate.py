"""The gate: one pass over samples, every check, facts out. Live chunks and archives go through the same functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from ..core import (
    Batch,
    Check,
    Columns,
    Embodiment,
    Episode,
    EpisodeCheck,
    FactTable,
    PairCheck,
    SetCheck,
    Stream,
    Value,
    look_signal,
)
from ..plug import AnyCheck
from ..video import Pass, Passes

__all__ = ["Gate", "Looks", "Sight", "excursions"]

MOST = 64
"""Excursions remembered per episode, stream and check: the highest ones; the peak is exact all the same."""

Scores = npt.NDArray[np.float32]
Looks = Mapping[str, Stream]


class Sorts(NamedTuple):
    """Checks by what they look at: one stream, two streams, one description, a whole set."""

    streams: tuple[Check, ...]
    pairs: tuple[PairCheck, ...]
    episodes: tuple[EpisodeCheck, ...]
    sets: tuple[SetCheck, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """One check over many runs, of one stream or of a second beside it."""

    check: Check | PairCheck
    subjects: Sequence[str]
    columns: Columns
    beside: Columns | None = None

    def scores(self) -> Scores:
        """One score per row of ``columns``."""
        if self.beside is not None:
            return cast(PairCheck, self.check).pair_scores(self.columns, self.beside)
        return cast(Check, self.check).scores(self.columns)


@dataclass(frozen=True, slots=True)
class Sight:
    """An episode and what its cameras look like, in the order of their names."""

    episode: Episode
    cameras: Mapping[str, Pass] = field(default_factory=dict)

    def looks(self, table: FactTable) -> dict[str, Stream]:
        """Looks by camera; colour counts, and pictures that cannot be decoded, become facts."""
        seen: dict[str, Stream] = {}
        for stream in self.episode.streams:
            one = self.cameras.get(stream.name)
            if one is None:
                continue
            if one.why is None:
                seen[stream.name] = Stream(look_signal(stream.signal), stream.t[: len(one.looks)], one.looks)
                rows: list[tuple[str, Value]] = [
                    ("look/histogram", tuple(one.counts.ravel().astype(np.float64).tolist()))
                ]
            else:
                why = f"Pictures of {stream.name} cannot be decoded: {one.why}"
                rows = [("check/metadata", 1.0), ("why/metadata", why)]
            for key, value in rows:
                table.row(self.episode.id, key, value, "gate@1")
                table.stream[-1] = stream.name
        return seen


@dataclass(frozen=True)
class Gate:
    """Runs checks over episodes and says what it saw as facts.

    ``check/<name>`` without span is the highest score of a stream (absent means 0), with span one excursion above
    the check's floor and its peak; ``sketch/<name>`` is what a set check remembers; ``look/<camera>`` the 3 x 256
    colour counts that statistics are made of; ``screened`` names every check that ran.
    """

    checks: Mapping[str, AnyCheck]
    bodies: Mapping[str, Embodiment] = field(default_factory=dict)
    threads: int = 2

    @cached_property
    def sorts(self) -> Sorts:
        """The checks by what they look at."""
        every = tuple(check for _, check in sorted(self.checks.items()))
        return Sorts(
            tuple(check for check in every if isinstance(check, Check)),
            tuple(check for check in every if isinstance(check, PairCheck)),
            tuple(check for check in every if isinstance(check, EpisodeCheck)),
            tuple(check for check in every if isinstance(check, SetCheck)),
        )

    @cached_property
    def ran(self) -> str:
        """Names and versions of all checks, in order."""
        return " ".join(f"{check.name}@{check.version}" for _, check in sorted(self.checks.items()))

    def screen(self, episodes: Sequence[Episode]) -> FactTable:
        """Facts about a batch of episodes; pictures are decoded once, for all checks."""
        return self.judge(self.look(episodes))

    def look(self, episodes: Sequence[Episode]) -> tuple[Sight, ...]:
        """Every camera of every episode as numbers. The episodes' ids are made on the way, where nobody asked before.

        Pictures are read and hashed here in their order while other threads decode what was read.
        """
        cameras = [_cameras(episode) for episode in episodes]
        if not any(cameras):
            return tuple(Sight(episode) for episode in episodes)
        with ThreadPoolExecutor(self.threads) as pool:
            every = [one for own in cameras for one in own.values()]
            passes = Passes(every, pool, self.threads + 2)
            for episode, own in zip(episodes, cameras, strict=True):
                if not episode.named:
                    episode.name({name: passes.encoded(one) for name, one in own.items()})
                else:
                    for one in own.values():
                        passes.finish(one)
        return tuple(Sight(episode, own) for episode, own in zip(episodes, cameras, strict=True))

    def judge(self, sights: Sequence[Sight]) -> FactTable:
        """Facts about episodes that were looked at."""
        table = FactTable()
        looks = tuple(sight.looks(table) for sight in sights)
        episodes = tuple(sight.episode for sight in sights)
        batch = Batch(episodes, looks, self.bodies)
        jobs = list(self._jobs(batch))
        with ThreadPoolExecutor(self.threads) as pool:  # compiled checks leave Python, so cores share the work
            whole = pool.submit(self._whole, batch)
            for job, scores in zip(jobs, pool.map(Job.scores, jobs), strict=True):
                _record(table, job, scores)
            table.extend(whole.result())
        table.many([episode.id for episode in episodes], "screened", [self.ran] * len(episodes), "gate@1")
        return table

    def _jobs(self, batch: Batch) -> Iterator[Job]:
        """All checks of one stream and of two, over all runs of each signal laid end to end."""
        for alike in batch.alike:
            for signal in alike.signals:
                for check in self.sorts.streams:
                    if check.applies(signal):
                        yield Job(check, alike.ids, alike.columns(signal.name))
            for pair in self.sorts.pairs:
                for one, other in pair.pairs(alike.signals):
                    yield Job(pair, alike.ids, alike.columns(one), alike.columns(other))

    def _whole(self, batch: Batch) -> FactTable:
        """Checks of the description, and what set checks remember."""
        table = FactTable()
        for described in self.sorts.episodes:
            for fact in described.findings(batch):
                table.add(fact)
        for check in self.sorts.sets:
            sketches = list(check.sketches(batch))
            key, by = f"sketch/{check.name}", f"checks/{check.name}@{check.version}"
            table.many([sketch.subject for sketch in sketches], key, [sketch.values for sketch in sketches], by)
            table.stream[len(table) - len(sketches) :] = [sketch.group for sketch in sketches]
        return table


def excursions(scores: Scores, cuts: npt.NDArray[np.int64], floor: float) -> tuple[npt.NDArray[np.int64], ...]:
    """Stretches of consecutive scores above ``floor``: run, first row and last row of each, run by run."""
    rows = np.flatnonzero(scores > floor)
    if not len(rows):
        none = np.zeros(0, np.int64)
        return none, none, none
    runs = np.searchsorted(cuts, rows, side="right") - 1
    starts = np.flatnonzero(np.concatenate(([True], (np.diff(rows) > 1) | (np.diff(runs) > 0))))
    stops = np.concatenate((starts[1:], [len(rows)])) - 1
    return runs[starts], rows[starts], rows[stops]


def _record(table: FactTable, job: Job, scores: Scores) -> None:
    """Peaks and excursions of one check over many runs, appended as columns."""
    check, subjects, columns = job.check, job.subjects, job.columns
    filled = np.flatnonzero(columns.cuts[1:] > columns.cuts[:-1])
    if not len(filled):
        return
    by, key, name = f"checks/{check.name}@{check.version}", f"check/{check.name}", columns.signal.name
    tops = np.maximum.reduceat(scores, columns.cuts[filled])
    above = np.flatnonzero(tops > 0)
    table.many([subjects[run] for run in filled[above].tolist()], key, tops[above].tolist(), by, name)
    if not (tops > check.floor).any():
        return
    runs, first, last = excursions(scores, columns.cuts, check.floor)
    peaks = np.maximum.reduceat(scores, _fences(first, last))[::2]
    keep = _highest(runs, peaks)
    at, until = columns.t[first[keep]], columns.t[last[keep]]
    table.many([subjects[run] for run in runs[keep].tolist()], key, peaks[keep].tolist(), by, name)
    table.start[-len(keep) :] = np.minimum(at, until).tolist()
    table.stop[-len(keep) :] = (np.maximum(at, until) + 1).tolist()


def _fences(first: npt.NDArray[np.int64], last: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Edges for ``reduceat``: every second piece is a stretch ``first..last``, the others are what lies between."""
    fences = np.empty(2 * len(first), np.int64)
    fences[0::2], fences[1::2] = first, last + 1
    return fences[:-1] if len(fences) else fences


def _highest(runs: npt.NDArray[np.int64], peaks: Scores) -> npt.NDArray[np.int64]:
    """Places of the ``MOST`` highest peaks of each run, in their order."""
    counts = np.bincount(runs)
    if counts.max() <= MOST:
        return np.arange(len(runs))
    order = np.lexsort((-peaks, runs))
    begin = np.concatenate(([0], np.cumsum(counts)[:-1]))
    rank = np.arange(len(runs)) - begin[runs[order]]
    return np.sort(order[rank < MOST])


def _cameras(episode: Episode) -> dict[str, Pass]:
    """What is to be looked at, in the order in which identity goes through it."""
    streams = sorted(episode.streams, key=lambda stream: stream.name)
    return {one.name: Pass(one.video) for one in streams if one.video is not None and one.signal.kind.visual}
