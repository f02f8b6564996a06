"""Episodes that may be chosen, as columns: where they belong, what was measured of them, and where they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .. import plug
from ..core.errors import BadValue, NotFound, Refused, suggest
from ..lake.numbers import newest

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["Candidates", "measured", "measures_there", "read"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]

COLUMNS = ("task", "scene", "embodiment", "robot", "operator", "site", "region", "tier")
"""What cells may be made of; the first names what is compared with its like only, the others the place in it."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """n episodes: ``ids``, ``rows`` float32 ``[n, d]`` where they lie, and ``measures`` ``[n]`` each (NaN: unknown).

    ``task`` ``[n]`` and ``place`` ``[n]`` number the first and the remaining parts of an episode's cell; ``cell``
    ``[n]`` is its name and ``first`` ``[n]`` that of its first part, which quotas go by. ``where`` tells which have a
    vector at all.
    """

    ids: Texts
    task: Ints
    place: Ints
    first: Texts
    cell: Texts
    verdict: Texts
    outcome: Texts
    rows: npt.NDArray[np.float32]
    where: npt.NDArray[np.bool_]
    measures: Mapping[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


def read(store: Store, ids: Sequence[str], version: int, cells: Sequence[str], space: str) -> Candidates:
    """The columns of these episodes at a version; refused where nothing was embedded, or a cell names no column."""
    for name in cells:
        if name not in COLUMNS:
            raise BadValue(f"Cells cannot be made of {name!r}.", instead=suggest(name, COLUMNS))
    names = tuple(dict.fromkeys(("task", "embodiment", *cells)))
    asked = ", ".join(f"coalesce({name}, '') AS {name}" for name in names)
    table = store.sql(f"SELECT id, verdict, outcome, {asked} FROM episodes", version=version)
    order = {one: row for row, one in enumerate(table["id"].to_pylist())}
    rows = np.array([order[one] for one in ids], np.int64)
    column = {name: np.array(table[name].to_pylist(), object)[rows] for name in (*names, "verdict", "outcome")}
    task = _numbered(*(column[name] for name in dict.fromkeys((*cells[:1], "embodiment"))))
    place = _numbered(*(column[name] for name in cells[1:])) if len(cells) > 1 else np.zeros(len(ids), np.int64)
    cell = np.array([" x ".join(part or "unnamed" for part in parts) for parts in zip(
        *(column[name].tolist() for name in cells), strict=True)] if cells else ["all"] * len(ids), object)  # fmt: skip
    points, there = _points(store, ids, version, space)
    first = column[cells[0]] if cells else np.full(len(ids), "", object)
    return Candidates(
        np.array(ids, object), task, place, first, cell, column["verdict"], column["outcome"], points, there
    )


def measured(store: Store, ids: Sequence[str], version: int, name: str) -> Floats:
    """The newest value of one measure for each episode, NaN where nobody measured it."""
    return newest(store, ids, [f"measure/{name}"], version)[f"measure/{name}"]


def measures_there(store: Store, version: int) -> list[str]:
    """Names of the measures that the lake knows anything of."""
    table = store.sql("SELECT DISTINCT key FROM facts WHERE starts_with(key, 'measure/') ORDER BY key", version=version)
    return [str(key).removeprefix("measure/") for key in table["key"].to_pylist()]


def _points(
    store: Store, ids: Sequence[str], version: int, space: str
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    by = f"embeddings/{space}@{plug.embedding(space).version}"
    try:
        known = store.vectors(f"embedding/{space}", by, version=version)
    except NotFound as error:
        raise Refused(
            f"No episode has a point in the space {space!r} yet: nothing says which are alike.",
            do="Run `volant curate`, which embeds first, or `lake.curate(...)`.",
        ) from error
    order = {one: row for row, one in enumerate(known.ids.tolist())}
    rows = np.array([order.get(one, -1) for one in ids], np.int64)
    return np.where((rows >= 0)[:, None], known.rows[rows], 0).astype(np.float32), rows >= 0


def _numbered(*columns: Texts) -> Ints:
    """One number for each combination of words, in the order of the words."""
    mark = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        words = np.unique(column.astype(str), return_inverse=True)
        mark = mark * len(words[0]) + words[1]
    return np.unique(mark, return_inverse=True)[1].astype(np.int64)
