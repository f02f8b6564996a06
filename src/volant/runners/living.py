"""Episodes lived on this machine: jobs shared out over processes, the same takes wherever they were lived."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import cache
from hashlib import blake2b
from itertools import islice
from multiprocessing.process import BaseProcess
from typing import Protocol

from .. import plug
from ..core import CONTROL, Controller, Environment, Episode, Job, Lanes, Living, Origin, Rolling, Take, lived, rollout
from ..core.errors import BadValue, NotFound, Refused, suggest
from ..video.stills import RawFrames

__all__ = ["Driver", "Drives", "episodes", "live", "lives", "tried"]

RUNNERS = ("processes", "loop")
_PIECES = 32
"""Jobs are cut into at most so many pieces, whatever the machine: how they are cut must not depend on it."""

Progress = Callable[[int], None]
"""Told how many jobs are done."""


class Drives(Protocol):
    """A value that a process can make a controller from: it must survive pickling, and hold everything it needs."""

    def controller(self, world: str, task: str, lanes: int) -> Controller:
        """A fresh controller for so many lanes."""
        ...


@dataclass(frozen=True, slots=True)
class Driver:
    """Who moves the robots: a policy where its bytes are given, else an operator by name."""

    operator: str = "expert"
    policy: bytes = b""

    def controller(self, world: str, task: str, lanes: int) -> Controller:
        """A fresh controller; an unknown operator or a policy of an unknown learner is refused by name."""
        if self.policy:
            return plug.policy(self.policy).controller(lanes)
        where = plug.world(world)
        return plug.operator(self.operator).drive(where.expert(task, lanes), where.body(task), lanes)

    def origin(self, world: str) -> Origin:
        """What is known of where its episodes come from: simulation for the expert, teleoperation for an operator
        that acts like a person, autonomous for a policy, which is named by the digest of its bytes."""
        said = Origin(collector="volant", site=world, licence="Apache-2.0")
        if self.policy:
            return replace(said, policy=blake2b(self.policy, digest_size=16).hexdigest(), tier="autonomous")
        tier = "simulation" if self.operator == "expert" else "teleoperation"
        return replace(said, operator=self.operator, tier=tier)


@dataclass(frozen=True, slots=True)
class _Piece:
    world: str
    task: str
    driver: Drives
    jobs: tuple[Job, ...]
    how: Rolling
    lanes: int


def live(
    world: str,
    task: str,
    driver: Drives,
    jobs: Sequence[Job],
    how: Rolling,
    *,
    lanes: int = 16,
    runner: str = "processes",
    workers: int = 0,
    progress: Progress | None = None,
) -> list[Take]:
    """Every job's takes, in the order of the jobs and then of their parts; see ``lives``."""
    return list(lives(world, task, driver, jobs, how, lanes=lanes, runner=runner, workers=workers, progress=progress))


def lives(
    world: str,
    task: str,
    driver: Drives,
    jobs: Sequence[Job],
    how: Rolling,
    *,
    lanes: int = 16,
    runner: str = "processes",
    workers: int = 0,
    progress: Progress | None = None,
) -> Iterator[Take]:
    """Takes as they come, in the order of the jobs and then of their parts, with at most a few pieces under way.

    Jobs are cut into pieces of about ``lanes`` that are lived together; how they are cut depends on nothing but
    their number, so a loop gives the same takes as any number of ``workers`` (0: one for each core). Processes stay
    for the next call; like all spawned processes they need a script to guard its ``__main__``.
    """
    if runner not in RUNNERS:
        raise NotFound(f"Episodes cannot be lived by {runner!r}.", instead=suggest(runner, RUNNERS))
    if lanes < 1:
        raise BadValue(f"{lanes} lanes cannot live anything.", do="Use 1 or more.")
    body = plug.world(world).body(task)  # an unknown task is refused here, in words, not in a worker
    if how.horizon < 1 or not body.signals:
        raise BadValue(f"Nothing can be lived in {world}/{task} with a horizon of {how.horizon}.")
    pieces = [_Piece(world, task, driver, some, how, min(lanes, len(some))) for some in _cut(tuple(jobs), lanes)]
    count = workers or _cores()
    done = 0
    several = runner == "processes" and count > 1 and len(pieces) > 1
    for piece, takes in zip(pieces, _spread(pieces, count) if several else map(_live, pieces), strict=True):
        done += len(piece.jobs)
        if progress:
            progress(done)
        yield from takes


def tried(world: str, task: str, policy: bytes, places: Sequence[Environment]) -> list[Take]:
    """A policy once in every place, as long as the world gives it, in the order of the places."""
    jobs = [Job(i, where, i) for i, where in enumerate(places)]
    return live(world, task, Driver(policy=policy), jobs, Rolling(plug.world(world).horizon(task)))


def episodes(world: str, task: str, takes: Iterable[Take], origin: Origin) -> Iterator[Episode]:
    """Takes as episodes: regions named, a rewound take the parent of the next, take-overs of a policy so called.

    ``takes`` must be in order, as ``live`` gives them. A policy's take in which a person acted is of the tier
    ``intervention``.
    """
    where = plug.world(world)
    body, by = where.body(task), f"worlds/{where.name}@{where.version}"
    before: tuple[int, str] = (-1, "")
    for take in takes:
        if not len(take):
            continue
        said = origin
        if origin.policy and bool((take.control == CONTROL.index("person")).any()):
            said = replace(said, tier="intervention")
        if take.part and before[0] == take.job.number:
            said = replace(said, parents=(*said.parents, before[1]))
        episode = _pictured(lived(take, Living(body, said, where.region(take.job.environment), by)))
        before = (take.job.number, episode.id)
        yield episode


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pictured(episode: Episode) -> Episode:
    """The episode with its pictures as frames, which is how the gate and the lake know pictures."""
    if not any(stream.signal.kind.visual for stream in episode.streams):
        return episode
    streams = (replace(s, x=RawFrames.of(s.values)) if s.signal.kind.visual else s for s in episode.streams)
    return replace(episode, streams=tuple(streams))


def _cut(jobs: tuple[Job, ...], lanes: int) -> list[tuple[Job, ...]]:
    """Pieces of nearly equal size: about ``lanes`` jobs each, two at least, and never more than there may be."""
    if not jobs:
        return []
    size = max(-(-len(jobs) // _PIECES), min(lanes, -(-len(jobs) // 2)))
    count = -(-len(jobs) // size)
    edges = [len(jobs) * i // count for i in range(count + 1)]
    return [jobs[edges[i] : edges[i + 1]] for i in range(count)]


def _live(piece: _Piece) -> list[Take]:
    """One piece from beginning to end, in the order of its jobs."""
    key = (piece.world, piece.task, piece.lanes)
    lanes = _resting.pop(key, None) or plug.world(piece.world).open(piece.task, piece.lanes)
    controller = piece.driver.controller(piece.world, piece.task, piece.lanes)
    takes = sorted(rollout(lanes, controller, piece.jobs, piece.how), key=lambda take: (take.job.number, take.part))
    _resting[key] = lanes
    while len(_resting) > 3:
        _resting.pop(next(iter(_resting))).close()
    return takes


_resting: dict[tuple[str, str, int], Lanes] = {}
"""Lanes that wait for the next piece of the same task: opening them anew would cost more than the piece."""


@cache
def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_serve)


def _serve() -> None:
    """A worker leaves stopping to its parent, and goes when the parent is gone, however it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _spread(pieces: Sequence[_Piece], workers: int) -> Iterator[list[Take]]:
    """Results in order, from processes that stay; at most two pieces per worker are under way."""
    pool, waiting = _pool(workers), iter(pieces)
    running: deque[Future[list[Take]]] = deque(pool.submit(_live, piece) for piece in islice(waiting, 2 * workers))
    try:
        while running:
            yield running.popleft().result()
            running.extend(pool.submit(_live, piece) for piece in islice(waiting, 1))
    except BrokenProcessPool as error:
        _pool.cache_clear()
        raise Refused(
            "A process that lived episodes died; what it was living is lost, nothing else.",
            do="Ask again with fewer lanes; the machine may be out of memory.",
        ) from error
    finally:
        for future in running:
            future.cancel()
