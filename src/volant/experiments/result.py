"""What an experiment found: lines over one axis, seed by seed, and which differences between them are sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import stats

from .. import charts
from ..core import Estimate

__all__ = ["Difference", "Line", "Result", "difference", "figure", "over_seeds", "page", "picture"]


@dataclass(frozen=True, slots=True)
class Line:
    """One arm: held-out success at each place of the axis, ``shares[seed][place]``."""

    label: str
    x: tuple[float, ...]
    shares: tuple[tuple[float, ...], ...]

    def at(self, place: int) -> Estimate:
        """Mean over seeds with its 95 % interval by Student; a seed is one policy, so n is the number of seeds."""
        values = np.array([row[place] for row in self.shares])
        mean, half = float(values.mean()), _half(values)
        return Estimate(
            "success", mean, "share", len(values), max(0.0, mean - half), min(1.0, mean + half),
            method="95 % Student over seeds", group=self.label,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """How far one arm lies above another at one place, seed by seed: mean and 95 % interval by Student."""

    words: str
    mean: float
    low: float
    high: float
    n: int

    @property
    def sure(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        verdict = "" if self.sure else "; not separated from zero"
        return f"{self.words}: {self.mean:+.2f} [{self.low:+.2f}, {self.high:+.2f}] (n={self.n} seeds{verdict})"


@dataclass(frozen=True, slots=True)
class Result:
    """An experiment's answer: what was asked, the lines, what may be said of them, and the settings."""

    name: str
    asked: str
    across: str
    ticks: tuple[str, ...]
    lines: tuple[Line, ...]
    differences: tuple[Difference, ...]
    settings: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    up: str = "held-out success"
    """What the lines say."""
    ends: tuple[float, float] | None = None
    """Where given, the figure shows the differences on this scale and not the lines, which are too many."""


def difference(words: str, above: Line, below: Line, place: int = -1, other: int | None = None) -> Difference:
    """``above`` minus ``below``, both at ``place`` of their axes (``other`` for the second), over the seeds."""
    gaps = np.array([
        mine[place] - theirs[place if other is None else other]
        for mine, theirs in zip(above.shares, below.shares, strict=True)
    ])  # fmt: skip
    return over_seeds(words, gaps)


def over_seeds(words: str, values: Sequence[float] | np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Difference:
    """The mean of one figure a seed, with its 95 % interval by Student."""
    many = np.asarray(values, np.float64)
    mean, half = float(many.mean()), _half(many)
    return Difference(words, mean, mean - half, mean + half, len(many))


def figure(result: Result) -> str:
    """All lines with their intervals as one picture; or the differences with theirs."""
    title = f"{result.settings.get('task')}: {result.asked}"
    if result.ends:
        rows = [
            charts.Row(one.words, one.mean, one.low, one.high, f"{one.mean:+.2f} (n={one.n} seeds)")
            for one in result.differences
        ]
        return charts.whiskers(rows, title=title, ends=result.ends)
    made = []
    for line in result.lines:
        points = [line.at(place) for place in range(len(line.x))]
        made.append(
            charts.Curve(
                line.label,
                list(line.x),
                [point.value for point in points],
                [point.low if point.low is not None else point.value for point in points],
                [point.high if point.high is not None else point.value for point in points],
                f"n={len(line.shares)} seeds, {result.settings.get('trials')} held-out trials each",
            )
        )
    return charts.curves(made, title=title, across=_named(result), up=result.up)


def _named(result: Result) -> str:
    """What the axis is, with the names of its places where those are words and the axis only counts them."""
    counted = all(line.x == tuple(range(len(line.x))) for line in result.lines)
    if not counted or any(tick[:1].isdigit() for tick in result.ticks):
        return result.across
    return f"{result.across}: " + ", ".join(f"{place} {tick}" for place, tick in enumerate(result.ticks))


def picture(result: Result) -> str:
    """The figure as a file of its own."""
    return charts.picture(figure(result))


def page(result: Result, command: str, picture: str) -> str:
    """The answer as Markdown: what was asked, the figure, every number with its interval, how to make it again."""
    lines = [
        f"# {result.asked}",
        "",
        f"Measured by `{command}`: {_said(result.settings)}.",
        "",
        f"![{result.name}]({picture})",
        "",
        f"| {result.across} | " + " | ".join(line.label for line in result.lines) + " |",
        "|---" * (1 + len(result.lines)) + "|",
    ]
    for place, tick in enumerate(result.ticks):
        cells = [_cell(line.at(place)) if place < len(line.x) else "" for line in result.lines]
        lines.append(f"| {tick} | " + " | ".join(cells) + " |")
    lines += ["", "Mean over seeds, in brackets the 95 % interval (Student over seeds; one seed is one policy and one"]
    lines += ["set of held-out environments, the same for every arm). Seed by seed:", ""]
    lines += [f"- {one}" for one in result.differences]
    lines += ["", *result.notes] if result.notes else []
    return "\n".join(lines) + "\n"


def _cell(point: Estimate) -> str:
    if point.n < 2 or point.low is None or point.high is None:
        return f"{point.value:.2f}"
    return f"{point.value:.2f} [{point.low:.2f}, {point.high:.2f}]"


def _said(settings: Mapping[str, object]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in settings.items())


def _half(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """Half of Student's 95 % interval of a mean; all of the scale where there is a single value."""
    if len(values) < 2:
        return 1.0
    return float(stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
