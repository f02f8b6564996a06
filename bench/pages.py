"""Every page that asks the catalogue, over a lake of a million: a server process of its own, asked by HTTP.

    python -m bench.pages                          # a million, under 200 ms
    python -m bench.pages 10000000 /tmp/lake10     # ten million, under 500 ms and 12 GB; the lake stays there

One process makes the lake (`bench._many`; as much as is missing), a second one, `volant serve`, reads and shows it.
What is printed is the first answer of each kind and the median of those after it, until the whole page is here; and the
most memory that the server ever held (its VmHWM), reading the lake included. Compared with the same question paged by
OFFSET in an own DuckDB.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from bench._clock import median_of, ratio, seconds
from bench._many import grown
from volant.lake import Store
from volant.serve.doors import COOKIE, Book, add_user, begin

COUNT = int(sys.argv[1]) if sys.argv[1:] else 1_000_000
PROMISE = 200 if COUNT <= 1_000_000 else 500
MEMORY = 12_000
COOKIES: dict[str, str] = {}
Asked = dict[str, str | int]


def made(place: Path) -> None:
    """The lake, as far as it is not there yet."""
    at, start = time.time_ns(), time.perf_counter()
    with Store(place) as store:
        while grown(store, COUNT, at=at):
            pass
    print(f"lake of {COUNT:,} made: {time.perf_counter() - start:.0f} s", flush=True)


@contextmanager
def served(lake: Path, home: Path):
    """`volant serve` in a process of its own; its address and number."""
    book = Book.open(home)
    admin = add_user(book, "bench", "admin", by="bench", at=time.time_ns(), identity="bench")
    COOKIES["cookie"] = f"{COOKIE}={begin(book, admin, at=time.time_ns(), seconds=3600)}"
    book.close()
    command = [sys.executable, "-m", "volant", "serve", "--lake", str(lake), "--home", str(home), "--port", "0"]
    with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = ""
            while not said.rstrip().endswith("}"):
                said += server.stdout.readline()
            yield str(json.loads(said)["url"]), server.pid
        finally:
            server.terminate()


def held(pid: int, name: str = "VmHWM") -> float:
    """The most memory that a process ever held, or holds now (VmRSS), in MB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(name))


def asked(url: str, where: str = "episodes", /, **query: str | int) -> float:
    """Milliseconds until the whole page is here."""
    address = f"{url}/{where}?{urllib.parse.urlencode(query)}"
    start = time.perf_counter()
    page = urllib.request.urlopen(urllib.request.Request(address, headers=COOKIES), timeout=300).read()
    assert b"</html>" in page and b'role=\\"alert' not in page, page[:300]
    return 1e3 * (time.perf_counter() - start)


def ready(url: str) -> float:
    """Seconds until the server has read the lake; a page that waits for it for a minute gives up."""
    start = time.perf_counter()
    while True:
        try:
            asked(url)
        except urllib.error.HTTPError:
            continue
        return time.perf_counter() - start


def pages(url: str) -> dict[str, list[float]]:
    """How long each sort of page takes, in the order asked."""
    deep = COUNT * 9 // 10
    sorts: dict[str, list[tuple[str, Asked]]] = {
        "episodes": [("episodes", {})] * 9,
        "episodes, deep in the list": [("episodes", {"before": deep - deep // 77 * i}) for i in range(9)],
        "episodes, a facet never asked before": [("episodes", {"task": f"task-{i}"}) for i in range(9)],
        "episodes, two facets": [("episodes", {"operator": f"op-{i}", "verdict": "review"}) for i in range(9)],
        "episodes, an SQL condition": [
            ("episodes", {"where": f"seconds > {20 + i} AND site = 'site-3'"}) for i in range(9)
        ],
        "episodes, a plain word": [("episodes", {"where": f"scene-{777 + i}"}) for i in range(9)],
        "wheel": [("", {})] * 5,
        "coverage": [("coverage", {})] * 5,
        "floor, all": [("floor", {})] * 5,
        "floor, a week": [("floor", {"since": "week"})] * 5,
        "floor, a day": [("floor", {"since": "day"})] * 5,
        "worth": [("worth", {})] * 5,
    }
    return {name: [asked(url, where, **query) for where, query in queries] for name, queries in sorts.items()}


def main(place: Path) -> int:
    """Print how long each sort of page takes and what the server held; 0 where the promises are kept."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; wall milliseconds", flush=True)
    made(place)
    with tempfile.TemporaryDirectory() as home, served(place, Path(home)) as (url, pid):
        took = ready(url)
        print(
            f"taken in: {COUNT:,} episodes in {took:.1f} s, at most {held(pid):,.0f} MB, {held(pid, 'VmRSS'):,.0f} then"
        )
        worst = 0.0
        for name, times in pages(url).items():
            later = statistics.median(times[1:])
            worst = max(worst, later)
            print(f"{name}: first {times[0]:.0f} ms, then median {later:.0f}, slowest of {len(times)} {max(times):.0f}")
        deep = COUNT // 10
        keyset = median_of(lambda: asked(url, before=deep)) * 1e3
        ratio(f"pages of {COUNT:,}, slowest median", f"{worst:.0f} ms", f"{PROMISE} ms", worst / PROMISE,
              "below 1", worst < PROMISE)  # fmt: skip
        most = held(pid)
        ratio("most memory of the server", f"{most:,.0f} MB", f"{MEMORY:,} MB", most / MEMORY, "below 1", most < MEMORY)
    offset = skipped(place)
    ratio("a page deep in the list, by keyset and HTTP; OFFSET alone, from the lake", f"{keyset:.0f} ms",
          f"{offset:.0f} ms", offset / keyset, "at least 1", offset >= keyset)  # fmt: skip
    return 0 if worst < PROMISE and most < MEMORY else 1


def skipped(place: Path) -> float:
    """The same page by OFFSET, asked of the lake itself, in milliseconds."""
    question = f"SELECT id, task, scene FROM catalogued ORDER BY added DESC, pos DESC LIMIT 50 OFFSET {COUNT * 9 // 10}"
    with Store(place) as store:
        return 1e3 * seconds(lambda: store.sql(question))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(main(Path(sys.argv[2])))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(main(Path(folder) / "lake"))
