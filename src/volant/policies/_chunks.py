"""Acting by chunks: a network is asked for the next few actions, and asked again before they run out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..core.acting import Act, Floats, Ints, Moment
from ..core.environment import Environment
from ._sight import Sight

__all__ = ["ChunkController", "Head"]

Rows = npt.NDArray[np.float32]


class Head(Protocol):
    """What answers a question: chunks ``[n, length, a]`` for features ``[n, k]``, and how far its members disagree."""

    def chunks(self, rows: Rows, seeds: Ints, step: Ints) -> tuple[Rows, Floats]: ...


@dataclass(slots=True, eq=False)
class ChunkController:
    """One memory a lane: its last observations, the chunk it is in, and how far along it is.

    Every ``every`` steps of a lane the head is asked anew; between, the chunk is played. Lanes do not influence each
    other, so that a lane alone acts as it does in a crowd (up to the rounding of matrix products).
    """

    sight: Sight
    head: Head
    bounds: Rows
    """Lowest and highest action ever demonstrated, ``[2, a]``: nothing beyond is commanded."""
    lanes: int
    every: int
    _chunk: Rows = field(init=False)
    _age: Ints = field(init=False)
    _spread: Floats = field(init=False)
    _seeds: Ints = field(init=False)
    _past: Rows = field(init=False)

    def __post_init__(self) -> None:
        plain = sum(signal.width for signal in self.sight.signals)
        self._chunk = np.zeros((self.lanes, self.every, self.bounds.shape[1]), np.float32)
        self._age = np.full(self.lanes, -1, np.int64)
        self._spread = np.zeros(self.lanes)
        self._seeds = np.zeros(self.lanes, np.int64)
        self._past = np.zeros((max(self.sight.history, 1), self.lanes, plain), np.float32)

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """Forget what these lanes were about."""
        self._age[lanes] = -1
        self._seeds[lanes] = seeds

    def act(self, moment: Moment) -> Act:
        """The next action of every active lane, with the disagreement at its last question."""
        now = self.sight.plain(moment.state.obs)
        fresh = self._age < 0
        if self.sight.history:
            self._past[:, fresh] = now[fresh]
        asked = np.flatnonzero(moment.active & (fresh | (self._age >= self.every)))
        if len(asked):
            rows = self.sight.features(now[asked], self._past[0, asked])
            chunks, self._spread[asked] = self.head.chunks(rows, self._seeds[asked], moment.step[asked])
            self._chunk[asked] = chunks[:, : self.every]
            self._age[asked] = 0
        actions = np.zeros((self.lanes, self.bounds.shape[1]))
        active = np.flatnonzero(moment.active)
        actions[active] = np.clip(self._chunk[active, self._age[active]], *self.bounds)
        self._age[active] += 1
        if self.sight.history:
            self._past = np.concatenate((self._past[1:], now[None]))
        return Act(actions, np.zeros(self.lanes, np.int8), {"disagreement": self._spread.copy()})
