"""The floor: every station's light as it is now, the shift against its target, yield and reasons by station and operator."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from fastapi import Request
from nicegui import ui

from ... import charts
from ...core.errors import VolantError
from ...statistics.intervals import wilson
from ...statistics.rates import poisson
from ..floor import LIGHTS, Station
from ..shift import Shift, begin, current
from ..taking import APART
from .frame import frame, markup
from .lights import lamp
from .parts import card, duration, empty, how, link, picture, table, tiles
from .reasons import reason_in
from .words import say, tongue

if TYPE_CHECKING:
    from ...api import Lake
    from ..house import House

__all__ = ["Yield", "board", "drawn_shift", "drawn_yield", "install", "yields"]

_MOST = 80
_GROUPS = 30
_SINCE = {"day": 86_400 * 10**9, "week": 7 * 86_400 * 10**9}
_BADNESS = {"red": 0, "amber": 1, "green": 2, "grey": 3}
_SLOW = 15.0
_REASONS = 4
_KINDS = ("robot", "operator")
_YIELDS = f"""WITH one AS MATERIALIZED (
    SELECT CASE WHEN grouping(robot_n) = 0 THEN 'robot' ELSE 'operator' END AS kind,
        coalesce(robot_n, operator_n) AS code, accepted AS good, reasons_n, count(*) AS n,
        coalesce(sum(seconds), 0) AS seconds
    FROM episodes WHERE verdict_n <> {{unjudged}} AND recorded_at > ?
    GROUP BY GROUPING SETS ((robot_n, accepted, reasons_n), (operator_n, accepted, reasons_n))),
best AS (SELECT kind, code, value AS name FROM (
        SELECT kind, code, sum(n) AS judged FROM one GROUP BY 1, 2) JOIN names USING (code)
    QUALIFY row_number() OVER (PARTITION BY kind ORDER BY judged DESC, value) <= {_GROUPS})
SELECT kind, b.name, good, r.value AS reasons, n, seconds, sum(n) OVER (PARTITION BY kind, code) AS judged
FROM one JOIN best b USING (kind, code) JOIN names r ON r.code = reasons_n ORDER BY kind, judged DESC, b.name, good, reasons"""
"""Both sorts of groups and their reasons by one pass over numbers; words come to the few groups that are shown."""


@dataclass(frozen=True)
class Yield:
    """How one station or operator did: judged and accepted episodes, accepted seconds, and (reason, episodes)."""

    name: str
    judged: int
    accepted: int
    seconds: float
    reasons: tuple[tuple[str, int], ...]


def install(house: House) -> None:
    """Serve the page of the floor."""

    @ui.page("/floor", response_timeout=60)
    async def floor(request: Request, since: str = "all") -> None:
        shift = current(house.home)
        chosen = since if since in (*_SINCE, "all") or (since == "shift" and shift) else "all"
        got = await _accepted(house, shift)
        found = await house.read(partial(yields, house, _from(chosen, shift, house.clock())))
        with frame(house, request, "floor") as around:
            live = markup(board(house.floor.stations()))
            with ui.element("section"):
                line = markup(drawn_shift(shift, got, house.clock()))
                if around.who.may("curate"):
                    _beginning(house, around.who.name)
            markup(drawn_yield(found, chosen, shift is not None))

            def tick() -> None:
                now = board(house.floor.stations())
                if now != live.content:
                    live.set_content(now)

            async def redraw() -> None:
                now = current(house.home)
                line.set_content(drawn_shift(now, await _accepted(house, now), house.clock()))

            ui.timer(1.0, tick)
            ui.timer(_SLOW, redraw, immediate=False)


def _from(since: str, shift: Shift | None, now: int) -> int:
    if since == "shift" and shift is not None:
        return shift.begin
    return now - _SINCE[since] if since in _SINCE else -1


def board(stations: Sequence[Station]) -> str:
    """Every station with its light, the worst first."""
    title = f"<h2>{escape(say('floor.stations'))}</h2>"
    if not stations:
        return title + empty(
            say("floor.none"), say("floor.none.do"), "volant record --world metaworld/push-v3 --to URL"
        )
    lit = {light: sum(station.light == light for station in stations) for light in LIGHTS}
    ranked = sorted(stations, key=lambda one: (not one.recording, _BADNESS.get(one.light, 3), one.robot, one.session))
    tiles_ = "".join(_station(station) for station in ranked[:_MOST])
    more = how(say("floor.more", n=len(ranked) - _MOST)) if len(ranked) > _MOST else ""
    return f"{title}<p>{escape(say('floor.lights', green=lit['green'], amber=lit['amber'], red=lit['red'], grey=lit['grey']))}</p><ul class='v-board'>{tiles_}</ul>{more}"


def _station(station: Station) -> str:
    who = " · ".join(escape(part) for part in (station.task, station.operator, station.site) if part)
    done = say("floor.episodes", accepted=station.accepted, n=station.episodes, time=duration(station.accepted_seconds))
    late = f" · {say('floor.waiting', n=station.waiting)}" if station.waiting else ""
    words = reason_in(station.why, tongue()) or ("" if station.connected else say("floor.gone"))
    advice = (
        f"<p class='soft'>{escape(say('floor.advice', words=reason_in(station.advice, tongue())))}</p>"
        if station.advice
        else ""
    )
    clock = duration(station.seconds) if station.recording else ""
    return (
        f'<li class="v-station {escape(station.light)}" data-row tabindex="-1"><div>{lamp(station.light)}'
        f"<b>{escape(station.robot or station.session[:8])}</b><span class='n'>{clock}</span></div>"
        f"<p class='soft'>{who}</p><p>{escape(words)}</p>{advice}<p class='how'>{escape(done + late)}</p></li>"
    )


async def _accepted(house: House, shift: Shift | None) -> list[tuple[int, bool]]:
    """When each episode of the shift was recorded (ns), and whether it was accepted."""
    if shift is None:
        return []
    question = (
        "SELECT recorded_at, accepted FROM episodes WHERE recorded_at >= ? AND verdict <> '' ORDER BY recorded_at"
    )
    rows = await house.browse(lambda catalogue: catalogue.answer(question, [shift.begin]))
    return [(int(str(row["recorded_at"])), bool(row["accepted"])) for row in rows]


def drawn_shift(shift: Shift | None, got: Sequence[tuple[int, bool]], now: int) -> str:
    """The shift's figures and its line."""
    title = f"<h2>{escape(say('floor.shift'))}</h2>"
    if shift is None:
        return title + empty(say("floor.shift.none"), say("floor.shift.do"))
    times = [(at - shift.begin) / 3.6e12 for at, accepted in got if accepted]
    n, hours = len(times), max(1e-6, (now - shift.begin) / 3.6e12)
    ahead = n - shift.expected(now)
    began = datetime.fromtimestamp(shift.begin / 1e9, UTC).strftime("%H:%M")
    note = say("floor.shift.got.how", judged=len(got), begin=began, by=shift.by)
    place = say("floor.shift.ahead" if ahead >= 0 else "floor.shift.behind", n=f"{abs(ahead):.0f}")
    rows = [
        (f"{n:,}", say("floor.shift.got"), note),
        (f"{shift.expected(now):,.0f}", say("floor.shift.line"),
         f"{say('floor.shift.line.how', target=f'{shift.target:,}', hours=f'{shift.hours:g}')}; {place}"),
    ]  # fmt: skip
    if n and hours < shift.hours:
        scale = shift.hours / hours
        low, high = poisson(n, hours)
        ends = say("floor.shift.end.how", low=f"{low * shift.hours:,.0f}", high=f"{high * shift.hours:,.0f}", n=n)
        rows.append((f"{n * scale:,.0f}", say("floor.shift.end"), ends))
    step = max(1, n // 300)
    count = [float(place + 1) for place in range(n)]
    mine = charts.Curve(
        say("floor.shift.accepted"), [0.0, *times[::step], min(hours, shift.hours)], [0.0, *count[::step], float(n)]
    )
    asked = charts.Curve(say("floor.shift.asked"), [0.0, shift.hours], [0.0, float(shift.target)])
    top = (0.0, max(float(n), float(shift.target)) * 1.05)
    words = say("floor.shift")
    drawn = charts.curves([mine, asked], title=words, across=say("floor.shift.across"), limits=top)
    return title + tiles(rows) + picture(drawn, words)


def _beginning(house: House, by: str) -> None:
    """What begins a shift: two numbers and a button."""

    def start() -> None:
        try:
            begin(house.home, Shift(house.clock(), float(hours.value or 0), int(target.value or 0), by))
        except VolantError as error:
            ui.notify(str(error), type="negative")
            return
        ui.navigate.to("/floor?since=shift")

    with ui.element("div").classes("v-row"):
        target = ui.number(say("floor.shift.target"), value=100, min=1, format="%d").props("outlined dense")
        hours = ui.number(say("floor.shift.hours"), value=8, min=0.5, max=24).props("outlined dense")
        ui.button(say("floor.shift.begin"), on_click=start, color=None).props("unelevated no-caps").classes("v-button")


def yields(house: House, since: int, lake: Lake) -> dict[str, list[Yield]]:
    """Yield and reasons of every station and operator, those with most episodes first."""
    house.catalogue.refresh(lake.store)
    ask = house.catalogue.answer
    # As a constant: compared with what a question in the question finds, the pass takes twice as long.
    code = ask("SELECT code FROM names WHERE name = 'verdict' AND value = ''")[0]["code"]
    rows = ask(_YIELDS.format(unjudged=int(str(code))), [since])
    found: dict[str, list[Yield]] = {kind: [] for kind in _KINDS}
    for (kind, name), parts in groupby(rows, lambda row: (str(row["kind"]), str(row["name"]))):
        some, why = list(parts), Counter[str]()
        for row in some:
            if not row["good"]:
                why.update(dict.fromkeys(str(row["reasons"]).split(APART), int(str(row["n"]))))
        del why[""]
        n = {good: sum(int(str(row["n"])) for row in some if row["good"] is good) for good in (True, False)}
        seconds = sum(float(str(row["seconds"])) for row in some if row["good"])
        most = sorted(why.items(), key=lambda item: (-item[1], item[0]))[:_REASONS]
        found[kind].append(Yield(name, sum(n.values()), n[True], seconds, tuple(most)))
    return found


def drawn_yield(found: dict[str, list[Yield]], since: str, shifted: bool) -> str:
    """Yield with its interval, and reasons, by station and by operator."""
    ways = (*(("shift",) if shifted else ()), *_SINCE, "all")
    links = "".join(
        f'<a class="v-button" href="/floor?since={way}"{" aria-current=true" if way == since else ""}>'
        f"{escape(say(f'floor.since.{way}'))}</a>"
        for way in ways
    )
    group = escape(say("floor.since"))
    head = (
        f"<h2>{escape(say('floor.yield'))}</h2>{how(say('floor.yield.how'))}"
        f'<p class="v-row" role="group" aria-label="{group}"><span class="soft">{group}</span>{links}</p>'
    )
    if not any(found.values()):
        return head + empty(say("floor.yield.none"), say("floor.yield.none.do"))
    parts = [head]
    heads = [say(f"floor.{name}") for name in ("name", "judged", "share", "interval", "time", "reasons")]
    for name, rows in found.items():
        label = say(f"floor.by.{name}")
        lines = [_line(name, row) for row in rows]
        parts.append(f"<h3>{escape(label)}</h3>{card(table(heads, lines, numbers=(1, 2, 4), label=label))}")
    return "".join(parts)


def _line(kind: str, row: Yield) -> list[str]:
    low, high = wilson(row.accepted, row.judged)
    bar = (
        f'<span class="v-ci" aria-hidden="true"><i style="left:{100 * low:.1f}%;width:{100 * (high - low):.1f}%"></i>'
        f'<b style="left:{100 * row.accepted / row.judged:.1f}%"></b></span> {low:.0%} – {high:.0%}'
    )
    names = ", ".join(f"{escape(reason)} {n}" for reason, n in row.reasons) or escape(say("floor.no.reasons"))
    shown = row.name or say("parts.unknown")
    where = {"where": f"{kind} = '{row.name.replace(chr(39), chr(39) * 2)}'"}
    share = f"{row.accepted / row.judged:.0%}"
    return [link("/episodes", shown, **where), f"{row.judged:,}", share, bar, duration(row.seconds), names]
