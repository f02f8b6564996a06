"""The only loop that steps a world: whoever acts, for whatever end, it is this loop, and what it saw can be kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .acting import Act, Bools, Floats, Ints, Moment, State
from .environment import Environment
from .errors import BadValue
from .ports import Controller, Lanes

__all__ = ["Job", "Rolling", "Take", "rollout"]


@dataclass(frozen=True, slots=True)
class Job:
    """One episode to be lived: where, and the seed of everything random in it. ``number`` is its place in the list."""

    number: int
    environment: Environment
    seed: int


@dataclass(frozen=True, slots=True)
class Rolling:
    """How long an episode runs: at most ``horizon`` steps, or until success has held for ``hold`` steps.

    ``keep`` saves each lane's state every so many steps so that a controller may rewind it; 0 keeps none.
    """

    horizon: int
    hold: int = 5
    keep: int = 0


@dataclass(frozen=True, eq=False)
class Take:
    """One lived episode as columns of T samples: what was seen before each action, and what came of it.

    ``obs`` and ``labels`` are those before the action of the same row; ``success`` and ``progress`` those after it.
    ``parent`` is the number of the take (of the same job) that was rewound into this one, or -1; ``part`` counts
    the takes of one job.
    """

    job: Job
    lane: int
    obs: Mapping[str, npt.NDArray[np.generic]]
    actions: Floats
    control: npt.NDArray[np.int8]
    success: Bools
    progress: Floats
    labels: Mapping[str, Floats]
    marks: Mapping[str, Floats]
    outcome: str
    part: int = 0
    start: int = 0
    """Steps that the robot had already lived in this job when the take began."""

    def __len__(self) -> int:
        return len(self.actions)


def rollout(lanes: Lanes, controller: Controller, jobs: Iterable[Job], how: Rolling) -> Iterator[Take]:
    """Live every job on the next free lane and yield each take as it ends.

    Deterministic: the same lanes, controller, jobs and settings give the same takes in the same order.
    """
    if how.horizon < 1 or how.hold < 1:
        raise BadValue("A rollout needs a horizon and a hold of at least one step.")
    floor = _Floor(lanes, controller, how, iter(jobs))
    floor.fill(range(lanes.count))
    while floor.active.any():
        yield from floor.tick()


@dataclass(slots=True)
class _Floor:
    """All lanes at work, and the columns that their steps are written into: row = step, column = lane."""

    lanes: Lanes
    controller: Controller
    how: Rolling
    waiting: Iterator[Job]
    step: Ints = field(init=False)
    held: Ints = field(init=False)
    start: Ints = field(init=False)
    part: Ints = field(init=False)
    active: Bools = field(init=False)
    jobs: list[Job | None] = field(init=False)
    columns: dict[str, dict[str, npt.NDArray[np.generic]]] = field(init=False)
    saved: list[list[tuple[int, object]]] = field(init=False)

    def __post_init__(self) -> None:
        n = self.lanes.count
        self.step, self.held, self.start, self.part = (np.zeros(n, np.int64) for _ in range(4))
        self.active = np.zeros(n, np.bool_)
        self.jobs = [None] * n
        self.columns = {"obs": {}, "labels": {}, "marks": {}, "own": {}}
        self.saved = [[] for _ in range(n)]

    def fill(self, free: Iterable[int]) -> None:
        """Give each free lane the next job; a lane without one rests."""
        began: list[int] = []
        for lane in free:
            job = next(self.waiting, None)
            self.jobs[lane], self.active[lane] = job, job is not None
            if job is not None:
                self.lanes.reset(lane, job.environment, job.seed)
                self.step[lane] = self.held[lane] = self.start[lane] = self.part[lane] = 0
                self.saved[lane] = []
                began.append(lane)
        if began:
            self._begin(began)

    def _begin(self, began: list[int]) -> None:
        jobs = [job for job in (self.jobs[lane] for lane in began) if job is not None]
        self.controller.start(
            np.asarray(began, np.int64),
            tuple(job.environment for job in jobs),
            np.asarray([job.seed for job in jobs], np.int64),
        )

    def tick(self) -> Iterator[Take]:
        """One step of every active lane; the takes that ended with it."""
        if self.how.keep:
            self._save()
        state = self.lanes.state
        act = self.controller.act(Moment(state, self.step.copy(), self.active.copy()))
        moving = self.active if act.wait is None else self.active & ~act.wait
        self._write("obs", state.obs, moving)
        self._write("labels", state.labels, moving)
        self._write("marks", act.marks, moving)
        self.lanes.step(act.actions, moving)
        after = self.lanes.state
        self._write("own", {"action": act.actions, "control": act.control}, moving)
        self._write("own", {"success": after.success, "progress": after.progress}, moving)
        self.step[moving] += 1
        self.held = np.where(moving, np.where(after.success, self.held + 1, 0), self.held)
        yield from self._ended(act, after)

    def _save(self) -> None:
        """Keep the state of every lane whose turn it is, once a step however long it waits there."""
        for lane in np.flatnonzero(self.active & (self.step % self.how.keep == 0)).tolist():
            step, saved = int(self.step[lane]), self.saved[lane]
            if not saved or saved[-1][0] != step:
                saved.append((step, self.lanes.save(lane)))

    def _write(self, sort: str, columns: Mapping[str, npt.NDArray[np.generic]], moving: Bools) -> None:
        lanes = np.flatnonzero(moving)
        for name, column in columns.items():
            there = self.columns[sort].get(name)
            if there is None:
                shape = (self.how.horizon, self.lanes.count, *column.shape[1:])
                there = self.columns[sort][name] = np.zeros(shape, column.dtype)
            there[self.step[lanes], lanes] = column[lanes]

    def _ended(self, act: Act, after: State) -> Iterator[Take]:
        none = np.zeros(self.lanes.count, np.bool_)
        stop = none if act.stop is None else act.stop
        back = none if act.back is None else act.back > 0
        done = self.held >= self.how.hold
        full = self.step + self.start >= self.how.horizon
        ended = self.active & (done | full | stop | after.broken | back)
        free: list[int] = []
        for lane in np.flatnonzero(ended).tolist():
            word = "success" if done[lane] else "invalid" if after.broken[lane] else "failure"
            word = "aborted" if word == "failure" and (stop[lane] or (back[lane] and not full[lane])) else word
            yield self._take(lane, word)
            if word == "aborted" and back[lane] and not stop[lane] and act.back is not None:
                self._rewind(lane, int(act.back[lane]))
            else:
                free.append(lane)
        if free:
            self.fill(free)

    def _take(self, lane: int, outcome: str) -> Take:
        steps = int(self.step[lane])
        cut = {
            sort: {name: column[:steps, lane].copy() for name, column in columns.items()}
            for sort, columns in self.columns.items()
        }
        own, job = cut.pop("own"), self.jobs[lane]
        assert job is not None
        return Take(
            job,
            lane,
            cut["obs"],
            own["action"].astype(np.float64),
            own["control"].astype(np.int8),
            own["success"].astype(np.bool_),
            own["progress"].astype(np.float64),
            {name: column.astype(np.float64) for name, column in cut["labels"].items()},
            {name: column.astype(np.float64) for name, column in cut["marks"].items()},
            outcome,
            int(self.part[lane]),
            int(self.start[lane]),
        )

    def _rewind(self, lane: int, back: int) -> None:
        """Put the lane back to the newest saved state that is at least ``back`` steps old (or its oldest).

        What was saved before stays, at steps below zero, so that a lane can be rewound again and further.
        """
        if not self.saved[lane]:
            raise BadValue("A controller rewinds, but the rollout keeps no states.", do="Set Rolling.keep.")
        wanted = int(self.step[lane]) - back
        kept = [one for one in self.saved[lane] if one[0] <= wanted] or self.saved[lane][:1]
        there, state = kept[-1]
        self.lanes.restore(lane, state)
        self.start[lane] += self.step[lane]
        self.part[lane] += 1
        self.step[lane] = self.held[lane] = 0
        self.saved[lane] = [(step - there, one) for step, one in self.saved[lane] if step <= there]
        self._begin([lane])
