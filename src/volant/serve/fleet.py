"""A fleet beside the server: its process, what it last looked like, and the way home for what people did with it."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from ..core import Episode, Fact
from ..core.errors import LakeError, Refused, VolantError
from ..deploy.apart import Apart
from ..deploy.glance import Glance
from ..deploy.words import Answer, Came, Failed, Opened, Said, Shifting, Told, Word
from .wall import glanced

if TYPE_CHECKING:
    from ..api import Lake
    from .house import House

__all__ = ["Fleet"]

_PATIENCE = 10.0
"""Seconds that an answer or the end of the fleet is waited for."""
_LANDING = 60.0
"""Seconds that the last episodes have to come home when the fleet has stopped."""
_AGAIN = 5.0
"""Seconds until what the lake did not take is brought again."""


@dataclass(eq=False)
class Fleet:
    """Robots at work beside a house, as one of its rooms.

    ``glance``, ``opened`` and ``told`` are the last that it said, ``trouble`` is why it is not at work, empty where it
    is or will be. ``home`` counts the episodes that the lake has, ``refused``
    is why it did not want the last one.
    """

    house: House
    blob: bytes
    place: str
    how: Shifting = field(default_factory=Shifting)
    glance: Glance | None = None
    opened: Opened | None = None
    told: Told = field(default_factory=Told)
    trouble: str = ""
    home: int = 0
    refused: str = ""
    _apart: Apart | None = None
    _at: int = 0
    _shown: tuple[Glance, bytes] | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _next: asyncio.Event = field(default_factory=asyncio.Event)
    _asked: dict[int, asyncio.Future[Answer]] = field(default_factory=dict)
    _number: int = 0
    _came: deque[Episode | Fact] = field(default_factory=deque)
    _landing: asyncio.Task[None] | None = None
    _reading: threading.Thread | None = None

    async def start(self) -> None:
        """Let the robots go to work; returns at once, they begin some seconds later."""
        self._loop = asyncio.get_running_loop()
        self._apart = Apart.started(self.blob, self.place, self.how)
        self._reading = threading.Thread(target=self._read, name="volant-fleet", daemon=True)
        self._reading.start()

    async def stop(self) -> None:
        """Let operations under way end here, bring home what people touched, and end the process."""
        if self._apart is None:
            return
        self._apart.orders.close()
        if self.opened is None:
            self._apart.process.kill()  # still getting ready: nothing is under way that could be lost
        if self._reading is not None:
            await asyncio.to_thread(self._reading.join, _PATIENCE)
        if self._apart.process.is_alive():
            self._apart.process.kill()
        await asyncio.to_thread(self._apart.process.join, _PATIENCE)
        await asyncio.sleep(0)  # what the reader said last
        self._apart = None
        if self._landing is not None:
            await asyncio.wait((self._landing,), timeout=_LANDING)

    def say(self, said: Said) -> None:
        """Tell it what a person does; nothing is answered."""
        if self._apart is None or self.trouble:
            raise Refused(self.trouble or "No fleet is at work.")
        try:
            self._apart.orders.send(said)
        except OSError:
            raise Refused("The fleet has ended.") from None

    async def ask(self, said: Said) -> Answer:
        """Tell it what a person wants, and what came of it, under the person's own number."""
        self._number += 1
        number, answer = self._number, asyncio.get_running_loop().create_future()
        self._asked[number] = answer
        try:
            self.say(replace(said, seq=number))
            found: Answer = await asyncio.wait_for(answer, _PATIENCE)
            return replace(found, seq=said.seq)
        except TimeoutError:
            raise Refused(f"The fleet has not answered for {_PATIENCE:g} s.") from None
        finally:
            del self._asked[number]

    def shown(self) -> bytes:
        """The last glance as a browser gets it; made once, however many look."""
        if self.glance is None or self.opened is None:
            raise Refused("The fleet is not at work yet.")
        if self._shown is None or self._shown[0] is not self.glance:
            self._shown = self.glance, glanced(self.glance, self.opened.hz, self.home, self._at)
        return self._shown[1]

    async def turn(self) -> None:
        """Wait until it looks different."""
        await self._next.wait()

    def _read(self) -> None:
        """In a thread of its own, until the process has closed its end."""
        assert self._apart is not None and self._loop is not None
        try:
            while True:
                word = self._apart.words.recv()
                self._loop.call_soon_threadsafe(self._hear, word)
        except (EOFError, OSError):
            pass
        with suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(self._ended)

    def _hear(self, word: Word) -> None:
        match word:
            case Glance():
                self.glance, self._at = word, self.house.clock()
                self._turned()
            case Answer():
                waits = self._asked.get(word.seq)
                if waits is not None and not waits.done():
                    waits.set_result(word)
            case Told():
                self._bring(*word.facts)
                self.told = word if word.figures else self.told
            case Came():
                self._bring(word.episode)
            case Opened():
                self.opened = word
            case Failed():
                self.trouble = word.words
                self._turned()

    def _ended(self) -> None:
        self.trouble = self.trouble or "The fleet has ended."
        self._turned()

    def _turned(self) -> None:
        old, self._next = self._next, asyncio.Event()
        old.set()

    def _bring(self, *things: Episode | Fact) -> None:
        self._came.extend(things)
        if self._came and (self._landing is None or self._landing.done()):
            assert self._loop is not None
            self._landing = self._loop.create_task(self._land())

    async def _land(self) -> None:
        """Bring everything into the lake in the order in which it came; what it cannot take now is brought again."""
        while self._came:
            _, group = next(groupby(self._came, type))
            batch = list(group)
            try:
                await self.house.do(_landing(batch))
            except LakeError:
                await asyncio.sleep(_AGAIN)
                continue
            except VolantError as problem:
                self.refused = str(problem)
            else:
                self.home += sum(isinstance(one, Episode) for one in batch)
            for _ in batch:
                self._came.popleft()


def _landing(batch: Sequence[Episode | Fact]) -> Callable[[Lake], object]:
    """What to do with a lake: one commit of episodes, or of facts."""
    episodes = [one for one in batch if isinstance(one, Episode)]
    facts = [one for one in batch if isinstance(one, Fact)]
    return lambda lake: lake.add(episodes) if episodes else lake.tell(facts)
