"""One episode as a page: pictures, signals, findings and where it comes from, on one clock."""

from __future__ import annotations

import base64
import tempfile
from dataclasses import fields
from html import escape
from pathlib import Path

import numpy as np

from .. import charts
from ..charts import Mark, document
from ..core import Episode, FactTable, Kind, Span, Stream
from ..core.errors import VolantError
from ..lake import Store
from ..video import PacketVideo, join_packets
from .pictures import strip

__all__ = ["episode_page", "plottable"]

MOST_BYTES = 24 << 20
"""Video larger than this is shown as a film strip only, so that the page still opens."""
MOST_SIGNALS = 24
ORDER = {Kind.STATE: 0, Kind.JOINT: 0, Kind.ACTION: 0, Kind.CLOCK: 2, Kind.FLAG: 2, Kind.REWARD: 2}
"""Signals that people look for first, and those they look at last."""

SCRIPT = """
const film=document.querySelector('video'),marks=[...document.querySelectorAll('svg .cursor')];
const total=Number(document.body.querySelector('main').dataset.seconds||0);
function move(s){const x=50+1020*Math.min(1,Math.max(0,s/(total||1)));marks.forEach(m=>{m.setAttribute('x1',x);m.setAttribute('x2',x)})}
if(film){film.addEventListener('timeupdate',()=>move(film.currentTime))}
marks.forEach(m=>m.ownerSVGElement.addEventListener('click',e=>{const b=m.ownerSVGElement.getBoundingClientRect();
const s=total*Math.min(1,Math.max(0,((e.clientX-b.left)/b.width*1080-50)/1020));move(s);if(film)film.currentTime=s}));
"""


def episode_page(store: Store, subject: str, *, version: int | None = None) -> str:
    """A self-contained HTML page of one episode; click on a plot to move the video there."""
    episode = store.episode(subject)
    facts = store.facts(subject=[subject], version=version)
    verdict = _latest(facts, "verdict") or "unjudged"
    title = episode.task or episode.instruction or "episode"
    body = escape(episode.origin.embodiment or "unknown body")
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p><span class="badge {verdict}">{verdict}</span> <code>{subject}</code> · {episode.seconds:.2f} s · {body}</p>',
        f'<p class="soft">{escape(episode.instruction)}</p>' if episode.instruction != title else "",
        _findings(episode, facts),
        _pictures(episode, facts),
        _segments(episode),
        _signals(episode, facts),
        _origin(episode),
        _said(facts),
    ]
    page = document(f"{title} {subject[:8]}", "".join(parts), SCRIPT)
    return page.replace("<main>", f'<main data-seconds="{episode.seconds:.6f}">', 1)


def _latest(facts: FactTable, key: str) -> str:
    said = [str(value) for value, found in zip(facts.value, facts.key, strict=True) if found == key]
    return said[-1] if said else ""


def _spans(facts: FactTable, prefix: str, stream: str | None = None) -> list[tuple[str, str, Span]]:
    return [
        (fact.key, str(fact.value), fact.span)
        for fact in facts
        if fact.span is not None and fact.key.startswith(prefix) and stream in (None, fact.stream)
    ]


def _marks(episode: Episode, found: list[tuple[str, str, Span]], tone: str) -> list[Mark]:
    length = max(1, episode.span.stop - episode.span.start)
    return [
        Mark(
            max(0.0, (span.start - episode.span.start) / length),
            min(1.0, (span.stop - episode.span.start) / length),
            tone,
            f"{key.split('/', 1)[-1]}: {value}",
        )
        for key, value, span in found
    ]


def _findings(episode: Episode, facts: FactTable) -> str:
    reasons = [fact for fact in facts if fact.key.startswith("reason/")]
    if not reasons:
        return '<div class="card"><p>No check found anything above its limit.</p></div>'
    rows = "".join(
        f"<tr><td>{escape(fact.key[7:])}</td><td>{escape(fact.stream)}</td><td>{escape(str(fact.value))}</td>"
        f'<td class="n">{_at(episode, fact.span)}</td></tr>'
        for fact in reasons
    )
    by_check: dict[str, list[tuple[str, str, Span]]] = {}
    for key, value, span in _spans(facts, "reason/"):
        by_check.setdefault(key[7:], []).append((key, value, span))
    lanes = [(check, _marks(episode, spans, "quarantine"), "") for check, spans in sorted(by_check.items())]
    picture = charts.timeline(lanes, title="findings on the episode's clock") if lanes else ""
    return (
        f'<h2>Findings</h2><div class="card">{picture}<table><tr><th>check</th><th>stream</th><th>why</th>'
        f'<th class="n">when</th></tr>{rows}</table></div>'
    )


def _at(episode: Episode, span: Span | None) -> str:
    if span is None:
        return "whole"
    start = (span.start - episode.span.start) / 1e9
    return f"{start:.2f} to {(span.stop - episode.span.start) / 1e9:.2f} s"


def _pictures(episode: Episode, facts: FactTable) -> str:
    cameras = [stream for stream in episode.streams if stream.video is not None and len(stream)]
    if not cameras:
        return ""
    parts = []
    for camera in cameras[:6]:
        spans = [span for _, _, span in _spans(facts, "reason/", camera.name)]
        parts.append(f'<div class="card">{_film(camera)}{strip(camera, spans)}{strip(camera) if spans else ""}</div>')
    return f'<h2>Seen</h2><div class="grid2">{"".join(parts)}</div>'


def _film(camera: Stream) -> str:
    """The camera's own packets inside the page where a browser can play them; nothing is encoded again."""
    video = camera.video
    if not isinstance(video, PacketVideo) or video.codec not in ("h264", "av1", "vp9"):
        return ""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "film.mp4"
        try:
            join_packets([video], out, camera.signal.hz or camera.rate or 30.0)
        except VolantError as error:
            return f'<p class="how">{escape(str(error))}</p>'
        if out.stat().st_size > MOST_BYTES:
            return f'<p class="how">The video is {out.stat().st_size / 1e6:.0f} MB: shown as a film strip.</p>'
        packed = base64.b64encode(out.read_bytes()).decode()
    return f'<video controls muted playsinline preload="metadata" src="data:video/mp4;base64,{packed}"></video>'


def _segments(episode: Episode) -> str:
    if not episode.segments:
        return ""
    found = [(segment.level, segment.label, segment.span) for segment in episode.segments]
    lanes = [
        (level, _marks(episode, [one for one in found if one[0] == level], "plain"), "")
        for level in sorted({segment.level for segment in episode.segments})
    ]
    words = "".join(
        f"<tr><td>{escape(a)}</td><td>{escape(b)}</td><td class='n'>{_at(episode, c)}</td></tr>" for a, b, c in found
    )
    return f'<h2>Segments</h2><div class="card">{charts.timeline(lanes, title="segments")}<table>{words}</table></div>'


def plottable(episode: Episode) -> list[Stream]:
    """Streams that are drawn as lines, those that people look for first in front; when samples arrived is left out."""
    return sorted(
        (
            s
            for s in episode.streams
            if s.video is None
            and s.signal.numeric
            and s.signal.kind != Kind.BLOB
            and len(s)
            and not s.name.endswith("/arrival")
        ),
        key=lambda stream: (ORDER.get(stream.signal.kind, 1), stream.name),
    )


def _signals(episode: Episode, facts: FactTable) -> str:
    plain, cards = plottable(episode), []
    for stream in plain[:MOST_SIGNALS]:
        x = stream.values.reshape(len(stream), -1).astype(np.float64)
        t = (stream.t - episode.span.start) / 1e9
        marks = _marks(episode, _spans(facts, "reason/", stream.name), "quarantine")
        names = ", ".join(stream.signal.dims[:12])
        more = f" (first 12 of {x.shape[1]} lines)" if x.shape[1] > 12 else ""
        cards.append(
            f'<div class="card"><h3>{escape(stream.name)}</h3><p class="how">{stream.signal.kind}, unit '
            f"{escape(stream.signal.unit)}, frame {escape(stream.signal.frame)}, {len(stream)} samples at "
            f"{stream.rate:.4g} Hz{more}. {escape(names)}</p>{charts.lines(t, x, marks, title=stream.name)}</div>"
        )
    words = [stream for stream in episode.streams if stream.signal.kind in (Kind.LANGUAGE, Kind.EVENT)]
    told = "".join(
        f"<tr><td>{escape(stream.name)}</td><td>{len(stream)}</td><td>{escape(str(stream.values[0])[:200])}</td></tr>"
        for stream in words
        if len(stream) and stream.video is None
    )
    table = (
        f'<div class="card"><table><tr><th>stream</th><th>n</th><th>first</th></tr>{told}</table></div>' if told else ""
    )
    hidden = f'<p class="how">{len(plain) - MOST_SIGNALS} more signals.</p>' if len(plain) > MOST_SIGNALS else ""
    return f"<h2>Signals</h2>{''.join(cards)}{table}{hidden}"


def _origin(episode: Episode) -> str:
    rows = "".join(
        f"<tr><td>{field.name}</td><td>{escape(str(getattr(episode.origin, field.name)))}</td></tr>"
        for field in fields(episode.origin)
        if getattr(episode.origin, field.name)
    )
    return f'<h2>Origin</h2><div class="card"><table>{rows}</table></div>' if rows else ""


def _said(facts: FactTable) -> str:
    """All other facts, without what only machines read."""
    hidden = ("look/", "sketch/", "reason/", "why/", "declared/stats", "screened")
    shown = [fact for fact in facts if not fact.key.startswith(hidden)]
    rows = "".join(
        f"<tr><td>{escape(fact.key)}</td><td>{escape(fact.stream)}</td><td>{escape(_brief(fact.value))}</td>"
        f"<td class='soft'>{escape(fact.by)}</td></tr>"
        for fact in sorted(shown, key=lambda fact: (fact.key, fact.stream))[:400]
    )
    return f'<h2>Facts</h2><div class="card"><table><tr><th>key</th><th>stream</th><th>value</th><th>by</th></tr>{rows}</table></div>'


def _brief(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    words = str(value)
    return words if len(words) <= 160 else words[:157] + "..."
