"""How a review looks: the episode, the open question, the keys, and figures for curators; HTML with words escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from ... import review
from ...charts.svg import svg, text
from ...core import OUTCOMES, Estimate
from ...core.errors import VolantError
from ...statistics.sampling import Plan, find_plan, passing
from ..sight import Finding, Sheet, Sight
from .parts import badge, duration, empty
from .reasons import reason_in
from .words import say

__all__ = ["asking", "bar", "nothing", "panel", "planned", "planning", "shown", "states"]

Floats = npt.NDArray[np.float64]


def shown(sight: Sight, given: review.Assignment | None, tongue: str) -> str:
    """One episode: why it came back, its film, its time line, its signals, what was found."""
    task = escape(sight.task or say("review.unnamed", tongue))
    words = escape(sight.instruction) if sight.instruction != sight.task else ""
    films = "".join(_film(sheet, tongue) for sheet in sight.sheets)
    marks = "".join(
        f'<i style="left:{one.start:.2%};width:{one.stop - one.start:.2%}" title="{escape(reason_in(one.why, tongue))}"></i>'
        for one in sight.findings
        if one.spanned
    )
    plots = "".join(
        f'<h3>{escape(name)}</h3><div class="r-plot">{svg}<b class="r-now"></b></div>' for name, svg in sight.plots
    )
    return (
        f'<div data-review="{sight.subject}" data-seconds="{sight.seconds:.3f}">'
        f'<div class="r-head"><h2>{task}</h2><a href="/episode/{sight.subject}" target="_blank"><code>{sight.subject[:8]}'
        f"</code></a><span class='soft'>{duration(sight.seconds)} · {escape(sight.body)}</span>"
        f"{badge(sight.outcome)}</div>"
        f"{_objection(given, tongue)}{f'<p>{words}</p>' if words else ''}"
        f'<div class="r-look"><div class="r-films">{films}</div>{_found(sight.findings, sight.seconds, tongue)}</div>'
        f'<div class="r-track">{marks}<u hidden></u><b class="r-now"></b></div>'
        f"{plots}</div>"
    )


def _objection(given: review.Assignment | None, tongue: str) -> str:
    if given is None or not given.objection:
        return ""
    why = reason(given.reason, tongue)
    return (
        f'<div class="r-object"><b>{escape(say("review.objects", tongue))}</b><p>“{escape(given.objection)}”</p>'
        f'<p class="soft">{escape(say("review.objects.to", tongue))} {escape(why)}</p></div>'
    )


def reason(word: str, tongue: str) -> str:
    """A reason's words: those of the list in the reader's language, or the rater's own."""
    return say(f"review.reason.{word}", tongue) if word in review.REASONS else word


def _film(sheet: Sheet, tongue: str) -> str:
    if sheet.problem:
        return f'<p class="v-wrong">{escape(sheet.name)}: {escape(sheet.problem)}</p>'
    label = escape(say("review.film", tongue, name=sheet.name, n=sheet.frames))
    return (
        f'<figure class="r-film" role="img" aria-label="{label}" data-frames="{sheet.frames}" '
        f'data-columns="{sheet.columns}" style="aspect-ratio:{sheet.ratio:.4f}">'
        f'<i style="background-image:url({sheet.address})"></i><figcaption>{escape(sheet.name)}</figcaption></figure>'
    )


def _found(findings: tuple[Finding, ...], seconds: float, tongue: str) -> str:
    if not findings:
        return f'<p class="how">{escape(say("review.findings.none", tongue))}</p>'
    rows = "".join(
        f"<li><time>{_when(one, seconds, tongue)}</time><span>{escape(reason_in(one.why, tongue))} <code>{escape(one.stream)}</code></span></li>"
        for one in findings[:8]
    )
    return f'<ul class="r-found" aria-label="{escape(say("review.findings", tongue))}">{rows}</ul>'


def _when(one: Finding, seconds: float, tongue: str) -> str:
    if not one.spanned:
        return escape(say("review.whole", tongue))
    return f"{one.start * seconds:.1f} – {one.stop * seconds:.1f} s"


def asking(mode: str, tongue: str) -> str:
    """The question that is open, its answers by number."""
    if not mode:
        return ""
    title, kind, words = {
        "r": ("why", "reason", tuple(review.REASONS)),
        "o": ("how", "outcome", OUTCOMES),
        "c": ("what", "cause", review.CAUSES),
    }[mode]
    items = "".join(
        f'<li><button class="v-button" data-does="{place}"><kbd>{place}</kbd>'
        f"{escape(say(f'review.{kind}.{word}', tongue))}</button></li>"
        for place, word in enumerate(words, 1)
    )
    return f'<div class="r-ask" role="group"><h3>{escape(say(f"review.{title}", tongue))}</h3><ol>{items}</ol></div>'


def bar(draft: review.Decision, zero: int, seconds: float, tongue: str) -> str:
    """The keys, as buttons that say what they do and what was said so far."""
    del seconds
    outcome = say(f"review.outcome.{draft.outcome}", tongue) if draft.outcome else ""
    cause = say(f"review.cause.{draft.cause}", tongue) if draft.cause in review.CAUSES else draft.cause
    said = {"o": outcome, "c": cause}
    made = []
    for key, word, tone in (("a", "accept", "good"), ("r", "return", "bad"), ("o", "outcome", ""), ("c", "cause", ""),
                            ("n", "next", ""), ("u", "undo", "")):  # fmt: skip
        value = said.get(key, "")
        text = escape(say(f"review.{word}", tongue)) + (f": {escape(value)}" if value else "")
        made.append(
            f'<button class="v-button {tone}{" set" if value else ""}" data-does="{key}">{text} <kbd>{key}</kbd></button>'
        )
    span = ""
    if draft.span is not None:
        start, stop = ((ns - zero) / 1e9 for ns in (draft.span.start, draft.span.stop))
        span = (
            f'<span class="how">{escape(say("review.span", tongue, start=f"{start:.1f}", stop=f"{stop:.1f}"))}</span>'
        )
    return f'<div class="r-bar">{"".join(made)}{span}</div>'


def nothing(tongue: str) -> str:
    """What is shown where nothing waits."""
    return empty(say("review.none", tongue), say("review.none.do", tongue))


def states(counts: Mapping[str, int], pace: tuple[int, float], tongue: str) -> str:
    """How many episodes are in which state, and what was done in this sitting."""
    boxes = "".join(
        f"<div><b>{n:,}</b><span>{escape(say(f'review.{state}', tongue))}</span></div>" for state, n in counts.items()
    )
    done, seconds = pace
    mine = escape(say("review.mine", tongue, seconds=f"{seconds:.1f}"))
    note = f'<p class="how"><b>{done}</b> {mine}</p>' if done else ""
    return f'<div class="r-states">{boxes}</div>{note}'


def panel(agreed: review.Agreement, rates: tuple[Estimate, ...], tongue: str) -> str:
    """Agreement and acceptance with their intervals."""
    people = [*agreed.kappa, *agreed.raw, *agreed.gold, *agreed.pace]
    return (
        f"<h2>{escape(say('review.agreement', tongue))}</h2>{_figures(people, say('review.agreement.none', tongue), tongue)}"
        f"<h2>{escape(say('review.rates', tongue))}</h2>{_figures(rates, say('review.rates.none', tongue), tongue)}"
    )


def _figures(some: Sequence[Estimate], none: str, tongue: str) -> str:
    if not some:
        return f'<p class="how">{escape(none)}</p>'
    rows = []
    for one in some:
        share = one.unit == "share"
        value = f"{one.value:.0%}" if share else f"{one.value:.2f}" + (f" {one.unit}" if one.unit else "")
        interval = ""
        if one.low is not None and one.high is not None:
            interval = f"{one.low:.0%} – {one.high:.0%}, " if share else f"{one.low:.2f} – {one.high:.2f}, "
        name = f"{one.name} {one.group}".strip()
        rows.append(
            f'<li title="{escape(one.method)}"><b>{escape(value)}</b>{escape(name)}'
            f"<small>{interval}n = {one.n:,}, {escape(say(f'parts.{one.how}', tongue))}</small></li>"
        )
    return f"<ul>{''.join(rows)}</ul>"


def planning(values: Mapping[str, float], tongue: str) -> str:
    """The numbers that a plan is made of, to be changed."""
    return "".join(
        f"<label>{escape(say(f'review.plan.{name}', tongue))}"
        f'<input class="v-field" type="number" min="0" step="any" value="{value:g}" data-plan="{name}"></label>'
        for name, value in values.items()
    )


def planned(values: Mapping[str, float], tongue: str) -> str:
    """A sampling plan in words, with its operating curve."""
    try:
        plan = find_plan(values["aql"] / 100, values["ltpd"] / 100, lot=int(values["lot"]))
    except VolantError as error:
        return f'<p class="v-wrong" role="alert">{escape(str(error))}</p>'
    bad = np.linspace(0, min(1.0, 2 * plan.ltpd), 61)
    told = say("review.plan.says", tongue, n=plan.n, c=plan.c, aql=f"{plan.aql:.1%}", ltpd=f"{plan.ltpd:.1%}",
               producer=f"{plan.producer:.1%}", consumer=f"{plan.consumer:.1%}")  # fmt: skip
    return f'<p class="how">{escape(told)}</p>{_curve(bad, passing(plan.n, plan.c, bad, plan.lot), plan, tongue)}'


def _curve(bad: Floats, passes: Floats, plan: Plan, tongue: str) -> str:
    """The operating curve, small, with the two points that the plan was made for."""
    most = float(bad[-1])

    def at(share: float, chance: float) -> tuple[float, float]:
        return 44 + 246 * share / most, 8 + 112 * (1 - chance)

    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(float(p), float(q)) for p, q in zip(bad, passes, strict=True)))
    points = (at(plan.aql, 1 - plan.producer), at(plan.ltpd, plan.consumer))
    parts = [f'<polyline points="{line}" fill="none" stroke="var(--accent)" stroke-width="2"/>']
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="var(--ink)"/>' for x, y in points]
    parts += [f'<line class="grid" x1="44" x2="290" y1="{at(0, q)[1]}" y2="{at(0, q)[1]}"/>' for q in (0, 0.5, 1)]
    parts += [text(38, at(0, q)[1] + 4, f"{q:.0%}", "tick end") for q in (0, 0.5, 1)]
    parts += [text(at(p, 0)[0], 136, f"{100 * p:g}", "tick mid") for p in (0, plan.aql, plan.ltpd)]
    parts.append(text(162, 154, say("review.plan.across", tongue), "tick mid"))
    return svg(parts, 160, say("review.plan.curve", tongue), 300)
