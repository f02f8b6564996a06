"""The page of episodes over a catalogue of a million: a real server asked by HTTP, first sight and remembered counts.

    python -m bench.pages              # a million, under 200 ms
    python -m bench.pages 10000000     # ten million, under 500 ms

The rows are synthetic and lie in the catalogue that pages read (`serve.catalogue`), not in a lake on disk;
reading a lake into it when the server starts is not part of the figure and is printed beside it as `taken in`. Compared
with the same question paged by OFFSET.
"""

import statistics
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

import duckdb
import pyarrow as pa
import uvicorn

from bench._clock import median_of, peak_mb, ratio
from volant.serve import House
from volant.serve.app import application
from volant.serve.doors import COOKIE, add_user, begin

EPISODES = int(sys.argv[1]) if sys.argv[1:] else 1_000_000
PROMISE = 200 if EPISODES <= 1_000_000 else 500
PORT = 7391
COOKIES: dict[str, str] = {}
MADE = """SELECT md5(i::VARCHAR) AS id, 'task-' || (i * 7919 % 60) AS task, '' AS instruction,
    'scene-' || (i * 104729 % 4000) AS scene, 'arm' AS embodiment, 'robot-' || (i % 50) AS robot,
    'op-' || (i % 37) AS operator, '' AS collector, 'site-' || (i % 9) AS site, '' AS region,
    ['teleoperation', 'simulation', 'intervention'][1 + i % 3] AS tier, 'CC-BY-4.0' AS licence, '' AS consent,
    '' AS policy, 's3://bucket/recordings/' || i || '.mcap' AS uri, []::VARCHAR[] AS parents, []::VARCHAR[] AS tags,
    (i * 31 % 6000) / 100.0 AS seconds, 900 AS frames, 4 AS streams, 2 AS cameras, 0 AS started_at,
    0 AS recorded_at, i // 64 AS added, i % 64 AS pos FROM range(?) t(i)"""
SAID = """SELECT id AS subject, key,
    CASE key WHEN 'verdict' THEN ['accept', 'accept', 'review', 'quarantine'][1 + n % 4]
    ELSE ['success', 'failure', 'partial'][1 + n % 3] END AS value
    FROM (SELECT id, row_number() OVER () AS n FROM fresh), (VALUES ('verdict'), ('outcome')) k(key)"""


def served(home: Path) -> House:
    """A house whose catalogue holds a million episodes, on a port of this machine."""
    house = House(home / "lake", home)
    with duckdb.connect(":memory:") as room:
        fresh: pa.Table = room.sql(MADE, params=[EPISODES]).to_arrow_table()
        room.register("fresh", fresh)
        said: pa.Table = room.sql(SAID).to_arrow_table()
    start = time.perf_counter()
    house.catalogue.take(fresh, said, first=True)
    print(f"taken in: {EPISODES:,} episodes in {time.perf_counter() - start:.1f} s, peak {peak_mb():,.0f} MB")
    house.catalogue.version = house.now(lambda lake: lake.version)
    door = application(house)
    admin = add_user(door.book, "bench", "admin", by="bench", at=house.clock(), identity="bench")
    COOKIES["cookie"] = f"{COOKIE}={begin(door.book, admin, at=house.clock(), seconds=3600)}"
    server = uvicorn.Server(uvicorn.Config(door, port=PORT, log_level="error"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    return house


def asked(where: str = "episodes", /, **query: str | int) -> float:
    """Milliseconds until the whole page is here."""
    address = f"http://127.0.0.1:{PORT}/{where}?{urllib.parse.urlencode(query)}"
    start = time.perf_counter()
    page = urllib.request.urlopen(urllib.request.Request(address, headers=COOKIES), timeout=30).read()
    assert where != "episodes" or b"newest first" in page, page[:300]
    return 1e3 * (time.perf_counter() - start)


def main() -> int:
    """Print how long each sort of page takes, and say whether the promise is kept."""
    with tempfile.TemporaryDirectory() as home:
        house = served(Path(home))
        asked()
        sorts: dict[str, list[dict[str, str | int]]] = {
            "first page": [{}] * 9,
            "deep in the list": [{"before": EPISODES * 9 // 10 - 77_777 * i} for i in range(9)],
            "one facet, never asked before": [{"task": f"task-{i}"} for i in range(9)],
            "two facets": [{"operator": f"op-{i}", "verdict": "review"} for i in range(9)],
            "an SQL condition": [{"where": f"seconds > {20 + i} AND site = 'site-3'"} for i in range(9)],
            "a plain word": [{"where": f"scene-{777 + i}"} for i in range(9)],
        }
        worst = 0.0
        for name, queries in sorts.items():
            took = [asked(**query) for query in queries]
            worst = max(worst, statistics.median(took))
            print(f"{name}: median {statistics.median(took):.0f} ms, slowest of {len(took)} {max(took):.0f} ms")
        for name in ("", "coverage", "floor"):
            took = [asked(name) for _ in range(5)]
            print(f"/{name}: median {statistics.median(took):.0f} ms (the lake itself is empty here)")
        keyset = median_of(lambda: asked(before=EPISODES // 10)) * 1e3
        deep = f"SELECT * FROM episodes ORDER BY ord DESC LIMIT 50 OFFSET {EPISODES * 9 // 10}"
        offset = median_of(lambda: house.catalogue.answer(deep))
        ratio("a page deep in the list, by keyset and HTTP; OFFSET alone", f"{keyset:.0f} ms", f"{1e3 * offset:.0f} ms",
              1e3 * offset / keyset, "at least 1", offset * 1e3 >= keyset)  # fmt: skip
        named = f"episodes of {EPISODES:,}, slowest median"
        ratio(named, f"{worst:.0f} ms", f"{PROMISE} ms", worst / PROMISE, "below 1", worst < PROMISE)
        print(f"peak memory {peak_mb():,.0f} MB")
        return 0 if worst < PROMISE else 1


if __name__ == "__main__":
    sys.exit(main())
