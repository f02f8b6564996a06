"""Figures over a number: several named curves with their intervals, on axes with round ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from .svg import WIDTH, svg, text

__all__ = ["Curve", "curves"]

LEFT, TOP, HEIGHT, LEGEND = 64, 14, 300, 280


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a picture: points ``x, y`` in order, and the interval of each where there is one.

    ``note`` says on what a point rests (n, seeds) and shows when a point is pointed at.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Axes:
    left: float
    right: float
    bottom: float
    top: float

    def x(self, value: float) -> float:
        return LEFT + (WIDTH - LEFT - LEGEND) * (value - self.left) / (self.right - self.left)

    def y(self, value: float) -> float:
        inside = min(max(value, self.bottom), self.top)
        return TOP + HEIGHT * (1 - (inside - self.bottom) / (self.top - self.bottom))


def curves(
    many: Sequence[Curve],
    *,
    title: str,
    across: str,
    up: str = "",
    limits: tuple[float, float] | None = (0.0, 1.0),
    levels: Sequence[tuple[float, str]] = (),
) -> str:
    """Curves over a common axis named ``across``; ``limits`` of the other axis, from the data where ``None``.

    ``levels`` are horizontal lines worth comparing with, each with its words. Values outside the limits are drawn
    on the edge; points that are not finite are left out.
    """
    axes = _axes(many, limits)
    if axes is None:
        return svg([text(LEFT, 40, "no finite points", "label")], 60, title)
    parts = _ruled(axes, across, up)
    for value, words in levels:
        y = axes.y(value)
        parts.append(f'<line class="limit" x1="{LEFT}" x2="{WIDTH - LEGEND}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(text(WIDTH - LEGEND + 8, y + 4, words, "tick"))
    for place, curve in enumerate(many):
        parts += _drawn(curve, axes, place % 6)
    taken = [axes.y(value) for value, _ in levels]
    ends = _apart([axes.y(_last(curve)) for curve in many], taken)
    for place, (curve, y) in enumerate(zip(many, ends, strict=True)):
        words = text(WIDTH - LEGEND + 26, y + 4, curve.label, "label", curve.note)
        parts.append(
            f'<rect class="f{place % 6}" x="{WIDTH - LEGEND + 8}" y="{y - 5:.1f}" width="12" height="10"/>{words}'
        )
    return svg(parts, TOP + HEIGHT + 44, title)


def _axes(many: Sequence[Curve], limits: tuple[float, float] | None) -> _Axes | None:
    across = [
        x for curve in many for x, y in zip(curve.x, curve.y, strict=True) if math.isfinite(x) and math.isfinite(y)
    ]
    values = [v for curve in many for column in (curve.y, curve.low, curve.high) for v in column if math.isfinite(v)]
    if not across or not values:
        return None
    bottom, top = limits or (min(values), max(values))
    left, right = min(across), max(across)
    return _Axes(left, right if right > left else left + 1, bottom, top if top > bottom else bottom + 1)


def _ruled(axes: _Axes, across: str, up: str) -> list[str]:
    """The grid, its numbers and the words of both axes."""
    parts = []
    for tick in _ticks(axes.bottom, axes.top):
        y = axes.y(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - LEGEND}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(text(LEFT - 8, y + 4, f"{tick:g}", "tick end"))
    for tick in _ticks(axes.left, axes.right):
        parts.append(text(axes.x(tick), TOP + HEIGHT + 18, f"{tick:g}", "tick mid"))
    parts.append(text((LEFT + WIDTH - LEGEND) / 2, TOP + HEIGHT + 38, across, "label mid"))
    parts.append(
        f'<text class="label mid" transform="translate(14,{TOP + HEIGHT / 2:.0f}) rotate(-90)">{escape(up)}</text>'
    )
    return parts


def _drawn(curve: Curve, axes: _Axes, tone: int) -> list[str]:
    fit = [k for k, (x, y) in enumerate(zip(curve.x, curve.y, strict=True)) if math.isfinite(x) and math.isfinite(y)]
    parts = []
    banded = [k for k in fit if len(curve.low) > k and math.isfinite(curve.low[k]) and math.isfinite(curve.high[k])]
    if len(banded) > 1:
        there = [f"{axes.x(curve.x[k]):.1f},{axes.y(curve.high[k]):.1f}" for k in banded]
        back = [f"{axes.x(curve.x[k]):.1f},{axes.y(curve.low[k]):.1f}" for k in reversed(banded)]
        parts.append(f'<polygon class="band f{tone}" points="{" ".join(there + back)}"/>')
    points = " ".join(f"{axes.x(curve.x[k]):.1f},{axes.y(curve.y[k]):.1f}" for k in fit)
    parts.append(f'<polyline class="curve l{tone}" points="{points}"/>')
    for k in fit if len(fit) <= 60 else ():
        between = f" ({curve.low[k]:.3g} to {curve.high[k]:.3g})" if k in banded else ""
        said = escape(f"{curve.label}: {curve.y[k]:.3g}{between} at {curve.x[k]:g}. {curve.note}".strip())
        x, y = axes.x(curve.x[k]), axes.y(curve.y[k])
        parts.append(f'<circle class="f{tone}" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{said}</title></circle>')
    return parts


def _last(curve: Curve) -> float:
    return next((y for y in reversed(curve.y) if math.isfinite(y)), 0.0)


def _ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Round numbers between two values, about so many of them."""
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = min((m * power for m in (1, 2, 2.5, 5, 10)), key=lambda size: abs(size - raw))
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) + 0.0 for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _apart(heights: Sequence[float], taken: Sequence[float], gap: float = 16.0) -> list[float]:
    """Heights moved as little as it takes for labels not to lie on one another or on the taken ones."""
    found = list(heights)
    order = sorted(range(len(found)), key=lambda k: found[k])
    for before, after in pairwise(order):
        found[after] = max(found[after], found[before] + gap)
    for k in order:
        for level in taken:
            if abs(found[k] - level) < gap * 0.7:
                found[k] = level + (gap if found[k] >= level else -gap)
    for before, after in pairwise(order):
        found[after] = max(found[after], found[before] + gap)
    over = max(0.0, max(found) - (TOP + HEIGHT + 10)) if found else 0.0
    return [height - over for height in found]
