"""Which episodes are like which: the nearest of one, those that repeat each other, those like no other, and leaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.errors import BadValue, NotFound
from ..measures.rarity import NEIGHBOURS
from ..measures.redundancy import EPS
from ..vectors import duplicates as repeats
from ..vectors import index
from .space import Space

__all__ = ["Group", "Leak", "Near", "duplicates", "leaks", "rare", "similar"]

Rows = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Near:
    """An episode, how far it lies (Euclidean; two unlike movements about 1), and what the catalogue says of it."""

    id: str
    distance: float
    task: str
    scene: str
    embodiment: str
    operator: str


@dataclass(frozen=True, slots=True)
class Group:
    """Episodes that repeat ``kept``, in the order in which they came.

    ``kind`` is ``exact`` where all are equal to the last bit of their points, else ``near``; ``farthest`` is the
    largest of one minus cosine to the kept one.
    """

    kept: str
    repeats: tuple[str, ...]
    kind: str
    farthest: float
    task: str


@dataclass(frozen=True, slots=True)
class Leak:
    """An episode of the second selection that one of the first repeats: ``kind`` is same, exact or near."""

    id: str
    like: str
    kind: str
    apart: float


def similar(space: Space, point: Rows, count: int = 20, *, without: str = "") -> tuple[Near, ...]:
    """The episodes nearest to a point, nearest first; exact. ``without`` leaves one out, mostly the one asked for."""
    _some(space)
    far = np.empty(len(space))
    for start in range(0, len(space), 1 << 18):
        apart = space.rows[start : start + (1 << 18)].astype(np.float64) - point.astype(np.float64)
        far[start : start + len(apart)] = np.sqrt(np.einsum("ij,ij->i", apart, apart))
    if without:
        far[space.ids == without] = np.inf
    order = np.argsort(far, kind="stable")[: max(0, count)]
    return _near(space, order[np.isfinite(far[order])], far)


def duplicates(space: Space, eps: float = EPS) -> tuple[Group, ...]:
    """Groups of episodes that repeat each other: those with the most repetitions first.

    Each episode is compared with the kept ones before it and joins the first within ``eps`` (one minus cosine); no
    near pair is missed. ``eps`` 0 finds only points that are equal to the last bit.
    """
    if not 0 <= eps <= 0.5:
        raise BadValue(f"An eps of {eps:g} makes no sense.", do="Give 0 (exact only) to 0.5.")
    if not len(space):
        return ()
    original = repeats.near(space.rows, eps) if eps else repeats.exact(space.rows)
    again = np.flatnonzero(original != np.arange(len(space)))
    apart = _apart(space.rows, again, original[again])
    equal = (space.rows[again] == space.rows[original[again]]).all(axis=1)
    order = np.argsort(original[again], kind="stable")
    edges = np.flatnonzero(np.diff(original[again][order])) + 1
    made = []
    for rows in np.split(order, edges) if len(order) else ():
        kept = int(original[again[rows[0]]])
        kind = "exact" if equal[rows].all() else "near"
        names = tuple(space.ids[again[rows]].tolist())
        task = str(space.columns["task"][kept])
        made.append(Group(str(space.ids[kept]), names, kind, float(apart[rows].max()), task))
    return tuple(sorted(made, key=lambda group: -len(group.repeats)))


def rare(space: Space, count: int = 20) -> tuple[Near, ...]:
    """The episodes that lie farthest from their tenth nearest other one, most alone first. Raises for fewer than 3."""
    _some(space, 3)
    k = min(NEIGHBOURS + 1, len(space))
    far = index.build(space.rows).nearest(space.rows, k)[0][:, -1].astype(np.float64)
    order = np.argsort(-far, kind="stable")[: max(0, count)]
    return _near(space, order, far)


def leaks(space: Space, one: Sequence[str], other: Sequence[str], eps: float = EPS) -> tuple[Leak, ...]:
    """What two selections share: each episode of ``other`` with the one of ``one`` that it is or repeats, if any.

    Raises ``NotFound`` where an episode of either has no point, so that nothing is called clean that was not looked at.
    """
    if not 0 <= eps <= 0.5:
        raise BadValue(f"An eps of {eps:g} makes no sense.", do="Give 0 (exact only) to 0.5.")
    mine, theirs = (_placed(space, ids) for ids in (one, other))
    if not len(mine) or not len(theirs):
        return ()
    known = index.build(_unit(space.rows[mine]), lists=1)
    best = mine[known.nearest(_unit(space.rows[theirs]), 1)[1][:, 0]]
    there = np.isin(theirs, mine)
    best = np.where(there, theirs, best)
    apart = _apart(space.rows, theirs, best)
    equal = (space.rows[theirs] == space.rows[best]).all(axis=1)
    found = []
    for row in np.flatnonzero(there | equal | (apart <= eps)):
        kind = "same" if there[row] else "exact" if equal[row] else "near"
        found.append(Leak(str(space.ids[theirs[row]]), str(space.ids[best[row]]), kind, float(apart[row])))
    return tuple(found)


def _placed(space: Space, ids: Sequence[str]) -> npt.NDArray[np.int64]:
    places = space.places(ids)
    if (places < 0).any():
        lost = [one for one, place in zip(ids, places, strict=True) if place < 0]
        raise NotFound(
            f"{len(lost)} of {len(ids)} episodes have no point in the space {space.name!r}, such as {lost[0][:12]}.",
            do="They hold nothing that this embedding could look at; leave them out, or choose another.",
        )
    return places


def _some(space: Space, least: int = 1) -> None:
    if len(space) < least:
        raise NotFound(
            f"The space {space.name!r} holds {len(space)} episodes; at least {least} are needed.",
            do="Add recordings with `volant add PATH`.",
        )


def _near(space: Space, order: npt.NDArray[np.int64], far: npt.NDArray[np.float64]) -> tuple[Near, ...]:
    said = [space.columns[name][order].tolist() for name in ("id", "task", "scene", "embodiment", "operator")]
    return tuple(
        Near(one, float(far[row]), *rest) for row, one, *rest in zip(order.tolist(), *said, strict=True)
    )  # fmt: skip


def _unit(rows: Rows) -> Rows:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 0, length, 1), np.float32)


def _apart(rows: Rows, one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """One minus the cosine of each pair."""
    a, b = rows[one].astype(np.float64), rows[other].astype(np.float64)
    length = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.asarray(np.clip(1 - np.einsum("ij,ij->i", a, b) / np.where(length > 0, length, 1), 0, 2))
