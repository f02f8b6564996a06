"""Coverage: which tasks were seen in which environments, what was missed, and what a cell is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi import Request
from nicegui import ui

from ... import plan
from ...core import Estimate, Order, Turn
from ...core.errors import VolantError
from ...report.worth import told
from ...statistics.intervals import wilson
from .cells import counts, unseen
from .frame import frame, markup
from .parts import card, empty, estimates, how, link, table, tiles
from .words import say
from .worth import reader, values

if TYPE_CHECKING:
    from ...api import Lake
    from ..house import House

__all__ = ["Shown", "Worth", "drawn", "install"]

_ROWS, _COLUMNS, _ORDERS = 40, 24, 20
_BUDGET = 3000.0
Cell = dict[str, object]


@dataclass(frozen=True)
class Worth:
    """What the newest plan would pay for: orders, how many demonstrations are there, and gains where known."""

    orders: tuple[Order, ...] = ()
    have: tuple[float, ...] = ()
    gains: tuple[Estimate, ...] = ()


@dataclass(frozen=True)
class Shown:
    """Everything that the page says: every combination with its counts, estimates, and what cells are worth."""

    cells: tuple[Cell, ...]
    unseen: tuple[Estimate, ...]
    worth: Worth
    values: tuple[Estimate, ...] = ()


def install(house: House) -> None:
    """Serve the page of coverage."""
    planned: list[tuple[int, Worth]] = []
    measured = reader(lambda store: told(store).cells)

    def worth(lake: Lake) -> Worth:
        """Planned again only where the wheel turned since."""
        turns = len(lake.store.sql("SELECT 1 FROM facts WHERE key = 'turn/number'"))
        if not planned or planned[0][0] != turns:
            planned[:] = [(turns, _worth(lake))]
        return planned[0][1]

    @ui.page("/coverage", response_timeout=60)
    async def coverage(request: Request, by: str = "count") -> None:
        cells, missed = await house.browse(lambda catalogue: (tuple(counts(catalogue)), unseen(catalogue)))
        shown = Shown(cells, missed, await house.read(worth), await house.read(measured))
        with frame(house, request, "coverage"):
            markup(drawn(shown, "success" if by == "success" else "count"))


def _worth(lake: Lake) -> Worth:
    turns = Turn.all_of(lake.store.facts(key="turn/record"))
    mine = [turn for turn in turns if turn.strategy == "planner"] or list(turns)
    if not mine:
        return Worth()
    there = plan.counted(lake.store)
    try:
        from ...stations import planned_by

        cells, orders, _ = planned_by(lake.store, budget=_BUDGET, strategy="planner")
        gains = tuple(plan.promise(order, cells) for order in orders)
    except (VolantError, KeyError, TypeError, ImportError):
        # The settings of that wheel are not ours to plan with: a world that is not installed, another program's turn.
        orders, gains = mine[-1].next, ()
    have = tuple(there.get((order.task, order.scene), 0.0) for order in orders)
    return Worth(tuple(orders), have, gains)


def drawn(shown: Shown, by: str) -> str:
    """The page under its heading, as HTML."""
    if not shown.cells:
        return empty(say("coverage.empty"), say("coverage.empty.do"), "volant add PATH --task fold --origin site.toml")
    return (
        f"{_tiles(shown.unseen)}<h2>{escape(say('coverage.cells'))}</h2>{_heat(shown.cells, by)}"
        f"<h2>{escape(say('coverage.worth'))}</h2>{card(_orders(shown.worth))}"
        f"<h3>{escape(say('worth.cells'))}</h3>{how(say('worth.cells.how'))}{values(shown.values)}"
        f"<h2>{escape(say('coverage.figures'))}</h2>{how(say('coverage.figures.how'))}{card(estimates(shown.unseen[:40]))}"
    )


def _tiles(unseen: Sequence[Estimate]) -> str:
    named = {one.name: one for one in unseen if not one.group}
    seen, bound = named["combinations"], named["product bound"]
    rows = [
        (
            f"{seen.value:,.0f}",
            say("coverage.seen"),
            say("coverage.seen.how", bound=f"{bound.value:,.0f}", n=f"{seen.n:,}"),
        )
    ]
    for name, words, form in (("chao1", "expected", ",.0f"), ("new next", "missed", ".1%")):
        one = named.get(name)
        if one is None:  # of few episodes nothing is said about those that were not seen
            continue
        ends = (format(one.low or 0.0, form), format(one.high or 0.0, form))
        note = say("coverage.range", low=ends[0], high=ends[1], n=f"{one.n:,}", method=one.method)
        rows.append((format(one.value, form), say(f"coverage.{words}"), note))
    return tiles(rows)


def _heat(cells: Sequence[Cell], by: str) -> str:
    tasks, places = _fullest(cells, "task"), _fullest(cells, "place")
    rows, columns = tasks[:_ROWS], places[:_COLUMNS]
    found = {(str(cell["task"]), str(cell["place"])): cell for cell in cells}
    most = max(_n(cell, "n") for cell in cells)
    head = "".join(
        f'<th scope="col"><span title="{escape(name)}">{escape(_named(name))}</span></th>' for name in columns
    )
    body = "".join(
        f'<tr><th scope="row" title="{escape(task)}">{escape(_named(task))}</th>'
        + "".join(_cell(task, place, found.get((task, place)), by, most) for place in columns)
        + "</tr>"
        for task in rows
    )
    hidden = len(tasks) > len(rows) or len(places) > len(columns)
    words = say(
        "coverage.cells.most", rows=len(rows), columns=len(columns), tasks=f"{len(tasks):,}", places=f"{len(places):,}"
    )
    ways = "".join(
        f'<a class="v-button" href="/coverage?by={way}"{" aria-current=true" if way == by else ""}>{escape(say(f"coverage.by.{way}"))}</a>'
        for way in ("count", "success")
    )
    label = escape(say("coverage.cells"))
    return (
        f"{how(say('coverage.cells.how') + (' ' + words if hidden else ''))}"
        f'<p class="v-row" role="group" aria-label="{escape(say("coverage.by"))}"><span class="soft">{escape(say("coverage.by"))}</span>{ways}</p>'
        f'<div class="card v-heat" tabindex="0" role="region" aria-label="{label}"><table aria-label="{label}"><thead><tr><td></td>{head}'
        f"</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(task: str, place: str, cell: Cell | None, by: str, most: int) -> str:
    names = {"task": _named(task), "place": _named(place)}
    if cell is None:
        return f'<td><span class="none" title="{escape(say("coverage.cell.empty", **names))}"></span></td>'
    n, ended, good = (_n(cell, name) for name in ("n", "ended", "good"))
    words, shown, depth = say("coverage.cell.count", n=f"{n:,}", **names), f"{n:,}", (n / most) ** 0.4
    tone = "count"
    if by == "success":
        tone = "success"
        shown, depth = "–", 0.0
        if ended:
            low, high = wilson(good, ended)
            words = say("coverage.cell.success", good=good, ended=ended, low=f"{low:.0%}", high=f"{high:.0%}", **names)
            shown, depth = f"{good / ended:.0%}", good / ended
    quoted = place.replace("'", "''")
    query = escape(urlencode([("task", task), ("where", f"{_PLACE} = '{quoted}' AND NOT quarantined")]))
    return (
        f'<td><a class="{tone}" style="--d:{depth:.2f}" href="/episodes?{query}" title="{escape(words)}" '
        f'aria-label="{escape(words)}">{shown}</a></td>'
    )


_PLACE = "CASE WHEN scene <> '' THEN scene ELSE site END"


def _fullest(cells: Sequence[Cell], name: str) -> list[str]:
    sums: dict[str, int] = {}
    for cell in cells:
        sums[str(cell[name])] = sums.get(str(cell[name]), 0) + _n(cell, "n")
    return sorted(sums, key=lambda key: (-sums[key], key))


def _n(cell: Cell, name: str) -> int:
    return int(str(cell[name]))


def _named(name: str) -> str:
    return name or say("parts.unknown")


def _orders(worth: Worth) -> str:
    if not worth.orders:
        return empty(say("coverage.worth.none"), say("coverage.worth.do"), "volant turn")
    rows = []
    for place, order in enumerate(worth.orders):
        gain = worth.gains[place] if worth.gains else None
        mine = ""
        if gain is not None and gain.low is not None and gain.high is not None:
            mine = f"{100 * gain.value:+.1f} ({100 * gain.low:.1f} – {100 * gain.high:.1f}, n={gain.n:,})"
        rate = 100_000 * order.promised / order.price if order.price else 0.0
        task = link("/episodes", order.task, task=order.task)
        cells = [task, escape(order.scene), f"{worth.have[place]:,.0f}", f"{order.count:,}", f"{order.price:,.0f}"]
        rows.append((rate, [*cells, f"{100 * order.promised:+.2f}", mine, f"{rate:+.2f}"]))
    rows.sort(key=lambda row: -row[0])
    names = (
        "wheel.task",
        "wheel.region",
        "coverage.have",
        "wheel.count",
        "wheel.price.short",
        "wheel.gain",
        "coverage.interval",
    )
    heads = [*(say(name) for name in names), say("coverage.rate", currency=worth.orders[0].currency)]
    note = say("coverage.worth.how") if worth.gains else say("coverage.worth.recorded")
    return how(note) + table(
        heads, [row for _, row in rows[:_ORDERS]], numbers=(2, 3, 4, 5, 6, 7), label=say("coverage.worth")
    )
