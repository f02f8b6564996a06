"""Episodes over the API: found by facets and conditions, looked at one by one, their signals thinned to be drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
import numpy as np

from ...api import Lake
from ...core.errors import BadValue, NotFound
from ...core.stream import Stream, Video
from ...lake import Limits
from .table import Asking, Counted, Desk, Row, Short, Version, Words

__all__ = ["ROWS"]

FACETS = ("task", "scene", "operator", "site", "verdict", "outcome", "tier")

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64, description="An episode's id, or its beginning.")]


class EpisodesAsked(Asking, frozen=True):
    """Facets that must be equal, a condition in SQL over the view ``episodes``, and where to go on."""

    task: Short | None = None
    scene: Short | None = None
    operator: Short | None = None
    site: Short | None = None
    verdict: Short | None = None
    outcome: Short | None = None
    tier: Short | None = None
    where: Words = ""
    limit: Counted = 100
    after: Annotated[str, msgspec.Meta(max_length=40, description="``next`` of the page before.")] = ""
    version: Version = ""


class EpisodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the catalogue. Text is null or empty where nobody said; times in ns."""

    id: str
    task: str | None = None
    instruction: str | None = None
    scene: str | None = None
    embodiment: str | None = None
    robot: str | None = None
    operator: str | None = None
    collector: str | None = None
    site: str | None = None
    region: str | None = None
    tier: str | None = None
    licence: str | None = None
    consent: str | None = None
    policy: str | None = None
    uri: str | None = None
    parents: list[str] | None = None
    tags: list[str] | None = None
    seconds: float | None = None
    frames: int | None = None
    streams: int | None = None
    cameras: int | None = None
    started_at: int | None = None
    recorded_at: int | None = None
    added: int | None = None
    verdict: str | None = None
    outcome: str | None = None


class Episodes(msgspec.Struct, frozen=True):
    """A page of episodes in the order they came; ``next`` is empty where there are no more."""

    version: int
    episodes: list[EpisodeRow]
    next: str = ""


class StreamRow(msgspec.Struct, frozen=True):
    """One stream of an episode, without its samples."""

    name: str
    kind: str | None
    unit: str | None
    hz: float | None
    rate: float | None
    samples: int | None
    width: int | None
    codec: str | None
    dtype: str | None


class EpisodeAsked(Asking, frozen=True):
    """One episode."""

    id: Name
    version: Version = ""


class EpisodeKnown(msgspec.Struct, frozen=True):
    """An episode and its streams."""

    episode: EpisodeRow
    streams: list[StreamRow]


class FactsAsked(Asking, frozen=True):
    """Facts of an episode, of keys that begin so."""

    id: Name
    key: Short = ""
    limit: Counted = 1000
    version: Version = ""


class FactRow(msgspec.Struct, frozen=True):
    """What somebody says of a subject; ``value`` as text, ``number`` where it is one; the span in ns."""

    subject: str
    key: str
    value: str | None
    number: float | None
    by: str
    stream: str
    start_ns: int | None
    stop_ns: int | None
    at: int


class Facts(msgspec.Struct, frozen=True):
    """What is said now, in the order it was told; ``cut`` where there is more."""

    facts: list[FactRow]
    cut: bool


class SignalsAsked(Asking, frozen=True):
    """Which streams (by name, commas between; all that hold numbers unless said), and how finely."""

    id: Name
    names: Words = ""
    points: Annotated[int, msgspec.Meta(ge=2, le=5000)] = 500


class SignalColumns(msgspec.Struct, frozen=True):
    """A stream in at most ``points`` buckets: seconds since the episode began, least and most of each dimension.

    ``low`` and ``high`` have one list per dimension and are equal where nothing was left out.
    """

    name: str
    kind: str
    unit: str
    dims: list[str]
    samples: int
    t: list[float]
    low: list[list[float | None]]
    high: list[list[float | None]]


class Signals(msgspec.Struct, frozen=True):
    """The streams that were asked for."""

    id: str
    seconds: float
    signals: list[SignalColumns]


async def episodes(desk: Desk, asked: EpisodesAsked) -> Episodes:
    """A page of the catalogue."""

    def look(lake: Lake) -> Episodes:
        parts, params = ["true"], list[Any]()
        for facet in FACETS:
            value = getattr(asked, facet)
            if value is not None:
                parts.append(f"coalesce({facet}, '') = ?")
                params.append(value)
        if asked.after:
            added, pos = _place(asked.after)
            parts.append("(added > ? OR (added = ? AND pos > ?))")
            params += [added, added, pos]
        if asked.where.strip():
            parts.append(f"(\n{asked.where}\n)")
        text = f"SELECT * FROM episodes WHERE {' AND '.join(parts)} ORDER BY added, pos LIMIT {asked.limit + 1}"
        at = _version(lake, asked.version)
        rows = lake.store.query.ask(text, at, params, limits=Limits()).to_pylist()
        shown, more = rows[: asked.limit], len(rows) > asked.limit
        last = f"{shown[-1]['added']}.{shown[-1]['pos']}" if more else ""
        return Episodes(at, [_row(row) for row in shown], last)

    return await desk.house.do(look)


async def episode(desk: Desk, asked: EpisodeAsked) -> EpisodeKnown:
    """One episode and its streams."""

    def look(lake: Lake) -> EpisodeKnown:
        at, full = _version(lake, asked.version), lake.find(asked.id)
        found = lake.store.sql("SELECT * FROM episodes WHERE id = ?", version=at, params=[full]).to_pylist()
        if not found:
            raise NotFound(f"At version {at} the lake did not hold episode {full[:12]}.")
        columns = ", ".join(StreamRow.__struct_fields__)
        text = f"SELECT {columns} FROM streams WHERE episode = ? ORDER BY ord"
        streams = lake.store.sql(text, version=at, params=[full]).to_pylist()
        return EpisodeKnown(_row(found[0]), [StreamRow(**row) for row in streams])

    return await desk.house.do(look)


async def facts(desk: Desk, asked: FactsAsked) -> Facts:
    """What is said of one episode now."""

    def look(lake: Lake) -> Facts:
        at, full = _version(lake, asked.version), lake.find(asked.id)
        text = (
            'SELECT subject, key, value, number, "by", stream, start_ns, stop_ns, "at" FROM facts_now'
            f" WHERE subject = ? AND starts_with(key, ?) ORDER BY added, pos LIMIT {asked.limit + 1}"
        )
        rows = lake.store.sql(text, version=at, params=[full, asked.key]).to_pylist()
        return Facts([FactRow(**row) for row in rows[: asked.limit]], len(rows) > asked.limit)

    return await desk.house.do(look)


async def signals(desk: Desk, asked: SignalsAsked) -> Signals:
    """Streams of numbers, thinned."""

    def look(lake: Lake) -> Signals:
        found = lake.episode(asked.id)
        numeric = {one.signal.name: one for one in found.streams if _numbers(one)}
        names = [name.strip() for name in asked.names.split(",") if name.strip()] or list(numeric)
        for name in names:
            if name not in numeric:
                raise BadValue(
                    f"No stream of numbers is called {name[:60]!r}.", instead=f"There are {', '.join(numeric)}."
                )
        start = min((int(one.t[0]) for one in found.streams if len(one.t)), default=0)
        return Signals(found.id, found.seconds, [thinned(numeric[name], start, asked.points) for name in names])

    return await desk.house.do(look)


def thinned(stream: Stream, start: int, points: int) -> SignalColumns:
    """Least and most of each dimension in at most ``points`` buckets of equally many samples."""
    t, x = np.asarray(stream.t), np.asarray(stream.x)
    flat = x.reshape(len(t), -1).astype(np.float64)
    firsts = np.unique(np.linspace(0, len(t), min(points, len(t)), endpoint=False).astype(np.int64))
    low = np.fmin.reduceat(flat, firsts, axis=0) if len(t) else flat
    high = np.fmax.reduceat(flat, firsts, axis=0) if len(t) else flat
    signal = stream.signal
    dims = list(signal.dims) if len(signal.dims) == flat.shape[1] else [str(i) for i in range(flat.shape[1])]
    seconds = (t[firsts] - start) / 1e9 if len(t) else t.astype(np.float64)
    return SignalColumns(
        signal.name, str(signal.kind.value), signal.unit, dims, len(t), seconds.tolist(), _columns(low), _columns(high)
    )


def _columns(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[list[float | None]]:
    """One list a dimension; JSON has no word for what is no number."""
    whole = np.where(np.isfinite(values), values, np.nan).T.tolist()
    return [[None if value != value else value for value in column] for column in whole]  # noqa: PLR0124


def _numbers(stream: Stream) -> bool:
    """Whether a stream can be drawn as lines: numbers, and no pictures."""
    if isinstance(stream.x, Video) or len(stream.signal.shape) > 1:
        return False
    return np.dtype(stream.signal.dtype).kind in "fiub"


def _row(row: Mapping[str, Any]) -> EpisodeRow:
    return EpisodeRow(**{name: row[name] for name in EpisodeRow.__struct_fields__ if name in row})


def _version(lake: Lake, said: str) -> int:
    return lake.store.version if not said else lake.store.ledger.resolve(_number(said))


def _number(said: str) -> int | str:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else said


def _place(after: str) -> tuple[int, int]:
    added, _, pos = after.partition(".")
    if not (added.isascii() and added.isdigit() and pos.isascii() and pos.isdigit() and len(after) < 36):
        raise BadValue(f"{after!r} is no place to go on from.", do="Give the `next` of the page before.")
    return min(int(added), (1 << 62)), min(int(pos), 1 << 62)


ROWS = (
    Row("GET", "/api/episodes", "read", EpisodesAsked, Episodes, episodes, "Episodes by facets and condition."),
    Row("GET", "/api/episodes/{id}", "read", EpisodeAsked, EpisodeKnown, episode, "One episode and its streams."),
    Row("GET", "/api/episodes/{id}/facts", "read", FactsAsked, Facts, facts, "What is said of one episode."),
    Row("GET", "/api/episodes/{id}/signals", "read", SignalsAsked, Signals, signals, "Its signals, thinned to draw."),
)
