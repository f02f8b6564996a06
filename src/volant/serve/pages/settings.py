"""Settings, for admins: who may come in, what the gate lets in, where it all lies, and who did what."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Request
from nicegui import ui

from ...core.errors import VolantError
from ..doors import noted
from ..doors.audit import entries, verify
from ..triggers import keep, kept
from .frame import Frame, button, frame, markup
from .parts import card, duration, how, table, tiles
from .settings_gate import gate
from .settings_people import moment, tokens_tab, users_tab
from .words import say

if TYPE_CHECKING:
    from ...api import Lake
    from ...lake.ledger import Commit
    from ..doors import Book
    from ..house import House

__all__ = ["Stored", "install", "stored"]

TABS = ("users", "tokens", "gate", "triggers", "storage", "audit")
_LINES = 50
_EXAMPLE = """[[trigger]]
name = "force spike"
check = "force"
before = 10
after = 5"""


def install(house: House, book: Book) -> None:
    """Serve the pages of settings."""

    @ui.page("/settings", response_timeout=60)
    async def settings(request: Request, tab: str = "users") -> None:
        chosen = tab if tab in TABS else "users"
        held = await house.read(stored) if chosen == "storage" else None
        with frame(house, request, "settings") as around:
            links = "".join(
                f'<a class="v-button" href="/settings?tab={one}"{" aria-current=page" if one == chosen else ""}>'
                f"{escape(say(f'settings.{one}'))}</a>"
                for one in TABS
            )
            markup(f'<nav class="v-row" aria-label="{escape(say("settings"))}">{links}</nav>')
            if chosen == "users":
                users_tab(house, book, around.who.name)
            elif chosen == "tokens":
                tokens_tab(house, book, around.who.name)
            elif chosen == "gate":
                await gate(house, book, around.who.name)
            elif held is not None:
                _storage(house, held)
            elif chosen == "audit":
                _audit(book, around)
            else:
                _triggers(house, book, around.who.name)


@dataclass(frozen=True)
class Stored:
    """What the lake holds and how much room it takes; ``free`` bytes of its disk, -1 where that makes no sense."""

    place: str
    version: int
    episodes: int
    seconds: float
    files: int
    size: int
    free: int
    tags: tuple[tuple[str, int], ...]
    log: tuple[Commit, ...]


def stored(lake: Lake) -> Stored:
    """Look through the lake's folder, in a thread."""
    store, place = lake.store, Path(str(lake.place))
    files = size = 0
    if place.is_dir():
        for folder, _, names in os.walk(place):
            for name in names:
                try:
                    size += Path(folder, name).stat().st_size
                except OSError:
                    continue  # merged and cleaned away meanwhile
                files += 1
    row = store.sql("SELECT count(*) AS n, coalesce(fsum(seconds), 0) AS seconds FROM catalogued").to_pylist()[0]
    free = shutil.disk_usage(place).free if place.is_dir() else -1
    tags = tuple(sorted(store.tags().items(), key=lambda item: -item[1]))
    return Stored(
        str(lake.place), store.version, row["n"], row["seconds"], files, size, free, tags, tuple(store.log()[-20:])
    )


def _storage(house: House, held: Stored) -> None:
    rows = [
        (f"{held.version:,}", say("settings.storage.version"), say("settings.storage.version.how")),
        (
            f"{held.episodes:,}",
            say("settings.storage.held"),
            say("settings.storage.held.how", time=duration(held.seconds)),
        ),
        (
            _bytes(held.size),
            say("settings.storage.size"),
            say("settings.storage.size.how", n=f"{held.files:,}", place=held.place),
        ),
    ]
    if held.free >= 0:
        rows.append((_bytes(held.free), say("settings.storage.free"), say("settings.storage.free.how")))
    markup(tiles(rows))
    markup(f"<h2>{escape(say('settings.storage.tags'))}</h2>")
    heads = [say("settings.name"), say("settings.storage.version")]
    named = [[escape(name), f"{version:,}"] for name, version in held.tags[:_LINES]]
    markup(card(table(heads, named, numbers=(1,)) if named else how(say("settings.storage.tag.none"))))
    _tagging(house, held.version)
    names = ("storage.version", "storage.when", "storage.what", "storage.who")
    log = [
        [
            f"{one.version:,}",
            moment(one.at),
            escape(f"{one.what}: {_counts(one.counts)}"),
            f"<span class='soft'>{escape(one.author)}</span>",
        ]
        for one in reversed(held.log)
    ]
    label = say("settings.storage.log")
    markup(
        f"<h2>{escape(label)}</h2>{card(table([say(f'settings.{name}') for name in names], log, numbers=(0,), label=label))}"
    )


def _tagging(house: House, version: int) -> None:
    async def tag() -> None:
        try:
            number = await house.do(lambda lake: lake.tag(str(name.value or "")))
        except VolantError as error:
            told.set_content(f'<p class="v-wrong">{escape(str(error))}</p>')
            return
        told.set_content(f"<p>{escape(say('settings.storage.tagged', n=number, name=name.value))}</p>")

    told = markup("", props='role="status"')
    with ui.element("div").classes("v-row"):
        name = ui.input(say("settings.storage.tag", n=version)).props("outlined dense")
        button(say("settings.storage.tag.do"), tag)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in counts.items() if n) or "–"


def _bytes(size: int) -> str:
    value, units = float(size), ["B", "kB", "MB", "GB", "TB", "PB"]
    while value >= 1000 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:,.0f} {units[0]}" if value >= 100 or units[0] == "B" else f"{value:.1f} {units[0]}"


def _triggers(house: House, book: Book, who: str) -> None:
    """What robots that record passively keep: a text, checked before it is kept."""

    async def save() -> None:
        try:
            found = await asyncio.to_thread(keep, house.home, str(text.value or ""))
            await asyncio.to_thread(
                noted, book, who, "triggers/keep", "triggers.toml", house.clock(), n=str(len(found))
            )
        except (VolantError, OSError) as error:
            told.set_content(f'<p class="v-wrong">{escape(str(error))}</p>')
            return
        rows = [
            [escape(one.name), escape(one.mark or one.check or one.stream), f"{one.before:g} s", f"{one.after:g} s"]
            for one in found
        ]
        heads = [say(f"settings.triggers.{name}") for name in ("name", "on", "before", "after")]
        words = f"<p>{escape(say('settings.triggers.kept', n=len(found)))}</p>"
        told.set_content(words + (card(table(heads, rows, numbers=(2, 3))) if rows else ""))

    markup(how(say("settings.triggers.how")))
    text = ui.textarea(say("settings.triggers.text"), value=kept(house.home), placeholder=_EXAMPLE)
    text.props("outlined autogrow").classes("w-full").style("font-family: monospace")
    button(say("settings.triggers.save"), save)
    told = markup("", props='role="status"')


def _audit(book: Book, around: Frame) -> None:
    lines = entries(book, limit=_LINES)

    async def check() -> None:
        trail = await asyncio.to_thread(verify, book)
        if trail.broken is None:
            told.set_content(f"<p>{escape(say('settings.audit.good', around.tongue, n=f'{trail.rows:,}'))}</p>")
        else:
            words = say("settings.audit.bad", n=trail.broken.seq)
            told.set_content(f'<p class="v-wrong" role="alert">{escape(words)} {escape(trail.broken.why)}</p>')

    heads = [
        say(f"settings.{name}")
        for name in ("storage.when", "storage.who", "storage.what", "audit.about", "audit.details")
    ]
    rows = [
        [
            datetime.fromtimestamp(one.at / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S"),
            escape(one.who),
            escape(one.what),
            escape(one.about),
            f"<span class='soft'>{escape(', '.join(f'{name} {value}' for name, value in one.details.items() if value))}</span>",
        ]
        for one in lines
    ]
    markup(how(say("settings.audit.how", n=len(lines))))
    markup(card(table(heads, rows, label=say("settings.audit"))))
    told = markup("", props='role="status"')
    button(say("settings.audit.verify"), check)
