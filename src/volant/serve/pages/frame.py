"""What stands around every page: navigation by role, light and dark, two languages, keys, and errors in words."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from nicegui import context, ui

from ...charts import DARK, LIGHT, STYLE
from ...core.errors import Refused
from ..doors import Who, who_of
from .words import say, tongue

if TYPE_CHECKING:
    from nicegui.element import Element

    from ..house import House

__all__ = ["PAGES", "Frame", "Place", "asset", "frame", "markup"]


@dataclass(frozen=True, slots=True)
class Place:
    """A page in the navigation: its path, the letter after g, the right that opens it, and its picture (SVG paths)."""

    path: str
    letter: str
    right: str
    icon: str


_EYE = "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z"
_REC = "M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z"

PAGES = {
    "wheel": Place("/", "w", "read", "M12 3a9 9 0 1 0 9 9M12 3v9l6.5 6.2M16 3.9A9 9 0 0 1 20.1 8"),
    "episodes": Place("/episodes", "e", "read", "M4 5h16v14H4zM8 5v14M16 5v14M4 9.5h4M4 14.5h4M16 9.5h4M16 14.5h4"),
    "coverage": Place("/coverage", "c", "read", "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z"),
    "worth": Place("/worth", "v", "read", "M12 3l8 6-8 12L4 9zM4 9h16M12 3v18"),
    "floor": Place("/floor", "f", "read", "M4 20V9l8-5 8 5v11M9 20v-6h6v6"),
    "review": Place("/review", "r", "review", "M4 12l5 5L20 6"),
    "watch": Place("/watch", "a", "operate", _EYE),
    "collect": Place("/collect", "o", "collect", _REC),
    "settings": Place("/settings", "s", "admin", "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4"),
}  # fmt: skip
"""Every page that the navigation names, in its order."""

_FIRST = {"operator": ("watch", "floor"), "reviewer": ("review",), "collector": ("collect",)}
"""What a phone's bar shows first for a role; it has room for four pages."""
_BAR = 4


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame that is being drawn: who looks, in which language, and where further keys are listed."""

    who: Who
    tongue: str
    _keys: Element

    def show(self, press: str, words: str) -> None:
        """List a key under ``?`` that the page's own script heeds."""
        with self._keys:
            markup(f"<dt><kbd>{escape(press)}</kbd></dt><dd>{escape(words)}</dd>")

    def key(self, press: str, words: str, act: Callable[[], Any], *, repeats: bool = False) -> None:
        """Let a key do something on this page (never while somebody types), and list it under ``?`` by ``words``.

        ``press`` is the browser's name of the key: ``"a"``, ``"1"``, ``" "``, ``"ArrowLeft"``. A key that is held
        down acts once unless it ``repeats``.
        """
        name = "".join(f"{ord(letter):x}" for letter in press)
        self.note({" ": "space"}.get(press, press), words, f'data-press="{escape(press)}" data-name="{name}"')
        ui.on(f"key-{name}", lambda event: act() if repeats or not event.args else None)

    def note(self, press: str, words: str, props: str = "") -> None:
        """List a key under ``?`` that the page's own script listens to."""
        with self._keys:
            markup(f"<dt><kbd>{escape(press)}</kbd></dt><dd>{escape(words)}</dd>", props=props)


@contextmanager
def frame(house: House, request: Any, name: str, *, title: str = "") -> Generator[Frame]:
    """Draw a page inside: ``with frame(house, request, "episodes") as around: ...``.

    ``name`` is one of ``PAGES``, whose right the person must have (``Refused`` else); ``title`` the heading where it
    is not the page's name. What is drawn inside is the page's main landmark.
    """
    del house
    who = who_of(request)
    if not who.may(PAGES[name].right):
        raise Refused(say("refused.role", role=say(who.role)), do=say("refused.ask"))
    dressed(request)
    shown = title or say(name)
    ui.page_title(f"{shown} · Volant")
    layout, content = context.client.layout, context.client.content
    with layout:
        markup(_head(who, name, request), tag="header").classes("v-head").move(layout, 0)
        markup(say("skip"), tag="a", props=f'href="#c{content.id}"').classes("v-skip").move(layout, 0)
        with ui.element("dialog").classes("v-keys").props(f'aria-label="{escape(say("keys"))}"'):
            markup(f"<h2>{escape(say('keys'))}</h2>{_keys(who)}")
            own = ui.element("dl")
            markup(f'<button class="v-button" data-keys-close>{escape(say("close"))}</button>')
    content.props("tabindex=-1")
    markup(f"<h1>{escape(shown)}</h1>").classes("v-title")
    yield Frame(who, tongue(), own)


def markup(html: str, *, tag: str = "div", props: str = "") -> ui.html:
    """HTML that this program wrote: every word of others in it must be escaped already."""
    made = ui.html(html, sanitize=False, tag=tag)
    return made.props(props) if props else made


def button(words: str, act: Callable[[], Any], *, strong: bool = False, label: str = "") -> ui.button:
    """A button in the house's style; ``label`` is what a screen reader says where the words alone are not enough."""
    made = ui.button(words, on_click=act, color=None).props("unelevated no-caps")
    if label:
        made.props(f'aria-label="{escape(label)}"')
    return made.classes("v-button strong" if strong else "v-button")


def dressed(request: Any) -> None:
    """The style of a page, and its language and look as this person chose them."""
    look = {"light": False, "dark": True}.get(str(request.cookies.get("volant-look", "")))
    language = "zh-CN" if tongue() == "zh" else "en"
    ui.add_head_html(
        f"<style>{_style()}</style><script>document.documentElement.lang='{language}'</script>"
        f"<script>{asset('frame.js')}</script>"
    )
    ui.dark_mode(look)


def wrong(error: Exception) -> None:
    """What a person sees instead of a page that could not be drawn."""
    request = context.client.request
    dressed(request)
    words = str(error) if hasattr(error, "do") else say("refused.broken")
    markup(f'<h1>{escape(say("refused"))}</h1><p class="v-wrong" role="alert">{escape(words)}</p>')
    markup('<p><a class="v-button" href="/">Volant</a></p>')


def _head(who: Who, name: str, request: Any) -> str:
    seen = [page for page, place in PAGES.items() if who.may(place.right)]
    first = sorted(seen, key=lambda page: (page not in _FIRST.get(who.role, ()), seen.index(page)))[:_BAR]
    items = "".join(f"<li{'' if page in first else ' class=late'}>{_link(page, name)}</li>" for page in seen)
    rest = "".join(f"<li>{_link(page, name, go=False)}</li>" for page in seen if page not in first)
    more = (
        f'<li class="v-more"><details class="v-drop"><summary>{_icon("M5 12h.01M12 12h.01M19 12h.01")}'
        f'{escape(say("more"))}</summary><div class="v-menu"><ul>{rest}</ul></div></details></li>'
    )
    return (
        f'<a class="v-brand" href="{PAGES[first[0]].path}">volant</a>'
        f'<nav class="v-nav" aria-label="{escape(say("pages"))}"><ul>'
        f"{items}{more if rest else ''}</ul></nav>{_tools(who, request)}"
    )


def _link(page: str, current: str, *, go: bool = True) -> str:
    place = PAGES[page]
    here = ' aria-current="page"' if page == current else ""
    letter = f' data-go="{place.letter}"' if go else ""
    return f'<a href="{place.path}"{here}{letter}>{_icon(place.icon)}<span>{escape(say(page))}</span></a>'


def _icon(path: str) -> str:
    return f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{path}"/></svg>'


def _tools(who: Who, request: Any) -> str:
    look = str(request.cookies.get("volant-look", "")) or "auto"
    looks = "".join(
        f'<button data-look-is="{"" if one == "auto" else one}" aria-pressed="{str(one == look).lower()}">'
        f"{say(one)}</button>"
        for one in ("auto", "light", "dark")
    )
    other = "en" if tongue() == "zh" else "zh"
    person = escape(say("who", name=who.name, role=say(who.role)))
    return (
        f'<div class="v-tools"><button data-tongue="{other}" title="{say("tongue.title")}"><span lang="{other}">'
        f'{say("tongue")}</span></button><button data-keys title="{say("keys")}" aria-label="{say("keys")}">?</button>'
        f'<details class="v-drop"><summary title="{person}" aria-label="{person}">'
        f"{_icon('M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20a7.5 7.5 0 0 1 15 0')}"
        f'<span class="v-who">{escape(who.name)}</span></summary><div class="v-menu"><p>{person}</p>'
        f'<p>{say("look")}</p>{looks}<form method="post" action="/logout"><button>{say("leave")}</button></form></div>'
        "</details></div>"
    )


def _keys(who: Who) -> str:
    pages = [(f"g {p.letter}", say("key.go", page=say(page))) for page, p in PAGES.items() if who.may(p.right)]
    common = [
        ("j", say("key.next")),
        ("k", say("key.previous")),
        ("Enter", say("key.open")),
        ("/", say("key.search")),
        ("?", say("key.keys")),
    ]
    rows = "".join(
        f"<div><dt><kbd>{escape(key)}</kbd></dt><dd>{escape(words)}</dd></div>" for key, words in pages + common
    )
    return f"<dl>{rows}</dl>"


@cache
def _style() -> str:
    chosen = f":root[data-look=light]{{color-scheme:light;{LIGHT}}}:root[data-look=dark]{{color-scheme:dark;{DARK}}}"
    return STYLE + chosen + asset("frame.css")


@cache
def asset(name: str) -> str:
    """The text of a style sheet or script of ours."""
    return files("volant.serve.pages").joinpath("face", name).read_text(encoding="utf-8")
