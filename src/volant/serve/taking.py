"""What a lake learnt, taken into the catalogue's tables step by step: a large lake is never in memory at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from ..lake import Store
from ..lake.rows import CATALOGUE

__all__ = ["APART", "CODED", "FACETS", "SEARCHED", "Step", "lay", "steps", "take"]

FACETS = ("task", "scene", "operator", "site", "tier", "verdict", "outcome")
"""What episodes are sorted into; the empty text is what nobody said."""

SEARCHED = ("task", "instruction", "scene", "robot", "operator", "embodiment")
"""Columns whose values are kept once each, so that a word is looked for among names and not among episodes."""

CODED = (*FACETS, "robot", "reasons")
"""What each episode has a number for beside its words (``task_n``): numbers are counted four times as fast."""

APART = "\x1f"
"""Between the reasons of one episode, which have one number together: they are few sets, and counted as such."""

_APART = f"chr({ord(APART)})"
_STEP, _SPOKEN = 1 << 20, 1 << 22
"""Episodes of one step, and verdicts, outcomes and reasons: some hundred MB while they are taken in."""
_FACTS = pa.schema([*((name, pa.string()) for name in ("subject", "key", "value")), ("rank", pa.int64())])
_COLUMNS = pa.schema(
    [*(field for field in CATALOGUE if field.name != "pos"), ("added", pa.int64()), ("place", pa.int64())]
)
_TOLD = ("verdict", "outcome", "reasons")
_LEARNT = tuple(dict.fromkeys((*(name for name in CODED if name not in _TOLD), *SEARCHED)))

_WORDS = ("task", "instruction", "scene", "embodiment", "robot", "operator", "collector", "site", "region", "tier",
          "licence", "consent", "policy", "uri")  # fmt: skip
_FRESH = f"""SELECT id, {", ".join(f"coalesce({name}, '') AS {name}" for name in _WORDS)}, parents, tags, seconds,
    frames, streams, cameras, started_at, recorded_at, added, pos FROM catalogued WHERE {{span}}"""
_SAID = {
    "judged": """SELECT subject, key, value, (starts_with("by", 'person/')::BIGINT << 62) + (added << 32) + pos AS rank
        FROM judged WHERE {span}""",
    "reasons": """SELECT subject, 'reasons' AS key, "check" AS value, 0::BIGINT AS rank FROM reasons WHERE {span}""",
}
_SET = f"array_to_string(list_sort(list_distinct(list(value) FILTER (key = 'reasons'))), {_APART})"
_PERSON = "coalesce(max(rank) FILTER (key = '{key}') >= 1::BIGINT << 62, false)"
_MET = """CREATE OR REPLACE TEMP TABLE met AS SELECT f.place, t.* FROM
    (SELECT * FROM told UNION ALL SELECT * FROM unheard) t LEFT JOIN fresh f ON f.id = t.subject"""
"""What was said, beside its episodes where those are new too: the one time that ids are compared."""
_BESIDE = f"""CREATE OR REPLACE TEMP TABLE said AS SELECT place, {
    ", ".join(
        f"arg_max(value, rank) FILTER (key = '{key}') AS {key}, {_PERSON.format(key=key)} AS {key}_p"
        for key in ("verdict", "outcome")
    )
}, CASE count(*) FILTER (key = 'reasons') WHEN 0 THEN '' ELSE {_SET} END AS reasons
    FROM met WHERE place IS NOT NULL GROUP BY 1"""
_ROWS = (
    "SELECT g.* EXCLUDE (place, reasons), "
    + ", ".join(f"n_{name}.code AS {name}_n" for name in CODED)
    + """, {start} + g.place AS ord FROM (
        SELECT f.*, coalesce(s.verdict, '') AS verdict, coalesce(s.outcome, '') AS outcome,
            coalesce(s.reasons, '') AS reasons, coalesce(s.verdict_p, false) AS verdict_p,
            coalesce(s.outcome_p, false) AS outcome_p, coalesce(s.verdict = 'quarantine', false) AS quarantined,
            coalesce(s.verdict = 'accept', false) AS accepted
        FROM fresh f LEFT JOIN said s USING (place)) g """
    + " ".join(f"JOIN names n_{name} ON n_{name}.name = '{name}' AND n_{name}.value = g.{name}" for name in CODED)
    + " ORDER BY ord"
)
"""Episodes with what they are counted by both as words, for conditions, and as numbers."""
_PLACED = f"""CREATE OR REPLACE TEMP TABLE placed AS SELECT r.*, e.ord FROM (
        SELECT subject, key, CASE key WHEN 'reasons' THEN {_SET} ELSE arg_max(value, rank) END AS value,
            max(rank) >= 1::BIGINT << 62 AS person
        FROM met WHERE place IS NULL GROUP BY 1, 2) r LEFT JOIN episodes e ON e.id = r.subject"""
_UNHEARD = """CREATE OR REPLACE TABLE unheard AS SELECT subject, key, value, rank FROM met
    WHERE place IS NULL AND subject IN (SELECT subject FROM placed WHERE ord IS NULL)"""
_SAY = """UPDATE episodes SET {key} = r.value, {key}_n = n.code, {key}_p = r.person{also}
    FROM placed r JOIN names n ON n.name = r.key AND n.value = r.value
    WHERE r.key = '{key}' AND r.ord = episodes.ord AND (r.person OR NOT episodes.{key}_p)"""
_ALSO = ", quarantined = r.value = 'quarantine', accepted = r.value = 'accept'"
_MORE = f"""CREATE OR REPLACE TEMP TABLE more AS SELECT e.ord, array_to_string(list_sort(list_distinct(list_filter(
        string_split(r.value, {_APART}) || string_split(n.value, {_APART}), lambda x: x <> ''))), {_APART}) AS value
    FROM placed r JOIN episodes e ON e.ord = r.ord JOIN names n ON n.code = e.reasons_n WHERE r.key = 'reasons'"""
_REASON = """UPDATE episodes SET reasons_n = n.code FROM more m JOIN names n ON n.name = 'reasons' AND n.value = m.value
    WHERE m.ord = episodes.ord"""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """New rows of the lake's catalogue with their ``place`` (1 is the first that came), and what was said of any.

    Of that: subject, key, value and rank. Keys are ``reasons``, which all count, ``verdict`` and ``outcome``, of which
    the highest rank does: a person's word stands above a program's, and else the last.
    """

    fresh: pa.Table
    said: pa.Table

    def __len__(self) -> int:
        return len(self.fresh) + len(self.said)


def steps(store: Store, since: int, version: int) -> Iterator[Step]:
    """What came after one version until another, in the order it came, at most some hundred MB at a time."""
    came, told = _counts(store, since, version)
    low, episodes, facts = since, 0, 0
    for each in sorted(came.keys() | told.keys()):
        large = came[each] > _STEP or told[each] > _SPOKEN
        if large or episodes + came[each] > _STEP or facts + told[each] > _SPOKEN:
            span = f"added > {low} AND added < {each}"
            yield from _step(store, version, (span if episodes else "", span if facts else ""))
            low, episodes, facts = each - 1, 0, 0
        if large:
            yield from _parts(store, version, each)
            low = each
        else:
            episodes, facts = episodes + came[each], facts + told[each]
    yield from _step(store, version, (f"added > {low}" if episodes else "", f"added > {low}" if facts else ""))


def _parts(store: Store, version: int, each: int) -> Iterator[Step]:
    """One very large version: its episodes by their places in it, then what was said by its places."""
    for view in ("catalogued", "judged", "reasons"):
        last = store.sql(f"SELECT max(pos) FROM {view} WHERE added = {each}", version=version)[0][0].as_py()
        for start in range(0, -1 if last is None else last + 1, _STEP):
            span = f"added = {each} AND pos >= {start} AND pos < {start + _STEP}"
            spans = (span, "") if view == "catalogued" else ("", span)
            yield from _step(store, version, spans, only=view)


def _step(store: Store, version: int, spans: tuple[str, str], only: str = "") -> Iterator[Step]:
    """Rows within a span and what was said within one; nothing where neither is."""
    fresh, said = spans
    rows, facts = _COLUMNS.empty_table(), _FACTS.empty_table()
    if fresh:
        rows = store.sql(_FRESH.format(span=fresh), version=version)
        # DuckDB's row_number() of so many wide rows takes as long as all else together.
        order = np.lexsort((rows["pos"].to_numpy(), rows["added"].to_numpy()))
        place = np.empty(len(rows), np.int64)
        place[order] = np.arange(1, len(rows) + 1)
        rows = rows.drop_columns(["pos"]).append_column("place", pa.array(place))
    if said:
        parts = [text.format(span=said) for view, text in _SAID.items() if only in ("", view)]
        facts = store.sql(" UNION ALL ".join(parts), version=version)
    if fresh or said:
        yield Step(rows, facts)


def _counts(store: Store, since: int, version: int) -> tuple[Counter[int], Counter[int]]:
    """Episodes of each version, and verdicts, outcomes and reasons of each."""
    views = {"catalogued": 0, "judged": 1, "reasons": 1}
    parts = (
        f"SELECT {place} AS place, added, count(*) AS n FROM {view} WHERE added > {since} GROUP BY 2"
        for view, place in views.items()
    )
    found = Counter[int](), Counter[int]()
    for row in store.sql(" UNION ALL ".join(parts), version=version).to_pylist():
        found[row["place"]][row["added"]] += row["n"]
    return found


def lay(room: duckdb.DuckDBPyConnection) -> None:
    """Make the tables anew, empty."""
    room.execute("CREATE OR REPLACE TABLE names (code INT, name VARCHAR, value VARCHAR, PRIMARY KEY (name, value))")
    room.execute("CREATE OR REPLACE SEQUENCE codes")
    room.execute("CREATE OR REPLACE TABLE unheard (subject VARCHAR, key VARCHAR, value VARCHAR, rank BIGINT)")
    _shown(room, Step(_COLUMNS.empty_table(), _FACTS.empty_table()))
    room.execute(f"CREATE OR REPLACE TABLE episodes AS {_ROWS.format(start=0)}")


def take(room: duckdb.DuckDBPyConnection, step: Step) -> None:
    """Add one step in one transaction; episodes are numbered on from those that are there."""
    room.execute("BEGIN")
    try:
        _shown(room, step)
        start = _number(room, "SELECT coalesce(max(ord), 0) FROM episodes")
        _learn(room)
        if len(step.fresh):
            room.execute(f"INSERT INTO episodes BY NAME {_ROWS.format(start=start)}")
        _say(room)
        room.execute("COMMIT")
    except duckdb.Error:
        room.execute("ROLLBACK")
        raise
    finally:
        for name in ("fresh", "told"):
            room.unregister(name)
        for name in ("met", "said", "placed", "more"):
            room.execute(f"DROP TABLE IF EXISTS {name}")


def _shown(room: duckdb.DuckDBPyConnection, step: Step) -> None:
    """Let questions see a step; what was said before of episodes that were not there yet is said with it."""
    room.register("fresh", step.fresh)
    room.register("told", step.said)
    room.execute(_MET)
    room.execute(_BESIDE)


def _learn(room: duckdb.DuckDBPyConnection) -> None:
    """Give every value that episodes are counted or searched by its number."""
    parts = [f"SELECT DISTINCT '{name}' AS name, {name} AS value FROM fresh" for name in _LEARNT]
    parts.append("SELECT DISTINCT key, value FROM met WHERE key <> 'reasons'")
    parts.append("SELECT DISTINCT 'reasons', reasons FROM said")
    parts += [f"SELECT '{key}', ''" for key in _TOLD]
    _name(room, " UNION ".join(parts))


def _name(room: duckdb.DuckDBPyConnection, every: str) -> None:
    # DISTINCT comes in any order; numbers do not.
    new = f"SELECT * FROM ({every}) ANTI JOIN names USING (name, value) ORDER BY ALL"
    room.execute(f"INSERT INTO names SELECT nextval('codes'), * FROM ({new})")


def _say(room: duckdb.DuckDBPyConnection) -> None:
    """Say of earlier episodes what was said now, and keep what is about none of ours for when it comes."""
    room.execute(_PLACED)
    counts = "SELECT key, count(*) FROM placed WHERE ord IS NOT NULL GROUP BY 1"
    there = {str(row[0]) for row in room.execute(counts).fetchall()}
    for key in ("verdict", "outcome"):
        if key in there:
            room.execute(_SAY.format(key=key, also=_ALSO if key == "verdict" else ""))
    if "reasons" in there:
        room.execute(_MORE)
        _name(room, "SELECT DISTINCT 'reasons' AS name, value FROM more")
        room.execute(_REASON)
    room.execute(_UNHEARD)


def _number(room: duckdb.DuckDBPyConnection, question: str) -> int:
    row = room.execute(question).fetchone()
    return 0 if row is None else int(row[0])
