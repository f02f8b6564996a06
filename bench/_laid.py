"""Many episodes at once in a lake: rows of the catalogue that are made up, with no samples behind them."""

import numpy as np
import pyarrow as pa

from volant.lake import Store
from volant.lake.manifest import Change
from volant.lake.rows import CATALOGUE

__all__ = ["catalogue"]


def catalogue(store: Store, ids: list[str], said: dict[str, pa.Array]) -> None:
    """One commit of episodes; ``said`` are columns of the catalogue, what is not among them is empty."""
    n = len(ids)
    table = {field.name: pa.nulls(n, field.type) for field in CATALOGUE}
    table |= {"id": pa.array(ids), "frames": pa.array(np.full(n, 360)), "pos": pa.array(np.arange(n)), **said}
    change = Change("put", 1, "bench@1")
    with store.files.writing():
        whole = pa.table(table, schema=CATALOGUE)
        store.shelf.add(change, whole, "episodes", groups=[min(1 << 16, n - a) for a in range(0, n, 1 << 16)])
        store.manifest.commit(change)
