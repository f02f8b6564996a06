"""Many episodes seen at once: what checks of descriptions and of sets look at, one episode or five hundred alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt

from .columns import Columns
from .embodiment import Embodiment
from .episode import Episode
from .signal import Signal
from .stream import Stream

__all__ = ["Alike", "Batch", "limits_of"]

T = TypeVar("T")
Looks = Mapping[str, Stream]


@dataclass(frozen=True, eq=False)
class Alike:
    """Episodes of one batch with the same signals and the same body: run ``r`` of all columns is episode ``r``.

    ``signals`` are those that can be looked at as numbers: plain ones in the order of the episodes' streams, then
    the looks of cameras that were seen. ``streams`` holds one stream per episode by the signal's name.
    """

    episodes: tuple[Episode, ...]
    signals: tuple[Signal, ...]
    streams: Mapping[str, Sequence[Stream]]
    body: Embodiment | None = None
    _made: dict[Hashable, object] = field(default_factory=dict, repr=False)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The episodes' ids, run by run."""
        return tuple(episode.id for episode in self.episodes)

    @cached_property
    def tasks(self) -> tuple[str, ...]:
        """What each episode is about: its task's name, else its instruction, else nothing."""
        return tuple(episode.task or episode.instruction for episode in self.episodes)

    @property
    def embodiment(self) -> str:
        """The name of the body that all of them share; empty where nobody said."""
        return self.episodes[0].origin.embodiment

    def columns(self, name: str) -> Columns:
        """The runs of one signal laid end to end, the same object each time."""
        return self.once(_laid, name)

    def once(self, make: Callable[[Alike, str], T], name: str) -> T:
        """What several checks derive from the columns of one signal, made once."""
        key = (make, name)
        if key not in self._made:
            self._made[key] = make(self, name)
        return cast(T, self._made[key])


@dataclass(frozen=True, eq=False)
class Batch:
    """Some episodes, what their cameras look like (by camera, per episode) and the bodies whose limits are known."""

    episodes: tuple[Episode, ...]
    looks: tuple[Looks, ...] = ()
    bodies: Mapping[str, Embodiment] = field(default_factory=dict)

    @cached_property
    def alike(self) -> tuple[Alike, ...]:
        """The episodes in groups of equal signals and body, each in order; an episode without numbers is there too."""
        groups: dict[tuple[str, tuple[Signal, ...]], list[int]] = defaultdict(list)
        known: dict[tuple[int, ...], tuple[Signal, ...]] = {}
        streams: list[list[Stream]] = []
        looks = self.looks or ({},) * len(self.episodes)
        for place, (episode, seen) in enumerate(zip(self.episodes, looks, strict=True)):
            mine = [stream for stream in episode.streams if stream.signal.numeric and stream.video is None]
            mine += seen.values()
            streams.append(mine)
            # Readers give all episodes the same signal objects: comparing those is fifty times cheaper than hashing.
            marks = tuple(id(stream.signal) for stream in mine)
            signals = known.get(marks)
            if signals is None:
                signals = known[marks] = tuple(stream.signal for stream in mine)
            groups[episode.origin.embodiment, signals].append(place)
        return tuple(
            Alike(
                tuple(self.episodes[place] for place in places),
                signals,
                {signal.name: [streams[place][k] for place in places] for k, signal in enumerate(signals)},
                self.bodies.get(body),
            )
            for (body, signals), places in groups.items()
        )

    def __iter__(self) -> Iterator[Episode]:
        return iter(self.episodes)

    def __len__(self) -> int:
        return len(self.episodes)


def _laid(alike: Alike, name: str) -> Columns:
    streams = alike.streams[name]
    return Columns.of(streams, limits_of(alike.body, streams[0].signal) if alike.body else None)


def limits_of(body: Embodiment, signal: Signal) -> npt.NDArray[np.float64]:
    """Lower and upper limit of each dimension ``[width, 2]`` by the body's joints; NaN where it has none."""
    names = signal.dims or ("",) * signal.width
    return np.array(
        [[np.nan if edge is None else edge for edge in pair] for pair in body.limits(tuple(names))], dtype=np.float64
    )
