"""One self-contained page: what came in, what is wrong, what is covered, and how much of it can be used."""

from __future__ import annotations

from collections import Counter
from html import escape

import numpy as np

from .. import charts
from ..charts import Mark, Row, document
from ..core import Estimate, Span
from ..core.errors import VolantError
from ..lake import Store
from .figures import Flagged, Summary, summarise
from .pictures import strip
from .worth import section, told

__all__ = ["page"]

STRIPS = 6


def page(store: Store, *, version: int | None = None, title: str = "Volant report") -> str:
    """The report of a lake at a version, as one HTML text without links to anything outside."""
    summary = summarise(store, version=version)
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">Lake version {summary.version}, {summary.episodes} episodes.</p>',
    ]
    if not summary.episodes:
        parts.append("<p>Nothing came in yet. Add recordings with <code>volant add PATH</code>.</p>")
        return document(title, "".join(parts))
    parts += [
        _tiles(summary),
        _verdicts(summary),
        _incoming(summary),
        _wrong(summary),
        _strips(store, summary),
        _coverage(summary),
        _yield(summary),
        section(told(store, version)),
        _distributions(summary),
        _how(summary),
    ]
    return document(title, "".join(parts))


def _tiles(summary: Summary) -> str:
    figure = {estimate.name: estimate for estimate in summary.estimates if not estimate.group}
    tiles = [
        (f"{summary.episodes:,}", "episodes"),
        (_duration(summary.hours), "recorded"),
        (_share(figure.get("acceptance")), "accepted by the gate"),
        (_share(figure.get("yield")), "of the time is usable"),
        (_count(figure.get("combinations")), "task x environment combinations seen"),
        (_count(figure.get("chao1")), "combinations expected at least (Chao1)"),
    ]
    return (
        '<div class="tiles">'
        + "".join(f'<div class="tile"><b>{v}</b><span>{w}</span></div>' for v, w in tiles)
        + "</div>"
    )


def _verdicts(summary: Summary) -> str:
    total = max(1, summary.episodes)
    shown = [(name, summary.verdicts.get(name, 0)) for name in ("accept", "review", "quarantine")]
    pieces = "".join(
        f'<i class="{name}" style="width:{100 * n / total:.2f}%" title="{name}: {n}"></i>' for name, n in shown
    )
    legend = "".join(f'<i class="{name}"></i>{name} {n}' for name, n in shown)
    return f'<div class="stack">{pieces}</div><p class="legend how">{legend}</p>'


def _incoming(summary: Summary) -> str:
    """Where episodes come from: the source's format and folder, body, task, and how much of it was accepted."""
    groups: dict[tuple[str, str], list[int]] = {}
    bodies, tasks = summary.table["embodiment"].tolist(), summary.table["task"].tolist()
    for place, key in enumerate(zip(bodies, tasks, strict=True)):
        groups.setdefault((str(key[0]), str(key[1])), []).append(place)
    rows = []
    for (body, task), places in sorted(groups.items(), key=lambda item: -len(item[1]))[:30]:
        seconds = summary.table["seconds"][places].astype(np.float64).sum()
        good = int((summary.table["verdict"][places] == "accept").sum())
        rows.append(
            f"<tr><td>{escape(body or 'unknown body')}</td><td>{escape(task or 'unknown task')}</td>"
            f'<td class="n">{len(places)}</td><td class="n">{_duration(seconds / 3600)}</td><td class="n">{good}</td></tr>'
        )
    head = '<tr><th>body</th><th>task</th><th class="n">episodes</th><th class="n">time</th><th class="n">accepted</th></tr>'
    more = f'<p class="how">{len(groups) - 30} more groups are not shown.</p>' if len(groups) > 30 else ""
    return f'<h2>What came in</h2><div class="card"><table>{head}{"".join(rows)}</table>{more}</div>'


def _wrong(summary: Summary) -> str:
    if not summary.by_check:
        return '<h2>What is wrong</h2><div class="card"><p>No check found anything above its limit.</p></div>'
    rows = [Row(check, n, note=f"{n} episode{'s' if n != 1 else ''}", tone=tone) for check, n, tone in summary.by_check]
    lanes = [(_name(episode), _marks(episode), episode.id) for episode in summary.flagged]
    items = "".join(
        f'<tr><td><span class="badge {e.verdict}">{e.verdict}</span></td><td><code>{e.id[:10]}</code></td>'
        f"<td>{escape(_name(e))}</td><td>{'<br>'.join(escape(reason.why) for reason in e.reasons[:4])}</td></tr>"
        for e in summary.flagged
    )
    hidden = sum(summary.verdicts.get(name, 0) for name in ("review", "quarantine")) - len(summary.flagged)
    more = f'<p class="how">{hidden} more are in the lake: <code>volant episodes --where "verdict != \'accept\'"</code></p>'
    return (
        "<h2>What is wrong</h2><p class='how'>Episodes with at least one finding above its limit, by check.</p>"
        f'<div class="card">{charts.bars(rows, title="findings by check")}</div>'
        "<h3>Where in the episode</h3>"
        f'<div class="card">{charts.timeline(lanes, title="timelines of findings")}</div>'
        f'<div class="card"><table><tr><th>verdict</th><th>id</th><th>episode</th><th>why</th></tr>{items}</table>'
        f"{more if hidden > 0 else ''}</div>"
    )


def _marks(episode: Flagged) -> list[Mark]:
    length = max(1e-9, episode.seconds)
    marks = []
    for reason in episode.reasons:
        if reason.span is None:
            marks.append(Mark(0.0, 1.0, f"{episode.verdict} behind", f"{reason.check}: {reason.why}"))
            continue
        start = (reason.span.start - episode.start) / 1e9 / length
        stop = (reason.span.stop - episode.start) / 1e9 / length
        edge = min(1.0, max(0.0, start))
        marks.append(Mark(edge, min(1.0, max(edge, stop)), episode.verdict, f"{reason.check}: {reason.why}"))
    return marks


def _strips(store: Store, summary: Summary) -> str:
    """Film strips of flagged episodes where a camera shows the finding, then of one that was accepted."""
    parts = []
    for episode in summary.flagged:
        shown = [reason for reason in episode.reasons if reason.span is not None]
        found = _film(store, episode.id, {reason.stream: reason.span for reason in shown if reason.span})
        if found:
            why = escape(shown[0].why if shown else "")
            parts.append(
                f'<p><span class="badge {episode.verdict}">{episode.verdict}</span> {escape(_name(episode))}: {why}</p>{found}'
            )
        if len(parts) >= STRIPS:
            break
    for place in np.flatnonzero(summary.table["verdict"] == "accept")[:40].tolist():
        found = _film(store, str(summary.table["id"][place]), {})
        if found:
            parts.append(
                f'<p><span class="badge accept">accept</span> {escape(str(summary.table["task"][place]))}</p>{found}'
            )
            break
    return f'<h2>Seen</h2><div class="card">{"".join(parts)}</div>' if parts else ""


def _film(store: Store, subject: str, spans: dict[str, Span]) -> str:
    try:
        episode = store.episode(subject)
        cameras = [stream for stream in episode.streams if stream.video is not None and len(stream)]
        chosen = [stream for stream in cameras if stream.name in spans] or cameras[:1]
        wanted = spans.get(chosen[0].name) if chosen else None
        return strip(chosen[0], [wanted] if wanted else list(spans.values())[:1]) if chosen else ""
    except (VolantError, OSError) as error:
        return f'<p class="soft">{escape(str(error))}</p>'


def _coverage(summary: Summary) -> str:
    picture = charts.heat(summary.tasks, summary.scenes, summary.cells, title="episodes per task and environment")
    shown = [e for e in summary.estimates if e.unit in ("combinations", "probability") and not e.group]
    return (
        "<h2>Coverage</h2><p class='how'>Episodes outside quarantine per task (rows) and environment (columns: declared "
        f'scene, else site). Empty cells are combinations nobody recorded.</p><div class="card">{picture}</div>'
        f'<div class="card">{_table(shown)}</div>'
    )


def _yield(summary: Summary) -> str:
    parts = []
    for slice_, words in (("task", "task"), ("body", "body"), ("site", "site"), ("operator", "operator")):
        found = [e for e in summary.estimates if e.name == "acceptance" and e.group.startswith(f"{slice_}=")]
        if len(found) > 1 or (found and slice_ == "task"):
            ranked = sorted(found, key=lambda e: -e.n)[:16]
            rows = [Row(e.group.split("=", 1)[1], e.value, e.low, e.high, f"{e.value:.0%}  n={e.n}") for e in ranked]
            parts.append(
                f'<h3>by {words}</h3><div class="card">{charts.whiskers(rows, title=f"acceptance by {words}")}</div>'
            )
    overall = [e for e in summary.estimates if e.name in ("acceptance", "yield") and not e.group]
    return (
        "<h2>Yield</h2><p class='how'>Share of judged episodes that the gate accepts, with 95 % intervals.</p>"
        f'<div class="card">{_table(overall)}</div>{"".join(parts)}'
    )


def _distributions(summary: Summary) -> str:
    pictures = [
        f'<div class="card">{charts.histogram(values, title=name, unit=unit)}</div>'
        for name, (unit, values) in summary.values.items()
        if values
    ]
    return f'<h2>Distributions</h2><div class="grid2">{"".join(pictures)}</div>' if pictures else ""


def _how(summary: Summary) -> str:
    checks = Counter(name for ran in summary.screened for name in ran.split())
    return (
        "<h2>How this was made</h2><div class='card'><p>All figures are measured from this lake unless a table says "
        f"otherwise. Judged by {', '.join(f'<code>{escape(p)}</code>' for p in summary.policies) or 'nobody'}.</p>"
        f"<p class='how'>Checks that ran: {escape(', '.join(sorted(checks)) or 'none')}.</p></div>"
    )


def _table(estimates: list[Estimate]) -> str:
    rows = "".join(
        f'<tr><td>{escape(e.name)}</td><td class="n">{e.value:.4g} {escape(e.unit)}</td><td class="n">'
        f"{'' if e.low is None or e.high is None else f'{e.low:.4g} to {e.high:.4g}'}</td>"
        f'<td class="n">{e.n}</td><td>{e.how}: {escape(e.method)}</td></tr>'
        for e in estimates
    )
    head = '<tr><th>figure</th><th class="n">value</th><th class="n">interval</th><th class="n">n</th><th>how</th></tr>'
    return f"<table>{head}{rows}</table>"


def _name(episode: Flagged) -> str:
    tail = episode.uri.rstrip("/").rsplit("/", 1)[-1]
    return f"{episode.task or 'no task'} · {tail}" if tail else episode.task or episode.id[:10]


def _duration(hours: float) -> str:
    if hours >= 1:
        return f"{hours:,.1f} h"
    return f"{hours * 60:.1f} min" if hours * 60 >= 1 else f"{hours * 3600:.1f} s"


def _share(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.0%}"
    return f"{estimate.value:.0%} <small class='how'>{estimate.low:.0%} to {estimate.high:.0%}</small>"


def _count(estimate: Estimate | None) -> str:
    return "–" if estimate is None else f"{estimate.value:,.0f}"
