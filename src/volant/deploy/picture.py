"""A shift as one picture: a row a robot, who was in control when, and below it how many waited."""

from __future__ import annotations

from html import escape

from ..charts import picture
from ..charts.svg import WIDTH, svg, text
from .logbook import MODES, PERSON, POLICY, TAKEN, WAITING
from .pilot import Piloted

__all__ = ["drawn"]

_LEFT, _TOP, _ROW = 70, 34, 9
_TONES = {POLICY: "track", WAITING: "warn", TAKEN: "cell", PERSON: "bad"}
_WORDS = {POLICY: "policy", WAITING: "waits", TAKEN: "person on the way", PERSON: "person"}


def drawn(done: Piloted, title: str) -> str:
    """The shift as an SVG file of its own, for light and dark pages."""
    robots = 1 + max((stretch.robot for stretch in done.stretches), default=0)
    room, ticks = WIDTH - _LEFT - 10, max(1, done.ticks)
    parts = [text(_LEFT, 14, title, "label")]
    place = float(_LEFT)
    for mode, tone in _TONES.items():
        parts.append(f'<rect class="{tone}" x="{place:.0f}" y="21" width="12" height="8" rx="2"/>')
        parts.append(text(place + 16, 29, _WORDS[mode], "tick"))
        place += 40 + 7 * len(_WORDS[mode])
    for stretch in done.stretches:
        x, wide = _LEFT + room * stretch.start / ticks, max(0.6, room * (stretch.stop - stretch.start) / ticks)
        seconds = (stretch.stop - stretch.start) / done.hz
        hint = escape(f"robot {stretch.robot}: {MODES[stretch.mode]}, {seconds:.1f} s")
        parts.append(
            f'<rect class="{_TONES[stretch.mode]}" x="{x:.1f}" y="{_TOP + stretch.robot * _ROW}" width="{wide:.1f}" '
            f'height="{_ROW - 2}"><title>{hint}</title></rect>'
        )
    for robot in range(0, robots, 10):
        parts.append(text(_LEFT - 6, _TOP + robot * _ROW + 7, f"robot {robot}", "tick end"))
    floor = _TOP + robots * _ROW + 14
    parts += [text(_LEFT, floor, "0 s", "tick"), text(_LEFT + room, floor, f"{ticks / done.hz:.0f} s", "tick end")]
    return picture(svg(parts, floor + 8, title))
