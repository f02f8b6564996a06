"""Statistics of a LeRobot set: per episode, and of the whole set with exact quantiles in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..core import Video
from ..core.stream import Array
from ..video import PacketVideo

__all__ = ["NAMES", "Floats", "QUANTILES", "Total", "exact_quantiles", "of_counts", "of_rows", "picture_counts", "ramp"]

QUANTILES = (0.01, 0.10, 0.50, 0.90, 0.99)
NAMES = ("min", "max", "mean", "std", "q01", "q10", "q50", "q90", "q99")

_AT_ONCE = 32_000_000
_BINS = 1 << 16
_SAMPLED = 8

Floats = npt.NDArray[np.float64]


def of_rows(x: Array) -> Floats:
    """``NAMES`` of each dimension of ``[n, d]`` numbers as ``[9, d]``; NaN where no value is finite.

    Quantiles are exact, interpolated linearly between order statistics. Values that are not finite are left out.
    """
    flat = x.reshape(len(x), -1).astype(np.float64)
    ordered = np.sort(flat, axis=0)
    if len(flat) and np.isfinite(ordered[0]).all() and np.isfinite(ordered[-1]).all():
        mean = np.add.reduce(flat, axis=0) / len(flat)
        off = flat - mean
        spread = np.sqrt(np.einsum("ij,ij->j", off, off) / len(flat))
        return np.concatenate((ordered[:1], ordered[-1:], mean[None], spread[None], _between(ordered)))
    made = np.full((9, flat.shape[1]), np.nan)
    for i in range(flat.shape[1]):
        sound = flat[np.isfinite(flat[:, i]), i : i + 1]
        if len(sound):
            made[:, i] = of_rows(sound)[:, 0]
    return made


def ramp(n: int, start: float, step: float) -> Floats:
    """``NAMES`` of ``start, start + step, ...``, ``n`` values, in closed form ``[9, 1]``."""
    last = start + step * (n - 1)
    spread = abs(step) * np.sqrt((n * n - 1) / 12)
    quantiles = [start + step * q * (n - 1) for q in QUANTILES]
    made: Floats = np.array([start, last, (start + last) / 2, spread, *quantiles], np.float64)
    return made[:, None]


def _between(ordered: Floats) -> Floats:
    """Quantiles of sorted columns ``[n, d]`` as ``[5, d]``."""
    at = np.array(QUANTILES) * (len(ordered) - 1)
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, len(ordered) - 1)
    part = (at - low)[:, None]
    made: Floats = ordered[low] * (1 - part) + ordered[high] * part
    return made


def of_counts(counts: npt.NDArray[np.int64]) -> Floats:
    """``NAMES`` of pictures from counts of their values ``[channels, bins]``, scaled to 0..1, as ``[9, channels]``."""
    bins = counts.shape[1]
    level = np.arange(bins) / (bins - 1)
    total = counts.sum(axis=1)
    made = np.zeros((9, len(counts)))
    for c in range(len(counts)):
        if not total[c]:
            continue
        filled = np.flatnonzero(counts[c])
        mean = float(counts[c] @ level) / total[c]
        spread = np.sqrt(max(0.0, float(counts[c] @ (level - mean) ** 2) / total[c]))
        passed = np.cumsum(counts[c])
        at = np.array(QUANTILES) * (total[c] - 1)
        low = np.searchsorted(passed, np.floor(at), side="right")
        high = np.searchsorted(passed, np.ceil(at), side="right")
        part = at - np.floor(at)
        made[:, c] = [
            level[filled[0]],
            level[filled[-1]],
            mean,
            spread,
            *(level[low] * (1 - part) + level[high] * part),
        ]
    return made


def picture_counts(video: Video) -> tuple[npt.NDArray[np.int64], int]:
    """Counts ``[channels, 256 or 65536]`` of values in at most eight frames spread over the video, and how many.

    Of packets that depend on each other keyframes are taken, which decode alone. Every other pixel is looked at.
    """
    n = len(video)
    chosen = np.unique(np.linspace(0, n - 1, min(n, _SAMPLED)).round().astype(np.int64)) if n else np.zeros(0, np.int64)
    if isinstance(video, PacketVideo) and n:
        index = video.index
        keys = index.rank[index.key] - video.first
        keys = np.sort(keys[(keys >= 0) & (keys < n)])
        if len(keys):
            chosen = np.unique(keys[np.clip(np.searchsorted(keys, chosen), 0, len(keys) - 1)])
    bins = 65536 if video.dtype == "uint16" else 256
    counts = np.zeros((video.shape[-1], bins), np.int64)
    for i in chosen.tolist():
        for frame in video.frames(i, i + 1):
            for c in range(frame.shape[-1]):
                counts[c] += np.bincount(frame[::2, ::2, c].ravel(), minlength=bins)
    return counts, len(chosen)


@dataclass
class Total:
    """Running statistics of one feature over episodes: merged exactly (Chan et al. 1979), quantiles come later."""

    low: Floats = field(default_factory=lambda: np.zeros(0))
    high: Floats = field(default_factory=lambda: np.zeros(0))
    mean: Floats = field(default_factory=lambda: np.zeros(0))
    square: Floats = field(default_factory=lambda: np.zeros(0))
    count: int = 0
    waiting: list[tuple[Floats, int]] = field(default_factory=list)

    def add(self, part: Floats, n: int) -> None:
        """Take one episode's ``NAMES`` over ``n`` samples; they are merged 256 at a time."""
        if n:
            self.waiting.append((part[:4], n))
            if len(self.waiting) >= 256:
                self.settle()

    def settle(self) -> None:
        """Merge what waits."""
        if not self.waiting:
            return
        parts = np.stack([part for part, _ in self.waiting])
        many = np.array([float(n) for _, n in self.waiting])[:, None]
        self.waiting.clear()
        low, high, mean, spread = np.fmin.reduce(parts[:, 0]), np.fmax.reduce(parts[:, 1]), parts[:, 2], parts[:, 3]
        if self.count:
            low, high = np.fmin(low, self.low), np.fmax(high, self.high)
            mean = np.concatenate((mean, self.mean[None]))
            spread = np.concatenate((spread, np.sqrt(self.square / self.count)[None]))
            many = np.concatenate((many, [[float(self.count)]]))
        known = np.where(np.isfinite(mean), many, 0.0)
        mean, spread = np.where(known > 0, mean, 0.0), np.where(known > 0, spread, 0.0)
        whole = np.maximum(known.sum(axis=0), 1.0)
        self.mean = (known * mean).sum(axis=0) / whole
        self.square = (known * (spread**2 + (mean - self.mean) ** 2)).sum(axis=0)
        self.low, self.high, self.count = low, high, int(many.sum())

    def names(self, quantiles: Floats) -> Floats:
        """``NAMES`` of everything merged, with these quantiles ``[5, d]``."""
        self.settle()
        spread = np.sqrt(np.maximum(self.square / max(1, self.count), 0))
        return np.concatenate((self.low[None], self.high[None], self.mean[None], spread[None], quantiles))


def exact_quantiles(chunks: Callable[[], Iterable[Array]], rows: int, width: int, most: int = _AT_ONCE) -> Floats:
    """Exact quantiles ``[5, width]`` of values that come as chunks ``[k, width]``, as often as asked.

    Up to ``most`` values are sorted in memory. Above that, a pass counts values in 65,536 bins and another collects
    only the bins that hold the order statistics asked for; runs of one equal value are kept as counts.
    """
    if not rows:
        return np.full((5, width), np.nan)
    if rows * width <= most:
        held = np.concatenate([chunk.reshape(-1, width) for chunk in chunks()])
        return of_rows(held)[4:] if not np.isfinite(held).all() else _selected(held)
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    for chunk in _plain(chunks, width):
        low = np.fmin(low, np.where(np.isfinite(chunk), chunk, np.inf).min(axis=0))
        high = np.fmax(high, np.where(np.isfinite(chunk), chunk, -np.inf).max(axis=0))
    span = np.where(high > low, high - low, 1.0)
    counts = np.zeros((width, _BINS), np.int64)
    for chunk in _plain(chunks, width):
        for i in range(width):
            sound = chunk[np.isfinite(chunk[:, i]), i]
            counts[i] += np.bincount(_bin(sound, low[i], span[i]), minlength=_BINS)
    return _refined(chunks, width, (low, span), counts)


def _selected(held: Array) -> Floats:
    """Quantiles by selection, one dimension at a time, in the values' own type."""
    made = np.empty((5, held.shape[1]))
    at = np.array(QUANTILES) * (len(held) - 1)
    below = np.floor(at).astype(np.int64)
    above = np.minimum(below + 1, len(held) - 1)
    part = at - below
    for i in range(held.shape[1]):
        ordered = np.partition(held[:, i], np.unique(np.concatenate((below, above))))
        made[:, i] = ordered[below].astype(np.float64) * (1 - part) + ordered[above].astype(np.float64) * part
    return made


def _plain(chunks: Callable[[], Iterable[Array]], width: int) -> Iterator[Floats]:
    for chunk in chunks():
        if len(chunk):
            yield chunk.reshape(-1, width).astype(np.float64)


def _bin(values: Floats, low: float, span: float) -> npt.NDArray[np.int64]:
    return np.clip((values - low) / span * _BINS, 0, _BINS - 1).astype(np.int64)


def _refined(
    chunks: Callable[[], Iterable[Array]], width: int, scale: tuple[Floats, Floats], counts: npt.NDArray[np.int64]
) -> Floats:
    """The second pass: distinct values with their counts in the bins that matter, merged chunk by chunk."""
    low, span = scale
    passed = np.cumsum(counts, axis=1)
    at = np.array(QUANTILES)[None] * np.maximum(passed[:, -1:] - 1, 0)
    ranks = np.concatenate((np.floor(at), np.ceil(at)), axis=1).astype(np.int64)
    bins = [np.searchsorted(passed[i], ranks[i], side="right") for i in range(width)]
    values: dict[tuple[int, int], tuple[Floats, npt.NDArray[np.int64]]] = {}
    for chunk in _plain(chunks, width):
        for i in range(width):
            sound = chunk[np.isfinite(chunk[:, i]), i]
            where = _bin(sound, low[i], span[i])
            for lot in set(bins[i].tolist()):
                inside = sound[where == lot]
                if len(inside):
                    values[i, lot] = _merged(values.get((i, lot)), inside)
    made = np.full((5, width), np.nan)
    for i in range(width):
        if not passed[i, -1]:
            continue
        found = np.empty(10)
        for k, (rank, lot) in enumerate(zip(ranks[i].tolist(), bins[i].tolist(), strict=True)):
            distinct, many = values[i, lot]
            before = int(passed[i, lot - 1]) if lot else 0
            found[k] = distinct[np.searchsorted(np.cumsum(many), rank - before, side="right")]
        part = at[i] - np.floor(at[i])
        made[:, i] = found[:5] * (1 - part) + found[5:] * part
    return made


def _merged(known: tuple[Floats, npt.NDArray[np.int64]] | None, more: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    distinct, many = np.unique(more, return_counts=True)
    if known is None:
        return distinct, many.astype(np.int64)
    both, place = np.unique(np.concatenate((known[0], distinct)), return_inverse=True)
    total = np.bincount(place, weights=np.concatenate((known[1], many)).astype(np.float64))
    return both, total.astype(np.int64)
