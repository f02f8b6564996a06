"""A simulated robot as a client: what it sees and does is recorded while it happens, in real time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .. import plug
from ..core import Act, Controller, Environment, Ints, Job, Moment, Rolling, rollout
from ..runners.living import Driver
from .recorder import Recorder

__all__ = ["simulate"]


@dataclass(slots=True)
class _Heard:
    """A controller whose robots record what they see before each action, and the action."""

    inner: Controller
    world: str
    task: str
    recorders: Sequence[Recorder]
    hz: float
    now: Callable[[], int]
    sleep: Callable[[float], None]
    due: int = 0

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """Episodes begin."""
        self.inner.start(lanes, environments, seeds)
        for lane, there in zip(lanes.tolist(), environments, strict=True):
            self.recorders[lane].begin(task=there.task, scene=there.hash, simulated=True)

    def act(self, moment: Moment) -> Act:
        """Wait for the next step's time, let the robots decide, and record it."""
        now = self.now()
        self.due = max(self.due + round(1e9 / self.hz), now - round(1e9 / self.hz)) if self.due else now
        if self.due > now:
            self.sleep((self.due - now) / 1e9)
        act = self.inner.act(moment)
        t = np.array([self.now()], np.int64)
        signals = plug.world(self.world).body(self.task).signals
        for lane in np.flatnonzero(moment.active).tolist():
            for signal in signals[:-1]:
                if not signal.kind.visual:
                    self._told(lane, signal.name, t, moment.state.obs[signal.name][lane])
                else:
                    self.recorders[lane].picture(signal.name, int(t[0]), moment.state.obs[signal.name][lane])
            self._told(lane, signals[-1].name, t, act.actions[lane])
        return act

    def _told(self, lane: int, name: str, t: Ints, x: npt.NDArray[np.generic]) -> None:
        signal = next(one for one in plug.world(self.world).body(self.task).signals if one.name == name)
        self.recorders[lane].columns(signal, t, np.asarray(x, signal.dtype).reshape(1, *signal.shape))


def simulate(
    world: str,
    task: str,
    recorders: Sequence[Recorder],
    *,
    driver: Driver,
    episodes: int,
    seed: int,
    now: Callable[[], int],
    sleep: Callable[[float], None],
    told: Callable[[int], object] = bool,
) -> dict[str, int]:
    """Let one robot a recorder do ``episodes`` operations between them, in real time; how many ended in which way.

    The same seed lives the same operations; only their times differ.
    """
    where = plug.world(world)
    body, count = where.body(task), len(recorders)
    places = where.sample(task, episodes, seed)
    jobs = [Job(i, place, seed + i) for i, place in enumerate(places)]
    heard = _Heard(
        driver.controller(world, task, count), world, task, recorders, body.signals[-1].hz or 20.0, now, sleep
    )
    outcomes: dict[str, int] = {}
    lanes = where.open(task, count)
    try:
        for number, take in enumerate(rollout(lanes, heard, jobs, Rolling(where.horizon(task))), 1):
            recorders[take.lane].end(take.outcome)
            outcomes[take.outcome] = outcomes.get(take.outcome, 0) + 1
            told(number)
    finally:
        lanes.close()
    return outcomes
