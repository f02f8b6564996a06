"""A thousand new episodes on top of a million: embedding them, reading all points, and measuring their novelty.

How the lake is made: a million rows of the catalogue and a million points `embedding/motion` are told in bulk (no
samples lie behind them), with the novelty that was measured before; the points are made up, 5,000 groups of movements
with a spread of a third of their distance. The thousand new episodes are real ones of two streams, put and embedded as
any other. The physical limit beside it: one multiplication of the thousand points with the million (float32, BLAS).
"""

import os
import tempfile
import time

import numpy as np
import pyarrow as pa

from bench._clock import peak_mb, ratio
from bench._laid import catalogue
from volant import plug
from volant.conform import generated
from volant.core import Episode, FactTable
from volant.lake import Store
from volant.worth import embed, figures, known
from volant.worth.space import pending

MANY, NEW = 1_000_000, 1_000


def main() -> None:
    """Make the lake, add a thousand, and time what an increment is made of."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; wall seconds, CPU seconds in brackets")
    with tempfile.TemporaryDirectory() as folder, Store(f"{folder}/lake") as store:
        ids, rows = [f"{i:032x}" for i in range(MANY)], points()
        _timed("catalogue of a million (made up)", lambda: catalogue(store, ids, said()))
        telling = _timed("a million points told", lambda: store.tell_vectors(ids, *told(rows), at=1))
        old = FactTable()
        old.many(ids, "measure/novelty", np.full(MANY, 0.5).tolist(), "measures/novelty@1")
        store.tell(old, at=1)
        del old
        fresh = [blind(one) for one in generated.episodes(77, NEW)]
        _timed("a thousand episodes put", lambda: store.put(fresh, at=2))
        _timed("which are not embedded yet", lambda: pending(store))
        made = _timed("a thousand embedded", lambda: embed(store, at=3))
        reading = _timed("all points read, with their columns", lambda: known(store))
        space = known(store)
        mask = np.arange(len(space)) >= MANY
        _timed("novelty of the thousand", lambda: plug.measures()["novelty"].scores(space.rows, space.columns, mask))
        start = time.perf_counter()
        product = space.rows[MANY:] @ space.rows[:MANY].T
        limit = time.perf_counter() - start
        del product
        whole = _timed("`volant measure novelty` as a whole", lambda: figures(store, ["novelty"], 4))
        ratio("telling a million vectors", f"{telling:.1f} s", "60 s", telling / 60, "below 1", telling < 60)
        total = made + whole
        ratio("1,000 more on a million", f"{total:.1f} s", f"5 s ({limit:.1f} s is one BLAS product of them; "
              f"{reading:.1f} s is reading)", total / 5, "below 1", total < 5)  # fmt: skip
    print(f"peak memory {peak_mb():,.0f} MB")


def points() -> np.ndarray:
    """A million points of length about 1."""
    rng = np.random.default_rng(0)
    middle = rng.standard_normal((5_000, 64), dtype=np.float32)
    rows = middle[rng.integers(0, 5_000, MANY)] + 0.33 * rng.standard_normal((MANY, 64), dtype=np.float32)
    return rows / 8


def told(rows: np.ndarray) -> tuple[str, np.ndarray, str]:
    """Key, rows and author."""
    return "embedding/motion", rows, "embeddings/motion@1"


def said() -> dict[str, pa.Array]:
    """What the catalogue says of the million."""
    return {"task": pa.array([f"task {i % 300}" for i in range(MANY)]),
            "scene": pa.array([f"room {i % 1000}" for i in range(MANY)]),
            "seconds": pa.array(np.full(MANY, 12.0))}  # fmt: skip


def blind(one: Episode) -> Episode:
    """An episode without its camera: what is measured is the movement."""
    return Episode(one.streams[:2], one.origin, one.task)


def _timed(what: str, work: object) -> float:
    wall, cpu = time.perf_counter(), time.process_time()
    work()  # type: ignore[operator]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{what}: {wall:.2f} s ({cpu:.2f} s)", flush=True)
    return wall


if __name__ == "__main__":
    main()
