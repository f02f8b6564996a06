"""What a policy sees: signals of many lanes as one row of numbers each, differences between things included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..core.acting import Ints, Obs
from ..core.checkpoint import Arrays
from ..core.errors import BadValue
from ..core.signal import Signal

__all__ = ["CONDITION", "Scale", "Sight", "numbers", "pairs"]

Rows = npt.NDArray[np.float32]

CONDITION = "condition/"
"""Signals of this name are wishes, not senses: told while learning, and 1 whenever the policy acts."""

_LIMIT = 5.0


def numbers(signals: Sequence[Signal]) -> tuple[Signal, ...]:
    """The signals that are plain numbers, in their order: what a policy without eyes can see."""
    return tuple(signal for signal in signals if signal.numeric)


def pairs(signals: Sequence[Signal]) -> tuple[tuple[int, int], ...]:
    """Columns whose difference means something: the same axis, unit and frame of two things.

    Dimensions are called ``thing.axis``; of ``hand.x``, ``goal.x`` and ``object1.x`` every two make a pair. Signals
    whose dimensions have no such names give none.
    """
    named: list[tuple[str, str, str, str]] = []
    for signal in signals:
        for at in range(signal.width):
            thing, _, axis = (signal.dims[at] if signal.dims else "").rpartition(".")
            named.append((thing, axis, signal.unit, signal.frame))
    found = []
    for i, (thing, *rest) in enumerate(named):
        for j in range(i + 1, len(named)):
            other, *its = named[j]
            if thing and other and thing != other and rest == its and rest[0] in ("x", "y", "z"):
                found.append((i, j))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Sight:
    """From observations to features: all numbers, pairwise differences, and the change since ``history`` steps ago."""

    signals: tuple[Signal, ...]
    history: int = 0
    differences: tuple[tuple[int, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        if not self.signals:
            raise BadValue("The policy sees nothing: no observation is made of plain numbers.")
        object.__setattr__(self, "differences", pairs(self.signals))

    @property
    def width(self) -> int:
        """How many features a row has."""
        plain = sum(signal.width for signal in self.signals)
        return plain + len(self.differences) + (plain if self.history else 0)

    @property
    def wishes(self) -> Ints:
        """The columns of a row that are wishes."""
        flat = [signal.name.startswith(CONDITION) for signal in self.signals for _ in range(signal.width)]
        return np.flatnonzero(flat)

    def plain(self, obs: Obs) -> Rows:
        """All numbers of all signals side by side, ``[n, k]``; wishes that nobody told are 1."""
        count = len(next(iter(obs.values())))
        parts = [
            np.ones((count, signal.width), np.float32)
            if signal.name.startswith(CONDITION) and signal.name not in obs
            else np.asarray(obs[signal.name], np.float32).reshape(count, signal.width)
            for signal in self.signals
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def features(self, now: Rows, before: Rows | None = None) -> Rows:
        """Rows that a network reads, from plain rows of now and of ``history`` steps ago."""
        parts = [now]
        if self.differences:
            one, other = np.asarray(self.differences).T
            parts.append(now[:, one] - now[:, other])
        if self.history and before is not None:
            parts.append(now - before)
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def of(self, obs: Mapping[str, npt.NDArray[np.generic]], episode: Ints) -> Rows:
        """Features of whole episodes end to end; before an episode's first sample lies that sample itself."""
        now = self.plain(obs)
        if not self.history:
            return self.features(now)
        first = np.searchsorted(episode, episode, side="left")
        return self.features(now, now[np.maximum(np.arange(len(now)) - self.history, first)])


@dataclass(frozen=True, eq=False)
class Scale:
    """From a column's own numbers to numbers around 0 of size 1, and back. Columns that never changed become 0."""

    middle: Rows
    size: Rows

    @classmethod
    def of(cls, rows: Rows, weight: npt.NDArray[np.float64]) -> Scale:
        """Mean and standard deviation of every column, samples weighted."""
        share = (weight / weight.sum()).astype(np.float64)
        middle = share @ rows.astype(np.float64)
        spread = np.sqrt(np.maximum(share @ (rows.astype(np.float64) - middle) ** 2, 0.0))
        still = spread <= 1e-6 * np.maximum(np.abs(middle), 1.0)
        return cls(middle.astype(np.float32), np.where(still, np.inf, spread).astype(np.float32))

    @classmethod
    def read(cls, arrays: Arrays, name: str) -> Scale:
        """The scale that ``write`` laid into a checkpoint."""
        return cls(arrays[f"{name}.middle"].astype(np.float32), arrays[f"{name}.size"].astype(np.float32))

    def write(self, name: str) -> Arrays:
        """The scale as arrays of a checkpoint."""
        return {f"{name}.middle": self.middle, f"{name}.size": self.size}

    def apply(self, rows: Rows) -> Rows:
        """Scaled, and cut at five standard deviations: what was never seen cannot shout."""
        scaled: Rows = np.clip((rows - self.middle) / self.size, -_LIMIT, _LIMIT)
        return scaled

    def undo(self, rows: Rows) -> Rows:
        """The numbers themselves."""
        return rows * np.where(np.isfinite(self.size), self.size, np.float32(0.0)) + self.middle
