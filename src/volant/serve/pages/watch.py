"""The wall of robots that people watch, and the one that is in hand: keys take it, steer it, rewind it, give it back."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi import Request
from nicegui import ui

from .frame import frame, markup
from .tables.watch import WORDS
from .words import say

if TYPE_CHECKING:
    from ..house import House

__all__ = ["install"]

_ASSETS = ("scene.js", "steer.js", "wall.js")
_KEYS = {
    "t": "keys.take",
    "1 … 9": "keys.digit",
    "h": "give",
    "b": "rewind",
    "c 1 … 8": "why",
    "w a s d": "keys.move",
    "q e": "keys.lift",
    "space": "keys.grip",
    "Shift": "keys.slow",
}


def install(house: House) -> None:
    """Serve the page."""

    @ui.page("/watch", response_timeout=60)
    async def shown(request: Request) -> None:
        with frame(house, request, "watch") as around:
            if house.fleet is None:
                words = f"<b>{escape(say('watch.none'))}</b>{escape(say('watch.none.do'))}"
                markup(f'<div class="v-empty">{words}</div>')
                return
            for press, key in _KEYS.items():
                around.show(press, say(f"watch.{key}"))
            told = {key: say(f"watch.{key}") for key in WORDS}
            limits = {name: name in request.query_params for name in ("measure",)}
            known = json.dumps({"words": told, "limits": limits}).replace("</", "<\\/")
            ui.add_head_html(f"<style>{_asset('watch.css')}</style><script>window.volantWatch={known}</script>")
            for name in _ASSETS:
                ui.add_head_html(f"<script>{_asset(name)}</script>")
            markup("<volant-wall></volant-wall>")


@cache
def _asset(name: str) -> str:
    return files("volant.serve.pages").joinpath("face", name).read_text(encoding="utf-8")
