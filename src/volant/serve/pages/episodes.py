"""All episodes: facets with counts, a search by word, SQL or likeness, and pages that stay quick on a million."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi import Request
from nicegui import ui

from ...core.errors import VolantError
from ...curate import likeness
from ..catalogue import FACETS, Found, Wanted
from .frame import Frame, frame, markup
from .parts import badge, card, duration, empty, how, link
from .words import say

if TYPE_CHECKING:
    from ...api import Lake
    from ..catalogue import Catalogue
    from ..house import House

__all__ = ["drawn", "install", "item", "meant", "wanted_of"]

_PORTION = 500
_PLAIN = re.compile(r"[\w./:@-]+(?: [\w./:@-]+)*")
_SPOKEN = {"not", "and", "or", "true", "false", "null", "quarantined", "accepted"}


def install(house: House) -> None:
    """Serve the page of all episodes."""
    known: list[likeness.Alike] = []

    async def vectors() -> likeness.Alike:
        """The vectors at the lake's version; read again only where facts came since."""

        def read(lake: Lake) -> likeness.Alike:
            return known[0] if known and known[0].version == lake.version else likeness.alike(lake.store)

        known[:] = [await house.read(read)]
        return known[0]

    @ui.page("/episodes", response_timeout=60)
    async def episodes(request: Request, like: str = "") -> None:
        wanted = wanted_of(request.query_params.multi_items())
        if like:
            await _alike(house, request, like, await vectors())
            return
        found: Found | VolantError
        try:
            found = await house.read(lambda lake: _found(house, lake, meant(wanted)))
        except VolantError as error:
            found = error
        with frame(house, request, "episodes") as around:
            markup(drawn(wanted, found))
            if isinstance(found, Found):
                _turning(around, wanted, found)


def _found(house: House, lake: Lake, asked: Wanted) -> Found:
    house.catalogue.refresh(lake.store)
    return house.catalogue.find(asked, lake.store)


def wanted_of(query: Sequence[tuple[str, str]]) -> Wanted:
    """What an address asks for; what makes no sense in it is passed over."""
    said = dict(query)
    places = [
        int(said[name]) if said.get(name, "").isdigit() and len(said[name]) < 16 else 0 for name in ("before", "after")
    ]
    chosen = tuple((name, value) for name, value in query if name in FACETS)
    return Wanted(chosen, said.get("where", "")[:4000], "", *places)


def meant(wanted: Wanted) -> Wanted:
    """The same with a plain word taken out of the place of a condition."""
    said = wanted.where.strip()
    plain = _PLAIN.fullmatch(said) and not _SPOKEN & set(said.lower().split())
    return replace(wanted, where="", word=said) if plain else wanted


def drawn(wanted: Wanted, found: Found | VolantError) -> str:
    """The whole page under its heading, as HTML."""
    if isinstance(found, VolantError):
        return f'{_ask(wanted)}<p class="v-wrong" role="alert">{escape(str(found))}</p>{_chips(wanted)}'
    if not found.count and not wanted.chosen and not wanted.where:
        return empty(say("episodes.empty"), say("episodes.empty.do"), "volant add PATH")
    rows = "".join(item(row) for row in found.rows)
    shown = f'<div class="v-list">{rows}</div>' if rows else empty(say("episodes.none"), say("episodes.none.do"))
    return (
        f'<div class="v-split"><aside class="v-facets" aria-label="{escape(say("episodes.filters"))}">'
        f"{_facets(wanted, found)}</aside><div>{_ask(wanted)}{_chips(wanted)}"
        f"<p class='how'>{escape(say('episodes.shown', n=f'{found.count:,}'))}</p>"
        f"{shown}{_pages(wanted, found)}</div></div>"
    )


def item(row: dict[str, object], note: str = "") -> str:
    """One episode as a row that is a link."""
    said = {name: escape(str(row[name] or "")) for name in ("id", "task", "scene", "operator", "site", "embodiment")}
    who = " · ".join(part for part in (said["operator"], said["site"]) if part) or said["embodiment"]
    name = said["task"] or escape(say("episodes.unknown"))
    seconds = row["seconds"]
    return (
        f'<a class="v-item" data-row href="/episode/{said["id"]}"><span><b>{name}</b> <code>{said["id"][:8]}</code></span>'
        f'<span class="soft">{said["scene"]}</span><span class="soft">{escape(note) or who}</span>'
        f'<span class="n">{duration(seconds if isinstance(seconds, float) else 0.0)}</span>'
        f"<span>{badge(str(row['verdict'] or ''))}</span><span>{badge(str(row['outcome'] or ''))}</span></a>"
    )


def _address(wanted: Wanted, **place: int) -> str:
    pairs = [*wanted.chosen, *([("where", wanted.where)] if wanted.where else ())]
    pairs += [(name, str(value)) for name, value in place.items()]
    return "/episodes" + (f"?{urlencode(pairs)}" if pairs else "")


def _without(wanted: Wanted, facet: str) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in wanted.chosen if pair[0] != facet)


def _facets(wanted: Wanted, found: Found) -> str:
    chosen = dict(wanted.chosen)
    parts = []
    for facet in FACETS:
        values = list(found.facets[facet])
        items = []
        for value, n in values:
            on = chosen.get(facet) == value
            pairs = _without(wanted, facet) + (() if on else ((facet, value),))
            here = ' aria-current="true"' if on else ""
            name = escape(value) or f"<i>{escape(say('episodes.unknown'))}</i>"
            address = escape(_address(Wanted(pairs, wanted.where)))
            items.append(f'<li><a href="{address}"{here}><span>{name}</span><span>{n:,}</span></a></li>')
        opened = " open" if facet in ("task", "verdict", "outcome") or facet in chosen else ""
        parts.append(
            f"<details{opened}><summary>{escape(say(f'episodes.{facet}'))}</summary><ul>{''.join(items)}</ul></details>"
        )
    return f'<details class="v-all"><summary>{escape(say("episodes.filters"))}</summary>{"".join(parts)}</details>'


def _ask(wanted: Wanted) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in wanted.chosen
    )
    label = escape(say("episodes.ask"))
    return (
        f'<form class="v-ask" action="/episodes" role="search">{hidden}<input class="v-field" data-search name="where" '
        f'aria-label="{label}" placeholder="{label}: {escape(say("episodes.ask.example"))}" value="{escape(wanted.where)}" '
        f'autocomplete="off" spellcheck="false" enterkeyhint="search"><button class="v-button">'
        f"{escape(say('episodes.ask.do'))}</button></form>"
    )


def _chips(wanted: Wanted) -> str:
    made = [
        f'<a href="{escape(_address(Wanted(_without(wanted, facet), wanted.where)))}">{escape(say(f"episodes.{facet}"))}: '
        f"{escape(value or say('episodes.unknown'))}</a>"
        for facet, value in wanted.chosen
    ]
    if wanted.where:
        made.append(
            f'<a href="{escape(_address(Wanted(wanted.chosen)))}"><code>{escape(wanted.where[:120])}</code></a>'
        )
    return f'<div class="v-chips">{"".join(made)}</div>' if made else ""


def _pages(wanted: Wanted, found: Found) -> str:
    parts = []
    for name, place in (("newer", found.newer), ("older", found.older)):
        if place:
            side = {"after": place} if name == "newer" else {"before": place}
            words = escape(say(f"episodes.{name}"))
            parts.append(f'<a class="v-button" rel="{name}" href="{escape(_address(wanted, **side))}">{words}</a>')
    return f'<nav class="v-page" aria-label="{escape(say("pages"))}">{"".join(parts)}</nav>' if parts else ""


def _turning(around: Frame, wanted: Wanted, found: Found) -> None:
    """Keys to the newer and older page."""
    if found.newer:
        around.key("p", say("episodes.newer"), lambda: ui.navigate.to(_address(wanted, after=found.newer)))
    if found.older:
        around.key("n", say("episodes.older"), lambda: ui.navigate.to(_address(wanted, before=found.older)))


async def _alike(house: House, request: Request, like: str, known: likeness.Alike) -> None:
    """The episodes nearest to one, and a way to describe those that cannot be found yet."""
    near: list[tuple[str, float]] | VolantError
    try:
        near = likeness.nearest(known, like)
    except VolantError as error:
        near = error
    found = [] if isinstance(near, VolantError) else near
    rows, whole = await house.browse(lambda catalogue: _named(catalogue, found))
    missing = whole - len(known.ids)
    with frame(house, request, "episodes", title=say("episodes.like", id=like[:8])) as around:
        markup(f"<p>{link(f'/episode/{like}', like[:8])} · {link('/episodes', say('episodes.back'))}</p>")
        if isinstance(near, VolantError):
            markup(f'<p class="v-wrong" role="alert">{escape(str(near))}</p>')
        else:
            markup(how(say("episodes.like.how", n=f"{len(near) + 1:,}")))
            markup(card(f'<div class="v-list">{"".join(rows)}</div>'))
        if missing:
            markup(how(say("episodes.like.pending", n=f"{missing:,}")))
            if around.who.may("curate"):
                _describing(house, like, missing)
            else:
                markup(how(say("episodes.like.role")))


def _named(catalogue: Catalogue, near: list[tuple[str, float]]) -> tuple[list[str], int]:
    """Rows of these episodes with their distances, and how many episodes there are in all."""
    whole = int(str(catalogue.answer("SELECT count(*) AS n FROM episodes")[0]["n"]))
    marks = ",".join("?" * len(near)) or "''"
    ids = [one for one, _ in near]
    found = {str(row["id"]): row for row in catalogue.answer(f"SELECT * FROM episodes WHERE id IN ({marks})", ids)}
    said = [item(found[one], say("episodes.distance", "en", far=f"{far:.2f}")) for one, far in near if one in found]
    return said, whole


def _describing(house: House, like: str, missing: int) -> None:
    """A button that describes a portion of the episodes without a vector, this one first."""

    async def make() -> None:
        button.disable()
        waiting = await house.do(lambda lake: likeness.pending(lake.store, _PORTION))
        ids = [like, *(one for one in waiting if one != like)]
        made = 0
        for start in range(0, len(ids), 50):
            made += await house.do(partial(_described, house, ids[start : start + 50]))
            button.set_text(say("episodes.like.made", n=made))
        ui.navigate.reload()

    words = say("episodes.like.make", n=f"{min(missing, _PORTION):,}")
    button = ui.button(words, on_click=make, color=None).props("unelevated no-caps").classes("v-button strong")


def _described(house: House, ids: list[str], lake: Lake) -> int:
    return likeness.describe(lake.store, ids, at=house.clock())
