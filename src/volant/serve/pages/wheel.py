"""The start: how the wheel turns, what is being collected now, and tomorrow's plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np
from fastapi import Request
from nicegui import ui

from ... import charts, plan
from ...core import Estimate, Order, Turn
from ...statistics.intervals import wilson
from .cells import unseen
from .frame import frame, markup
from .lights import recording
from .parts import Tile, card, duration, empty, estimates, how, link, picture, share, table, tiles
from .words import say

if TYPE_CHECKING:
    from ...api import Lake
    from ..catalogue import Catalogue
    from ..house import House

__all__ = ["Shown", "drawn", "gathered", "install"]

_ORDERS = 12


@dataclass(frozen=True)
class Shown:
    """What the page says, as values: the main wheel's turns first, and what the lake holds."""

    wheels: dict[str, tuple[Turn, ...]]
    episodes: int
    seconds: float
    taken: int
    version: int
    missed: Estimate | None
    graded: tuple[Estimate, ...]


def install(house: House) -> None:
    """Serve the page of the wheel."""

    @ui.page("/", response_timeout=60)
    async def wheel(request: Request) -> None:
        shown = await gathered(house)
        with frame(house, request, "wheel"):
            top, rest = drawn(shown)
            markup(top)
            with ui.element("section").classes("card"):
                live = markup(recording(house.floor.stations()))

            def tick() -> None:
                now = recording(house.floor.stations())
                if now != live.content:
                    live.set_content(now)

            ui.timer(1.0, tick)
            markup(rest)


async def gathered(house: House) -> Shown:
    """Ask the lake for what the page shows; no sample is read."""

    def turned(lake: Lake) -> tuple[dict[str, tuple[Turn, ...]], int]:
        turns = Turn.all_of(lake.store.facts(key="turn/record"))
        names = sorted({turn.strategy for turn in turns}, key=lambda name: (name != "planner", name))
        return {name: tuple(turn for turn in turns if turn.strategy == name) for name in names}, lake.version

    wheels, version = await house.do(turned)
    row = await house.browse(lambda catalogue: catalogue.kept("totals", _totals))
    cells = await house.browse(unseen)
    main = next(iter(wheels.values()), ())
    missed = next((one for one in cells if one.name == "new next"), None)
    return Shown(
        wheels,
        int(str(row["n"])),
        float(str(row["seconds"])),
        int(str(row["taken"])),
        version,
        missed,
        plan.calibration(plan.grades(main)),
    )


_TOTALS = """SELECT count(*) AS n, coalesce(sum(seconds), 0) AS seconds,
    count(*) FILTER (tier = 'intervention') AS taken FROM episodes"""


def _totals(catalogue: Catalogue) -> dict[str, object]:
    return catalogue.answer(_TOTALS)[0]


def drawn(shown: Shown) -> tuple[str, str]:
    """The page above and below what is being collected now."""
    if not shown.episodes and not shown.wheels:
        return empty(say("wheel.lake.empty"), say("wheel.lake.do"), "volant add PATH"), ""
    main = next(iter(shown.wheels.values()), ())
    head = tiles([*_turned(main), *_held(shown)])
    if not main:
        return head, card(empty(say("wheel.empty"), say("wheel.empty.do"), "volant turn"))
    parts = [
        f"<h2>{escape(say('wheel.plan'))}</h2>{card(_tomorrow(main[-1], shown.graded))}",
        f"<h2>{escape(say('wheel.tasks'))}</h2>{picture(_tasks(main[-1]), say('wheel.tasks'))}",
        f"<h2>{escape(say('wheel.ledger'))}</h2>{card(_ledger(main))}",
    ]
    growth = f"<h2>{escape(say('wheel.growth'))}</h2>{how(say('wheel.growth.how'))}{picture(_growth(shown.wheels), say('wheel.growth'))}"
    return head + growth, "".join(parts)


def pooled(turn: Turn) -> tuple[int, int]:
    """Wins and trials of all tasks together."""
    counts = turn.by_task().values()
    return sum(wins for wins, _ in counts), sum(trials for _, trials in counts)


def _turned(turns: Sequence[Turn]) -> list[Tile]:
    if not turns:
        return []
    wins, trials = pooled(turns[-1])
    made: list[Tile] = [(share(wins, trials)[0], say("wheel.success"), share(wins, trials)[1])]
    if len(turns) > 1:
        before = pooled(turns[-2])
        change, low, high = _difference(*before, wins, trials)
        note = say("wheel.gained.how", n=before[1], m=trials)
        made.append(
            (say("wheel.points", value=f"{change:+.0f}"), say("wheel.gained"), f"{low:+.0f} – {high:+.0f}; {note}")
        )
        first = pooled(turns[0])
        points = 100 * (wins / max(1, trials) - first[0] / max(1, first[1]))
        spent = sum(turn.cost for turn in turns[1:])
        price = f"{spent / points:,.0f}" if points > 0 else say("wheel.price.none")
        made.append((price, say("wheel.price", currency=turns[-1].currency), say("wheel.price.how", n=len(turns) - 1)))
    asked, done = sum(turn.asked for turn in turns), sum(turn.operations for turn in turns)
    if done:
        made.append((share(asked, done)[0], say("wheel.asked"), share(asked, done)[1]))
    return made


def _held(shown: Shown) -> list[Tile]:
    made: list[Tile] = [
        (
            duration(shown.seconds),
            say("wheel.held"),
            say("wheel.held.how", n=f"{shown.episodes:,}", version=shown.version),
        ),
        (f"{shown.taken:,}", say("wheel.took"), say("wheel.took.how", n=f"{shown.episodes:,}")),
    ]
    if shown.missed is not None:
        one = shown.missed
        note = say("wheel.missed.how", low=f"{one.low or 0:.0%}", high=f"{one.high or 0:.0%}", n=f"{one.n:,}")
        made.append((f"{one.value:.0%}", say("wheel.missed"), note))
    return made


def _difference(w1: int, n1: int, w2: int, n2: int) -> tuple[float, float, float]:
    """Points gained and their interval: Newcombe's hybrid of two Wilson intervals (1998, method 10)."""
    one, other = w1 / max(1, n1), w2 / max(1, n2)
    (l1, u1), (l2, u2) = wilson(w1, max(1, n1)), wilson(w2, max(1, n2))
    d = other - one
    ends = d - float(np.hypot(other - l2, u1 - one)), d + float(np.hypot(u2 - other, one - l1))
    return 100 * d, 100 * ends[0], 100 * ends[1]


def _growth(wheels: dict[str, tuple[Turn, ...]]) -> str:
    made = []
    for name, turns in wheels.items():
        counts = [pooled(turn) for turn in turns]
        ends = [wilson(wins, max(1, trials)) for wins, trials in counts]
        spent = list(accumulate(turn.cost for turn in turns))
        y = [wins / max(1, trials) for wins, trials in counts]
        made.append(charts.Curve(name, spent, y, [e[0] for e in ends], [e[1] for e in ends], f"n={counts[-1][1]}"))
    currency = next(iter(wheels.values()))[-1].currency
    title = say("wheel.growth")
    return charts.curves(made, title=title, across=say("wheel.growth.across", currency=currency), up=say("wheel.share"))


def _tasks(turn: Turn) -> str:
    rows = []
    for task, (wins, trials) in turn.by_task().items():
        demos = sum(score.demonstrations for score in turn.scores if score.task == task)
        note = say("wheel.tasks.note", wins=wins, n=trials, demos=f"{demos:.0f}")
        rows.append(charts.Row(task, wins / max(1, trials), *wilson(wins, max(1, trials)), note))
    return charts.whiskers(rows, title=say("wheel.tasks"))


def _tomorrow(turn: Turn, graded: Sequence[Estimate]) -> str:
    if not turn.next:
        return empty(say("wheel.plan.none"), say("wheel.plan.do"), "volant turn")
    orders = sorted(turn.next, key=lambda order: -order.promised)
    heads = [say(f"wheel.{name}") for name in ("task", "region", "source", "count", "price.short", "gain")]
    rows = [order_row(order) for order in orders[:_ORDERS]]
    more = how(say("wheel.plan.more", n=len(orders) - _ORDERS)) if len(orders) > _ORDERS else ""
    kept = f"<h3>{escape(say('wheel.kept'))}</h3>{estimates(graded)}" if graded else ""
    return how(say("wheel.plan.how")) + table(heads, rows, numbers=(3, 4, 5), label=say("wheel.plan")) + more + kept


def order_row(order: Order) -> list[str]:
    """An order as cells of a table."""
    gain = say("wheel.points", value=f"{100 * order.promised:+.2f}")
    task = link("/episodes", order.task, task=order.task)
    price = f"{order.price:,.0f} {order.currency}"
    return [task, escape(order.scene), escape(order.variation), f"{order.count:,}", escape(price), gain]


def _ledger(turns: Sequence[Turn]) -> str:
    names = ("turn", "record", "episodes", "cost", "spent", "share", "interval", "help")
    rows = []
    for turn, spent in zip(turns, accumulate(turn.cost for turn in turns), strict=True):
        wins, trials = pooled(turn)
        low, high = wilson(wins, max(1, trials))
        rows.append(
            [str(turn.number), f"<code>{turn.hash[:8]}</code>", f"{turn.episodes:,}", f"{turn.cost:,.0f}", f"{spent:,.0f}",
             f"{wins / max(1, trials):.1%}", f"{low:.1%} – {high:.1%} (n={trials})", f"{turn.asked} / {turn.operations}"]
        )  # fmt: skip
    return table(
        [say(f"wheel.{name}") for name in names], rows[::-1], numbers=(0, 2, 3, 4, 5), label=say("wheel.ledger")
    )
