"""Stations as people see them: a light, who, what, and one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..floor import Station
from .parts import duration, empty, link
from .reasons import reason_in
from .words import say, tongue

__all__ = ["lamp", "recording", "row"]

_MOST = 6


def lamp(light: str) -> str:
    """A light, told by colour, shape and word."""
    word = escape(say(f"parts.{light}"))
    return f'<span class="v-lamp {escape(light)}"><i aria-hidden="true"></i><span class="v-word">{word}</span></span>'


def recording(stations: Sequence[Station]) -> str:
    """What is being collected now: a line, and the stations that record."""
    title = f"<h2>{escape(say('wheel.now'))}</h2>"
    if not stations:
        return title + empty(say("wheel.now.none"), say("wheel.now.do"))
    busy = [station for station in stations if station.recording]
    accepted = sum(station.accepted for station in stations)
    line = escape(say("wheel.now.count", n=len(busy), all=len(stations), accepted=accepted))
    items = "".join(f"<li>{row(station)}</li>" for station in busy[:_MOST])
    return f"{title}<p>{line} · {link('/floor', say('wheel.now.floor'))}</p><ul class='v-stations'>{items}</ul>"


def row(station: Station) -> str:
    """One station in a line."""
    name = station.robot or station.session[:8]
    who = " · ".join(escape(part) for part in (station.task, station.operator, station.site) if part)
    return (
        f"{lamp(station.light)}<b>{escape(name)}</b><span class='soft'>{who}</span>"
        f"<span class='n'>{duration(station.seconds)}</span><span class='why'>{escape(reason_in(station.why, tongue()))}</span>"
    )
