"""An evaluation as a page and as a picture: how far the trials came, where, how fast, and how surely one is better."""

from __future__ import annotations

from html import escape

import numpy as np

from ..charts import Curve, Row, curves, document, picture, whiskers
from ..core import Estimate
from ..statistics.intervals import clopper_pearson
from .evaluation import Arm, Evaluation
from .telling import rows, verdict
from .versus import differences, evidence

__all__ = ["drawing", "page"]

_LISTED = 40


def page(made: Evaluation) -> str:
    """One self-contained HTML page."""
    title = f"{made.policy.who.name} in {made.world}/{made.task}"
    parts = [f"<h1>{escape(title)}</h1>", f'<p class="soft">Evaluation {made.hash[:12]}, {_done(made)}.</p>']
    parts += [_tiles(made), _claim(made)]
    if made.versus:
        parts += ["<h2>How surely one is better</h2>", _card(_evidence(made)), _how(_EVIDENCE)]
    parts += [
        "<h2>How fast</h2>",
        _card(_speed(made)),
        _how("Share of trials that had succeeded for good by then; failed trials never count."),
    ]
    parts += [
        "<h2>How far</h2>",
        _card(_credit(made)),
        _how("Share of trials that came at least so far: partial credit for those that failed."),
    ]
    parts += [
        "<h2>Where</h2>",
        _card(_regions(made)),
        _how("Success by region of the task's environments, 95 % Clopper-Pearson."),
    ]
    parts += ["<h2>Every figure</h2>", _card(_table(made)), "<h2>What failed</h2>", _card(_failed(made))]
    return document(title, "".join(parts))


def drawing(made: Evaluation) -> str:
    """The page's first picture alone, as an SVG file."""
    return picture(_evidence(made) if made.versus else _credit(made))


_EVIDENCE = (
    "Wealth of somebody who bets after each pair that the policy is better (or worse), on a scale of powers of ten. "
    "Where there is no difference it reaches the line with a probability of at most alpha, however often one looks."
)


def _done(made: Evaluation) -> str:
    planned = f" of {made.how.trials} planned" if len(made.trials) < made.how.trials else ""
    return f"{len(made.trials)} trials{planned}, seed {made.how.seed}. Held out: {escape(str(made.held))}"


def _tiles(made: Evaluation) -> str:
    tiles = []
    for arm in made.arms:
        for one in arm.figures:
            if (
                one.name in ("success", "progress", "time_to_success")
                and not one.group
                and one.method.find("Wilson") < 0
            ):
                tiles.append(_tile(arm, one, named=len(made.arms) > 1))
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _tile(arm: Arm, one: Estimate, *, named: bool) -> str:
    number = f"{one.value:.2f} s" if one.unit == "s" else f"{one.value:.0%}"
    between = "" if one.low is None or one.high is None else f" ({_number(one, one.low)} to {_number(one, one.high)})"
    who = f"{arm.who.name}: " if named else ""
    words = f"{who}{one.name.replace('_', ' ')}{between}, n={one.n}"
    return f'<div class="tile" title="{escape(one.method)}"><b>{number}</b><span>{escape(words)}</span></div>'


def _number(one: Estimate, value: float) -> str:
    return f"{value:.2f}" if one.unit == "s" else f"{value:.0%}"


def _claim(made: Evaluation) -> str:
    said = verdict(made)
    return f'<p class="card">{escape(said)}</p>' if said else ""


def _evidence(made: Evaluation) -> str:
    assert made.rival is not None
    d = differences(made.policy.trials, made.rival.trials, made.how.score)
    names = (f"{made.policy.who.name} is better", f"{made.rival.who.name} is better")
    most = float(np.log10(2 / made.how.alpha))
    many = [
        Curve(name, [*range(len(d) + 1)], [0.0, *(log / np.log(10)).tolist()])
        for name, log in zip(names, evidence(d), strict=True)
    ]
    top = max(most * 1.3, *(max(curve.y) for curve in many))
    floor = max(-3.0, min(min(curve.y) for curve in many))
    return curves(
        many,
        title="Evidence after each pair",
        across="pairs of trials",
        up="log10 of the wealth",
        limits=(min(floor, -0.5), top),
        levels=[(most, f"decided, alpha {made.how.alpha:g}")],
    )


def _speed(made: Evaluation) -> str:
    longest = max(float(np.nanmax(arm.trials.seconds, initial=0.0)) for arm in made.arms) or 1.0
    x = np.linspace(0, longest, 41)
    many = [_shares(arm, x, [int((arm.trials.seconds <= t + 1e-9).sum()) for t in x.tolist()]) for arm in made.arms]
    return curves(many, title="Time to success", across="simulated seconds", up="share that has succeeded")


def _credit(made: Evaluation) -> str:
    x = np.linspace(0, 1, 41)
    many = [_shares(arm, x, [int((arm.trials.progress >= s - 1e-9).sum()) for s in x.tolist()]) for arm in made.arms]
    return curves(many, title="Partial credit", across="share of the way (best of the trial)", up="share of trials")


def _shares(arm: Arm, x: np.ndarray[tuple[int], np.dtype[np.float64]], hits: list[int]) -> Curve:
    n = len(arm.trials)
    ends = [clopper_pearson(count, n) for count in hits]
    y = [count / n for count in hits]
    return Curve(arm.who.name, x.tolist(), y, [low for low, _ in ends], [high for _, high in ends], f"n={n}")


def _regions(made: Evaluation) -> str:
    shown = []
    for place, arm in enumerate(made.arms):
        for one in arm.figures:
            if one.name == "success" and (one.group or "Clopper" in one.method):
                where = one.group.removeprefix("region=") or "everywhere"
                words, tone = f"{one.value:.0%} of {one.n}", f"l{place} f{place}"
                row = Row(f"{where}, {arm.who.name}", one.value, one.low, one.high, words, tone)
                shown.append((where != "everywhere", where, place, row))
    return whiskers([row for *_, row in sorted(shown, key=lambda item: item[:3])], title="Success by region")


def _table(made: Evaluation) -> str:
    head = "".join(f"<th>{name}</th>" for name in ("who", "figure", "value", "low", "high", "n", "method"))
    lines = []
    for row in rows(made):
        cells = [
            row["who"],
            row["figure"],
            *(_cell(row[key], row["unit"]) for key in ("value", "low", "high")),
            row["n"],
            row["method"],
        ]
        lines.append("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + "</tr>")
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>"


def _cell(value: object, unit: object) -> str:
    if not isinstance(value, float):
        return ""
    return f"{value:.3g} s" if unit == "s" else f"{value:.3f}"


def _failed(made: Evaluation) -> str:
    trials = made.trials
    failed = np.flatnonzero(~trials.success)
    if not len(failed):
        return "<p>Nothing.</p>"
    worst = failed[np.argsort(trials.progress[failed], kind="stable")][:_LISTED].tolist()
    head = "".join(
        f"<th>{name}</th>" for name in ("environment", "region", "seed", "came so far", "outcome", "episode")
    )
    ids = made.policy.episodes
    lines = [
        f"<tr><td><code>{trials.environments[k].hash}</code></td><td>{escape(trials.regions[k])}</td><td>{trials.seeds[k]}</td>"
        f"<td>{trials.progress[k]:.2f}</td><td>{trials.outcome[k]}</td><td><code>{ids[k][:12] if ids else ''}</code></td></tr>"
        for k in worst
    ]
    more = f"<p>and {len(failed) - len(worst)} more</p>" if len(failed) > len(worst) else ""
    return f"<table><tr>{head}</tr>{''.join(lines)}</table>{more}"


def _card(inside: str) -> str:
    return f'<div class="card">{inside}</div>'


def _how(words: str) -> str:
    return f'<p class="how">{escape(words)}</p>'
