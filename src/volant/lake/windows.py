"""Batches for training straight from the lake: short windows of aligned signals, the same for the same selection.

Signals keep their own clocks in the lake; a window looks at all of them on one: the clock of the first signal asked
for, or an even one of ``hz``. Each is held at its latest sample, so that no window sees its own future.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..core.episode import Episode
from ..core.errors import BadValue, NotFound, suggest
from ..core.selection import Selection
from ..core.stream import Array, Stream
from .query import Query

__all__ = ["Windowing", "windows"]

Load = Callable[[list[str], Sequence[str]], Iterable[Episode]]

Ints = npt.NDArray[np.int64]

_BLOCK = 256
"""Episodes held in memory at a time; windows are shuffled among them, and the blocks themselves are shuffled too."""


@dataclass(frozen=True, slots=True)
class Windowing:
    """How windows are cut: ``length`` samples, one every ``stride``, ``batch`` at a time, shuffled by ``seed``.

    ``signals`` names what goes in (every signal of numbers that all episodes share, unless said; pictures only when
    named), the first giving the clock unless ``hz`` does.
    """

    length: int
    stride: int = 1
    batch: int = 64
    seed: int = 0
    signals: tuple[str, ...] = ()
    hz: float | None = None

    def __post_init__(self) -> None:
        if min(self.length, self.stride, self.batch) < 1:
            raise BadValue("A window needs a length, a stride and a batch of at least 1.")
        if self.hz is not None and not 0 < self.hz < 1e6:
            raise BadValue(f"Windows cannot be resampled to {self.hz} Hz.")


def windows(query: Query, load: Load, selection: Selection, how: Windowing) -> Iterator[dict[str, Array]]:
    """One epoch of batches: each signal ``[batch, length, *shape]``, and ``episode``, ``t``, ``valid`` beside them.

    Windows begin at every ``stride``-th sample; past an episode's end the last sample is held and ``valid`` is false.
    Equal weights give every window once; otherwise windows are drawn in proportion, as many as there are. The last
    batch may be smaller. ``load(ids, names)`` gives episodes in that order.
    """
    weights = np.asarray(selection.weights or np.ones(len(selection)), np.float64)
    ids = [name for name, weight in zip(selection.ids, weights.tolist(), strict=True) if weight > 0]
    if not ids:
        return
    names, samples = _extents(query, selection.version, ids, how)
    rng = np.random.default_rng([how.seed, int(selection.digest[:15], 16)])
    order = rng.permutation(len(ids))
    counts = -(-samples[order] // how.stride)
    picks = _picked(counts, weights[weights > 0][order], rng)
    edges = np.concatenate(([0], np.cumsum(counts)))
    owner = np.searchsorted(edges, picks, side="right") - 1
    made: list[dict[str, Array]] = []
    for block in range(0, len(ids), _BLOCK):
        mine = np.flatnonzero((owner >= block) & (owner < block + _BLOCK))
        mine = mine[rng.permutation(len(mine))]
        held = _held(load, [ids[i] for i in order[block : block + _BLOCK].tolist()], names, how)
        for pick in mine.tolist():
            which = int(owner[pick])
            start = int(picks[pick] - edges[which]) * how.stride
            made.append(held[which - block].window(start, how.length))
            if len(made) == how.batch:
                yield _stacked(made)
                made = []
    if made:
        yield _stacked(made)


@dataclass(frozen=True, slots=True)
class _Track:
    """One episode on one clock: for each signal, which of its samples is the latest at each tick."""

    id: str
    t: Ints
    streams: tuple[Stream, ...]
    latest: tuple[Ints, ...]

    def window(self, start: int, length: int) -> dict[str, Array]:
        ticks = np.arange(start, start + length)
        inside = np.minimum(ticks, len(self.t) - 1)
        made: dict[str, Array] = {"episode": np.asarray(self.id), "t": self.t[inside], "valid": ticks < len(self.t)}
        for stream, latest in zip(self.streams, self.latest, strict=True):
            rows = latest[inside]
            made[stream.name] = stream.values[rows] if stream.video is None else _frames(stream, rows)
        return made


def _frames(stream: Stream, rows: Ints) -> Array:
    video = stream.video
    assert video is not None
    first, stop = int(rows.min()), int(rows.max()) + 1
    needed = set(rows.tolist())
    kept = {first + i: frame for i, frame in enumerate(video.frames(first, stop)) if first + i in needed}
    return np.stack([kept[row] for row in rows.tolist()])


def _held(load: Load, ids: list[str], names: Sequence[str], how: Windowing) -> list[_Track]:
    """A block's episodes, loaded in the order they lie in, given back in the order asked for."""
    tracks: list[_Track] = []
    for episode in load(ids, names):
        streams = tuple(episode[name] for name in names)
        if how.hz is None:
            t = streams[0].t
        else:
            n = _ticks(episode.seconds, how.hz)
            t = episode.span.start + np.round(np.arange(n) * (1e9 / how.hz)).astype(np.int64)
        latest = tuple(_latest(stream.t, t) for stream in streams)
        tracks.append(_Track(ids[len(tracks)], t, streams, latest))
    return tracks


def _latest(clock: Ints, t: Ints) -> Ints:
    """Row of the latest sample at or before each tick; the first where none is."""
    ordered = np.maximum.accumulate(clock)
    return np.maximum(np.searchsorted(ordered, t, side="right") - 1, 0)


def _picked(counts: Ints, weights: npt.NDArray[np.float64], rng: np.random.Generator) -> Ints:
    """Numbers of the windows of an epoch: all of them, or as many drawn in proportion to their episodes' weights."""
    total = int(counts.sum())
    if np.ptp(weights) == 0:
        return np.arange(total)
    mass = np.repeat(weights, counts)
    edges = np.cumsum(mass)
    drawn = np.searchsorted(edges, rng.random(total) * edges[-1], side="right")
    return np.sort(np.minimum(drawn, total - 1)).astype(np.int64)


def _extents(query: Query, version: int, ids: list[str], how: Windowing) -> tuple[tuple[str, ...], Ints]:
    """The signals that go in, and how many ticks each episode has."""
    table = query.ask(_EXTENTS, version, [ids])
    rows: dict[str, dict[str, tuple[int, str]]] = {}
    seconds: dict[str, float] = {}
    for episode, name, samples, kind, width, whole in zip(
        *(table[c].to_pylist() for c in table.column_names), strict=True
    ):
        rows.setdefault(episode, {})[name] = (samples, f"{kind} of {width}")
        seconds[episode] = whole
    missing = [name for name in ids if name not in rows]
    if missing:
        raise NotFound(f"The lake holds no episode {missing[0]!r} at version {version}, or it has no streams.")
    names = how.signals or _shared(rows)
    for episode in ids:
        for name in names:
            if name not in rows[episode]:
                raise BadValue(f"Episode {episode} has no signal {name!r}.", instead=suggest(name, rows[episode]))
            if rows[episode][name][1] != rows[ids[0]][name][1]:
                raise BadValue(
                    f"Signal {name!r} is {rows[episode][name][1]} in episode {episode}"
                    f" and {rows[ids[0]][name][1]} in {ids[0]}.",
                    do="Select episodes of one body, or name the signals they share.",
                )
            if not rows[episode][name][0]:
                raise BadValue(f"Signal {name!r} of episode {episode} is empty.", do="Leave the episode out.")
    if how.hz is not None:
        return names, np.asarray([_ticks(seconds[episode], how.hz) for episode in ids], np.int64)
    return names, np.asarray([rows[episode][names[0]][0] for episode in ids], np.int64)


def _shared(rows: dict[str, dict[str, tuple[int, str]]]) -> tuple[str, ...]:
    """Signals of numbers that every episode has and fills."""
    every = list(rows.values())
    found = tuple(
        name
        for name, (_, sort) in every[0].items()
        if not sort.startswith(_NO_NUMBERS) and all(other.get(name, (0, ""))[0] for other in every)
    )
    if not found:
        raise BadValue("The selected episodes share no signal of numbers.", do="Name the signals.")
    return found


def _ticks(seconds: float, hz: float) -> int:
    return int(seconds * hz + 1e-6) + 1


def _stacked(made: list[dict[str, Array]]) -> dict[str, Array]:
    return {name: np.stack([one[name] for one in made]) for name in made[0]}


_NO_NUMBERS = ("words", "blobs", "mixed", "file", "stills", "<U", "|S")

_EXTENTS = """
    SELECT s.episode, s.name, s.samples, s.dtype, s.width, e.seconds
    FROM streams s JOIN episodes e ON e.id = s.episode
    WHERE s.episode IN (SELECT unnest(?::VARCHAR[])) ORDER BY e.added, e.pos, s.ord"""
