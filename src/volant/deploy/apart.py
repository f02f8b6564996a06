"""A fleet in a process of its own: physics keeps its pace there, whatever else the machine's pages have to do."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from .. import plug
from ..core.errors import VolantError
from .glance import Glance
from .shift import shift
from .words import Failed, Said, Shifting, Word

__all__ = ["Apart", "work"]


@dataclass(frozen=True, slots=True)
class Apart:
    """A fleet's process with the two ends of its pipes: orders go in, words come out. Closing ``orders`` ends it."""

    process: BaseProcess
    orders: Connection
    words: Connection

    @classmethod
    def started(cls, blob: bytes, place: str, how: Shifting) -> Apart:
        """Begin it: the policy of these bytes, in ``WORLD/TASK``."""
        context = get_context("spawn")
        theirs, orders = context.Pipe(duplex=False)
        words, mine = context.Pipe(duplex=False)
        process = context.Process(target=work, args=(blob, place, how, theirs, mine), name="volant-fleet", daemon=True)
        process.start()
        theirs.close()
        mine.close()
        return cls(process, orders, words)


def work(blob: bytes, place: str, how: Shifting, orders: Connection, words: Connection) -> None:
    """The whole life of the process: a shift until ``orders`` is closed; what goes wrong is told in words."""
    for sent in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sent, signal.SIG_IGN)  # they are for the server, which then closes the pipe
    os.nice(1)
    post = _Post(words)
    inbox = _Inbox(orders)
    for one in (post.deliver, inbox.collect):
        threading.Thread(target=one, daemon=True).start()
    try:
        name, task = plug.place(place)
        shift((plug.policy(blob), plug.world(name), task), how, (inbox.hear, post.tell), time.perf_counter, time.sleep)
    except VolantError as problem:
        post.tell(Failed(str(problem)))
    post.close()


@dataclass(slots=True)
class _Inbox:
    """Orders as they come, so that who sends them never waits for physics."""

    orders: Connection
    came: deque[Said] = field(default_factory=deque)
    over: bool = False

    def collect(self) -> None:
        """Until the other end is closed or gone."""
        try:
            while True:
                self.came.append(self.orders.recv())
        except (EOFError, OSError):
            self.over = True

    def hear(self) -> Sequence[Said] | None:
        """All since last asked."""
        if self.over and not self.came:
            return None
        return [self.came.popleft() for _ in range(len(self.came))]


@dataclass(slots=True)
class _Post:
    """Words on their way: of glances only the newest matters, so physics never waits for who reads them."""

    words: Connection
    must: deque[Word] = field(default_factory=deque)
    glance: Glance | None = None
    ready: threading.Condition = field(default_factory=threading.Condition)
    over: bool = False
    done: bool = False

    def tell(self, word: Word) -> None:
        """Send it soon."""
        with self.ready:
            if isinstance(word, Glance):
                self.glance = word
            else:
                self.must.append(word)
            self.ready.notify_all()

    def deliver(self) -> None:
        """Until the other end is gone, or everything was sent after the end."""
        try:
            while True:
                with self.ready:
                    self.ready.wait_for(lambda: self.must or self.glance is not None or self.over)
                    parcel: list[Word] = list(self.must)
                    self.must.clear()
                    parcel += [] if self.glance is None else [self.glance]
                    self.glance = None
                if not parcel:
                    break
                for word in parcel:
                    self.words.send(word)
        except OSError:
            pass
        with self.ready:
            self.done = True
            self.ready.notify_all()

    def close(self) -> None:
        """Wait until everything was sent, or nobody reads any more."""
        with self.ready:
            self.over = True
            self.ready.notify_all()
            self.ready.wait_for(lambda: self.done)
        self.words.close()
