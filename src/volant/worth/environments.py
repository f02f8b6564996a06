"""Environments as the pictures show them, beside those that were declared; how different episodes are in effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .. import plug
from ..core import Estimate
from ..measures.coverage import FEW, Covered, counted
from ..vectors import diversity, kmeans
from .space import Space, known

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["agreement", "clustered", "diverse", "grouped"]

Ints = npt.NDArray[np.int64]
Rows = npt.NDArray[np.float32]

LOOK = "frames"
"""The space in which environments are told apart."""

CLEAR = 0.25
"""Mean silhouette below which groups are no structure (Kaufman and Rousseeuw 1990)."""

_KINDS = (*range(2, 33), 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256)
_SEEN, _PARTS = 2_000, 20


def diverse(store: Store) -> Covered:
    """Figures of the spaces in which the lake's episodes are points: Vendi scores, and clustered environments."""
    made: list[Estimate] = []
    notes: list[str] = []
    look = None
    for name in plug.names("embeddings"):
        points = known(store, name)
        if not len(points):
            continue
        if name == LOOK:
            look = points
        if len(points) < 2 * _PARTS:
            notes.append(f"The Vendi score in the space {name} needs {2 * _PARTS} points; {len(points)} are known.")
        else:
            made.append(_vendi(points))
    if look is None:
        notes.append(
            f"Environments are as declared only: no episode is a point of {LOOK} (`volant rare --space {LOOK}`)."
        )
        return Covered(tuple(made), tuple(notes))
    found = clustered(look)
    return Covered((*made, *found.estimates), (*notes, *found.notes))


def clustered(look: Space) -> Covered:
    """Combinations of task and *clustered* environment, and how far the clusters agree with what was declared."""
    use = look.columns["verdict"] != "quarantine"
    tasks, place = look.columns["task"][use].astype(str), grouped(look.rows[use])
    declared = np.where(look.columns["scene"] != "", look.columns["scene"], look.columns["site"])[use].astype(str)
    if place is None:
        return Covered(
            (), (f"The pictures of {int(use.sum())} episodes show no separate environments: clusters are not counted.",)
        )
    kinds, task = np.unique(tasks, return_inverse=True)
    clusters = int(place.max()) + 1
    _, counts = np.unique(task * clusters + place, return_counts=True)
    group, what = "clustered environments", "task x environment as clustered by look"
    found = counted(counts, float(len(kinds) * clusters), group, what)
    n = len(place)
    method = f"groups by Ward's method in {LOOK}, their number by silhouette; no interval"
    made = [Estimate("environments", clusters, "environments", n, method=method, group=group)]
    said = declared != ""
    if said.sum() >= FEW and len(np.unique(declared[said])) > 1:
        names, code = np.unique(declared[said], return_inverse=True)
        value = agreement(code, place[said])
        method = f"adjusted Rand index, {len(names)} declared and {clusters} clustered; 1 is the same, 0 chance"
        made.append(Estimate("agreement", value, "index", int(said.sum()), method=method, group=group))
    return Covered((*made, *found.estimates), found.notes)


def grouped(rows: Rows, seed: int = 0) -> Ints | None:
    """Which group each row is of, int64 ``[n]``; ``None`` where no number of groups separates them clearly.

    Ward's method (1963) on at most 2,000 rows drawn by ``seed``, cut into several numbers of groups; the number whose
    mean silhouette (Rousseeuw 1987) is highest is taken, where that is 0.25 or more. Every row then belongs to the
    group with the nearest mean.
    """
    if len(rows) < 2 * FEW:
        return None
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist, squareform

    rng = np.random.default_rng(seed)
    seen = rows[np.sort(rng.choice(len(rows), min(_SEEN, len(rows)), replace=False))].astype(np.float64)
    apart = pdist(seen)
    tree, square = linkage(apart, "ward"), squareform(apart)
    best, chosen = CLEAR, None
    for count in (kinds for kinds in _KINDS if kinds <= len(seen) // 4):
        place = fcluster(tree, count, "maxclust").astype(np.int64) - 1
        value = _silhouette(square, place)
        if value > best:
            best, chosen = value, place
    if chosen is None:
        return None
    means = np.stack([seen[chosen == one].mean(axis=0) for one in range(int(chosen.max()) + 1)])
    return np.unique(kmeans.assign(rows, means)[0], return_inverse=True)[1].astype(np.int64)


def _silhouette(apart: npt.NDArray[np.float64], place: Ints) -> float:
    """Mean of ``(b - a) / max(a, b)``: mean distance to the own group beside that to the nearest other one."""
    member = place[:, None] == np.arange(place.max() + 1)[None]
    sizes = member.sum(axis=0)
    sums = apart @ member.astype(np.float64)
    row = np.arange(len(place))
    own = sums[row, place] / np.maximum(1, sizes[place] - 1)
    means = np.where(sizes > 0, sums / np.maximum(1, sizes), np.inf)
    means[row, place] = np.inf
    other = means.min(axis=1)
    sound = (sizes[place] > 1) & np.isfinite(other)
    wide = np.maximum(own, np.where(np.isfinite(other), other, 0))
    return float(np.where(sound & (wide > 0), (other - own) / np.where(wide > 0, wide, 1), 0.0).mean())


def agreement(one: Ints, other: Ints) -> float:
    """Adjusted Rand index of two groupings of the same things: 1 where they are one, 0 as by chance (Hubert 1985)."""
    table = np.zeros((int(one.max()) + 1, int(other.max()) + 1))
    np.add.at(table, (one, other), 1)

    def pairs(counts: npt.NDArray[np.float64]) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, rows, cells = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    chance = rows * cells / max(1.0, len(one) * (len(one) - 1) / 2)
    most = (rows + cells) / 2
    return 1.0 if most == chance else (both - chance) / (most - chance)


def _vendi(points: Space) -> Estimate:
    """Effective number of different episodes in a space, with a jackknife over twenty parts."""
    value, low, high = diversity.vendi_between(points.rows[np.abs(points.rows).max(axis=1) > 0], _PARTS)
    method = f"Vendi score in {points.name}, at most {points.rows.shape[1]}; 95 % jackknife over {_PARTS} parts"
    return Estimate("vendi", value, "episodes", len(points), low, high, method=method, group=f"space={points.name}")
