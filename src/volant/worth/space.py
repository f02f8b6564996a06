"""The episodes of a lake as points: making those that are missing, and reading all with what the catalogue says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .. import plug
from ..core import Embedding, Episode, FactTable, Searched
from ..core.errors import LakeUnwritable, NotFound, VolantError
from ..lake import lists
from ..lake.numbers import matched

if TYPE_CHECKING:
    from ..lake import Store
    from ..lake.points import Points

__all__ = [
    "COLUMNS",
    "Space",
    "columns",
    "embed",
    "keep_index",
    "known",
    "looked_at",
    "pending",
    "readable",
    "searched",
    "signed",
]

Progress = Callable[[int, int], None]
"""Told how many are done, and of how many."""

Columns = Mapping[str, npt.NDArray[np.generic]]

COLUMNS = (
    *("id", "task", "scene", "embodiment", "robot", "operator", "site", "region", "tier"),
    *("seconds", "frames", "verdict", "outcome"),
)  # fmt: skip
"""What the catalogue says of every episode: text as objects, empty where nobody said; numbers as float64, int64."""

NOTHING = "unembedded"
"""The key that says that an embedding has no point for an episode, so that nobody tries again."""

KEPT = 16_384
"""Points from which on they are kept beside the facts: fewer are read in a moment."""

BLOCK = 1024
"""Episodes embedded between two commits."""


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Episodes as points, in the order in which they came: ``ids``, ``rows`` float32 ``[n, d]``, ``columns`` aligned.

    ``by`` is who made the points, with its version; ``lake`` the lake's version that they were read at; ``points``
    what the lake keeps of them, where all of them are meant.
    """

    name: str
    by: str
    lake: int
    ids: npt.NDArray[np.object_]
    rows: npt.NDArray[np.float32]
    columns: Columns
    points: Points | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def place(self, id: str) -> int:
        """Where an episode lies among the rows. Raises ``NotFound``."""
        found = np.flatnonzero(self.ids == id)
        if not len(found):
            raise NotFound(f"Episode {id[:12]} has no point in the space {self.name!r}.", do="Embed it first.")
        return int(found[0])

    def places(self, ids: Sequence[str]) -> npt.NDArray[np.int64]:
        """The same for many at once; -1 where an episode has no point."""
        return matched(pa.array(self.ids, pa.string()), pa.array(list(ids), pa.string()))

    def some(self, places: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Space:
        """The episodes at these places, in this order, or where a mask is true."""
        picked = {name: column[places] for name, column in self.columns.items()}
        return Space(self.name, self.by, self.lake, self.ids[places], self.rows[places], picked)


def signed(name: str) -> str:
    """Who tells the points of an embedding, in its installed version."""
    return f"embeddings/{name}@{plug.embedding(name).version}"


def pending(store: Store, name: str = "motion") -> list[str]:
    """Ids of all episodes that the installed version of an embedding has not looked at yet, in the order they came."""
    by = signed(name)
    found = store.points.known(f"embedding/{name}", by, store.version)
    if found is not None:
        return _unsaid(store, found.missing, name, by)
    told = looked_at(store, f"embedding/{name}", by, NOTHING, name)
    ids = store.sql("SELECT id FROM catalogued ORDER BY added, pos")["id"].combine_chunks()
    return [str(one) for one in ids.filter(pa.array(matched(told, ids) < 0)).to_pylist()]


def _unsaid(store: Store, ids: Sequence[str], name: str, by: str) -> list[str]:
    """Those of these episodes of which nobody said that an embedding has no point for them."""
    if not ids:
        return []
    asked = f"SELECT subject FROM facts WHERE key = '{NOTHING}' AND \"by\" = ? AND value = ?"
    nothing = set(store.sql(asked, params=[by, name])["subject"].to_pylist())
    return [one for one in ids if one not in nothing]


def looked_at(store: Store, key: str, by: str, instead: str, name: str) -> pa.Array:
    """Subjects of which an author told a key, or said ``instead`` that there is nothing to tell under this name.

    Two questions in one: asked as one condition, every vector would be written out as text to be compared.
    """
    asked = (
        'SELECT subject FROM facts WHERE key = ? AND "by" = ? AND start_ns IS NULL UNION ALL '
        f"SELECT subject FROM facts WHERE key = '{instead}' AND \"by\" = ? AND value = ?"
    )
    return store.sql(asked, params=[key, by, by, name])["subject"].combine_chunks()


def embed(
    store: Store, name: str = "motion", *, at: int, progress: Progress | None = None, only: Sequence[str] | None = None
) -> int:
    """Make the points of all episodes that have none by this version yet (of ``only`` these); how many were made.

    An episode that cannot be read, or that has nothing to embed, is told of under ``unembedded``.
    """
    embedding, by = plug.embedding(name), signed(name)
    waiting = pending(store, name)
    if only is not None:
        asked = set(only)
        waiting = [one for one in waiting if one in asked]
    made = 0
    for start in range(0, len(waiting), BLOCK):
        block = waiting[start : start + BLOCK]
        ids, rows, nothing = [], [], FactTable()
        for one, point in _points(store, embedding, block):
            if point is None:
                nothing.row(one, NOTHING, name, by)
            else:
                ids.append(one)
                rows.append(point)
            if progress is not None and (len(ids) + len(nothing)) % 16 == 0:
                progress(start + len(ids) + len(nothing), len(waiting))
        if rows:
            store.tell_vectors(ids, f"embedding/{name}", np.stack(rows), by, at=at)
        store.tell(nothing, at=at)
        made += len(rows)
    return made


def known(store: Store, name: str = "motion", by: str = "") -> Space:
    """All points of an embedding, by its installed version unless another is named. Empty where none were made."""
    author = by or signed(name)
    version = store.version
    try:
        found = store.points.read(f"embedding/{name}", author, version)
    except NotFound:
        if by:
            raise
        width = plug.embedding(name).width
        nobody = _Asked(store, version, None, {})
        return Space(name, author, version, np.zeros(0, object), np.zeros((0, width), np.float32), nobody)
    grown = found.head is None or len(found.parts) > 1
    if grown and len(found) >= KEPT and not _unsaid(store, found.fresh, name, author):
        with suppress(LakeUnwritable):  # a lake that can only be read is read anew each time
            found = store.points.keep(found)
    said = _Asked(store, version, found.missing, {})
    ids = np.asarray(found.ids.to_numpy(zero_copy_only=False), object)
    return Space(name, author, version, ids, found.rows, said, found)


def searched(store: Store, space: Space) -> Searched | None:
    """An index of the first points of a space, where one is kept."""
    return None if space.points is None else lists.read(store.points, space.points)


def keep_index(store: Store, space: Space) -> bool:
    """Keep an index of the points of a space where there are many and they outgrew it; whether one was made."""
    with suppress(LakeUnwritable):
        return space.points is not None and lists.keep(store.points, space.points)
    return False


def columns(store: Store, version: int | None = None) -> tuple[pa.Array, Columns]:
    """The catalogue in the order in which episodes came: ids for Arrow, and every column of ``COLUMNS`` when asked."""
    at = store.version if version is None else version
    ids = store.sql("SELECT id FROM catalogued ORDER BY added, pos", version=at)["id"].combine_chunks()
    return ids, _Asked(store, at, (), {})


@dataclass(frozen=True, slots=True, eq=False)
class _Asked(Mapping[str, npt.NDArray[np.generic]]):
    """Columns of the catalogue at a version, each read when it is first asked for.

    Without the episodes that are ``missing``; ``None`` are all of them.
    """

    store: Store
    version: int
    missing: tuple[str, ...] | None
    kept: dict[str, npt.NDArray[np.generic]]

    def __getitem__(self, name: str) -> npt.NDArray[np.generic]:
        if name not in COLUMNS:
            raise KeyError(name)
        if name not in self.kept:
            view = "episodes" if name in ("verdict", "outcome") else "catalogued"
            table = self.store.sql(f"SELECT {name} FROM {view} ORDER BY added, pos", version=self.version)
            column = _plain(name, table[name].combine_chunks())
            self.kept[name] = column if self.missing == () else column[self._there(len(column))]
        return self.kept[name]

    def _there(self, count: int) -> npt.NDArray[np.bool_]:
        """Which rows of the catalogue are meant."""
        if self.missing is None:
            return np.zeros(count, np.bool_)
        ids = self.store.sql("SELECT id FROM catalogued ORDER BY added, pos", version=self.version)["id"]
        return matched(pa.array(self.missing, pa.string()), ids.combine_chunks()) < 0

    def __iter__(self) -> Iterator[str]:
        return iter(COLUMNS)

    def __len__(self) -> int:
        return len(COLUMNS)


def _plain(name: str, column: pa.Array) -> npt.NDArray[np.generic]:
    if name not in ("seconds", "frames"):
        return _words(column)
    kind = np.float64 if name == "seconds" else np.int64
    return np.asarray(np.nan_to_num(column.to_numpy(zero_copy_only=False)), kind)


def _words(column: pa.Array) -> npt.NDArray[np.object_]:
    """Words as objects that are shared where they repeat; empty where nobody said."""
    coded = column.dictionary_encode()
    if not len(coded.dictionary):
        return np.full(len(column), "", object)
    words = np.append(np.asarray(coded.dictionary.to_numpy(zero_copy_only=False), object), "")
    places = coded.indices.fill_null(len(words) - 1).to_numpy(zero_copy_only=False)
    return np.asarray(words[places], object)


def _points(
    store: Store, embedding: Embedding, ids: Sequence[str]
) -> Iterator[tuple[str, npt.NDArray[np.float32] | None]]:
    for one, episode in readable(store, ids):
        try:
            yield one, None if episode is None else embedding.of(episode)
        except VolantError:
            yield one, None


def readable(store: Store, ids: Sequence[str]) -> Iterator[tuple[str, Episode | None]]:
    """Ids with their episodes, ``None`` for one that is damaged: it does not keep the rest from being read."""
    left = list(ids)
    while left:
        try:
            for episode in store.episodes(list(left)):
                yield left.pop(0), episode
        except VolantError:
            done = left.pop(0)
            yield done, None
