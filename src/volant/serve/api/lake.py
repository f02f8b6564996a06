"""The lake over the API: facts told, questions asked, coverage, selections, figures, orders, the log, the floor."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec

from ... import plan, stations, worth
from ...api import Lake
from ...core import Estimate, Fact, Order, Span
from ...core.errors import BadValue, NotFound
from ...curate import Picking
from ...curate import select as pick
from ...lake import Commit, Limits
from ..doors import noted
from ..floor import Station
from ..triggers import kept as kept_triggers
from .episodes import _number, _version
from .table import Asking, Counted, Desk, Nothing, Row, Short, Version, Words

__all__ = ["ROWS"]

_PATIENCE = 10.0
"""Seconds that a selection's question may take."""

Whole = Annotated[int, msgspec.Meta(ge=-(1 << 53), le=1 << 53)]
Moment = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[!-~]+$")]


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One statement about an episode or selection, over a span (ns on the episode's clock) where it has one."""

    subject: Annotated[str, msgspec.Meta(min_length=8, max_length=64, pattern="^[0-9a-f]+$")]
    key: Key
    value: bool | Whole | float | Words | list[float]
    stream: Short = ""
    start_ns: Moment | None = None
    stop_ns: Moment | None = None


class Told(Asking, frozen=True):
    """Facts to remember, signed by who tells them."""

    facts: Annotated[list[Said], msgspec.Meta(min_length=1, max_length=1000)]


class Remembered(msgspec.Struct, frozen=True):
    """The version of the lake that holds them."""

    version: int
    facts: int
    by: str


class Question(Asking, frozen=True):
    """One SELECT over the views of the lake; ``limit`` rows at most, ten seconds, one gigabyte."""

    query: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1000
    version: Version = ""


class Answer(msgspec.Struct, frozen=True):
    """Columns, and rows of values; values that JSON has no word for come as text. ``cut`` where there is more."""

    columns: list[str]
    rows: list[list[Any]]
    cut: bool


class CoverageCell(msgspec.Struct, frozen=True):
    """How many episodes there are of one task in one scene, by verdict."""

    task: str | None
    scene: str | None
    episodes: int
    accepted: int
    review: int
    quarantined: int
    unjudged: int
    seconds: float | None


class Coverage(msgspec.Struct, frozen=True):
    """Every cell with episodes."""

    cells: list[CoverageCell]


class Stations(msgspec.Struct, frozen=True):
    """Who records now, or did a moment ago."""

    stations: list[Station]


class Figures(Asking, frozen=True):
    """Names of measures, commas between; all of them unless said."""

    names: Words = ""


class Measured(msgspec.Struct, frozen=True):
    """Figures with n, interval and method, from what was measured already."""

    figures: list[Estimate]


class Picked(msgspec.Struct, frozen=True):
    """A selection without its ids."""

    hash: str
    version: int
    query: str
    episodes: int
    seed: int
    why: str


class Selections(msgspec.Struct, frozen=True):
    """Every selection that the lake keeps, oldest first."""

    selections: list[Picked]


class SelectionAsked(Asking, frozen=True):
    """A selection by its hash or the beginning of it."""

    hash: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class SelectionKnown(msgspec.Struct, frozen=True):
    """A selection with its episodes in order; ``weights`` is empty where they are equal."""

    selection: Picked
    ids: list[str]
    weights: list[float]


class Select(Asking, frozen=True):
    """A question to freeze: a condition over ``episodes``, or a whole query that yields ids."""

    question: Words = ""
    per_cell: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    weights: Short = ""
    seed: Annotated[int, msgspec.Meta(ge=0, le=1 << 53)] = 0
    why: Words = ""
    version: Version = ""


class LogAsked(Asking, frozen=True):
    """The newest commits, before a version."""

    limit: Counted = 100
    before: Annotated[int, msgspec.Meta(ge=1, le=1 << 53)] | None = None


class Log(msgspec.Struct, frozen=True):
    """Commits, newest first."""

    version: int
    commits: list[Commit]


class Triggers(msgspec.Struct, frozen=True):
    """Triggers of passive recording: one TOML text, empty where an admin wrote none."""

    toml: str


class OrdersAsked(Asking, frozen=True):
    """What may be spent, in operator steps, and by which strategy."""

    budget: Annotated[float, msgspec.Meta(ge=1, le=1e9)] = 3000.0
    strategy: Short = "planner"


class Orders(msgspec.Struct, frozen=True):
    """What to collect next; none where no wheel has turned on this lake yet."""

    orders: list[Order]


async def tell(desk: Desk, asked: Told) -> Remembered:
    """Remember facts of a person, signed by that person."""

    def work(lake: Lake) -> Remembered:
        subjects = {one.subject for one in asked.facts}
        unknown = subjects - lake.store.known(subjects)
        unknown -= {one.hash for one in lake.store.selections()} if unknown else set()
        if unknown:
            raise NotFound(f"The lake holds no episode or selection {min(unknown)!r}.", do="Give whole ids.")
        lake.tell([_fact(one, desk) for one in asked.facts])
        return Remembered(lake.version, len(asked.facts), desk.author)

    done = await desk.house.do(work)
    keys = sorted({one.key for one in asked.facts})
    about = asked.facts[0].subject if len(asked.facts) == 1 else f"{len(asked.facts)} facts"
    await _note(desk, "facts/tell", about, keys=" ".join(keys)[:500], version=str(done.version))
    return done


async def sql(desk: Desk, asked: Question) -> Answer:
    """One question, in the lake's own room without doors."""

    def work(lake: Lake) -> Answer:
        at = _version(lake, asked.version)
        found = lake.store.query.ask(asked.query, at, limits=Limits(rows=asked.limit + 1))
        columns = [column.to_pylist() for column in found.slice(0, asked.limit).columns]
        rows = [[_shown(value) for value in row] for row in zip(*columns, strict=True)]
        return Answer(found.column_names, rows, found.num_rows > asked.limit)

    return await desk.house.do(work)


async def coverage(desk: Desk, asked: Nothing) -> Coverage:
    """Episodes by task and scene."""
    del asked
    names = ", ".join(CoverageCell.__struct_fields__)
    found = await desk.house.ask(f"SELECT {names} FROM coverage ORDER BY task, scene")
    return Coverage([CoverageCell(**row) for row in found.to_pylist()])


async def floor(desk: Desk, asked: Nothing) -> Stations:
    """The floor as it is now."""
    del asked
    return Stations(list(desk.house.floor.stations()))


async def measures(desk: Desk, asked: Figures) -> Measured:
    """Figures from what was measured before; nothing is measured now."""
    names = [name.strip() for name in asked.names.split(",") if name.strip()]
    return Measured(list(await desk.house.do(lambda lake: worth.known_figures(lake.store, names))))


async def selections(desk: Desk, asked: Nothing) -> Selections:
    """Every kept selection."""
    del asked
    kept = await desk.house.do(lambda lake: lake.store.selections())
    return Selections([Picked(s.hash, s.version, s.query, len(s), s.seed, s.why) for s in kept])


async def selection(desk: Desk, asked: SelectionAsked) -> SelectionKnown:
    """One kept selection."""
    s = await desk.house.do(lambda lake: lake.store.selection(asked.hash))
    return SelectionKnown(Picked(s.hash, s.version, s.query, len(s), s.seed, s.why), list(s.ids), list(s.weights))


async def select(desk: Desk, asked: Select) -> Picked:
    """Freeze a question; asking it again at the same version gives the same selection."""

    def work(lake: Lake) -> Picked:
        version = lake.store.ledger.resolve(_number(asked.version)) if asked.version else None
        how = Picking(asked.per_cell, asked.weights, asked.seed, asked.why, version, Limits(1 << 40, _PATIENCE))
        s = pick(lake.store, asked.question, how)
        lake.store.keep(s, at=now)
        return Picked(s.hash, s.version, s.query, len(s), s.seed, s.why)

    now = desk.house.clock()
    made = await desk.house.do(work)
    await _note(desk, "selection/make", made.hash, question=asked.question[:500])
    return made


async def log(desk: Desk, asked: LogAsked) -> Log:
    """What happened to the lake."""

    def work(lake: Lake) -> Log:
        every = [one for one in lake.store.log() if asked.before is None or one.version < asked.before]
        return Log(lake.version, every[::-1][: asked.limit])

    return await desk.house.do(work)


async def orders(desk: Desk, asked: OrdersAsked) -> Orders:
    """What the planner would collect next."""

    def work(lake: Lake) -> Orders:
        plan.strategy(asked.strategy)
        if not stations.ledger(lake.store):
            return Orders([])
        _, made, _ = stations.planned_by(lake.store, budget=asked.budget, strategy=asked.strategy)
        return Orders(list(made))

    return await desk.house.do(work)


async def triggers(desk: Desk, asked: Nothing) -> Triggers:
    """What robots that record passively should keep, as admins wrote it down in the settings."""
    del asked
    return Triggers(await asyncio.to_thread(kept_triggers, desk.house.home))


async def _note(desk: Desk, what: str, about: str, **details: str) -> None:
    await asyncio.to_thread(noted, desk.book, desk.who.name, what, about, desk.house.clock(), **details)


def _fact(said: Said, desk: Desk) -> Fact:
    span = None
    if (said.start_ns is None) != (said.stop_ns is None):
        raise BadValue("A span has a start and a stop.", do="Give both start_ns and stop_ns, or neither.")
    if said.start_ns is not None and said.stop_ns is not None:
        span = Span(said.start_ns, said.stop_ns)
    value = tuple(said.value) if isinstance(said.value, list) else said.value
    return Fact(said.subject, said.key, value, desk.author, span, said.stream, desk.house.clock())


def _shown(value: object) -> object:
    """A value of SQL as JSON has it; what it has no word for, as text."""
    if value is None or isinstance(value, bool | str | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < 1 << 63 else str(value)
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _shown(item) for key, item in value.items()}
    return value.hex() if isinstance(value, bytes) else str(value)


ROWS = (
    Row("GET", "/api/triggers", "collect", Nothing, Triggers, triggers, "Triggers of passive recording, as TOML."),
    Row("POST", "/api/facts", "curate", Told, Remembered, tell, "Remember facts of a person."),
    Row("GET", "/api/coverage", "read", Nothing, Coverage, coverage, "Episodes by task and scene."),
    Row("GET", "/api/stations", "read", Nothing, Stations, floor, "Who records now."),
    Row("GET", "/api/measures", "read", Figures, Measured, measures, "Figures of the lake, with intervals."),
    Row("GET", "/api/selections", "read", Nothing, Selections, selections, "Every selection that is kept."),
    Row("POST", "/api/selections", "curate", Select, Picked, select, "Freeze a question into a selection."),
    Row("GET", "/api/selections/{hash}", "read", SelectionAsked, SelectionKnown, selection, "One selection."),
    Row("GET", "/api/log", "read", LogAsked, Log, log, "What happened to the lake."),
    Row("GET", "/api/orders", "read", OrdersAsked, Orders, orders, "What to collect next."),
    Row("POST", "/api/sql", "read", Question, Answer, sql, "One question in SQL."),
)
