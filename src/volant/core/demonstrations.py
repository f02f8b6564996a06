"""Experience laid out for a learner: columns over all samples of many episodes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .acting import Floats, Ints
from .errors import BadValue
from .signal import Signal

__all__ = ["Demonstrations", "Learning"]


@dataclass(frozen=True, eq=False)
class Demonstrations:
    """Samples of E episodes end to end, N in all: what was seen, what was done, by whom, and how it ended.

    ``obs[name]`` is ``[N, *shape]`` for every signal in ``observations``, ``actions`` ``[N, a]``, ``episode`` ``[N]``
    the episode's index (0 to E-1, never decreasing), ``control`` ``[N]`` who acted (index into ``CONTROL``),
    ``weight`` ``[N]`` how much a sample counts, ``progress`` ``[N]`` 0 to 1 after the step, NaN where unknown.
    ``outcome`` ``[E]`` are the words of the fixed key ``outcome``, ``tasks`` and ``ids`` name the episodes.
    """

    observations: tuple[Signal, ...]
    action: Signal
    obs: Mapping[str, npt.NDArray[np.generic]]
    actions: Floats
    episode: Ints
    control: npt.NDArray[np.int8]
    weight: Floats
    progress: Floats
    outcome: tuple[str, ...]
    tasks: tuple[str, ...]
    ids: tuple[str, ...]
    scenes: tuple[str, ...] = ()
    """The environment of each episode (its hash), or empty where nobody said: what held-out sets are proven against."""

    def __post_init__(self) -> None:
        n = len(self.actions)
        columns = (*self.obs.values(), self.episode, self.control, self.weight, self.progress)
        if any(len(column) != n for column in columns):
            raise BadValue("Demonstrations: the columns differ in length.")
        if n and (int(self.episode[-1]) + 1 > len(self.ids) or bool((np.diff(self.episode) < 0).any())):
            raise BadValue("Demonstrations: the episodes are out of order.")

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def digest(self) -> str:
        """Digest of which episodes these are and how much each sample counts: what a policy was taught by."""
        made = hashlib.blake2b("\n".join(self.ids).encode(), digest_size=16)
        made.update(np.ascontiguousarray(self.weight).data)
        return made.hexdigest()


@dataclass(frozen=True, slots=True)
class Learning:
    """How a policy is taught: the one dial is ``minutes`` (0 takes the learner's own number of steps).

    ``ensemble`` members differ in their seeds only; ``options`` are the learner's own dials by name, refused where
    it knows none of that name.
    """

    minutes: float = 0.0
    ensemble: int = 5
    seed: int = 0
    options: Mapping[str, float | str] = field(default_factory=dict)
