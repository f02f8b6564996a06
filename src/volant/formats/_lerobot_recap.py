"""RECAP sidecars: returns and advantages of every frame, from outcomes alone, so that failures can be trained on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["FAIL", "POSITIVE", "TAG", "Ledger", "advantages", "rewards"]

FAIL = -300.0
"""Terminal reward of a failure; every other step costs 1 and a success ends with 0 (RECAP, arXiv 2511.14759)."""
POSITIVE = 0.30
"""Share of frames that count as positive."""
TAG = "outcome"

_GOOD = ("success", "recovered")
_BAD = ("failure", "aborted")


def rewards(n: int, good: bool) -> npt.NDArray[np.float32]:
    """-1 a step; the last is 0 after success and -300 after failure."""
    made = np.full(n, -1.0, np.float32)
    made[-1] = 0.0 if good else FAIL
    return made


def returns(n: int, good: bool) -> npt.NDArray[np.float32]:
    """Undiscounted sum of the rewards from each step on."""
    return np.cumsum(rewards(n, good)[::-1].astype(np.float64))[::-1].astype(np.float32)


def advantages(lengths: npt.NDArray[np.int64], good: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Advantage of every frame of one task's episodes laid end to end, in [-1, 1].

    Monte Carlo: the return normalised to [-1, 0] minus the mean return of the same task at the same frame number,
    which stands for the value that no network has estimated here.
    """
    parts = [returns(int(n), bool(ok)) for n, ok in zip(lengths, good, strict=True)]
    scale = max(1.0, float(max(-part.min() for part in parts)))
    longest = int(lengths.max())
    total, many = np.zeros(longest), np.zeros(longest)
    for part in parts:
        total[: len(part)] += part / scale
        many[: len(part)] += 1
    value = total / np.maximum(many, 1)
    return np.concatenate([part / scale - value[: len(part)] for part in parts]).astype(np.float32)


@dataclass
class Ledger:
    """Lengths, outcomes and tasks of the episodes written; those without an outcome are left out."""

    rows: list[tuple[int, int, bool, str]] = field(default_factory=list)

    def add(self, number: int, n: int, outcome: str, task: str) -> None:
        """Remember one episode where its outcome says success or failure."""
        if outcome in (*_GOOD, *_BAD):
            self.rows.append((number, n, outcome in _GOOD, task))

    def write(self, folder: Path) -> None:
        """Both sidecars, one row group per episode; nothing where no outcome is known."""
        if not self.rows:
            return
        scores = self._scores()
        threshold = float(np.quantile(np.concatenate(list(scores.values())), 1 - POSITIVE))
        first = pa.schema(
            [("episode_index", pa.int64()), ("frame_index", pa.int64()), ("return", pa.float32()),
             ("reward", pa.float32()), ("prompt", pa.string())]
        )  # fmt: skip
        second = pa.schema(
            [("episode_index", pa.int64()), ("frame_index", pa.int64()), ("advantage", pa.bool_()),
             ("advantage_continuous", pa.float32())]
        )  # fmt: skip
        with (
            pq.ParquetWriter(folder / f"returns_{TAG}.parquet", first, compression="snappy") as one,
            pq.ParquetWriter(folder / f"advantages_{TAG}.parquet", second, compression="snappy") as two,
        ):
            for number, n, good, task in self.rows:
                keys = [pa.array(np.full(n, number, np.int64)), pa.array(np.arange(n, dtype=np.int64))]
                words = pa.DictionaryArray.from_arrays(np.zeros(n, np.int32), [task]).cast(pa.string())
                values = [pa.array(returns(n, good)), pa.array(rewards(n, good)), words]
                one.write_table(pa.Table.from_arrays([*keys, *values], schema=first))
                score = scores[number]
                values = [pa.array(score >= threshold), pa.array(score)]
                two.write_table(pa.Table.from_arrays([*keys, *values], schema=second))

    def _scores(self) -> dict[int, npt.NDArray[np.float32]]:
        made: dict[int, npt.NDArray[np.float32]] = {}
        for task in {row[3] for row in self.rows}:
            rows = [row for row in self.rows if row[3] == task]
            lengths = np.array([row[1] for row in rows], np.int64)
            flat = advantages(lengths, np.array([row[2] for row in rows]))
            parts = np.split(flat, np.cumsum(lengths)[:-1])
            made.update({row[0]: part for row, part in zip(rows, parts, strict=True)})
        return made
