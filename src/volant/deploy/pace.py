"""Simulated robots in real time: the loop is held to a rate, and how long each tick took is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..core import Act, Controller, Environment, Estimate, Ints, Moment
from ..core.errors import BadValue

__all__ = ["Pace"]


@dataclass(slots=True)
class Pace:
    """A controller that waits until its next tick is due; everything else is the inner one's.

    ``clock`` gives seconds, ``sleep`` waits for them: the caller's, so that time stays an argument. A tick is all
    work from one waking to the next sleep: deciding, physics of every robot, and writing down.
    """

    inner: Controller
    hz: float
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    work: list[float] = field(default_factory=list)
    late: int = 0
    _due: float | None = None
    _woke: float = 0.0

    def __post_init__(self) -> None:
        if not self.hz > 0:
            raise BadValue(f"Robots cannot be moved {self.hz:g} times a second.")

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """Passed on."""
        self.inner.start(lanes, environments, seeds)

    def act(self, moment: Moment) -> Act:
        """Wait for the tick's time, then do as the inner controller does. A tick that is late starts at once."""
        now = self.clock()
        if self._due is None:
            self._due = now
        else:
            self.work.append(now - self._woke)
            self._due += 1 / self.hz
            if now < self._due:
                self.sleep(self._due - now)
            else:
                self.late += now > self._due + 1e-9
                self._due = max(self._due, now - 1 / self.hz)  # what was missed for good is not hurried after
        self._woke = self.clock()
        return self.inner.act(moment)

    def figures(self) -> tuple[Estimate, ...]:
        """Median and 99th percentile of a tick's work, and the share of ticks that began late."""
        if not self.work:
            return ()
        work, n = np.array(self.work) * 1000, len(self.work)
        how = f"work of a tick, which has {1000 / self.hz:.4g} ms"
        made = [
            Estimate(f"tick {name}", float(np.percentile(work, share)), "ms", n, method=how)
            for name, share in (("p50", 50), ("p99", 99))
        ]
        return (*made, Estimate("late ticks", self.late / n, "share of ticks", n, method=how))
