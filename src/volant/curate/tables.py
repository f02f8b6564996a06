"""What the lake knows, without its samples, as plain Parquet files that every tool reads."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from volant.core.errors import Refused

if TYPE_CHECKING:
    from volant.lake import Store

__all__ = ["TABLES", "write_tables"]

TABLES = ("episodes", "facts", "spans", "streams", "coverage")


def write_tables(store: Store, out: Path, version: int | str | None = None) -> dict[str, int]:
    """Write one Parquet file per view of the lake into the new folder ``out``; the rows of each."""
    if out.exists():
        raise Refused(f"{out} is already there.", do="Choose another place or remove it yourself.")
    part = out.with_name(f".{out.name}.part")
    rows: dict[str, int] = {}
    try:
        part.mkdir(parents=True)
        for name in TABLES:
            table = store.sql(f"SELECT * FROM {name}", version=version)
            pq.write_table(table, part / f"{name}.parquet", compression="zstd")
            rows[name] = table.num_rows
        part.rename(out)
    except OSError as error:
        raise Refused(
            f"{out} cannot be written: {error.strerror or error}.", do="Check permissions and space."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return rows
