"""A thousand new episodes on top of a million: embedding them, reading all points, and measuring their novelty.

How the lake is made: a million rows of the catalogue and a million points `embedding/motion` are told in bulk (no
samples lie behind them), with the novelty that was measured before; points and their index are kept, as measuring the
million would have done. The points are made up: 5,000 groups of movements with a spread of a third of their distance,
500 of the groups around real episodes. The new episodes are real ones of two streams, put and embedded as any other:
first a thousand retakes of those 500 with a little noise, as a fleet brings that goes on with its tasks, then a
thousand like nothing before, where no list of the index can be left out. The limit beside it: one multiplication of
the thousand points with the million (float32, BLAS).
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
from volant.core import Episode, FactTable, Stream
from volant.lake import Store
from volant.lake.numbers import newest
from volant.worth import embed, figures, known
from volant.worth.space import keep_index

MANY, NEW, KNOWN = 1_000_000, 1_000, 500


def main() -> None:
    """Make the lake, add two thousand, and time what each increment is made of."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; wall seconds, CPU seconds in brackets")
    with tempfile.TemporaryDirectory() as folder, Store(f"{folder}/lake") as store:
        old = [blind(one) for one in generated.episodes(78, KNOWN)]
        ids, rows = [f"{i:032x}" for i in range(MANY)], points(old)
        _timed("catalogue of a million (made up)", lambda: catalogue(store, ids, said()))
        telling = _timed("a million points told", lambda: store.tell_vectors(ids, *told(rows), at=1))
        table = FactTable()
        table.many(ids, "measure/novelty", np.full(MANY, 0.5).tolist(), "measures/novelty@1")
        store.tell(table, at=1)
        del table
        _timed("all points read from the facts, and kept", lambda: known(store))
        _timed("an index of them made and kept", lambda: keep_index(store, known(store)))
        ratio("telling a million vectors", f"{telling:.1f} s", "60 s", telling / 60, "below 1", telling < 60)
        increment(store, "retakes", [retake(one, i) for i, one in enumerate(old * 2)], rows)
        increment(store, "wholly new", [blind(one) for one in generated.episodes(77, NEW)], rows)
    print(f"peak memory {peak_mb():,.0f} MB")


def increment(store: Store, what: str, fresh: list[Episode], rows: np.ndarray) -> None:
    """Put a thousand episodes, embed them and measure their novelty; the same by looking at all points."""
    _timed(f"a thousand episodes put ({what})", lambda: store.put(fresh, at=2))
    made = _timed("a thousand embedded", lambda: embed(store, at=3))
    reading = _timed("all points read", lambda: known(store))
    space = known(store)
    mask = np.arange(len(space)) >= len(space) - NEW
    plain = plug.measures()["novelty"].scores
    _timed("novelty by looking at all points", lambda: plain(space.rows, space.columns, mask))
    asked = space.rows[mask]
    limit = _timed("one product, in blocks", lambda: [rows[a : a + 1024] @ asked.T for a in range(0, MANY, 1024)])
    whole = _timed("`volant measure novelty` as a whole", lambda: figures(store, ["novelty"], 4))
    told = newest(store, space.ids[mask], ["measure/novelty"])["measure/novelty"]
    apart = np.abs(told - plain(space.rows, space.columns, mask)[mask]).max()
    print(f"novelty of them {told.min():.2f} to {told.max():.2f}; from looking at all points at most {apart:.1g} apart")
    total = made + whole
    ratio(f"1,000 more on a million, {what}", f"{total:.1f} s", f"5 s ({limit:.1f} s is one BLAS product of them; "
          f"{reading:.1f} s is reading)", total / 5, "below 1", total < 5)  # fmt: skip


def points(old: list[Episode]) -> np.ndarray:
    """A million points of length about 1, a tenth of them around those of real episodes."""
    rng = np.random.default_rng(0)
    middle = rng.standard_normal((5_000, 64), dtype=np.float32) / 8
    made = [point for one in old if (point := plug.embedding("motion").of(one)) is not None]
    middle[: len(made)] = made
    spread = 0.33 / 8 * rng.standard_normal((MANY, 64), dtype=np.float32)
    return middle[rng.integers(0, 5_000, MANY)] + spread


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


def retake(one: Episode, seed: int) -> Episode:
    """The same movement once more, a tenth of a standard deviation off at each sample."""
    rng = np.random.default_rng(seed)
    streams = []
    for stream in one.streams:
        noise = 0.1 * stream.values.std(axis=0) * rng.standard_normal(stream.values.shape)
        streams.append(Stream(stream.signal, stream.t, (stream.values + noise).astype(stream.values.dtype)))
    return Episode(tuple(streams), one.origin, one.task)


def _timed(what: str, work: object) -> float:
    wall, cpu = time.perf_counter(), time.process_time()
    work()  # type: ignore[operator]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{what}: {wall:.2f} s ({cpu:.2f} s)", flush=True)
    return wall


if __name__ == "__main__":
    main()
