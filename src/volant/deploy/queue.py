"""How many robots a person can watch: the machine-repair queue, as a formula and as a simulated fleet.

A robot works until it needs help, waits until one of the operators is free, and works again once it was helped. With
exponential times this is the finite-source queue M/M/c//N (Palm 1943; any book on queues), whose one number besides
robots and operators is ``ratio`` = rate of needing help while working x mean handling time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from ..core import Estimate
from ..core.errors import BadValue

__all__ = ["HANDLING", "Crew", "Load", "load", "needed", "simulated", "watchable"]

HANDLING = ("exponential", "fixed", "lognormal")
"""How handling times may spread in a simulated fleet; lognormal has a coefficient of variation of 1.5."""

_SPREAD = 1.5
_MOST = 1 << 20

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Crew:
    """A fleet and the people who help it: robots, operators, and how often and how long help is needed.

    ``rate`` is how often a working robot needs help, per hour of its work; ``handling`` the mean time that an
    operator is busy with one robot, in seconds.
    """

    robots: int
    operators: int
    rate: float
    handling: float

    def __post_init__(self) -> None:
        if self.robots < 1 or self.operators < 1:
            raise BadValue(f"A crew of {self.robots} robots and {self.operators} operators is none.")
        if not (0 <= self.rate < math.inf and 0 < self.handling < math.inf):
            raise BadValue(f"A rate of {self.rate} an hour and a handling time of {self.handling} s make no crew.")

    @property
    def ratio(self) -> float:
        """Rate of needing help x handling time: the load that one working robot would put on one operator."""
        return self.rate * self.handling / 3600


@dataclass(frozen=True, slots=True)
class Load:
    """What becomes of a fleet and its operators in the long run.

    ``availability`` is the share of robots at work, ``busy`` the share of operators at work, ``queue`` how many
    robots wait on average without being helped, ``wait`` how long one waits before help begins, in handling times.
    """

    availability: float
    busy: float
    queue: float
    wait: float


def load(robots: int, operators: int, ratio: float) -> Load:
    """The long run of M/M/c//N: ``p(n)`` is proportional to the product over k <= n of (N - k + 1) r / min(k, c)."""
    if ratio <= 0:
        return Load(1.0, 0.0, 0.0, 0.0)
    n = np.arange(1, robots + 1, dtype=np.float64)
    logs = np.concatenate(([0.0], np.cumsum(np.log((robots - n + 1) * ratio / np.minimum(n, operators)))))
    p = np.exp(logs - special.logsumexp(logs))
    down = np.arange(robots + 1, dtype=np.float64)
    helped = float(p @ np.minimum(down, operators))
    queue = float(p @ np.maximum(down - operators, 0.0))
    return Load(1 - float(p @ down) / robots, helped / operators, queue, queue / helped if helped else 0.0)


def watchable(operators: int, ratio: float, availability: float = 0.9) -> int:
    """The largest fleet (up to 2^20) that the operators keep at least so available; 0 where not even one robot is."""
    _wanted(availability)
    lost = 1
    while load(lost, operators, ratio).availability >= availability:  # it falls with every further robot
        if lost >= _MOST:
            return _MOST
        lost *= 2
    kept = lost // 2
    while lost - kept > 1:
        middle = (kept + lost) // 2
        if load(middle, operators, ratio).availability >= availability:
            kept = middle
        else:
            lost = middle
    return kept


def needed(robots: int, ratio: float, availability: float = 0.9) -> int:
    """The fewest operators that keep the fleet at least so available; 0 where no number does."""
    _wanted(availability)
    if load(robots, robots, ratio).availability < availability:
        return 0
    few, enough = 0, robots
    while enough - few > 1:
        middle = (few + enough) // 2
        if load(robots, middle, ratio).availability >= availability:
            enough = middle
        else:
            few = middle
    return enough


def _wanted(availability: float) -> None:
    if not 0 < availability < 1:
        raise BadValue(f"An availability of {availability} cannot be wanted.", instead="It lies between 0 and 1.")


def simulated(
    crew: Crew, *, hours: float = 40.0, fleets: int = 32, seed: int = 0, handling: str = "exponential"
) -> tuple[Estimate, ...]:
    """The same figures from fleets lived through event by event, each with its 95 % interval over the fleets.

    All fleets advance together, one event each at a time; the first fifth of the hours is not counted. ``handling``
    names the spread of handling times: the formula's own (exponential), or others to see how little it matters.
    """
    if handling not in HANDLING:
        raise BadValue(f"Handling times cannot be {handling!r}.", instead=f"Known: {', '.join(HANDLING)}.")
    if fleets < 2 or not hours > 0:
        raise BadValue("A simulation needs at least two fleets and some hours.")
    tally = _Tally(hours * 720.0, hours * 3600.0, np.zeros((4, fleets)))
    _live(crew, tally, np.random.default_rng(seed), handling)
    down, helped, waited, calls = tally.sums
    span = tally.stop - tally.start
    figures = {
        "availability": (1 - down / (span * crew.robots), "share of robots"),
        "busy": (helped / (span * crew.operators), "share of operators"),
        "queue": (waited / span, "robots"),
        "wait": (waited / np.maximum(calls, 1) / crew.handling, "handling times"),
    }
    events = int(calls.sum())
    return tuple(_figure(name, values, unit, events) for name, (values, unit) in figures.items())


@dataclass(frozen=True, slots=True)
class _Tally:
    """What is summed between ``start`` and ``stop`` (s), per fleet: seconds down, helped, waited, and calls."""

    start: float
    stop: float
    sums: Array

    def add(self, rows: npt.NDArray[np.int64], times: tuple[Array, Array, Array]) -> None:
        """One call in each of some fleets: when it came, when help began and when it ended."""
        came, began, ended = (np.clip(time, self.start, self.stop) for time in times)
        self.sums[0, rows] += ended - came
        self.sums[1, rows] += ended - began
        self.sums[2, rows] += began - came
        self.sums[3, rows] += (times[0] >= self.start) & (times[0] < self.stop)


def _live(crew: Crew, tally: _Tally, rng: np.random.Generator, handling: str) -> None:
    """Calls come in the order of time and are served in it, so each takes the operator who is free first."""
    fleets = tally.sums.shape[1]
    mean = 3600 / crew.rate if crew.rate else math.inf
    calls = rng.exponential(1.0, (fleets, crew.robots)) * mean
    free = np.zeros((fleets, crew.operators))
    rows = np.arange(fleets)
    while True:
        robot = calls[rows, :].argmin(axis=1)
        came = calls[rows, robot]
        rows, robot, came = (column[came < tally.stop] for column in (rows, robot, came))
        if not len(rows):
            return
        operator = free[rows, :].argmin(axis=1)
        began = np.maximum(came, free[rows, operator])
        ended = began + crew.handling * _handled(rng, len(rows), handling)
        free[rows, operator] = ended
        calls[rows, robot] = ended + rng.exponential(1.0, len(rows)) * mean
        tally.add(rows, (came, began, ended))


def _handled(rng: np.random.Generator, count: int, handling: str) -> Array:
    if handling == "fixed":
        return np.ones(count)
    if handling == "lognormal":
        variance = math.log(1 + _SPREAD**2)
        return rng.lognormal(-variance / 2, math.sqrt(variance), count)
    return rng.exponential(1.0, count)


def _figure(name: str, values: Array, unit: str, events: int) -> Estimate:
    mean, error = float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values)))
    half = float(stats.t.ppf(0.975, len(values) - 1)) * error
    method = f"mean of {len(values)} simulated fleets; 95 % Student interval"
    return Estimate(name, mean, unit, events, mean - half, mean + half, "measured", method)
