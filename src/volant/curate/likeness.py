"""Which episodes are alike: a small vector of each, made of how it moves, and the nearest of them.

The vector (``likeness/vector``, 51 numbers) of an episode: log of its seconds; of the first stream of state or joints,
by its first eight dimensions, mean, standard deviation, way from start to end and length of the way; of the first
stream of action mean and standard deviation; and how many state dimensions and cameras there are. Distances are
Euclidean after each number was divided by its standard deviation over the lake, among episodes of the same embodiment.
No picture is looked at: two films of the same movement are alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core import Episode, Fact, Kind
from ..core.errors import NotFound, VolantError
from ..lake import Store

__all__ = ["KEY", "Alike", "alike", "describe", "nearest", "pending", "vector"]

KEY = "likeness/vector"
BY = "likeness@1"
_DIMS = 8

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Alike:
    """The vectors of a lake at a version: ids, embodiments and one row of numbers each."""

    version: int
    ids: tuple[str, ...]
    bodies: npt.NDArray[np.object_]
    rows: npt.NDArray[np.float32]


def vector(episode: Episode) -> tuple[float, ...]:
    """The numbers that stand for how an episode moves; finite, in a fixed order."""
    states = [
        s for s in episode.streams if s.video is None and s.signal.numeric and s.signal.kind in (Kind.STATE, Kind.JOINT)
    ]
    actions = [s for s in episode.streams if s.video is None and s.signal.numeric and s.signal.kind == Kind.ACTION]
    cameras = sum(stream.video is not None for stream in episode.streams)
    state = _first(states[0].values, len(states[0])) if states else np.zeros((0, _DIMS))
    action = _first(actions[0].values, len(actions[0])) if actions else np.zeros((0, _DIMS))
    width = float(np.prod(states[0].signal.shape)) if states else 0.0
    parts = [np.array([np.log1p(episode.seconds)])]
    parts += [_of(state, "mean"), _of(state, "std"), _of(state, "way"), _of(state, "length")]
    parts += [_of(action, "mean"), _of(action, "std"), np.array([width])]
    return (*np.concatenate(parts).tolist(), float(cameras))


def pending(store: Store, most: int, key: str = KEY) -> list[str]:
    """Ids of at most so many episodes that no fact of this key is told of yet, the newest first."""
    told = "SELECT subject FROM facts WHERE key = ?"
    rows = store.sql(
        f"SELECT id FROM episodes WHERE id NOT IN ({told}) ORDER BY added DESC, pos DESC LIMIT ?", params=[key, most]
    )
    return [str(one) for one in rows["id"].to_pylist()]


def describe(store: Store, ids: Sequence[str], *, at: int) -> int:
    """Make vectors of these episodes and remember them as facts; how many. What cannot be read is left out."""
    made = list(_described(store, ids, at))
    store.tell(made, at=at)
    return len(made)


def alike(store: Store) -> Alike:
    """All vectors that the lake knows."""
    table = store.sql(
        "SELECT f.subject AS id, coalesce(e.embodiment, '') AS body, f.vector "
        "FROM facts f JOIN episodes e ON e.id = f.subject WHERE f.key = ? ORDER BY f.subject",
        params=[KEY],
    )
    rows = table["vector"].to_pylist()
    flat = np.array(rows, dtype=np.float32) if rows else np.zeros((0, 1), np.float32)
    return Alike(store.version, tuple(table["id"].to_pylist()), np.array(table["body"].to_pylist(), dtype=object), flat)


def nearest(known: Alike, id: str, most: int = 24) -> list[tuple[str, float]]:
    """The episodes most like one, nearest first, with their distances; ``NotFound`` where it has no vector."""
    if id not in known.ids:
        raise NotFound(
            f"Episode {id[:12]} has no likeness vector yet.", do="Describe it first: `curate.likeness.describe`."
        )
    place = known.ids.index(id)
    same = np.flatnonzero(known.bodies == known.bodies[place])
    rows = known.rows[same]
    spread = rows.std(axis=0, dtype=np.float64)
    scaled = (rows - known.rows[place]) / np.where(spread > 1e-9, spread, 1.0)
    far = np.sqrt(np.einsum("ij,ij->i", scaled, scaled))
    order = np.argsort(far, kind="stable")
    return [(known.ids[same[row]], float(far[row])) for row in order if same[row] != place][:most]


def _described(store: Store, ids: Sequence[str], at: int) -> Iterable[Fact]:
    for one in ids:
        try:
            episode = store.episode(one)
            yield Fact(one, KEY, vector(episode), BY, None, "", at)
        except VolantError:
            continue


def _first(values: npt.NDArray[np.generic], n: int) -> Array:
    """The first eight dimensions ``[n, 8]``, padded with zeros; what is not finite counts as zero."""
    flat = np.nan_to_num(values.reshape(n, -1)[:, :_DIMS].astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    return np.pad(flat, ((0, 0), (0, _DIMS - flat.shape[1])))


def _of(x: Array, what: str) -> Array:
    if not len(x):
        return np.zeros(_DIMS)
    if what in ("mean", "std"):
        return np.asarray(x.mean(axis=0) if what == "mean" else x.std(axis=0))
    return np.asarray(x[-1] - x[0] if what == "way" else np.abs(np.diff(x, axis=0)).sum(axis=0))
