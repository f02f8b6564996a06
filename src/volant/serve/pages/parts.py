"""What pages are drawn with: tiles, tables, figures with their interval and n, empty states; all text escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote, urlencode

from ...core import Estimate
from ...statistics.intervals import wilson
from .names import figure
from .words import say

__all__ = [
    "Tile",
    "badge",
    "card",
    "duration",
    "empty",
    "estimates",
    "how",
    "link",
    "picture",
    "share",
    "shares",
    "table",
    "tiles",
]

Tile = tuple[str, str, str]
"""A figure, what it is, and how it was made (both plain text)."""


def tiles(rows: Sequence[Tile]) -> str:
    """Figures that are read first."""
    made = "".join(
        f'<div class="tile"><b>{escape(value)}</b><span>{escape(words)}</span><small class="how">{escape(note)}</small></div>'
        for value, words, note in rows
    )
    return f'<div class="tiles">{made}</div>'


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = (), label: str = "") -> str:
    """A table of HTML cells; ``numbers`` are the columns set as numbers. Rows can be walked with j and k."""
    tone = [' class="n"' if place in numbers else "" for place in range(len(heads))]
    top = "".join(f'<th scope="col"{tone[place]}>{escape(head)}</th>' for place, head in enumerate(heads))
    body = "".join(
        '<tr data-row tabindex="-1">'
        + "".join(f"<td{tone[place]}>{cell}</td>" for place, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    name = f' aria-label="{escape(label)}"' if label else ""
    return (
        f'<div class="v-wide" tabindex="0" role="region"{name or f""" aria-label="{escape(say("parts.table"))}" """}>'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def card(inside: str) -> str:
    """A sheet of paper."""
    return f'<div class="card">{inside}</div>'


def picture(svg: str, label: str) -> str:
    """A chart on a sheet of paper, which a phone scrolls sideways."""
    return f'<div class="card v-pictures" tabindex="0" role="group" aria-label="{escape(label)}">{svg}</div>'


def how(words: str) -> str:
    """How something was made, in small letters."""
    return f'<p class="how">{escape(words)}</p>'


def empty(title: str, do: str, command: str = "") -> str:
    """What is shown where there is nothing yet: what to do."""
    code = f"<p><code>{escape(command)}</code></p>" if command else ""
    return f'<div class="v-empty"><b>{escape(title)}</b>{escape(do)}{code}</div>'


def badge(word: str, shown: str = "") -> str:
    """A verdict or an outcome with its colour."""
    return f'<span class="badge {escape(word)}">{escape(shown or word)}</span>' if word else ""


def link(path: str, words: str, **query: str) -> str:
    """A link; ``path`` and ``query`` are quoted here."""
    tail = f"?{urlencode(query)}" if query else ""
    return f'<a href="{escape(quote(path) + tail)}">{escape(words)}</a>'


def share(hits: float, n: float) -> tuple[str, str]:
    """A share in words, and its interval with n."""
    if not n:
        return "–", say("parts.none")
    low, high = wilson(hits, n)
    return f"{hits / n:.0%}", say("parts.wilson", low=f"{low:.0%}", high=f"{high:.0%}", n=f"{int(n):,}")


def shares(label: str, hits: float, n: float) -> tuple[str, str, str]:
    """A tile of a share."""
    value, note = share(hits, n)
    return value, label, note


def duration(seconds: float) -> str:
    """Hours, minutes or seconds."""
    if seconds >= 3600:
        return f"{seconds / 3600:,.1f} h"
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.1f} s"


def estimates(rows: Sequence[Estimate]) -> str:
    """Figures with interval, n and how they were made."""
    heads = [say(f"parts.{name}") for name in ("figure", "value", "interval", "n", "how")]
    made = [
        [
            escape(figure(e.name) + (f" ({e.group})" if e.group else "")),
            f"{e.value:.4g} {escape(e.unit)}",
            "" if e.low is None or e.high is None else f"{e.low:.4g} – {e.high:.4g}",
            f"{e.n:,}",
            escape(f"{say(f'parts.{e.how}')}: {e.method}"),
        ]
        for e in rows
    ]
    return table(heads, made, numbers=(1, 2, 3))
