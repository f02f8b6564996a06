"""Coverage of a million episodes, or of ten, from a lake on disk: combinations, estimators, slices and a target.

    python -m bench.worth_coverage              # a million, promised under 2 s
    python -m bench.worth_coverage 10000000     # ten million, promised under 10 s and 12 GB

The rows of the catalogue are made up (50 tasks x 20,000 scenes whose shares fall as 1 / rank; a scene lies at one of
nine sites and has one of six bodies) and laid into the lake in bulk; no samples lie behind them. Verdicts are told of
every episode. Beside it, in the same run: DuckDB alone, which counts task x scene in the same files, as the limit; and
a plain Python loop over the rows, from 200,000 of them.
"""

import os
import sys
import tempfile
import time
from collections import Counter

import numpy as np
import pyarrow as pa

from bench._clock import peak_mb, ratio, timed
from bench._laid import catalogue
from volant.core import FactTable
from volant.lake import Store
from volant.worth.asking import ask

_ROOM = 1_000_000


def main(count: int) -> None:
    """Make the lake, then ask twice: with cold files, and again."""
    promise = 2.0 if count <= 1_000_000 else 10.0
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {count:,} episodes; wall seconds")
    with tempfile.TemporaryDirectory() as folder, Store(f"{folder}/lake") as store:
        start = time.perf_counter()
        for low in range(0, count, _ROOM):
            laid(store, low, min(count, low + _ROOM))
        print(f"lake made: {time.perf_counter() - start:.0f} s, {peak_mb():,.0f} MB")
        words = "SELECT task, scene, count(*) AS n FROM catalogued GROUP BY 1, 2"
        limit, plain = timed(lambda: store.sql(words))
        some = store.sql("SELECT task, scene FROM catalogued LIMIT 200000")
        slow, _ = timed(lambda: Counter(zip(some["task"].to_pylist(), some["scene"].to_pylist(), strict=True)))
        slow *= count / min(count, 200_000)
        before = peak_mb()
        for turn in ("first", "again"):
            value, told = timed(lambda: ask(store, ["coverage"], 9))
            found = {(each.name, each.group): each for each in told.estimates}
            seen, hoped = found["combinations", ""], found["chao1", ""]
            figures = f"{seen.value:,.0f} seen, Chao1 {hoped.value:,.0f}"
            beside = f"counting task x scene alone {limit:.2f} s ({plain.num_rows:,} kinds), row by row {slow:.0f} s"
            ratio(f"coverage of {seen.n:,}, {turn}: {figures}", f"{value:.2f} s", beside, value / promise,
                  f"below 1, {promise:g} s", value < promise)  # fmt: skip
        ratio("peak memory", f"{peak_mb():,.0f} MB ({before:,.0f} before asking)", "12,000 MB", peak_mb() / 12_000,
              "below 1", peak_mb() < 12_000)  # fmt: skip


def laid(store: Store, low: int, high: int) -> None:
    """Rows of the catalogue and their verdicts, by one commit each."""
    n, rng = high - low, np.random.default_rng(low)
    ids = [f"{i:032x}" for i in range(low, high)]
    scene = np.minimum(19_999, np.exp(rng.random(n) * np.log(20_000)).astype(int))

    def words(name: str, codes: np.ndarray, kinds: int) -> pa.Array:
        return pa.DictionaryArray.from_arrays(codes.astype(np.int32), [f"{name} {i}" for i in range(kinds)]).cast(
            "string"
        )

    catalogue(store, ids, {
        "task": words("task", rng.integers(0, 50, n), 50),
        "scene": words("room", scene, 20_000),
        "site": words("site", scene % 9, 9),
        "embodiment": words("body", scene // 9 % 6, 6),
        "region": pa.array(["CH"] * n),
        "seconds": pa.array(rng.uniform(5, 60, n)),
    })  # fmt: skip
    said = FactTable()
    said.many(ids, "verdict", np.where(rng.random(n) < 0.05, "quarantine", "accept").tolist(), "gate@1")
    store.tell(said, at=1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
