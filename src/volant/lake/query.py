"""Questions in SQL: DuckDB over the lake's Parquet and Arrow, in a room without doors."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.fs as pfs

from ..core.errors import BadValue, LakeError, Refused
from . import facts as told
from .manifest import Segment
from .rows import CATALOGUE, STREAM_FACTS
from .segments import Shelf

__all__ = ["VIEWS", "Limits", "Query"]

_DATED = [("added", pa.int64())]

VIEWS = {
    "facts": """
        SELECT subject, key, split_part("by", '@', 1) AS author, "by", value, number, vector, stream,
               CASE WHEN stop >= 0 OR start >= 0 THEN start END AS start_ns,
               CASE WHEN stop >= 0 OR start >= 0 THEN stop END AS stop_ns, "at", added, pos FROM ({told})""",
    "judged": """SELECT subject, key, value, "by", added, pos FROM ({told_of_judged})
        WHERE key IN ('verdict', 'outcome')""",
    "reasons": """
        SELECT subject, key[8:] AS "check", number, stream, "by", added, pos FROM ({told_of_reasons})
        WHERE starts_with(key, 'reason/')""",
    "facts_now": """
        SELECT * FROM facts WHERE {settled} QUALIFY row_number() OVER (
            PARTITION BY subject, key, stream, "by", start_ns, stop_ns ORDER BY added DESC, pos DESC) = 1
        {renewed}""",
    "spans": """
        SELECT subject, key, author, "by", value, number, stream, start_ns / 1e9 AS start, stop_ns / 1e9 AS stop,
               (stop_ns - start_ns) / 1e9 AS seconds, start_ns, stop_ns, "at", added
        FROM facts_now WHERE start_ns IS NOT NULL""",
    "episodes": """
        SELECT e.*, v.value AS verdict, coalesce(v.value = 'quarantine', false) AS quarantined,
               coalesce(v.value = 'accept', false) AS accepted, o.value AS outcome
        FROM catalogued e
        LEFT JOIN (SELECT subject, arg_max(value, (starts_with("by", 'person/'), added, pos)) AS value FROM judged
                   WHERE key = 'verdict' GROUP BY 1) v ON v.subject = e.id
        LEFT JOIN (SELECT subject, arg_max(value, (starts_with("by", 'person/'), added, pos)) AS value FROM judged
                   WHERE key = 'outcome' GROUP BY 1) o ON o.subject = e.id""",
    "streams": """
        SELECT episode, name, kind, unit, hz, rate, samples, width, codec, media, first AS first_frame,
               until AS stop_frame, dtype, ord, added FROM streamed WHERE ord >= 0""",
    "coverage": """
        SELECT task, scene, count(*) AS episodes, count(*) FILTER (verdict = 'accept') AS accepted,
               count(*) FILTER (verdict = 'review') AS review,
               count(*) FILTER (verdict = 'quarantine') AS quarantined,
               count(*) FILTER (verdict IS NULL) AS unjudged, fsum(seconds) AS seconds
        FROM episodes GROUP BY 1, 2""",
}
"""The ready views, each a query over the raw tables ``catalogued``, ``streamed``, ``told`` and the typed facts.

Only those that a question names are made, with what they need: the samples' files, and facts of other keys, stay shut.
"""

_NEEDS = {"facts_now": ("facts",), "spans": ("facts", "facts_now"), "episodes": ("judged", "catalogued"),
          "streams": ("streamed",), "coverage": ("judged", "catalogued", "episodes"), "facts": (), "judged": (),
          "reasons": (), "catalogued": (), "streamed": ()}  # fmt: skip

_RENEWED = """
        UNION ALL BY NAME SELECT * EXCLUDE (last) FROM (
            SELECT *, last_value("by") OVER (PARTITION BY subject, key, stream, author ORDER BY added, pos
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last
            FROM facts WHERE author IN ({authors})) WHERE "by" = last
        QUALIFY row_number() OVER (PARTITION BY subject, key, stream, "by", start_ns, stop_ns
            ORDER BY added DESC, pos DESC) = 1"""
"""Of authors that spoke in several versions, only what the last of them says of a subject and key is said now."""

_LOOSE = """
    SELECT subject, key, "by", start, stop, stream, "at", added, pos,
           CASE type WHEN 'bool' THEN CASE whole WHEN 0 THEN 'false' ELSE 'true' END
                WHEN 'int' THEN whole::VARCHAR WHEN 'float' THEN number::VARCHAR WHEN 'str' THEN words
                ELSE vector::VARCHAR END AS value,
           coalesce(number, whole::DOUBLE) AS number, vector FROM told"""

_TYPED = {
    "bool": "CASE WHEN value THEN 'true' ELSE 'false' END AS value, value::INT::DOUBLE AS number, NULL AS vector",
    "int": "value::VARCHAR AS value, value::DOUBLE AS number, NULL AS vector",
    "float": "value::VARCHAR AS value, value AS number, NULL AS vector",
    "str": "value, NULL AS number, NULL AS vector",
    "vector": "value::VARCHAR AS value, NULL AS number, value AS vector",
    "floats": "value::VARCHAR AS value, NULL AS number, value::DOUBLE[] AS vector",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a stranger's question may take: rows of its answer, seconds, and memory."""

    rows: int = 10_000
    seconds: float = 10.0
    megabytes: int = 1024


@dataclass(frozen=True, slots=True)
class Query:
    """Asks questions of the segments on a shelf."""

    shelf: Shelf

    def ask(
        self,
        query: str,
        version: int,
        params: Sequence[object] = (),
        *,
        limits: Limits | None = None,
        keys: Sequence[str] | None = None,
    ) -> pa.Table:
        """Rows of one question. Raises ``BadValue`` where it is none, naming the views and columns that exist.

        ``keys`` are those of facts that it asks for, where it can say so (``measure/*``): files of other keys stay
        shut, which conditions joined by OR would not do. ``limits`` are for strangers' questions; ``Refused`` says
        that one took too long.
        """
        room = duckdb.connect(":memory:", config={"python_enable_replacements": False})
        bell = None if limits is None else threading.Timer(limits.seconds, room.interrupt)
        try:
            if limits is not None and bell is not None:
                room.execute(f"SET memory_limit = '{limits.megabytes:d}MB'")
                bell.start()
            self._furnish(room, version, _named(query), keys)
            statements = room.extract_statements(query)
            if len(statements) != 1 or statements[0].type not in _QUESTIONS:
                raise BadValue("The lake answers one question (SELECT) at a time.", do="Facts are added with `tell`.")
            answer = room.sql(query, params=list(params)) if params else room.sql(query)
            if answer is not None and limits is not None:
                answer = answer.limit(limits.rows)
            return pa.table({}) if answer is None else answer.to_arrow_table()
        except duckdb.InterruptException as error:
            raise Refused("The question took too long.", do="Ask for less at once.") from error
        except duckdb.Error as error:
            raise self._told(error) from error
        finally:
            if bell is not None:
                bell.cancel()
            room.close()

    def _furnish(
        self, room: duckdb.DuckDBPyConnection, version: int, names: set[str], keys: Sequence[str] | None = None
    ) -> None:
        """Make the views of these names; the rest of the lake is not looked at."""
        segments = self.shelf.manifest.segments
        for raw, kind, schema in (("catalogued", "episodes", CATALOGUE), ("streamed", "streams", STREAM_FACTS)):
            if raw in names:
                room.register(f"_{kind}", self._table(segments(kind, version), schema))
                room.execute(f"CREATE VIEW {raw} AS SELECT * FROM _{kind} WHERE added <= {version:d}")
        parts: dict[str, str] = {}
        if {"facts", "judged", "reasons"} & names:
            room.register("_loose", self._table(segments("loose", version), told.LOOSE))
            room.execute(f"CREATE VIEW told AS SELECT * FROM _loose WHERE added <= {version:d}")
        if "facts" in names:
            parts["{told}"] = self._facts(room, version, segments("facts", version, keys), "")
        if "judged" in names:
            judged = segments("facts", version, ("verdict", "outcome"))
            parts["{told_of_judged}"] = self._facts(room, version, judged, "judged_")
        if "reasons" in names:
            why = segments("facts", version, ("reason/*",))
            parts["{told_of_reasons}"] = self._facts(room, version, why, "reasons_")
        if "facts_now" in names:
            authors = ", ".join(f"'{name.replace(chr(39), chr(39) * 2)}'" for name in self._renewed(room, version))
            parts["{settled}"] = f"author NOT IN ({authors})" if authors else "true"
            parts["{renewed}"] = _RENEWED.replace("{authors}", authors) if authors else ""
        for name, text in VIEWS.items():
            if name in names:
                for mark, part in parts.items():
                    text = text.replace(mark, part)
                room.execute(f"CREATE VIEW {name} AS {text}")
        for setting in ("enable_external_access=false", "autoinstall_known_extensions=false",
                        "autoload_known_extensions=false", "lock_configuration=true"):  # fmt: skip
            room.execute(f"SET {setting}")

    def _facts(self, room: duckdb.DuckDBPyConnection, version: int, segments: Sequence[Segment], prefix: str) -> str:
        """A query of the loose facts and those of typed segments, which are registered under their types' names."""
        parts = [_LOOSE]
        for kind, columns in _TYPED.items():
            some = [segment for segment in segments if segment.type == kind]
            if some:
                name = f"_{prefix}{kind}"
                room.register(name, self._table(some, told.typed(kind), keyed=True))
                parts.append(
                    f'SELECT subject, key, "by", start, stop, stream, "at", added, pos, {columns}'
                    f" FROM {name} WHERE added <= {version:d}"
                )
        return " UNION ALL ".join(parts)

    def _renewed(self, room: duckdb.DuckDBPyConnection, version: int) -> list[str]:
        """Authors of which the lake knows more than one version: for most lakes none."""
        signed = {segment.author for segment in self.shelf.manifest.segments("facts", version)}
        signed |= {str(row[0]) for row in room.execute('SELECT DISTINCT "by" FROM told').fetchall()}
        counts = Counter(by.partition("@")[0] for by in signed)
        return sorted(author for author, versions in counts.items() if versions > 1)

    def _table(self, segments: Sequence[Segment], schema: pa.Schema, *, keyed: bool = False) -> ds.Dataset | pa.Table:
        """Segments as one dataset with the column ``added`` (``key``, ``by``): files lazy, hot ones in memory."""
        constant = [("added", pa.int64()), *((("key", pa.string()), ("by", pa.string())) if keyed else ())]
        full = pa.schema([*schema, *(field for field in constant if field[0] not in schema.names)])
        form, local = ds.ParquetFileFormat(), pfs.LocalFileSystem()
        files, hot = [], [full.empty_table()]
        for segment in segments:
            said: dict[str, int | str] = {} if segment.mixed else {"added": segment.low}
            said |= {"key": segment.key, "by": segment.author} if keyed else {}
            if segment.place:
                guard = None
                for name, value in said.items():
                    same = ds.field(name) == value
                    guard = same if guard is None else guard & same
                path = str(self.shelf.files.path(segment.place))
                files.append(form.make_fragment(path, filesystem=local, partition_expression=guard))
            else:
                table = self.shelf.read(segment, [*schema.names, "added"])
                for name, value in said.items():
                    table = table.append_column(name, pa.repeat(pa.scalar(value), len(table)))
                hot.append(table.select(full.names).cast(full))
        memory = pa.concat_tables(hot)
        if not files:
            return memory  # a table costs a question a third less than a dataset of it
        return ds.UnionDataset(full, [ds.FileSystemDataset(files, full, form, local), ds.dataset(memory)])

    def _told(self, error: duckdb.Error) -> BadValue | LakeError:
        text = str(error).split("\n\nLINE", maxsplit=1)[0].split("\n", maxsplit=1)[0]
        if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
            return LakeError(f"The question could not be answered: {text}.", do="Ask for less, or run `volant verify`.")
        known = []
        with duckdb.connect(":memory:") as room:
            self._furnish(room, 0, set(_NEEDS))
            for name in VIEWS:
                columns = room.execute(f"SELECT * FROM {name} LIMIT 0").description or []
                known.append(f"{name} ({', '.join(column[0] for column in columns)})")
        return BadValue(f"The question cannot be answered: {text}", instead="Views: " + "; ".join(known) + ".")


def _named(query: str) -> set[str]:
    """Every view that a question may mean, and what those are made of; too many cost time, too few would fail."""
    text = query.lower()
    names = {name for name in _NEEDS if name in text}
    return names.union(*(_NEEDS[name] for name in names)) if names else names


_QUESTIONS = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
