"""What pages say, in the language of whoever reads them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from nicegui import context

from . import tables

__all__ = ["COOKIE", "TONGUES", "every", "say", "tongue", "tongue_of"]

TONGUES = ("en", "zh")
COOKIE = "volant-tongue"
"""Where a browser keeps the language that its person chose."""


def say(key: str, tongue: str | None = None, **values: object) -> str:
    """The words of a key: ``"table.key"``, or ``"key"`` of the frame's own table.

    In the language of the page that is being drawn, unless ``tongue`` names another. ``values`` fill the places in
    braces. Raises ``KeyError`` for a key that no table has, which is a mistake of ours.
    """
    head, _, tail = key.partition(".")
    table, name = (head, tail) if tail and head in _names() else ("frame", key)
    words = _table(table)[name][TONGUES.index(tongue or _tongue())]
    return words.format(**values) if values else words


def tongue_of(request: Any) -> str:
    """The language of who asks: what they chose, else what their browser says, else English."""
    chosen = str(request.cookies.get(COOKIE, ""))
    if chosen in TONGUES:
        return chosen
    return "zh" if str(request.headers.get("accept-language", "")).lower().startswith("zh") else "en"


def every() -> Mapping[str, tuple[str, str]]:
    """All words of all tables, for those who check them."""
    return {f"{name}.{key}": words for name in sorted(_names()) for key, words in _table(name).items()}


def _tongue() -> str:
    try:
        request = context.client.request
    except RuntimeError:  # outside of any page: a test, a thread
        return "en"
    return "en" if request is None else tongue_of(request)


tongue = _tongue
"""The language of the page that is being drawn."""


@cache
def _names() -> frozenset[str]:
    return frozenset(module.name for module in iter_modules(tables.__path__))


@cache
def _table(name: str) -> Mapping[str, tuple[str, str]]:
    words: Mapping[str, tuple[str, str]] = import_module(f"{tables.__name__}.{name}").WORDS
    return words
