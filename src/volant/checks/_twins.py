"""Fingerprints by which episodes recognise each other: exact, trimmed and slightly changed copies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from volant.core import Alike, Episode

from ._groups import Matrix
from ._kernels import Floats, Ints, jit, ready
from ._profile import PATH, profile

__all__ = ["HASHES", "fingerprint", "order", "pairs"]

HASHES = 8
_POINTS = 16
_TRAITS = 8
_NEAR = 1e-3


def fingerprint(alike: Alike, name: str) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Which runs move, and for each run eight minima of row hashes and eight traits of its path.

    Rows are hashed in pairs and only where they differ, so that two episodes of one home pose share nothing. Equal
    minima estimate the share of rows that two episodes have in common (Broder 1997); the traits are fixed
    projections of the path at sixteen fractions of its length. Fewer than four samples or motions say nothing.
    """
    return alike.once(_fingerprint, name)


def _fingerprint(alike: Alike, name: str) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    _, x, cuts = ready(alike.columns(name))
    minima = np.empty((len(cuts) - 1, HASHES), dtype=np.int64)
    moved = np.zeros(len(minima), dtype=np.int64)
    _minima(x, cuts, minima, moved)
    rows = (moved >= 4) & (profile(alike, name)[..., PATH] != 0.0).any(axis=1)
    prints = np.zeros((len(minima), HASHES + _TRAITS))
    start, count = cuts[:-1][rows, None], np.diff(cuts)[rows, None]
    picked = x[start + np.arange(_POINTS) * (count - 1) // (_POINTS - 1)].astype(np.float32)
    prints[rows, :HASHES] = minima[rows]
    picked = picked.reshape(len(picked), _POINTS * x.shape[1])
    prints[rows, HASHES:] = np.where(np.isfinite(picked), picked, 0.0) @ _weights(x.shape[1]).T
    return rows, prints


def order(episode: Episode) -> tuple[float, float]:
    """Which of two copies is the original: the earlier recording, else the smaller number in the source's name."""
    said = next((fact.value for fact in episode.said if fact.key == "declared/index"), None)
    if isinstance(said, int | float):
        return float(episode.origin.recorded_at), float(said)
    digits = re.findall(r"\d+", episode.origin.uri)
    return float(episode.origin.recorded_at), float(int(digits[-1][-15:])) if digits else 0.0


@lru_cache(maxsize=64)
def _weights(width: int) -> npt.NDArray[np.float64]:
    """Fixed projections: cosines of incommensurable frequencies, the same on every machine."""
    place = np.arange(1, _POINTS * width + 1, dtype=np.float64)
    weights: npt.NDArray[np.float64] = np.cos(np.sqrt(2.0 + np.arange(_TRAITS))[:, None] * place[None, :] ** 1.5)
    return weights


@jit
def _minima(x: Floats, cuts: Ints, out: Ints, moved: Ints) -> None:
    """Per run the smallest of each of eight hashes over pairs of successive rows that differ; how many there were."""
    for run in range(len(cuts) - 1):
        out[run] = 1 << 52
        before = np.uint64(0)
        for i in range(cuts[run], cuts[run + 1]):
            mixed = np.uint64(1469598103934665603)
            for dim in range(x.shape[1]):
                now = np.float64(np.float32(x[i, dim]))
                bits = np.uint64(np.int64(np.rint(now * 65536.0))) if abs(now) < 1e9 else np.uint64(7)
                mixed = (mixed ^ bits) * np.uint64(1099511628211)
                mixed ^= mixed >> np.uint64(29)
            if i > cuts[run] and mixed != before:
                moved[run] += 1
                both = (before * np.uint64(31)) ^ mixed
                for k in range(out.shape[1]):
                    both = both * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
                    value = np.int64(both >> np.uint64(12))
                    out[run, k] = min(out[run, k], value)
            before = mixed


def pairs(table: Matrix, skip: int) -> Iterator[tuple[int, int, float]]:
    """Rows of two sketches and the share (0.5 to 1) they have in common, each beside one partner of a bucket.

    ``table`` is one group, a row a sketch; ``skip`` numbers come before the fingerprint. Sorting one hash at a time
    finds every bucket in O(n log n); within a bucket, each is compared with the first only, so a thousand copies of
    one episode are a thousand pairs.
    """
    if len(table) < 2:
        return
    minima, traits = table[:, skip : skip + HASHES], table[:, skip + HASHES :]
    partner, most = np.full(len(table), -1), np.zeros(len(table))
    spread = np.median(np.abs(traits - np.median(traits, axis=0)), axis=0) + 1e-12
    cells = traits[:, :3] / (20 * _NEAR * spread[:3])
    for key in (*minima.T, _one(np.floor(cells)), _one(np.floor(cells + 0.5))):
        places = np.argsort(key, kind="stable")
        value = key[places]
        starts = np.flatnonzero(np.concatenate(([True], value[1:] != value[:-1])))
        heads = np.repeat(places[starts], np.diff(np.concatenate((starts, [len(places)]))))
        places, heads = places[places != heads], heads[places != heads]
        shared = (minima[places] == minima[heads]).mean(axis=1)
        if len(table) >= 8:
            away = (np.abs(traits[places] - traits[heads]) / spread).max(axis=1, initial=0.0)
            shared = np.where(away < _NEAR, np.maximum(shared, 1.0 - away), shared)
        better = (shared >= 0.5) & (shared > most[places])
        partner[places[better]], most[places[better]] = heads[better], shared[better]
    for place in np.flatnonzero(partner >= 0).tolist():
        yield place, int(partner[place]), float(most[place])


def _one(cells: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The same number for equal rows: as they stand in order, one more than the row before where they differ."""
    order = np.lexsort(cells.T)
    rows = cells[order]
    number = np.empty(len(cells), dtype=np.int64)
    number[order] = np.concatenate(([0], np.cumsum((rows[1:] != rows[:-1]).any(axis=1))))
    return number
