"""What everything that serves shares: the lake, a place for what is no experience, the clock, and the floor."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from ..api import Lake
from .catalogue import Catalogue
from .floor import Floor

if TYPE_CHECKING:
    import pyarrow as pa

    from .fleet import Fleet

__all__ = ["House", "Room"]

T = TypeVar("T")
_THREADS = 4
_READERS = 2


class Room(Protocol):
    """Something in a house that has work of its own while the house is open."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


@dataclass(eq=False)
class House:
    """One lake that is served.

    ``home`` is a folder for accounts, tokens, the audit log and what comes in before it is an episode. ``clock`` gives
    ns since 1970. ``rooms`` are started when the house opens, and stopped before it closes; ``fleet`` is one of them
    where robots work beside the server; ``loading`` says what robots wait for. A lake serves one thread at a time, so
    each thread of the pool opens its own.
    """

    lake: str | Path
    home: Path
    clock: Callable[[], int] = time.time_ns
    floor: Floor = field(default_factory=Floor)
    rooms: list[Room] = field(default_factory=list)
    catalogue: Catalogue = field(default_factory=Catalogue)
    fleet: Fleet | None = None
    loading: str = ""
    _pool: ThreadPoolExecutor = field(init=False)
    _readers: ThreadPoolExecutor = field(init=False)
    _own: threading.local = field(init=False, default_factory=threading.local)

    def __post_init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, "volant-lake")
        self._readers = ThreadPoolExecutor(_READERS, "volant-reader")

    async def do(self, work: Callable[[Lake], T]) -> T:
        """Let a thread of the house do something with its lake, while everybody else goes on."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.now, work)

    async def ask(self, question: str, params: Sequence[object] = (), *, version: int | str | None = None) -> pa.Table:
        """The answer to an SQL question over the views of the lake."""
        return await self.do(lambda lake: lake.store.sql(question, version=version, params=params))

    async def browse(self, work: Callable[[Catalogue], T]) -> T:
        """Let a thread look through the catalogue, as it is now; for pages of rows and counts by columns."""

        def looked(lake: Lake) -> T:
            self.catalogue.refresh(lake.store)
            return work(self.catalogue)

        return await self.read(looked)

    async def read(self, work: Callable[[Lake], T]) -> T:
        """``do`` for pages that take a while: in threads of their own, so that recording never waits for them."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.now, work)

    def now(self, work: Callable[[Lake], T]) -> T:
        """The same in the calling thread."""
        lake: Lake | None = getattr(self._own, "lake", None)
        if lake is None:
            lake = self._own.lake = Lake(self.lake, clock=self.clock)
        return work(lake)

    def close(self) -> None:
        """Wait for what is being done, and let go."""
        self._readers.shutdown(wait=True, cancel_futures=True)
        self._pool.shutdown(wait=True)
