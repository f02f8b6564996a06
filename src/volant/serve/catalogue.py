"""The lake's catalogue held in memory, so that looking through a million episodes answers at once."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from ..core.errors import BadValue, suggest
from ..lake import Store
from .taking import CODED, FACETS, SEARCHED, lay, steps, take

__all__ = ["FACETS", "SEARCHED", "Catalogue", "Found", "Wanted"]

T = TypeVar("T")
Counts = tuple[int, Mapping[str, tuple[tuple[str, int], ...]]]

ROWS = 50
"""Episodes of one page."""
_VALUES = 12
_PATIENCE = 5.0
_REMEMBERED = 64
_STALE = 1000
_NAMES = 200
_LOOSE = 1 << 17
"""So many changes stay in memory as they came, before they are pressed."""
_OURS = ("ord", "verdict_p", "outcome_p", *(f"{name}_n" for name in CODED))
_SHOWN = "ord, id, task, scene, embodiment, operator, site, seconds, verdict, outcome"

_ELSEWHERE = re.compile(r"\b(?:from|join)\s+(?:facts|facts_now|spans|streams|coverage|judged|reasons)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: values of facets, an SQL condition over the catalogue, and where the page begins.

    ``word`` is looked for in what names an episode (``SEARCHED``) and as the beginning of its id.
    ``before`` is the number of an episode (``ord``, they are numbered as they came): the page shows older ones, the
    newest first; 0 begins with the newest of all. ``after`` shows the page of those that are newer instead.
    """

    chosen: tuple[tuple[str, str], ...] = ()
    where: str = ""
    word: str = ""
    before: int = 0
    after: int = 0

    @property
    def question(self) -> Wanted:
        """The same without a place: what is counted."""
        return replace(self, before=0, after=0)


@dataclass(frozen=True, slots=True)
class Found:
    """One page of episodes (columns of the catalogue and ``ord``), how many there are, and counts of each facet."""

    rows: tuple[dict[str, object], ...]
    count: int
    facets: Mapping[str, tuple[tuple[str, int], ...]]
    newer: int
    older: int


@dataclass(eq=False)
class Catalogue:
    """Every episode of a lake with its verdict and outcome, in an in-memory DuckDB that grows with the lake.

    Threads may ask at once; a refresh asks the lake only for what was added since the last. Counts that were asked for
    before are given again until more than one episode in a thousand changed, so that a lake that is being filled does
    not make its pages slow; rows are always those of now.
    """

    version: int = -1
    _room: duckdb.DuckDBPyConnection = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _counted: OrderedDict[Wanted, tuple[int, Counts]] = field(default_factory=OrderedDict)
    _found: dict[str, tuple[int, int, Any]] = field(default_factory=dict)
    _changes: int = 0
    _loose: int = 0

    def __post_init__(self) -> None:
        self._room = duckdb.connect(":memory:", config={"python_enable_replacements": False, "threads": 2})
        self._room.execute("ATTACH ':memory:' AS held (COMPRESS)")
        self._room.execute("USE held")
        for setting in ("enable_external_access=false", "autoinstall_known_extensions=false",
                        "autoload_known_extensions=false", "lock_configuration=true"):  # fmt: skip
            self._room.execute(f"SET {setting}")

    def refresh(self, store: Store) -> int:
        """Take in what the lake learnt since the last time; the version that is held now."""
        with self._lock:
            version = store.version
            if version == self.version:
                return version
            before, self.version = self.version, -1  # what breaks off half-way is begun anew
            if before < 0:
                lay(self._room)
            for step in steps(store, before, version):
                take(self._room, step)
                self._changes += len(step)
                self._loose += len(step)
                if self._loose > _LOOSE:
                    self._pack()
            self.version = version
            return version

    def _pack(self) -> None:
        """Press the rows that came: a tenth of the memory. Left for later while somebody else changes something."""
        with suppress(duckdb.TransactionException):
            self._room.execute("CHECKPOINT held")
            self._loose = 0

    def find(self, wanted: Wanted, store: Store | None = None) -> Found:
        """A page of episodes and the counts around it.

        Conditions may ask the lake's views too (``id IN (SELECT subject FROM facts WHERE ...)``), through ``store``.
        Raises ``BadValue`` where the condition is none, or takes longer than five seconds.
        """
        room = self._room.cursor()
        room.execute("USE held")
        guard = threading.Timer(_PATIENCE, room.interrupt)
        guard.start()
        try:
            condition, values = self._condition(room, wanted, store)
            count, facets = self._counts(room, wanted.question, condition, values)
            rows = self._page(room, wanted, condition, values)
            return Found(tuple(rows), count, facets, *self._beyond(room, rows, condition, values))
        except duckdb.InterruptException as error:
            raise BadValue(
                "The condition took longer than five seconds.", do="Ask for less, or use `volant facts`."
            ) from error
        except duckdb.Error as error:
            raise self._told(error) from error
        finally:
            guard.cancel()
            room.close()

    def answer(
        self, question: str, values: Sequence[object] = (), *, given: pa.Table | None = None
    ) -> list[dict[str, object]]:
        """Rows of a question of ours over the table ``episodes``, and a table ``given`` beside it."""
        room = self._room.cursor()
        try:
            room.execute("USE held")
            if given is not None:
                room.register("given", given)
            return _dicts(room.execute(question, list(values)))
        finally:
            room.close()

    def kept(self, name: str, work: Callable[[Catalogue], T]) -> T:
        """What ``work`` finds in the catalogue, found again only once more than one episode in a thousand changed."""
        before = self._found.get(name)
        if before is None or (self._changes - before[0]) * _STALE > before[1]:
            changes, episodes = self._changes, self._number("SELECT count(*) FROM episodes")
            before = self._found[name] = (changes, episodes, work(self))
        found: T = before[2]
        return found

    def _number(self, question: str) -> int:
        return next((int(str(value)) for row in self.answer(question) for value in row.values()), 0)

    def _condition(
        self, room: duckdb.DuckDBPyConnection, wanted: Wanted, store: Store | None
    ) -> tuple[str, list[object]]:
        parts, values = ["true"], list[object]()
        for facet, value in wanted.chosen:
            if facet in FACETS:
                question = "SELECT code FROM names WHERE name = ? AND value = ?"
                row = room.execute(question, [facet, value]).fetchone()
                parts.append(f"{facet}_n = {int(row[0])}" if row else "false")
        if wanted.word:
            parts.append(self._named(room, wanted.word, values))
        where = wanted.where.strip()
        if where:
            if store is not None and _ELSEWHERE.search(where):
                ids = store.sql(f"SELECT id FROM episodes WHERE (\n{where}\n)")
                room.register("named", ids)
                parts.append("id IN (SELECT id FROM named)")
            else:
                statements = room.extract_statements(f"SELECT 1 FROM episodes WHERE (\n{where}\n)")
                if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                    raise BadValue("This is more than one condition.", do="Write what would follow WHERE.")
                parts.append(f"(\n{where}\n)")
        return " AND ".join(parts), values

    def _named(self, room: duckdb.DuckDBPyConnection, word: str, values: list[object]) -> str:
        """A condition for a word; names are looked through first, so that a million episodes are only compared."""
        question = "SELECT name, list(value), list(code) FROM names WHERE contains(lower(value), lower(?)) GROUP BY 1"
        parts = ["false"]
        for name, found, codes in room.execute(question, [word]).fetchall():
            if name in FACETS:
                parts.append(f"{name}_n IN ({','.join(str(int(code)) for code in codes[:_NAMES])})")
            else:
                parts.append(f"{name} IN ({','.join('?' * len(found[:_NAMES]))})")
                values += found[:_NAMES]
        if re.fullmatch("[0-9a-f]{4,}", word.lower()):
            parts.append("starts_with(id, ?)")
            values.append(word.lower())
        return f"({' OR '.join(parts)})"

    def _counts(self, room: duckdb.DuckDBPyConnection, wanted: Wanted, condition: str, values: list[object]) -> Counts:
        before = self._counted.get(wanted)
        if before is not None and (self._changes - before[0]) * _STALE <= before[1][0]:
            return before[1]
        changes, columns = self._changes, ", ".join(f"{facet}_n" for facet in FACETS)
        parts = " UNION ALL ".join(
            f"(SELECT {place}, {facet}_n, count(*) AS n FROM kept GROUP BY 2 ORDER BY n DESC, 2 LIMIT {_VALUES})"
            for place, facet in enumerate(FACETS)
        )
        rows = room.execute(
            f"WITH kept AS MATERIALIZED (SELECT {columns} FROM episodes WHERE {condition}) {parts} "
            "UNION ALL SELECT -1, 0, count(*) FROM kept",
            values,
        ).fetchall()
        codes = ",".join(str(int(code)) for _, code, _ in rows)
        named = dict(room.execute(f"SELECT code, value FROM names WHERE code IN ({codes})").fetchall())
        count = next(int(n) for place, _, n in rows if place < 0)
        facets = {
            facet: tuple((str(named[code]), int(n)) for place, code, n in rows if place == mine)
            for mine, facet in enumerate(FACETS)
        }
        self._counted[wanted] = changes, (count, facets)
        while len(self._counted) > _REMEMBERED:
            self._counted.pop(next(iter(self._counted)), None)
        return count, facets

    def _page(
        self, room: duckdb.DuckDBPyConnection, wanted: Wanted, condition: str, values: list[object]
    ) -> list[dict[str, object]]:
        place, order, more = "", "DESC", list[object]()
        if wanted.after:
            place, order, more = "AND ord > ?", "ASC", [wanted.after]
        elif wanted.before:
            place, more = "AND ord < ?", [wanted.before]
        picked = room.execute(
            f"SELECT ord FROM episodes WHERE {condition} {place} ORDER BY ord {order} LIMIT {ROWS}", values + more
        ).fetchall()
        if not picked:
            return []
        numbers = [int(row[0]) for row in picked]
        # Numbers first, then their rows: all columns of a million are never sorted.
        marks = ",".join("?" * len(numbers))
        return _dicts(
            room.execute(
                f"SELECT {_SHOWN} FROM episodes WHERE ord BETWEEN ? AND ? AND ord IN ({marks}) ORDER BY ord DESC",
                [min(numbers), max(numbers), *numbers],
            )
        )

    def _beyond(
        self, room: duckdb.DuckDBPyConnection, rows: list[dict[str, object]], condition: str, values: list[object]
    ) -> tuple[int, int]:
        """The numbers that the pages before and after this one start from; 0 where there is none."""
        if not rows:
            return 0, 0
        first, last = rows[0]["ord"], rows[-1]["ord"]
        found = []
        for sign, edge in ((">", first), ("<", last)):
            there = room.execute(
                f"SELECT 1 FROM episodes WHERE {condition} AND ord {sign} ? LIMIT 1", [*values, edge]
            ).fetchone()
            found.append(int(str(edge)) if there else 0)
        return found[0], found[1]

    def _told(self, error: duckdb.Error) -> BadValue:
        text = str(error).split("\n\nLINE", maxsplit=1)[0].split("\n", maxsplit=1)[0]
        unknown = re.search(r'Referenced column "([^"]+)"', text)
        columns = [str(row[0]) for row in self._room.execute("DESCRIBE episodes").fetchall() if row[0] not in _OURS]
        if unknown:
            return BadValue(f"Episodes have no column {unknown[1]!r}.", instead=suggest(unknown[1], columns))
        return BadValue(f"The condition cannot be asked: {text}", instead=f"Columns: {', '.join(columns)}.")


def _dicts(answer: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
