"""Work on this machine: in a loop, or in a pool of processes, with results in the order of the items."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

__all__ = ["Loop", "Processes"]

In = TypeVar("In")
Out = TypeVar("Out")


@dataclass(frozen=True, slots=True)
class Loop:
    """A plain loop: the reference that every other runner must agree with."""

    name: str = "loop"

    def map(self, function: Callable[[In], Out], items: Iterable[In]) -> Iterator[Out]:
        """Results one after the other, made when asked for."""
        return map(function, items)


@dataclass(frozen=True, slots=True)
class Processes:
    """A pool of spawned processes; at most four items per worker are under way, so memory stays bounded."""

    name: str = "processes"
    workers: int = 2

    def map(self, function: Callable[[In], Out], items: Iterable[In]) -> Iterator[Out]:
        """Results in the order of the items; the first error stops the rest and is raised here."""
        waiting = iter(items)
        ahead = self.workers * 4
        with ProcessPoolExecutor(self.workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            running: deque[Future[Out]] = deque(pool.submit(function, item) for item in islice(waiting, ahead))
            try:
                while running:
                    yield running.popleft().result()
                    running.extend(pool.submit(function, item) for item in islice(waiting, 1))
            finally:
                for future in running:
                    future.cancel()
