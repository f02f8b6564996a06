"""Whether an episode that begins is needed: how many like it the lake holds, and where fewer are.

What an episode begins with (``need/start``) are the means over its first half second of its numbers, stream by stream
in the order of their names, the first eight of each and 48 in all; actions, clocks and what only a simulator knows are
left out. Two beginnings are alike where they lie within a quarter of a standard deviation (root mean square over the
numbers), as it is over the episodes of the same task and body. No learned model, and no picture, takes part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..core import Episode, Fact, Kind, Signal
from ..core.errors import VolantError
from ..lake import Store
from . import likeness

__all__ = ["BEGINNING", "KEY", "Known", "Need", "beginning", "describe", "known", "pending", "start"]

KEY = "need/start"
BY = "need@1"
BEGINNING = 500_000_000
"""What counts as the beginning, ns."""
ENOUGH = 20
"""Episodes alike from which on others are asked for."""
_WITHIN = 0.25
_EACH, _WHOLE = 8, 48
_KINDS = (Kind.STATE, Kind.JOINT, Kind.POSE, Kind.GRIPPER, Kind.VELOCITY)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Need:
    """How many of ``of`` episodes of the task begin alike, where fewer are (``try_``, with how many), and in words."""

    alike: int
    of: int
    try_: str = ""
    there: int = 0

    @property
    def words(self) -> str:
        """One line for a collector."""
        if self.of < ENOUGH:
            return ""
        if self.alike >= ENOUGH:
            other = f"; try {self.try_} ({self.there} there)" if self.try_ else ""
            return f"We have {self.alike} like this{other}."
        return f"Rare: {self.alike} of {self.of} begin like this. Go on." if self.alike < 3 else ""


@dataclass(frozen=True, eq=False)
class Known:
    """Beginnings by task and body, and how many episodes each place of a task has, at a version of the lake."""

    version: int
    starts: Mapping[tuple[str, str], Floats] = field(default_factory=dict)
    places: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def need(self, task: str, body: str, start: Sequence[float], here: str = "") -> Need:
        """What the lake says of an episode of a task that begins so, in a place."""
        rows = self.starts.get((task, body))
        fewest = sorted((many, name) for name, many in self.places.get(task, {}).items() if name != here)
        try_, there = (fewest[0][1], fewest[0][0]) if fewest else ("", 0)
        if rows is None or rows.shape[1] != len(start):
            return Need(0, 0 if rows is None else len(rows), try_, there)
        spread = rows.std(axis=0)
        scaled = (rows - np.asarray(start)) / np.where(spread > 1e-9, spread, 1.0)
        near = np.sqrt(np.einsum("ij,ij->i", scaled, scaled) / max(1, rows.shape[1])) <= _WITHIN
        return Need(int(near.sum()), len(rows), try_, there)


def beginning(columns: Iterable[tuple[Signal, npt.NDArray[np.int64], npt.NDArray[np.generic]]]) -> tuple[float, ...]:
    """The numbers that an episode begins with, from its streams: signal, times, values. Empty where it has none."""
    means: list[float] = []
    for signal, t, x in sorted(columns, key=lambda one: one[0].name):
        if signal.kind not in _KINDS or not signal.numeric or "/" in signal.name or not len(t):
            continue
        head = np.nan_to_num(x[t < t[0] + BEGINNING].reshape(-1, max(1, signal.width))[:, :_EACH].astype(np.float64))
        means += head.mean(axis=0).tolist()
    return tuple(means[:_WHOLE])


def start(episode: Episode) -> tuple[float, ...]:
    """The numbers that a stored episode begins with."""
    streams = (stream for stream in episode.streams if stream.video is None and stream.signal.numeric)
    return beginning((stream.signal, stream.t, stream.values) for stream in streams)


def pending(store: Store, most: int) -> list[str]:
    """Ids of at most so many episodes whose beginning is not known yet, the newest first."""
    return likeness.pending(store, most, KEY)


def describe(store: Store, ids: Sequence[str], *, at: int) -> int:
    """Remember what these episodes begin with; how many. One without numbers, or that cannot be read, has none."""
    facts = []
    for one in ids:
        try:
            found = start(store.episode(one))
        except VolantError:
            found = ()
        facts.append(Fact(one, KEY, found or (0.0,), BY, None, "", at))
    if facts:
        store.tell(facts, at=at)
    return len(facts)


def known(store: Store) -> Known:
    """Everything that the lake knows of beginnings; quarantined episodes do not count."""
    table = store.sql(
        "SELECT e.task, coalesce(e.embodiment, '') AS body, f.vector, "
        "coalesce(r.value, nullif(e.scene, ''), '') AS place FROM episodes e "
        "JOIN facts f ON f.subject = e.id AND f.key = ? "
        "LEFT JOIN facts r ON r.subject = e.id AND r.key = 'environment/region' "
        "WHERE NOT e.quarantined ORDER BY f.subject",
        params=[KEY],
    )
    rows: dict[tuple[str, str], list[list[float]]] = {}
    places: dict[str, dict[str, int]] = {}
    for task, body, vector, place in zip(*(table[name].to_pylist() for name in table.column_names), strict=True):
        rows.setdefault((task, body), []).append(vector)
        if place:
            mine = places.setdefault(task, {})
            mine[place] = mine.get(place, 0) + 1
    same = {key: [row for row in many if len(row) == len(many[-1])] for key, many in rows.items()}
    return Known(store.version, {key: np.array(many) for key, many in same.items()}, places)
