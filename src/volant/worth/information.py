"""How well actions follow from states: mutual information of each episode beside the others of its task (DemInf).

No model is trained. Of each episode 16 moments are kept, evenly spaced: the state as it was (the streams that
``motion`` looks at) and what was done in the 0.4 s that followed, as two means; a command in the coordinates of the
state is taken relative to it, and where no action was recorded the state's own displacement stands for it. These
samples are made once of each episode and remembered as vectors (``pairs/...``). An episode's score depends on all
others of its task and body: it is told anew for the whole set when the set has grown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..core import Episode, FactTable, Stream
from ..core.errors import BadValue
from ..embeddings._blocks import clean
from ..embeddings.motion import looked_at
from ..lake.numbers import matched
from ..vectors import information as by_neighbours
from .space import columns

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["BY", "FRAMES", "LEAST", "Pairs", "keep", "pairs", "score", "scored"]

Rows = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

BY = "worth/information@1"
FRAMES = 16
"""Moments of an episode; 64 told careful from careless operators no better (docs/worth.md)."""
AHEAD = (200_000_000, 400_000_000)
"""Ends of the two stretches after a moment whose mean actions are what was done, ns."""
STATE, ACTION = 12, 6
"""Principal components that are compared where there are more dimensions: as many as DemInf's codes have."""
LEAST = 10
"""Episodes of one task and body that can be compared at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Samples of one episode: ``rows`` float32 ``[FRAMES, state + action]``; ``layout`` is what they are made of."""

    layout: str
    state: int
    rows: Rows

    @property
    def key(self) -> str:
        """The key under which samples of this layout are remembered."""
        named = hashlib.blake2b(self.layout.encode(), digest_size=6).hexdigest()
        return f"pairs/{self.state}x{self.rows.shape[1] - self.state}/{named}"


def pairs(episode: Episode) -> Pairs | None:
    """States and what was done in them; ``None`` where no state was recorded, or for less than 0.4 s."""
    moving, acting = looked_at(episode)
    clocks = [_clock(stream) for stream in (*moving, *acting)]
    if not moving:
        return None
    first, last = max(int(t[0]) for t in clocks), min(int(t[-1]) for t in clocks)
    if last - first <= AHEAD[-1]:
        return None
    moments = first + np.round(np.linspace(0, last - first, FRAMES)).astype(np.int64)
    now = [_at(stream, clock, moments) for stream, clock in zip(moving, clocks, strict=False)]
    done: list[Doubles] = []
    for stream, clock in zip(acting, clocks[len(moving) :], strict=True):
        like = next((place for place, one in enumerate(moving) if _alike(one, stream)), None)
        ahead = [_mean(stream, clock, moments + a, moments + b) for a, b in ((0, AHEAD[0]), AHEAD)]
        done += ahead if like is None else [part - now[like] for part in ahead]
    if not acting:
        for stream, clock in zip(moving, clocks, strict=True):
            places = [_at(stream, clock, moments + ahead) for ahead in (0, *AHEAD)]
            done += [places[1] - places[0], places[2] - places[1]]
    body = "|".join(f"{one.name}[{one.signal.width}]{','.join(one.signal.dims)}" for one in (*moving, *acting))
    state = np.concatenate(now, axis=1)
    rows = np.concatenate([state, *done], axis=1).astype(np.float32)
    return Pairs(f"{episode.origin.embodiment}|{body}", state.shape[1], rows)


def keep(store: Store, found: Sequence[tuple[str, Pairs | None]], at: int) -> None:
    """Remember the samples of some episodes, and which have none."""
    nothing, layouts = FactTable(), dict[str, list[tuple[str, Pairs]]]()
    for one, made in found:
        if made is None:
            nothing.row(one, "unmeasured", "information", BY)
        else:
            layouts.setdefault(made.key, []).append((one, made))
    for key, some in layouts.items():
        rows = np.stack([made.rows.reshape(-1) for _, made in some])
        store.tell_vectors([one for one, _ in some], key, rows, BY, at=at)
    store.tell(nothing, at=at)


def score(store: Store, at: int, *, seed: int = 0) -> tuple[int, tuple[str, ...]]:
    """Tell ``measure/information`` of every set of one task and one layout that has grown; how many, and what could
    not be told.

    z-scores over the episodes of the set (``vectors.information``): below 0 is what follows less from what was seen.
    """
    said = store.sql(
        "SELECT DISTINCT key, '' AS subject FROM facts WHERE starts_with(key, 'pairs/') AND \"by\" = ? UNION ALL "
        "SELECT DISTINCT key, subject FROM facts WHERE key = 'measure/information' AND \"by\" = ?",
        params=[BY, BY],
    )
    keys = sorted(said.filter(pc.field("subject") == "")["key"].to_pylist())
    told = said.filter(pc.field("subject") != "")["subject"].combine_chunks()
    count, notes = 0, list[str]()
    for task, state, ids, rows in _sets(store, keys):
        name = f"information: {len(ids)} episodes of {task or 'no task'}"
        if len(ids) < LEAST:
            notes.append(f"{name} with one body and one sort of action are too few to compare (at least {LEAST}).")
            continue
        if (matched(told, pa.array(ids, pa.string())) >= 0).all():
            continue
        try:
            scores = scored(rows, state, seed=seed)
        except BadValue as problem:
            notes.append(f"{name}: {problem}")
            continue
        table = FactTable()
        table.many(ids.tolist(), "measure/information", scores.tolist(), BY)
        store.tell(table, at=at)
        count += len(ids)
    return count, tuple(notes)


def scored(rows: Rows, state: int, *, seed: int = 0) -> Doubles:
    """z-scores ``[n]`` from samples ``[n, FRAMES * (state + action)]``, the first ``state`` of each being the state.

    Raises ``BadValue`` where too few, where states or actions never vary, and where all score the same.
    """
    n = len(rows)
    flat = rows.reshape(n * FRAMES, -1)
    states = by_neighbours.reduced(flat[:, :state], STATE, name="states")
    actions = by_neighbours.reduced(flat[:, state:], ACTION, name="actions")
    samples = by_neighbours.contributions(states, actions, seed=seed)
    return by_neighbours.scored(samples, np.repeat(np.arange(n), FRAMES), n)


def _sets(store: Store, keys: Sequence[str]) -> Iterator[tuple[str, int, npt.NDArray[np.object_], Rows]]:
    """Task, width of the state, ids and samples of every set that can be compared, in a fixed order."""
    if not keys:
        return
    known, said = columns(store)
    for key in keys:
        found = store.vectors(key, BY)
        place = matched(known, pa.array(found.ids, pa.string()))
        there = place >= 0
        tasks = said["task"][place[there]].astype(str)
        ids, rows = found.ids[there], found.rows[there]
        for task in np.unique(tasks).tolist():
            mine = tasks == task
            yield task, int(key.split("/")[1].split("x")[0]), ids[mine], rows[mine]


def _clock(stream: Stream) -> npt.NDArray[np.int64]:
    """Its own times, or its samples evenly over them where they run backwards."""
    t = stream.t
    if stream.ordered:
        return t
    return np.round(np.linspace(int(t.min()), int(t.max()), len(t))).astype(np.int64)


def _at(stream: Stream, clock: npt.NDArray[np.int64], moments: npt.NDArray[np.int64]) -> Doubles:
    """The samples as they stood at each moment."""
    place = np.clip(np.searchsorted(clock, moments, side="right") - 1, 0, len(clock) - 1)
    return clean(stream)[place]


def _mean(
    stream: Stream, clock: npt.NDArray[np.int64], start: npt.NDArray[np.int64], stop: npt.NDArray[np.int64]
) -> Doubles:
    """Means of the samples from ``start`` to before ``stop``; at least the one that stood at ``start``."""
    x = clean(stream)
    whole = np.concatenate([np.zeros((1, x.shape[1])), np.cumsum(x, axis=0)])
    low = np.clip(np.searchsorted(clock, start, side="right") - 1, 0, len(x) - 1)
    high = np.clip(np.maximum(np.searchsorted(clock, stop, side="left"), low + 1), 1, len(x))
    return np.asarray((whole[high] - whole[low]) / (high - low)[:, None])


def _alike(state: Stream, action: Stream) -> bool:
    """Whether an action commands the very coordinates that a state shows."""
    one, other = state.signal, action.signal
    return bool(one.dims) and one.dims == other.dims and one.width == other.width and one.unit == other.unit
