"""A queue by keyboard: one episode in a few seconds, with its film, its signals and what was found where."""

from __future__ import annotations

import asyncio
import statistics
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import Request
from nicegui import ui

from ... import review
from ...core import OUTCOMES, Span
from ...core.errors import VolantError
from ..doors import Who, who_of
from ..sight import Sight, look
from .frame import Frame, asset, frame, markup
from .reviewing import asking, bar, nothing, panel, planned, planning, shown, states
from .words import say, tongue

if TYPE_CHECKING:
    from ...api import Lake
    from ..house import House

__all__ = ["install"]

_EVERY = 20.0
_WORDS = (("a", "accept"), ("r", "return"), ("o", "outcome"), ("c", "cause"), ("n", "next"), ("u", "undo"))


Taken = tuple[review.Assignment | None, Sight | None, dict[str, int]]
"""An assignment, what is seen of it, and how many episodes are in which state."""


@dataclass
class Desk:
    """One reviewer at one page: what lies before them, what they have said of it so far, and what they did before."""

    house: House
    who: Who
    tongue: str
    how: review.Reviewing
    stage: Any = None
    ask: Any = None
    bar: Any = None
    said: Any = None
    box: Any = None
    states: Any = None
    mode: str = ""
    sight: Sight | None = None
    given: review.Assignment | None = None
    draft: review.Decision = field(default_factory=lambda: review.Decision(True))
    since: int = 0
    busy: bool = False
    ahead: asyncio.Task[Taken] | None = None
    done: list[tuple[str, float]] = field(default_factory=list)

    async def take(self, skip: str = "") -> None:
        """Lay the next episode before them, and claim the one after it, so that it is there when it is wanted."""
        ahead, self.ahead = self.ahead, None
        self.given, self.sight, counts = await (ahead or self._taken(skip))
        self.fresh()
        if self.sight is not None:
            self.ahead = asyncio.create_task(self._taken(self.sight.subject))
        self.states.set_content(states(counts, self.pace(), self.tongue))

    async def _taken(self, skip: str) -> Taken:
        rater, how, now = self.who.name, self.how, self.house.clock()

        def work(lake: Lake) -> Taken:
            got = review.take(lake.store, rater, how, now, skip)
            return got, look(lake.store, got.subject) if got else None, review.board(lake.store, now).counts()

        return await self.house.do(work)

    async def leave(self) -> None:
        """Whoever closed the page holds nothing any more."""
        held = [self.sight.subject] if self.sight else []
        if self.ahead is not None:
            given = (await self.ahead)[0]
            held += [given.subject] if given else []
        rater, now = self.who.name, self.house.clock()

        def work(lake: Lake) -> None:
            for subject in held:
                review.release(lake.store, subject, rater, now)

        await self.house.do(work)

    def fresh(self) -> None:
        """Draw what lies before them, with nothing said of it yet."""
        self.draft, self.mode, self.since = review.Decision(True), "", self.house.clock()
        self.stage.set_content(shown(self.sight, self.given, self.tongue) if self.sight else nothing(self.tongue))
        self.redraw()

    def redraw(self) -> None:
        """Draw the keys, and the question that is open."""
        self.ask.set_content(asking(self.mode, self.tongue))
        self.box.set_visibility(self.mode in ("r", "c"))
        zero, seconds = (self.sight.zero, self.sight.seconds) if self.sight else (0, 0.0)
        self.bar.set_content(bar(self.draft, zero, seconds, self.tongue) if self.sight else "")

    def pace(self) -> tuple[int, float]:
        """How many were decided in this sitting, and the median of seconds each took."""
        return len(self.done), statistics.median(seconds for _, seconds in self.done) if self.done else 0.0

    async def press(self, key: str) -> None:
        """A key, or the button that means it."""
        if self.busy:
            return
        self.busy = True
        try:
            await self._press(key)
        except VolantError as error:
            self.said.set_text(str(error))
            if self.sight is None or "looking at" in str(error) or "already" in str(error):
                await self.take()
        finally:
            self.busy = False

    async def _press(self, key: str) -> None:
        if key == "u":
            await self._undo()
        elif self.sight is None:
            await self.take()
        elif key.isdigit() and self.mode:
            await self._choose(int(key) - 1)
        elif key in ("r", "o", "c"):
            self.mode = "" if self.mode == key else key
            self.redraw()
        elif key == "Escape":
            self.mode = ""
            self.redraw()
        elif key == "a":
            await self._decide(replace(self.draft, accept=True))
        elif key == "n":
            skip, rater, now = self.sight.subject, self.who.name, self.house.clock()
            await self.house.do(lambda lake: review.release(lake.store, skip, rater, now))
            await self.take(skip)

    async def _choose(self, place: int) -> None:
        words = {"r": tuple(review.REASONS), "o": OUTCOMES, "c": review.CAUSES}[self.mode]
        if place >= len(words):
            return
        word = words[place]
        if self.mode == "r":
            await self._decide(replace(self.draft, accept=False, reason=word))
            return
        # An outcome that is no success asks for its cause at once, so that both are two keys.
        if self.mode == "o":
            self.draft = replace(self.draft, outcome=word)
            self.mode = "c" if word in ("failure", "partial", "recovered") and not self.draft.cause else ""
        else:
            self.draft, self.mode = replace(self.draft, cause=word), ""
        self.redraw()

    async def tell(self, words: str) -> None:
        """A reason or a cause in words of one's own."""
        if not words.strip() or self.sight is None:
            return
        if self.mode == "r":
            await self._decide(replace(self.draft, accept=False, reason=words))
        elif self.mode == "c":
            self.draft, self.mode = replace(self.draft, cause=words), ""
            self.redraw()

    def span(self, start: float, stop: float) -> None:
        """The failing span, as shares of the episode."""
        if self.sight is not None:
            zero, length = self.sight.zero, self.sight.seconds * 1e9
            self.draft = replace(self.draft, span=Span(int(zero + start * length), int(zero + stop * length)))
            self.redraw()

    async def _decide(self, said: review.Decision) -> None:
        assert self.sight is not None
        subject, rater, how, now = self.sight.subject, self.who.name, self.how, self.house.clock()
        seconds = (now - self.since) / 1e9
        said = replace(said, seconds=seconds)
        await self.house.do(lambda lake: review.decide(lake.store, subject, rater, said, how=how, at=now))
        self.done.append((subject, seconds))
        key = "review.done.accept" if said.accept else "review.done.return"
        self.said.set_text(say(key, self.tongue, name=subject[:8]))
        await self.take()

    async def _undo(self) -> None:
        if not self.done:
            return
        subject, rater, how, now = self.done[-1][0], self.who.name, self.how, self.house.clock()
        held = self.sight

        def work(lake: Lake) -> Taken:
            review.undo(lake.store, subject, rater, how=how, at=now)
            if held:
                review.release(lake.store, held.subject, rater, now)
            return None, look(lake.store, subject), {}

        self.sight = (await self.house.do(work))[1]
        self.done.pop()
        self.given = review.Assignment(subject, how.until(now))
        self.said.set_text(say("review.done.undo", self.tongue, name=subject[:8]))
        self.fresh()


def install(house: House) -> None:
    """Serve the page of reviewers."""

    @ui.page("/review", response_timeout=60)
    async def page(request: Request) -> None:
        who = who_of(request)
        with frame(house, request, "review") as around:
            ui.add_head_html(f"<style>{asset('review.css')}</style><script>{asset('review.js')}</script>")
            desk = Desk(house, who, tongue(), review.Reviewing())
            with ui.element("div").classes("r-split"):
                with ui.element("div"):
                    desk.said = ui.label().classes("r-said").props('role="status" aria-live="polite"')
                    desk.stage = markup("")
                    with ui.element("div").classes("r-dock"):
                        desk.ask = markup("")
                        desk.box = ui.element("input").classes("v-field").style("width:100%")
                        desk.box.props(f'aria-label="{say("review.words")}" placeholder="{say("review.words")}"')
                        desk.bar = markup("")
                with ui.element("aside").classes("r-side").props(f'aria-label="{say("review")}"'):
                    desk.states = markup("")
                    if who.may("curate"):
                        _curators(desk)
            desk.box.on(
                "keydown.enter",
                lambda event: desk.tell(_value(event)),
                js_handler="e => {emit(e.target.value); e.target.value=''}",
            )
            ui.on("review-does", lambda event: desk.press(_value(event)))
            ui.on("review-span", lambda event: desk.span(*(min(1.0, max(0.0, float(one))) for one in event.args[:2])))
            _keys(around, desk)
            await desk.take()

        async def wait() -> None:
            if desk.sight is None and not desk.busy:
                await desk.press("")

        ui.timer(_EVERY, wait)
        ui.context.client.on_delete(desk.leave)


def _value(event: Any) -> str:
    """What a browser sent along, as text."""
    said = event.args
    return str(said[0] if isinstance(said, list | tuple) and said else said)


def _keys(around: Frame, desk: Desk) -> None:
    for key, word in _WORDS:
        around.key(key, say(f"review.{word}"), partial(desk.press, key))
    around.key(" ", say("review.play"), partial(ui.run_javascript, "reviewPlay()"))
    around.key("[", say("review.from"), partial(ui.run_javascript, "reviewMark(false)"))
    around.key("]", say("review.to"), partial(ui.run_javascript, "reviewMark(true)"))


def _curators(desk: Desk) -> None:
    """Agreement, rates and the plan, for who answers for them."""
    house = desk.house

    def figures(lake: Lake) -> tuple[review.Agreement, Any]:
        now = house.clock()
        return review.agreement(review.board(lake.store, now)), review.acceptance(lake.store, at=now)

    where = markup("")
    values = {"aql": 1.0, "ltpd": 6.0, "lot": 0.0}
    markup(f"<h2>{say('review.plan')}</h2>")
    markup(planning(values, desk.tongue))
    made = markup(planned(values, desk.tongue)).classes("r-curve")

    def change(event: Any) -> None:
        name, said = (str(one) for one in event.args)
        try:
            values[name] = float(said)
        except ValueError:
            return
        made.set_content(planned(values, desk.tongue))

    ui.on("review-plan", change)

    async def again() -> None:
        where.set_content(panel(*await house.do(figures), desk.tongue))

    ui.timer(_EVERY, again)
    ui.timer(0.5, again, once=True)
