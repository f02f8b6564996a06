"""The episodes of a lake as points: making those that are missing, and reading all with what the catalogue says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .. import plug
from ..core import Embedding, Episode, FactTable
from ..core.errors import NotFound, VolantError
from ..lake.numbers import matched

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["COLUMNS", "Space", "columns", "embed", "known", "looked_at", "pending", "readable", "signed"]

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

BLOCK = 1024
"""Episodes embedded between two commits."""


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Episodes as points, in the order in which they came: ``ids``, ``rows`` float32 ``[n, d]``, ``columns`` aligned.

    ``by`` is who made the points, with its version; ``lake`` the lake's version that they were read at.
    """

    name: str
    by: str
    lake: int
    ids: npt.NDArray[np.object_]
    rows: npt.NDArray[np.float32]
    columns: Columns

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
    told = looked_at(store, f"embedding/{name}", by, NOTHING, name)
    ids = store.sql("SELECT id FROM catalogued ORDER BY added, pos")["id"].combine_chunks()
    return [str(one) for one in ids.filter(pa.array(matched(told, ids) < 0)).to_pylist()]


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
        found = store.vectors(f"embedding/{name}", author, version=version)
    except NotFound:
        if by:
            raise
        width = plug.embedding(name).width
        nowhere = np.zeros(0, np.int64)
        nobody = _Asked(store, version, nowhere, {})
        return Space(name, author, version, nowhere.astype(object), np.zeros((0, width), np.float32), nobody)
    ids, said = columns(store, version)
    named = pa.array(found.ids, pa.string())
    if named.equals(ids):
        return Space(name, author, version, found.ids.astype(object), found.rows, said)
    place = matched(named, ids)
    there = place >= 0
    kept = _Asked(store, version, there, {})
    return Space(name, author, version, found.ids[place[there]].astype(object), found.rows[place[there]], kept)


def columns(store: Store, version: int | None = None) -> tuple[pa.Array, Columns]:
    """The catalogue in the order in which episodes came: ids for Arrow, and every column of ``COLUMNS`` when asked."""
    at = store.version if version is None else version
    ids = store.sql("SELECT id FROM catalogued ORDER BY added, pos", version=at)["id"].combine_chunks()
    return ids, _Asked(store, at, None, {})


@dataclass(frozen=True, slots=True, eq=False)
class _Asked(Mapping[str, npt.NDArray[np.generic]]):
    """Columns of the catalogue at a version, each read when it is first asked for; of some episodes where picked."""

    store: Store
    version: int
    places: npt.NDArray[np.int64] | npt.NDArray[np.bool_] | None
    kept: dict[str, npt.NDArray[np.generic]]

    def __getitem__(self, name: str) -> npt.NDArray[np.generic]:
        if name not in COLUMNS:
            raise KeyError(name)
        if name not in self.kept:
            view = "episodes" if name in ("verdict", "outcome") else "catalogued"
            table = self.store.sql(f"SELECT {name} FROM {view} ORDER BY added, pos", version=self.version)
            column = _plain(name, table[name].combine_chunks())
            self.kept[name] = column if self.places is None else column[self.places]
        return self.kept[name]

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
