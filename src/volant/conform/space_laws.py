"""Laws of embeddings and of measures among points: finite, the same again, free of the clock, cut where they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..core import Embedding, Episode, SearchingMeasure, SpaceMeasure, Stream
from . import generated, measure_laws
from .laws import Broken, Law

__all__ = ["EMBEDDING_LAWS", "SPACE_LAWS"]

Rows = npt.NDArray[np.float32]


def _episodes() -> list[Episode]:
    """Whole episodes, a single sample, half of the streams, none."""
    made = generated.episodes(5, 3)
    return [*made, made[0].between(0, 1), Episode(made[1].streams[:1]), Episode(made[2].streams[-1:]), Episode(())]


def _finite(embedding: Embedding) -> None:
    if embedding.width < 1:
        raise Broken(f"{embedding.name}: a width of {embedding.width}.")
    found = 0
    for episode in _episodes():
        point = embedding.of(episode)
        if point is None:
            continue
        found += 1
        if point.dtype != np.float32 or point.shape != (embedding.width,):
            raise Broken(f"{embedding.name}: {point.dtype}{point.shape} where float32({embedding.width},) is promised.")
        if not np.isfinite(point).all():
            raise Broken(f"{embedding.name}: a number that is not finite, for {episode!r}.")
    if not found:
        raise Broken(f"{embedding.name}: no point for an arm with a camera; use None only where nothing can be made.")


def _again(embedding: Embedding) -> None:
    for one, same in zip(generated.episodes(6, 1), generated.episodes(6, 1), strict=True):
        first, second = embedding.of(one), embedding.of(same)
        if not _same(first, second):
            raise Broken(f"{embedding.name}: another point the second time, for {one!r}.")


def _clockless(embedding: Embedding) -> None:
    for one in generated.episodes(7, 1):
        later = tuple(Stream(stream.signal, stream.t + 10**15, stream.x) for stream in one.streams)
        if not _same(embedding.of(one), embedding.of(replace(one, streams=later))):
            raise Broken(f"{embedding.name}: the point depends on where the clock starts.")


def _apart(embedding: Embedding) -> None:
    points = [point for one in generated.episodes(8, 2) if (point := embedding.of(one)) is not None]
    if len(points) > 1 and all(_same(points[0], point) for point in points[1:]):
        raise Broken(f"{embedding.name}: every episode has the same point.")


def _cut(embedding: Embedding) -> None:
    for one in generated.episodes(9, 1):
        slow = tuple(Stream(stream.signal, stream.t * 5, stream.x) for stream in one.streams)
        episode = replace(one, streams=slow)
        found = embedding.windows(episode)
        if found is None:
            continue
        rows, spans = found
        if rows.shape != (len(spans), embedding.width) or rows.dtype != np.float32 or not np.isfinite(rows).all():
            raise Broken(f"{embedding.name}: windows of {rows.dtype}{rows.shape} for {len(spans)} spans.")
        for row, span in zip(rows, spans, strict=True):
            alone = embedding.of(episode.between(span.start, span.stop))
            if alone is None or not np.allclose(row, alone, atol=1e-5):
                raise Broken(f"{embedding.name}: the window {span!r} has another point when it is cut out.")


def _same(one: Rows | None, other: Rows | None) -> bool:
    return one is other if one is None or other is None else bool(np.array_equal(one, other))


def _points(count: int) -> Rows:
    return np.random.default_rng(count).normal(size=(count, 12)).astype(np.float32)


def _scored(measure: SpaceMeasure) -> None:
    for count in (0, 1, 2, 40):
        rows, table = _points(count), measure_laws.table(1, count)
        scores = measure.scores(rows, table, np.ones(count, np.bool_))
        if scores.shape != (count,) or scores.dtype != np.float64 or np.isinf(scores).any():
            raise Broken(f"{measure.name}: {scores.dtype}{scores.shape} for {count} episodes, or an infinite score.")
        again = measure.scores(rows, table, np.ones(count, np.bool_))
        if not np.array_equal(scores, again, equal_nan=True):
            raise Broken(f"{measure.name}: other scores the second time.")


def _bit_by_bit(measure: SpaceMeasure) -> None:
    rows, table = _points(60), measure_laws.table(2, 60)
    every = measure.scores(rows, table, np.ones(60, np.bool_))
    fresh = np.arange(60) >= 45
    some = measure.scores(rows, table, fresh)
    if not np.allclose(every[fresh], some[fresh], atol=1e-5, equal_nan=True):
        raise Broken(f"{measure.name}: asking for the last 15 of 60 gives of them other scores than asking for all.")


class _Before:
    """Finds the nearest of the first rows by looking at all of them."""

    def __init__(self, rows: Rows) -> None:
        self.rows, self.count = rows, len(rows)

    def nearest(self, queries: npt.ArrayLike) -> npt.NDArray[np.int64]:
        apart = np.asarray(queries)[:, None].astype(np.float64) - self.rows[None]
        return np.asarray((apart * apart).sum(axis=2).argmin(axis=1))


def _searched(measure: SpaceMeasure) -> None:
    if not isinstance(measure, SearchingMeasure):
        return
    rows, table, fresh = _points(60), measure_laws.table(2, 60), np.arange(60) >= 45
    for count in (1, 30, 45):
        found = measure.searched(rows, table, fresh, _Before(rows[:count]))
        if not np.allclose(found, measure.scores(rows, table, fresh), atol=1e-5, equal_nan=True):
            raise Broken(f"{measure.name}: an index of the first {count} points changes the scores.")


EMBEDDING_LAWS = (
    Law("finite", "float32 of its width, every number finite, or None, also for odd episodes", _finite),
    Law("again", "the same episode gives the same point, to the last bit", _again),
    Law("clockless", "where the clock starts does not matter", _clockless),
    Law("apart", "different episodes have different points", _apart),
    Law("cut", "a window's point is the point of the episode cut to that window", _cut),
)
SPACE_LAWS = (
    Law("scored", "one finite score or NaN per episode, the same again, also of none or one", _scored),
    Law("bit-by-bit", "asking for some gives of them what asking for all gives", _bit_by_bit),
    Law("searched", "an index of the first points, where it takes one, changes no score", _searched),
)
