"""Pictures as SVG text: bars, heat maps, whiskers, histograms, timelines and signal plots.

Colours are CSS classes, so one picture serves light and dark pages. Every function takes plain values and returns
one ``<svg>``; text is escaped, widths are in pixels of a 1080-pixel page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt

__all__ = ["WIDTH", "Mark", "Row", "bars", "heat", "histogram", "lines", "svg", "text", "timeline", "whiskers"]

WIDTH = 1080
LABEL = 250
LINE = 22


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch on a timeline: from ``start`` to ``stop`` (0 to 1 of the row), its CSS class and its words."""

    start: float
    stop: float
    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled row of a chart: a value, its interval where it has one, and words for the right edge."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""
    tone: str = "plain"


def bars(rows: Sequence[Row], *, title: str) -> str:
    """Horizontal bars from zero, longest value fills the width."""
    most = max((row.value for row in rows), default=1.0) or 1.0
    room = WIDTH - LABEL - 120
    parts = []
    for place, row in enumerate(rows):
        y = place * LINE
        width = max(2.0, room * row.value / most)
        parts.append(_label(row.label, y))
        parts.append(f'<rect class="{row.tone}" x="{LABEL}" y="{y + 4}" width="{width:.1f}" height="14" rx="3"/>')
        parts.append(text(LABEL + width + 8, y + 15, row.note or f"{row.value:g}", "num"))
    return svg(parts, len(rows) * LINE + 4, title)


def whiskers(rows: Sequence[Row], *, title: str, unit: str = "", ends: tuple[float, float] = (0.0, 1.0)) -> str:
    """Points with intervals on a common scale, shares unless ``ends`` are others; words beside each: ``note``, value."""
    room = (WIDTH - LABEL - 150) / (ends[1] - ends[0])
    start = LABEL - room * ends[0]
    parts = []
    for at in range(5):
        tick = ends[0] + (ends[1] - ends[0]) * at / 4
        x, words = start + room * tick, f"{tick:.0%}" if ends == (0.0, 1.0) else f"{tick:+.1f}" if tick else "0"
        line = f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{len(rows) * LINE}"/>'
        parts.append(f"{line}{text(x, len(rows) * LINE + 14, words, 'tick mid')}")
    for place, row in enumerate(rows):
        y = place * LINE + LINE / 2
        parts.append(_label(row.label, place * LINE))
        if row.low is not None and row.high is not None:
            x1, x2 = start + room * row.low, start + room * row.high
            parts.append(f'<line class="whisker {row.tone}" x1="{x1:.1f}" x2="{x2:.1f}" y1="{y}" y2="{y}"/>')
        parts.append(f'<circle class="dot {row.tone}" cx="{start + room * row.value:.1f}" cy="{y}" r="4.5"/>')
        parts.append(text(WIDTH - 140, y + 4, row.note or f"{row.value:.2f} {unit}", "num"))
    return svg(parts, len(rows) * LINE + 22, title)


def heat(rows: Sequence[str], columns: Sequence[str], counts: npt.NDArray[np.float64], *, title: str) -> str:
    """Counts ``[rows, columns]`` as a heat map; empty cells stay visibly empty, because they are the news."""
    side = min(62.0, max(16.0, (WIDTH - LABEL) / max(1, len(columns))))
    head = 96
    most = max(1.0, float(counts.max(initial=0)))
    parts = [
        f'<text class="tick" transform="translate({LABEL + side * (place + 0.5):.1f},{head - 8}) rotate(-40)">'
        f"{escape(_short(name, 16))}<title>{escape(name)}</title></text>"
        for place, name in enumerate(columns)
    ]
    for i, name in enumerate(rows):
        y = head + i * (side * 0.62 + 3)
        parts.append(text(LABEL - 8, y + side * 0.4, _short(name, 36), "label end", name))
        for j, column in enumerate(columns):
            x, count = LABEL + j * side, float(counts[i, j])
            tone = "empty" if not count else "cell"
            depth = "" if not count else f' style="fill-opacity:{0.18 + 0.82 * np.log1p(count) / np.log1p(most):.2f}"'
            parts.append(
                f'<rect class="{tone}"{depth} x="{x:.1f}" y="{y:.1f}" width="{side - 3:.1f}" '
                f'height="{side * 0.62:.1f}" rx="4"><title>{escape(name)} in {escape(column)}: {count:g}</title></rect>'
            )
            if side >= 26 and count:
                strong = "on" if np.log1p(count) / np.log1p(most) > 0.45 else ""
                parts.append(text(x + side / 2 - 1.5, y + side * 0.4, f"{count:g}", f"cellnum mid {strong}"))
    return svg(parts, head + len(rows) * (side * 0.62 + 3) + 6, title)


def histogram(values: Sequence[float], *, title: str, unit: str, bins: int = 24) -> str:
    """How often values fall where, with the median marked; a small picture for a row of them."""
    width, height = 340, 120
    data = np.asarray(values, dtype=np.float64)
    data = data[np.isfinite(data)]
    if not len(data):
        return ""
    counts, edges = np.histogram(data, bins=min(bins, max(1, int(np.sqrt(len(data)) * 2))))
    step = (width - 20) / len(counts)
    most = counts.max()
    parts = [
        f'<rect class="plain" x="{10 + i * step + 0.5:.1f}" y="{20 + 70 * (1 - n / most):.1f}" '
        f'width="{max(1.0, step - 1):.1f}" height="{70 * n / most:.1f}"><title>{edges[i]:.4g} to {edges[i + 1]:.4g} '
        f"{escape(unit)}: {n}</title></rect>"
        for i, n in enumerate(counts)
    ]
    middle = float(np.median(data))
    span = float(edges[-1] - edges[0]) or 1.0
    x = 10 + (width - 20) * (middle - float(edges[0])) / span
    parts.append(f'<line class="median" x1="{x:.1f}" x2="{x:.1f}" y1="14" y2="92"/>')
    parts.append(text(10, 106, f"{edges[0]:.4g}", "tick"))
    parts.append(text(width - 10, 106, f"{edges[-1]:.4g} {unit}", "tick end"))
    parts.append(text(width / 2, 12, f"{title}: median {middle:.4g} {unit}, n={len(data)}", "label mid"))
    return svg(parts, height, title, width)


def timeline(rows: Sequence[tuple[str, Sequence[Mark], str]], *, title: str) -> str:
    """Episodes as bars from start to end with findings where they are; each row links to what ``href`` names."""
    room = WIDTH - LABEL - 10
    parts = []
    for place, (label, marks, _) in enumerate(rows):
        y = place * LINE
        parts.append(_label(label, y))
        parts.append(f'<rect class="track" x="{LABEL}" y="{y + 6}" width="{room}" height="10" rx="5"/>')
        for mark in marks:
            x, width = LABEL + room * mark.start, max(2.5, room * (mark.stop - mark.start))
            parts.append(
                f'<rect class="{mark.tone}" x="{x:.1f}" y="{y + 4}" width="{width:.1f}" height="14" rx="2">'
                f"<title>{escape(mark.title)}</title></rect>"
            )
    return svg(parts, len(rows) * LINE + 4, title)


def lines(t: npt.NDArray[np.float64], x: npt.NDArray[np.float64], marks: Sequence[Mark], *, title: str) -> str:
    """A signal ``x[n, width]`` over seconds ``t[n]``: at most 600 points per line, extremes kept, findings behind."""
    height, room = 130, WIDTH - 60
    finite = x[np.isfinite(x)]
    if not len(t) or not finite.size:
        return svg([text(50, 60, "no finite samples", "label")], 80, title)
    low, high = float(finite.min()), float(finite.max())
    span, seconds = (high - low) or 1.0, (float(t[-1]) - float(t[0])) or 1.0
    parts = [
        f'<rect class="{mark.tone} behind" x="{50 + room * mark.start:.1f}" y="6" '
        f'width="{max(2.0, room * (mark.stop - mark.start)):.1f}" height="100"><title>{escape(mark.title)}</title></rect>'
        for mark in marks
    ]
    keep = _extremes(x, 600)
    for place in range(min(x.shape[1], 12)):
        rows = keep[np.isfinite(x[keep, place])]
        px = 50 + room * (t[rows] - t[0]) / seconds
        py = 106 - 100 * (x[rows, place] - low) / span
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(px.tolist(), py.tolist(), strict=True))
        parts.append(f'<polyline class="line l{place % 6}" points="{points}"/>')
    parts += [text(44, 12, f"{high:.4g}", "tick end"), text(44, 106, f"{low:.4g}", "tick end")]
    parts += [text(50, 122, "0 s", "tick"), text(50 + room, 122, f"{seconds:.2f} s", "tick end")]
    parts.append('<line class="cursor" x1="50" x2="50" y1="4" y2="108"/>')
    return svg(parts, height, title)


def _extremes(x: npt.NDArray[np.float64], most: int) -> npt.NDArray[np.int64]:
    """Rows to draw: all where few, else the lowest and highest of each block, so that no spike is lost."""
    n = len(x)
    if n <= most:
        return np.arange(n)
    blocks = np.array_split(np.arange(n), most // (2 * min(x.shape[1], 12)) or 1)
    filled = np.where(np.isfinite(x), x, np.nanmedian(x) if np.isfinite(x).any() else 0.0)
    rows = [block[filled[block].argmin(axis=0)] for block in blocks] + [
        block[filled[block].argmax(axis=0)] for block in blocks
    ]
    return np.unique(np.concatenate([*rows, [0, n - 1]]))


def svg(parts: Sequence[str], height: float, title: str, width: int = WIDTH) -> str:
    """One picture of the parts, as wide as its page allows and no wider than ``width`` pixels."""
    return (
        f'<svg viewBox="0 0 {width} {height:.0f}" role="img" aria-label="{escape(title)}" '
        f'style="max-width:{width}px">{"".join(parts)}</svg>'
    )


def text(x: float, y: float, words: str, tone: str, title: str = "") -> str:
    """Words at a place, escaped; ``tone`` names their CSS classes, ``title`` shows when pointed at."""
    hint = f"<title>{escape(title)}</title>" if title else ""
    return f'<text class="{tone}" x="{x:.1f}" y="{y:.1f}">{escape(words)}{hint}</text>'


def _label(words: str, y: float) -> str:
    return text(LABEL - 8, y + 15, _short(words, 38), "label end", words)


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"
