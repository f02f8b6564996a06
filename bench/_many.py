"""A lake of as many episodes as one likes for the pages: rows of the catalogue, verdicts, outcomes and reasons.

They are made up by numbers alone (the same every time) and laid in commits of a million, so that making ten million
takes a gigabyte. No samples lie behind them. Half of the episodes are accepted, a quarter waits for a look and a
quarter is set aside, which is worse than any fleet does; each of those has a reason, a fact of its own.
"""

import duckdb
import pyarrow as pa

from volant.lake import Store
from volant.lake.facts import Group
from volant.lake.manifest import Change
from volant.lake.rows import CATALOGUE

__all__ = ["ROOM", "grown"]

ROOM = 1_000_000
"""Episodes of one commit."""

_HOUR = 3600 * 10**9
_BY = "gate/bench@1"
_CHECKS = ["'freeze'", "'gap'", "'jerk'", "'blur'", "'idle'", "'static'", "'saturation'", "'desync'"]
_ROWS = """SELECT md5(i::VARCHAR) AS id, 'task-' || (i * 7919 % 60) AS task,
    'put the cup of task ' || (i * 7919 % 60) || ' on the shelf at the left, then close the drawer' AS instruction,
    'scene-' || (i * 104729 % 4000) AS scene, 'arm' AS embodiment, 'robot-' || (i % 50) AS robot,
    'op-' || (i % 37) AS operator, '' AS collector, 'site-' || (i % 9) AS site, '' AS region,
    ['teleoperation', 'simulation', 'intervention'][1 + i % 3] AS tier, 'CC-BY-4.0' AS licence, '' AS consent,
    CASE i % 3 WHEN 2 THEN md5('policy-' || (i % 400)) END AS policy,
    's3://bucket/recordings/' || i || '.mcap' AS uri, []::VARCHAR[] AS parents, []::VARCHAR[] AS tags,
    (i * 31 % 6000) / 100.0 AS seconds, 900 AS frames, 4 AS streams, 2 AS cameras, 0 AS started_at,
    $from + i * $step AS recorded_at, i - $low AS pos FROM range($low, $high) t(i)"""
_SAID = """SELECT md5(i::VARCHAR) AS subject, -1::BIGINT AS start, -1::BIGINT AS stop, '' AS stream,
    $from + i * $step AS "at", (i - $low) * 3 + {place} AS pos, {value} AS value FROM range($low, $high) t(i) {where}"""
_FACTS = {
    "verdict": (0, "['accept', 'accept', 'review', 'quarantine'][1 + i * 7 % 4]", ""),
    "outcome": (1, "['success', 'failure', 'partial'][1 + i * 5 % 3]", ""),
    **{
        f"reason/{name.strip(chr(39))}": (2, "(i % 97) / 10.0", f"WHERE i * 7 % 4 >= 2 AND i // 8 * 13 % 8 = {place}")
        for place, name in enumerate(_CHECKS)
    },
}


def grown(store: Store, count: int, *, at: int) -> bool:
    """One more commit towards ``count``; whether any was missing. They fill the year before ``at`` (ns)."""
    low = int(store.sql("SELECT count(*) FROM catalogued")[0][0].as_py())
    if low >= count:
        return False
    high, step = min(count, low + ROOM), 8760 * _HOUR // count
    asked = {"low": low, "high": high, "from": at - 8760 * _HOUR, "step": step}
    change = Change("put", at, "bench@1")
    with duckdb.connect(":memory:", config={"threads": 2}) as room, store.files.writing():
        rows = _columns(room.sql(_ROWS, params=asked).to_arrow_table(), CATALOGUE)
        sizes = [min(1 << 16, len(rows) - start) for start in range(0, len(rows), 1 << 16)]
        store.shelf.add(change, rows, "episodes", groups=sizes)
        for key, (place, value, where) in _FACTS.items():
            question = _SAID.format(place=place, value=value, where=where)
            table = room.sql(question, params=asked).to_arrow_table()
            kind = "float" if key.startswith("reason/") else "str"
            store.putting.grouped([Group(key, _BY, kind, table)], change)
        store.manifest.commit(change)
    return True


def _columns(table: pa.Table, schema: pa.Schema) -> pa.Table:
    return pa.table([table[name].cast(kind) for name, kind in zip(schema.names, schema.types, strict=True)], schema)
