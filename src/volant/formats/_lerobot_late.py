"""What is written last: the table of tasks, and the true clock where only a later episode turns out to need it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from . import _lerobot_stats as stats
from ._lerobot import TRUE_CLOCK

__all__ = ["clocked", "write_tasks"]


def write_tasks(path: Path, texts: list[str]) -> None:
    """``tasks.parquet``: row i is task i, and the text is pandas' index, without which readers hand out numbers."""
    index = {"name": None, "field_name": None, "pandas_type": "unicode", "numpy_type": "object", "metadata": None}
    pandas = {
        "index_columns": ["task"],
        "column_indexes": [index],
        "columns": [
            index | {"name": "task_index", "field_name": "task_index", "pandas_type": "int64", "numpy_type": "int64"},
            index | {"name": "task", "field_name": "task"},
        ],
        "creator": {"library": "pyarrow", "version": pa.__version__},
        "pandas_version": "2.2.0",
    }
    table = pa.table({"task_index": pa.array(range(len(texts)), pa.int64()), "task": pa.array(texts, pa.string())})
    pq.write_table(table.replace_schema_metadata({b"pandas": json.dumps(pandas).encode()}), path)


def clocked(path: Path, fps: float, metadata: dict[bytes, bytes]) -> None:
    """Rewrite a file of rows or of episodes with the true clock, which is exactly index / fps in all of it."""
    aside = path.with_suffix(".clocked")
    writer: pq.ParquetWriter | None = None
    with pq.ParquetFile(path) as file:
        for group in range(file.metadata.num_row_groups):
            table = file.read_row_group(group)
            if "frame_index" in table.column_names:
                t = np.rint(table["frame_index"].to_numpy() * 1e9 / fps).astype(np.int64)
                table = table.add_column(table.column_names.index("timestamp"), TRUE_CLOCK, pa.array(t))
                table = table.replace_schema_metadata(metadata)
            else:
                table = _described(table, fps)
            if writer is None:
                writer = pq.ParquetWriter(aside, table.schema, compression="snappy", write_statistics=False)
            writer.write_table(table, row_group_size=max(1, table.num_rows))
    if writer is not None:
        writer.close()
        aside.replace(path)


def _described(table: pa.Table, fps: float) -> pa.Table:
    """Metadata of episodes with the statistics of their clock, before those of ``timestamp``."""
    at = table.column_names.index("stats/timestamp/min")
    lengths = table["length"].to_pylist()
    ramps = [stats.ramp(n, 0, 1e9 / fps)[:, 0] for n in lengths]
    for i, name in enumerate(stats.NAMES):
        table = table.add_column(at + i, f"stats/{TRUE_CLOCK}/{name}", pa.array([[float(part[i])] for part in ramps]))
    return table.add_column(at + len(stats.NAMES), f"stats/{TRUE_CLOCK}/count", pa.array([[n] for n in lengths]))
