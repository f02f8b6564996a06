"""Fingerprints by which episodes recognise each other: exact, trimmed and slightly changed copies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from volant.core import Episode, Sketch, Stream

from ._kernels import Floats, Ints, jit
from ._profile import PATH, profile

__all__ = ["HASHES", "fingerprint", "order", "pairs"]

HASHES = 8
_POINTS = 16
_TRAITS = 8
_NEAR = 1e-3


@lru_cache(maxsize=16)
def fingerprint(stream: Stream) -> tuple[float, ...]:
    """Eight minima of row hashes and eight traits of the path; empty where nothing moves.

    Rows are hashed in pairs and only where they differ, so that two episodes of one home pose share nothing. Equal
    minima estimate the share of rows that two episodes have in common (Broder 1997); the traits are fixed
    projections of the path at sixteen fractions of its length.
    """
    x = np.asarray(stream.values).reshape(len(stream.t), stream.signal.width)
    if len(x) < 4 or not profile(stream)[:, PATH].any():
        return ()
    plain = np.ascontiguousarray(x, dtype=np.float32).view()
    plain.flags.writeable = False
    minima = np.empty(HASHES, dtype=np.int64)
    moved = _minima(plain, minima)
    if moved < 4:
        return ()
    rows = plain[np.arange(_POINTS) * (len(x) - 1) // (_POINTS - 1)]
    flat = rows.ravel()
    traits = _weights(stream.signal.width) @ (
        flat if np.isfinite(flat).all() else np.where(np.isfinite(flat), flat, 0.0)
    )
    return (*minima.astype(np.float64).tolist(), *traits.tolist())


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
def _minima(x: Floats, out: Ints) -> int:
    """The smallest of each of eight hashes over pairs of successive rows that differ; how many there were."""
    for k in range(len(out)):
        out[k] = 1 << 52
    moved = 0
    before = np.uint64(0)
    for i in range(x.shape[0]):
        mixed = np.uint64(1469598103934665603)
        for dim in range(x.shape[1]):
            now = x[i, dim]
            bits = np.uint64(np.int64(np.round(now * 65536.0))) if abs(now) < 1e9 else np.uint64(7)
            mixed = (mixed ^ bits) * np.uint64(1099511628211)
            mixed ^= mixed >> np.uint64(29)
        if i and mixed != before:
            moved += 1
            both = (before * np.uint64(31)) ^ mixed
            for k in range(len(out)):
                both = both * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
                value = np.int64(both >> np.uint64(12))
                out[k] = min(out[k], value)
        before = mixed
    return moved


def pairs(sketches: Sequence[Sketch], skip: int) -> Iterator[tuple[int, int, float]]:
    """Places of two sketches and the share (0.5 to 1) they have in common, each place beside one partner of a bucket.

    ``skip`` numbers come before the fingerprint. Sorting one hash at a time finds every bucket in O(n log n); within
    a bucket, each is compared with the first only, so a thousand copies of one episode are a thousand pairs.
    """
    if len(sketches) < 2:
        return
    table = np.array([sketch.values for sketch in sketches], dtype=np.float64)
    minima, traits = table[:, skip : skip + HASHES], table[:, skip + HASHES :]
    best: dict[int, tuple[int, float]] = {}
    keys = [minima[:, k] for k in range(HASHES)]
    spread = np.median(np.abs(traits - np.median(traits, axis=0)), axis=0) + 1e-12
    cells = np.floor(traits[:, :3] / (20 * _NEAR * spread[:3]))
    keys += [_one(cells), _one(np.floor(traits[:, :3] / (20 * _NEAR * spread[:3]) + 0.5))]
    for key in keys:
        places = np.argsort(key, kind="stable")
        value = key[places]
        starts = np.flatnonzero(np.concatenate(([True], value[1:] != value[:-1])))
        heads = np.repeat(places[starts], np.diff(np.concatenate((starts, [len(places)]))))
        for place, head in zip(places[places != heads], heads[places != heads], strict=True):
            shared = float((minima[place] == minima[head]).mean())
            away = float(np.max(np.abs(traits[place] - traits[head]) / spread))
            if away < _NEAR and len(sketches) >= 8:
                shared = max(shared, 1.0 - away)
            if shared >= 0.5 and shared > best.get(int(place), (0, 0.0))[1]:
                best[int(place)] = (int(head), shared)
    for place, (head, shared) in best.items():
        yield place, head, shared


def _one(cells: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    mixed: npt.NDArray[np.float64] = np.unique(cells, axis=0, return_inverse=True)[1].astype(np.float64).ravel()
    return mixed
