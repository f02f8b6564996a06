"""Worth: what was seen and what was not, what is new, what a cell and a source brought, what it cost, what more brings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, TypeVar

from fastapi import Request
from nicegui import ui

from ...core import Estimate
from ...core.errors import VolantError
from ...lake import Store
from ...report.worth import Worth, told
from ...worth.quality import FIGURES
from .cells import counts, unseen
from .driven import Driven, driven
from .driven import drawn as drawn_driven
from .frame import frame, markup
from .parts import card, empty, estimates, how, link, share, table, tiles
from .words import say

if TYPE_CHECKING:
    from ...api import Lake
    from ..catalogue import Catalogue
    from ..house import House

__all__ = ["Shown", "drawn", "install", "reader", "values"]

T = TypeVar("T")

_ROWS = 20
_WHO = "operator", "site", "region"
_TARGET = 0.9


@dataclass(frozen=True)
class Shown:
    """Everything that the page says; ``foretold`` is empty where ``doubts`` says why nothing can be."""

    unseen: tuple[Estimate, ...]
    worth: Worth
    who: tuple[tuple[str, tuple[dict[str, object], ...]], ...] = ()
    foretold: tuple[Estimate, ...] = ()
    doubts: tuple[str, ...] = ()
    driven: Driven = field(default_factory=Driven)


def install(house: House) -> None:
    """Serve the page of worth."""
    valued = reader(told)
    ahead = reader(_ahead)
    quality = reader(lambda store: driven(house.catalogue, store))

    @ui.page("/worth", response_timeout=60)
    async def worth(request: Request) -> None:
        seen, who = await house.browse(
            lambda catalogue: (unseen(catalogue) if counts(catalogue) else (), _who(catalogue))
        )
        known = await house.read(valued)
        figures, doubts = await house.read(ahead)
        how_driven = await house.read(quality)
        with frame(house, request, "worth"):
            markup(drawn(Shown(seen, known, who, figures, doubts, how_driven)))


def reader(work: Callable[[Store], T]) -> Callable[[Lake], T]:
    """What ``work`` reads from a lake's store, read again only where the lake has changed."""
    kept: list[tuple[int, T]] = []

    def read(lake: Lake) -> T:
        version = lake.store.version
        if not kept or kept[0][0] != version:
            kept[:] = [(version, work(lake.store))]
        return kept[0][1]

    return read


def _ahead(store: Store) -> tuple[tuple[Estimate, ...], tuple[str, ...]]:
    """The forecast of the lake's own curve, or why there is none."""
    from ...reckon import forecast, learning

    try:
        made = forecast.forecast(learning.of_lake(store), forecast.Asked(_TARGET))
    except VolantError as why:
        return (), (str(why),)
    return made.figures, made.doubts


def _who(catalogue: Catalogue) -> tuple[tuple[str, tuple[dict[str, object], ...]], ...]:
    return catalogue.kept(
        "contributors",
        lambda held: tuple(
            (
                kind,
                tuple(
                    held.answer(
                        f"SELECT {kind} AS name, count(*) AS n, sum(seconds) / 3600 AS hours, "
                        "count(*) FILTER (verdict <> '') AS judged, count(*) FILTER (accepted) AS good "
                        f"FROM episodes WHERE {kind} <> '' GROUP BY 1 ORDER BY 3 DESC NULLS LAST, 1 LIMIT {_ROWS}"
                    )
                ),
            )
            for kind in _WHO
        ),
    )


def drawn(shown: Shown) -> str:
    """The page under its heading, as HTML."""
    if not shown.unseen:
        return empty(say("worth.empty"), say("worth.empty.do"), "volant add PATH --task fold --origin site.toml")
    worth, quality = shown.worth, {one.name for one in FIGURES}
    alike = [one for one in worth.measured if one.name not in quality]
    parts = [
        _tiles(shown),
        _part("coverage", shown.unseen[:12], "") + f"<p>{link('/coverage', say('worth.coverage.all'))}</p>",
        _part("alike", alike, "volant measure novelty redundancy rarity"),
        _heading("quality") + drawn_driven(shown.driven),
        _heading("cells") + values(worth.cells),
        _heading("sources") + values(worth.sources, "sources"),
        _part("cost", worth.costs, "volant cost LEDGER"),
        _forecast(shown),
        _contributors(shown.who),
    ]
    return "".join(parts)


def _tiles(shown: Shown) -> str:
    named = {one.name: one for one in shown.unseen if not one.group}
    seen, bound, chao = named["combinations"], named["product bound"], named.get("chao1")
    note = say("worth.seen.how", bound=f"{bound.value:,.0f}", n=f"{seen.n:,}")
    rows = [(f"{seen.value:,.0f}", say("worth.seen"), note)]
    if chao is not None:  # of few episodes nothing is said about those that were not seen
        rows.append((f"{chao.value:,.0f}", say("worth.expected"), _range(chao)))
    if shown.worth.repeats[1]:
        value, words = share(*shown.worth.repeats)
        rows.append((value, say("worth.repeats"), words))
    rows += [
        (f"{one.value:,.2f} {one.unit.split('/')[0]}", say("worth.hour"), _range(one))
        for one in shown.worth.costs
        if one.name == "per_accepted_hour"
    ][:1]
    return tiles(rows)


def _range(one: Estimate) -> str:
    ends = ["–" if end is None else f"{end:,.4g}" for end in (one.low, one.high)]
    method = f"{say(f'parts.{one.how}')}: {one.method}"
    return say("worth.range", low=ends[0], high=ends[1], n=f"{one.n:,}", method=method)


def _heading(name: str) -> str:
    return f"<h2>{escape(say(f'worth.{name}'))}</h2>{how(say(f'worth.{name}.how'))}"


def _part(name: str, rows: Sequence[Estimate], command: str) -> str:
    inside = estimates(rows) if rows else empty(say(f"worth.{name}.none"), say("worth.do"), command)
    return _heading(name) + card(inside)


def values(rows: Sequence[Estimate], name: str = "cells") -> str:
    """What cells or sources are worth, the most valuable first, or the command that finds it."""
    if not rows:
        return card(empty(say(f"worth.{name}.none"), say("worth.do"), "volant measure value"))
    heads = [say("worth.name"), *(say(f"parts.{part}") for part in ("value", "interval", "n", "how"))]
    made = [
        [
            escape(one.group),
            f"{one.value:+.4g}",
            "" if one.low is None or one.high is None else f"{one.low:+.4g} – {one.high:+.4g}",
            f"{one.n:,}" if one.n else "",
            escape(f"{say(f'parts.{one.how}')}: {one.method}"),
        ]
        for one in rows[:_ROWS]
    ]
    rest = how(say("worth.more", n=f"{len(rows) - _ROWS:,}")) if len(rows) > _ROWS else ""
    return card(table(heads, made, numbers=(1, 2, 3), label=say(f"worth.{name}")) + rest)


def _forecast(shown: Shown) -> str:
    if not shown.foretold:
        why = " ".join(shown.doubts) or say("worth.forecast.none")
        return _heading("forecast") + card(empty(why, say("worth.do"), "volant forecast curve.csv --target 0.9"))
    doubts = "".join(how(word) for word in shown.doubts)
    return _heading("forecast") + card(estimates(shown.foretold) + doubts)


def _contributors(who: Sequence[tuple[str, Sequence[dict[str, object]]]]) -> str:
    made = []
    for kind, rows in who:
        for row in rows:
            good, judged = int(str(row["good"])), int(str(row["judged"]))
            value, interval = share(good, judged)
            hours = float(str(row["hours"] or 0))
            name = link("/episodes", str(row["name"]), **{kind: str(row["name"])}) if kind != "region" else None
            shown = escape(str(row["name"])) if name is None else name
            cells = [say(f"worth.{kind}"), shown, f"{int(str(row['n'])):,}", f"{hours:,.2f}", value, escape(interval)]
            made.append([escape(cells[0]), *cells[1:]])
    if not made:
        return _heading("who") + card(
            empty(say("worth.who.none"), say("worth.do"), "volant add PATH --origin site.toml")
        )
    heads = [say(f"worth.{part}") for part in ("kind", "name", "episodes", "hours", "accepted")]
    body = table([*heads, say("parts.interval")], made, numbers=(2, 3, 4, 5), label=say("worth.who"))
    return _heading("who") + card(body)
