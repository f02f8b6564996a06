"""The lake beside its physical limit: the same columns and facts written and fsynced by plain pyarrow in one run.

10,000 state-only episodes of 100 frames (14-D state, 14-D action, float32) with 600,000 facts; then reading them all,
a coverage question, and small commits that are durable one by one.
"""

import os
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from volant.core import Episode, Fact, FactTable, Kind, Origin, Signal, Stream
from volant.lake import Store

from ._clock import peak_mb, ratio, seconds

EPISODES, FRAMES, WIDTH, FACTS = 10_000, 100, 14, 60


def made() -> tuple[list[Episode], FactTable]:
    """The episodes, their ids known (the intake has computed them by then), and sixty facts on each."""
    rng = np.random.default_rng(0)
    t = np.arange(FRAMES, dtype=np.int64) * 33_333_333
    state = Signal("observation.state", Kind.STATE, (WIDTH,), "float32", "rad", hz=30.0)
    action = Signal("action", Kind.ACTION, (WIDTH,), "float32", "rad", hz=30.0)
    episodes = []
    for i in range(EPISODES):
        walk = np.cumsum(rng.normal(0, 0.01, (2, FRAMES, WIDTH)), axis=1).astype(np.float32)
        streams = (Stream(state, t + i, walk[0]), Stream(action, t + i, walk[1]))
        origin = Origin(uri=f"set.h5#{i}", operator=f"operator {i % 9}")
        episodes.append(Episode(streams, origin, task=f"task {i % 50}", scene=f"room {i % 40}"))
    facts = FactTable()
    for episode in episodes:
        for k in range(FACTS):
            facts.row(episode.id, f"check/number-{k}", float(k) / 7, "volant.check@1")
    return episodes, facts


def plain(episodes: list[Episode], facts: FactTable, out: Path) -> None:
    """The same columns by pyarrow alone: one file of samples, one of facts, both fsynced; no ids, no index."""
    rows = [(episode.id, stream) for episode in episodes for stream in episode.streams]
    lists = {
        "t": np.concatenate([stream.t for _, stream in rows]),
        "x": np.concatenate([stream.values.ravel() for _, stream in rows]),
    }
    sizes = {"t": FRAMES, "x": FRAMES * WIDTH}
    columns = {
        name: pa.LargeListArray.from_arrays(np.arange(len(rows) + 1, dtype=np.int64) * sizes[name], values)
        for name, values in lists.items()
    }
    samples = pa.table({"episode": [name for name, _ in rows], "name": [stream.name for _, stream in rows], **columns})
    said = pa.table({"subject": facts.subject, "key": facts.key, "value": facts.value, "by": facts.by, "at": facts.at})
    for name, table, rows_of_group in (("samples", samples, 512), ("facts", said, 1 << 20)):
        with (out / f"{name}.parquet").open("wb") as file:
            pq.write_table(table, file, compression="zstd", compression_level=1, row_group_size=rows_of_group)
            file.flush()
            os.fsync(file.fileno())


def plain_read(out: Path) -> int:
    """The samples by pyarrow alone, as numpy columns; no episodes are made of them."""
    total = 0
    with pq.ParquetFile(out / "samples.parquet", memory_map=True) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, use_threads=False)
            for name in ("t", "x"):
                total += len(table[name].combine_chunks().values.to_numpy())
    return total


def main() -> None:
    """Print one line per promise."""
    episodes, facts = made()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        limit = seconds(lambda: plain(episodes, facts, root))
        with Store(root / "lake") as store:
            took = seconds(lambda: store.put(episodes, facts, at=1))
            ratio(
                "put 10,000 episodes and 600,000 facts, durable",
                f"{EPISODES / took:.0f} episodes/s",
                f"pyarrow alone {EPISODES / limit:.0f} episodes/s",
                limit / took,
                "at least 0.4 of the limit",
                limit / took >= 0.4,
            )
            floor = seconds(lambda: plain_read(root))
            read = seconds(lambda: sum(1 for _ in store.episodes()))
            ratio(
                "read them all as episodes",
                f"{EPISODES / read:.0f} episodes/s",
                f"pyarrow alone, columns only {EPISODES / floor:.0f}",
                floor / read,
                "at least 0.25 of the limit",
                floor / read >= 0.25,
            )
            one = seconds(lambda: [store.episode(episode.id) for episode in episodes[::500]]) / 20
            print(f"one episode by its id: {one * 1e3:.1f} ms")
            asked = seconds(lambda: store.sql("SELECT * FROM coverage"))
            print(f"coverage of 10,000 episodes, 600,000 facts beside them: {asked * 1e3:.0f} ms")
            now = seconds(lambda: store.sql("SELECT key, count(*) FROM facts_now GROUP BY 1"))
            print(f"newest facts by key: {now * 1e3:.0f} ms")
        with Store(root / "live") as store:
            small = [Episode(episode.streams, task=episode.task) for episode in episodes[:200]]
            at = seconds(
                lambda: [store.put([one], [Fact(one.id, "verdict", "accept", "gate@1")], at=1) for one in small]
            )
            told = seconds(lambda: [store.tell([Fact("x", "a/b", i, "c@1")], at=2) for i in range(200)])
            print(f"live: {200 / at:.0f} episodes/s and {200 / told:.0f} facts/s, each a durable commit of its own")
            merged = seconds(lambda: store.compact(at=3))
            print(f"merging their segments: {merged * 1e3:.0f} ms; peak {peak_mb():.0f} MB")


if __name__ == "__main__":
    main()
