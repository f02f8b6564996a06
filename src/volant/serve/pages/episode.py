"""One episode: pictures and signals on one clock, what was found and said, where it came from and what it taught."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi import Request
from nicegui import ui

from ...core.errors import NotFound
from . import media
from .episode_parts import Known, facts_of, findings, lineage, origin, stage
from .frame import Frame, frame, markup
from .parts import badge, card
from .words import say

if TYPE_CHECKING:
    from ...api import Lake
    from ..house import House

__all__ = ["install", "known"]

_SELECTIONS = 200


def install(house: House) -> None:
    """Serve the pages of episodes, and what their cameras saw."""
    media.install(house)

    @ui.page("/episode/{name}", response_timeout=60)
    async def episode(request: Request, name: str) -> None:
        try:
            found = await house.read(lambda lake: known(house, lake, name))
        except NotFound as error:
            with frame(house, request, "episodes", title=say("episode.none")):
                markup(f'<p class="v-wrong" role="alert">{escape(str(error))}</p>')
            return
        ui.add_head_html(f"<script>{_script()}</script>")
        title = found.episode.task or found.episode.instruction or found.episode.id[:8]
        with frame(house, request, "episodes", title=title) as around:
            _drawn(around, found)


def known(house: House, lake: Lake, name: str) -> Known:
    """An episode and what is known of it, read in one thread. Raises ``NotFound``."""
    subject = lake.find(name)
    store, episode = lake.store, lake.episode(subject)
    house.catalogue.refresh(store)
    ask = house.catalogue.answer
    place = ask("SELECT ord FROM episodes WHERE id = ?", [subject])
    at = place[0]["ord"] if place else 0
    newer = ask("SELECT id FROM episodes WHERE ord > ? ORDER BY ord LIMIT 1", [at])
    older = ask("SELECT id FROM episodes WHERE ord < ? ORDER BY ord DESC LIMIT 1", [at])
    children = ask("SELECT id, task FROM episodes WHERE list_contains(parents, ?) ORDER BY ord LIMIT 50", [subject])
    parents = [(one, _task(ask("SELECT task FROM episodes WHERE id = ?", [one]))) for one in episode.origin.parents]
    held = [one for one in store.selections()[-_SELECTIONS:] if subject in one.ids]
    return Known(
        episode,
        tuple(store.facts(subject=[subject])),
        tuple(parents),
        tuple((str(row["id"]), str(row["task"])) for row in children),
        tuple((one.hash, one.why or one.query) for one in held),
        str(newer[0]["id"]) if newer else "",
        str(older[0]["id"]) if older else "",
    )


def _task(rows: Iterable[dict[str, object]]) -> str:
    return next((str(row["task"]) for row in rows), "")


def _drawn(around: Frame, found: Known) -> None:
    episode = found.episode
    body = escape(" · ".join(filter(None, (episode.origin.embodiment, episode.origin.operator, episode.origin.site))))
    badges = badge(found.latest("verdict")) + " " + badge(found.latest("outcome"))
    told = f"<p>{escape(episode.instruction)}</p>" if episode.instruction not in ("", episode.task) else ""
    buttons = f'<a class="v-button" href="/episodes?like={episode.id}">{escape(say("episode.like"))}</a>'
    if media.rerun_there():
        buttons += f' <a class="v-button" href="/episode/{episode.id}/episode.rrd">{escape(say("episode.rerun"))}</a>'
    else:
        buttons += f' <span class="how">{escape(say("episode.rerun.none"))}</span>'
    markup(
        f'{told}<p class="v-row">{badges} <code>{episode.id}</code> <span class="soft">{episode.seconds:.2f} s · {body}</span></p>'
        f'<p class="v-row">{buttons}</p>'
    )
    markup(stage(found))
    for name, inside in (
        ("findings", findings(found)),
        ("lineage", lineage(found)),
        ("origin", origin(found)),
        ("facts", facts_of(found)),
    ):
        markup(f"<h2>{escape(say(f'episode.{name}'))}</h2>{card(inside)}")
    around.note("space", say("episode.key.play"))
    around.note(", .", say("episode.key.step"))
    for press, name, other in (("p", "newer", found.newer), ("n", "older", found.older)):
        if other:
            around.key(press, say(f"episode.{name}"), partial(ui.navigate.to, f"/episode/{other}"))


@cache
def _script() -> str:
    return files("volant.serve.pages").joinpath("face", "episode.js").read_text(encoding="utf-8")
