"""When a robot asks for help: a gate scores its need; a threshold with memory, set by data, makes it ask."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from ..core import Act, Bools, Environment, Floats, Ints, Moment
from ..core.errors import BadValue

__all__ = ["Gate", "Latch", "Threshold", "calibrated", "need", "peaks"]

_LOUD = 1e6


@runtime_checkable
class Gate(Protocol):
    """What sees that a robot is in need: one score for each lane at each step, the higher the worse.

    ``moment`` is what the policy was asked about, ``act`` what it answered, with its marks. Scores of lanes that are
    not active are ignored, and nothing is remembered of them for that step.
    """

    name: str
    unit: str

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """These lanes begin anew."""

    def scores(self, moment: Moment, act: Act) -> Floats:
        """How much each lane is in need now."""
        ...


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where asking begins and where it ends: above ``high`` for ``patience`` steps on end, until below ``low``.

    Two limits instead of one keep a robot from asking and taking back at every step (LazyDAgger reports 60 % fewer
    changes of hands).
    """

    high: float
    low: float
    patience: int = 1

    def __post_init__(self) -> None:
        if not self.low <= self.high or math.isnan(self.high) or self.patience < 1:
            raise BadValue(f"A threshold from {self.low} to {self.high} with patience {self.patience} cannot be.")


class Latch:
    """Which lanes ask, with memory: the state between a gate's scores and a robot's asking."""

    def __init__(self, lanes: int, threshold: Threshold) -> None:
        self.threshold = threshold
        self._above = np.zeros(lanes, np.int64)
        self._asking = np.zeros(lanes, np.bool_)

    def start(self, lanes: Ints) -> None:
        """These lanes begin anew: they do not ask."""
        self._above[lanes] = 0
        self._asking[lanes] = False

    def step(self, scores: Floats, active: Bools) -> Bools:
        """Which lanes ask after these scores; lanes that are not active stay as they were."""
        limit = self.threshold
        self._above = np.where(active, np.where(scores > limit.high, self._above + 1, 0), self._above)
        asking = (self._above >= limit.patience) | (self._asking & (scores >= limit.low))
        self._asking = np.where(active, asking, self._asking)
        return self._asking.copy()


def need(scores: Floats, limit: Threshold) -> Floats:
    """Scores in units of the limit: 1 is where asking begins, whatever the gate measures; 0 to a million."""
    if limit.high == np.inf:
        return np.zeros(len(scores))
    shown = scores / limit.high if limit.high > 0 else 1 + scores - max(limit.high, -_LOUD)
    return np.clip(shown, 0.0, _LOUD)


def peaks(scores: Sequence[Floats], patience: int) -> Floats:
    """The highest level that each operation held for ``patience`` steps on end; minus infinity where it was shorter."""
    best = np.full(len(scores), -np.inf)
    for place, column in enumerate(scores):
        if len(column) >= patience:
            windows = np.lib.stride_tricks.sliding_window_view(column, patience)
            best[place] = windows.min(axis=1).max()
    return best


def calibrated(scores: Sequence[Floats], rate: float, *, patience: int = 1) -> Threshold:
    """The threshold above which a wanted share of operations asks, from scores of held-out operations.

    ``high`` is the conformal quantile of the operations' peaks: of new operations like these, at most a share ``rate``
    asks on average (up to 1 / (n + 1) less); 0 never asks. Where several operations peak at that very level, either
    all of them ask or none, whichever is nearer to the rate. ``low`` is the mean held-out score, as in
    ThriftyDAgger, but never above ``high``.
    """
    if not 0 <= rate <= 1:
        raise BadValue(f"A share of {rate} operations cannot ask for help.", instead="It lies between 0 and 1.")
    if not scores:
        raise BadValue("No held-out operations to calibrate a gate with.")
    ordered = np.sort(peaks(scores, patience))
    place = math.ceil((len(ordered) + 1) * (1 - rate)) - 1
    high = math.inf if place >= len(ordered) else float(ordered[place]) if place >= 0 else -math.inf
    above, level = float((ordered > high).mean()), ordered == high
    if level.sum() > 1 and above + level.mean() - rate < rate - above:
        high = float(ordered[ordered < high].max(initial=-np.inf))
    middle = float(np.mean(np.concatenate([np.asarray(column, np.float64) for column in scores])))
    return Threshold(high, min(high, middle), patience)
