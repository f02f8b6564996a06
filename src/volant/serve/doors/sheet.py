"""The few pages in front of the door: plain HTML without a line of script, light or dark as the reader likes."""

from __future__ import annotations

import base64
import hashlib
from html import escape

__all__ = ["POLICY", "field", "sheet"]

_STYLE = (
    ":root{color-scheme:light dark;--ink:#1c2430;--paper:#f6f7f9;--card:#fff;--line:#c9d0da;--act:#1f5fae}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--paper:#12161c;--card:#1b2129;--line:#3a4552;--act:#7db2f5}}"
    "*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--paper);"
    "color:var(--ink);font:16px/1.5 system-ui,sans-serif}main{width:min(24rem,calc(100vw - 2rem));padding:2rem;"
    "background:var(--card);border:1px solid var(--line);border-radius:.75rem}h1{font-size:1.25rem;margin:0 0 1rem}"
    "label{display:block;margin:0 0 1rem}label span{display:block;margin-bottom:.25rem}"
    "input{width:100%;padding:.6rem .7rem;font:inherit;color:inherit;background:transparent;"
    "border:1px solid var(--line);border-radius:.4rem}"
    "button,.act{display:block;width:100%;padding:.7rem;font:inherit;font-weight:600;text-align:center;"
    "border:1px solid var(--act);border-radius:.4rem;background:var(--act);color:var(--card);text-decoration:none;"
    "cursor:pointer;margin-top:.5rem}a{color:var(--act)}.act.quiet{background:transparent;color:var(--act)}"
    ":focus-visible{outline:3px solid var(--act);outline-offset:2px}.wrong{margin:0 0 1rem;font-weight:600}"
)

POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Content-Security-Policy of these pages: nothing but their own style."""


def sheet(title: str, inside: str, *, language: str = "en") -> str:
    """A whole page; ``title`` is text, ``inside`` is HTML whose parts were escaped by who made it."""
    named = escape(title)
    return (
        f"<!doctype html><html lang={language}><head><meta charset=utf-8>"
        f"<meta name=viewport content='width=device-width, initial-scale=1'><title>{named} - Volant</title>"
        f"<style>{_STYLE}</style></head><body><main><h1>{named}</h1>{inside}</main></body></html>"
    )


def field(label: str, name: str, kind: str, hint: str, value: str = "") -> str:
    """One labelled input; ``hint`` is its autocomplete."""
    first = " autofocus" if name == "name" else ""
    filled = f' value="{escape(value)}"' if value else ""
    return (
        f"<label><span>{escape(label)}</span>"
        f"<input name={name} type={kind} autocomplete={hint} required maxlength=512{filled}{first}></label>"
    )
