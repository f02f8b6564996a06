"""What was last told of many episodes, as numbers beside their ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from .store import Store

__all__ = ["matched", "newest"]

Floats = npt.NDArray[np.float64]


def newest(
    store: Store, ids: Sequence[str] | npt.NDArray[np.object_], keys: Sequence[str], version: int | None = None
) -> dict[str, Floats]:
    """The newest number under each key for each episode, ``[n]`` each; NaN where nobody told one of the whole of it."""
    marks = ", ".join("?" * len(keys))  # compared one by one, so that files of other keys stay shut
    told = store.sql(
        "SELECT key, subject, arg_max(number, (added, pos)) AS value FROM facts "
        f"WHERE key IN ({marks}) AND start_ns IS NULL GROUP BY 1, 2",
        params=list(keys),
        version=version,
    )
    made, asked = {}, pa.array(ids, pa.string())
    for key in keys:
        some = told.filter(pc.field("key") == key)
        place = matched(some["subject"].combine_chunks(), asked)
        numbers = np.append(some["value"].to_numpy().astype(np.float64), np.nan)
        made[key] = np.asarray(numbers[np.where(place < 0, len(numbers) - 1, place)])
    return made


def matched(known: pa.Array, asked: pa.Array) -> npt.NDArray[np.int64]:
    """For each of ``asked`` its place in ``known``, -1 where it is not there."""
    known, asked = known.cast(pa.string()), asked.cast(pa.string())
    both = min(len(known), len(asked))
    if not known[:both].equals(asked[:both]):
        both = 0
    found = pc.call_function("index_in", [asked[both:]], pc.SetLookupOptions(known))
    rest = found.fill_null(-1).to_numpy(zero_copy_only=False)
    return np.concatenate([np.arange(both), rest.astype(np.int64)])
