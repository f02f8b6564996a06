"""A phone as a collection node: orders, one big button, one light, one line of advice, and takes that are never lost."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from fastapi import Request
from nicegui import ui

from ... import review
from .frame import asset, frame, markup
from .reasons import every_reason
from .tables.collect import WORDS
from .words import say, tongue

if TYPE_CHECKING:
    from ..house import House

__all__ = ["install"]


def install(house: House) -> None:
    """Serve the page of collectors. Once it is there it works without a link; its script does all of it."""

    @ui.page("/collect", response_timeout=60)
    def page(request: Request) -> None:
        with frame(house, request, "collect"):
            wire = files("volant.serve").joinpath("static", "wire.js").read_text(encoding="utf-8")
            place = ("en", "zh").index(tongue())
            words = {key: said[place] for key, said in WORDS.items()}
            words |= {f"reason.{key}": say(f"review.reason.{key}") for key in review.REASONS}
            reasons = every_reason() if place else ()
            told, because = (json.dumps(one, ensure_ascii=False).replace("</", "<\\/") for one in (words, reasons))
            ui.add_head_html(
                f"<style>{asset('collect.css')}</style><script>window.collectWords={told};window.collectReasons={because}</script>"
                f"<script>{wire}</script><script>{asset('collect.js')}</script>"
            )
            markup(_drawn()).classes("c-page")


def _drawn() -> str:
    def word(key: str) -> str:
        return escape(say(f"collect.{key}"))

    return (
        '<div class="c-stage" data-light="grey"><video muted playsinline aria-hidden="true"></video>'
        f'<div class="c-light" role="status" aria-live="polite"><i aria-hidden="true"></i><b id="c-advice">{word("off")}</b>'
        '<time id="c-clock"></time></div>'
        f'<button id="c-rec" class="c-rec" aria-label="{word("camera")}"><span></span></button>'
        f'<div class="c-ask" hidden role="group" aria-label="{word("outcome")}"><b>{word("outcome")}</b>'
        + "".join(
            f'<button class="v-button" data-outcome="{key}">{word(key)}</button>'
            for key in ("success", "partial", "failure", "discard")
        )
        + "</div></div>"
        f'<div class="c-side"><div class="tile c-today"><b id="c-minutes">–</b><span>{word("today")}</span><small id="c-count"></small></div>'
        f'<section><h2>{word("orders")}</h2><div id="c-orders" class="c-orders"></div>'
        f'<label class="c-own"><span>{word("own")}</span><input class="v-field" id="c-own" maxlength="120" '
        f'placeholder="{word("own.name")}"></label></section>'
        f'<section><h2>{word("takes")}</h2><ul id="c-takes" class="c-takes"><li class="soft">{word("takes.none")}</li></ul></section>'
        f'<section id="c-back" hidden><h2>{word("back")}</h2><ul class="c-takes"></ul></section></div>'
    )
