"""How one episode is drawn: cameras, signals and findings on one clock; lineage; facts. Everything is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from html import escape

import numpy as np

from ... import charts
from ...charts import Mark
from ...core import Episode, Fact, Span, Stream
from ...report.episode import plottable
from ...video import PacketVideo
from .media import playable
from .parts import badge, how, link, table
from .reasons import reason_in
from .words import say, tongue

__all__ = ["Known", "facts_of", "findings", "lineage", "origin", "stage"]

_SIGNALS = 16
_FACTS = 300
_HIDDEN = ("look/", "sketch/", "reason/", "why/", "declared/stats", "screened", "likeness/")


@dataclass(frozen=True, eq=False)
class Known:
    """An episode with everything that is known of it.

    ``selections`` are (hash, why), ``children`` and ``parents`` (id, task), ``newer`` and ``older`` the ids of its
    neighbours in the list.
    """

    episode: Episode
    facts: tuple[Fact, ...]
    parents: tuple[tuple[str, str], ...]
    children: tuple[tuple[str, str], ...]
    selections: tuple[tuple[str, str], ...]
    newer: str
    older: str

    def latest(self, key: str) -> str:
        """What was said last under a key, empty where nothing was."""
        return next((str(fact.value) for fact in reversed(self.facts) if fact.key == key), "")

    @property
    def reasons(self) -> list[Fact]:
        """The reasons of the latest verdict."""
        by = next((fact.by for fact in reversed(self.facts) if fact.key == "verdict"), "")
        mine = [fact for fact in self.facts if fact.key.startswith("reason/") and fact.by == by]
        return mine or [fact for fact in self.facts if fact.key.startswith("reason/")]


def stage(known: Known) -> str:
    """Cameras, the time line with findings and segments, and signals: one cursor moves over all of them."""
    episode = known.episode
    cameras = [
        _camera(episode, place, stream)
        for place, stream in enumerate(episode.streams)
        if stream.video is not None and len(stream)
    ]
    seen = f'<div class="v-cameras n{min(len(cameras), 3)}">{"".join(cameras)}</div>' if cameras else ""
    return (
        f'<div data-stage data-seconds="{episode.seconds:.6f}">{seen}{_transport(episode)}'
        f'<div class="card v-lanes">{_lanes(known)}</div><h2>{escape(say("episode.signals"))}</h2>{_signals(known)}</div>'
    )


def _camera(episode: Episode, place: int, stream: Stream) -> str:
    video = stream.video
    assert video is not None
    start = (int(stream.t[0]) - episode.span.start) / 1e9
    lasts = (int(stream.t[-1]) - int(stream.t[0])) / 1e9
    name, path = escape(stream.name), f"/episode/{episode.id}"
    _, height, width, _ = video.shape
    note = say("episode.camera.frames", n=f"{len(stream):,}", width=width, height=height)
    if playable(stream):
        shown = (len(stream) - 1) / (stream.signal.hz or stream.rate or 30.0)
        scale = shown / lasts if lasts else 1.0
        seen = (
            f'<video muted playsinline preload="auto" data-start="{start:.6f}" data-scale="{scale:.6f}" '
            f'aria-label="{name}" src="{path}/film/{place}.mp4" width="{width}" height="{height}"></video>'
        )
    else:
        rate = (len(stream) - 1) / lasts if lasts else 1.0
        codec = video.codec if isinstance(video, PacketVideo) else "raw"
        note += f", {say('episode.camera.still', codec=codec)}"
        seen = (
            f'<img alt="{name}" data-still="{path}/still/{place}/FRAME.jpg" data-count="{len(stream)}" '
            f'data-start="{start:.6f}" data-rate="{rate:.6f}" width="{width}" height="{height}" '
            f'src="{path}/still/{place}/0.jpg">'
        )
    return f'<figure class="v-camera">{seen}<figcaption><b>{name}</b> <span class="how">{escape(note)}</span></figcaption></figure>'


def _transport(episode: Episode) -> str:
    rates = "".join(
        f'<button class="v-button" data-rate="{rate}" aria-pressed="{str(rate == 1).lower()}">{rate:g}×</button>'
        for rate in (0.25, 1, 2)
    )
    return (
        f'<div class="v-transport"><button class="v-button strong" data-play aria-pressed="false" '
        f'aria-label="{escape(say("episode.play"))}"><i aria-hidden="true"></i></button>'
        f'<input type="range" data-bar min="0" max="{episode.seconds:.3f}" step="0.01" value="0" '
        f'aria-label="{escape(say("episode.time"))}"><output data-clock>0.00 s</output>'
        f'<span class="soft">/ {episode.seconds:.2f} s</span>'
        f'<span class="v-rates" role="group" aria-label="{escape(say("episode.speed"))}">{rates}</span></div>'
    )


def _lanes(known: Known) -> str:
    episode = known.episode
    lanes: dict[str, list[str]] = {}
    verdict = known.latest("verdict") or "review"
    for fact in known.reasons:
        if fact.span is not None:
            lanes.setdefault(fact.key[7:], []).append(_mark(episode, fact.span, verdict, str(fact.value)))
    for segment in episode.segments:
        lanes.setdefault(segment.level, []).append(_mark(episode, segment.span, "plain", segment.label, words=True))
    if not lanes:
        lanes[""] = []
    return "".join(
        f'<div class="v-lane"><span>{escape(name)}</span><div class="v-track" data-track>{"".join(marks)}'
        '<i class="v-cursor" aria-hidden="true"></i></div></div>'
        for name, marks in lanes.items()
    )


def _share(episode: Episode, at: int) -> float:
    return min(1.0, max(0.0, (at - episode.span.start) / max(1, episode.span.stop - episode.span.start)))


def _mark(episode: Episode, span: Span, tone: str, title: str, *, words: bool = False) -> str:
    left, right = _share(episode, span.start), _share(episode, span.stop)
    seconds = (span.start - episode.span.start) / 1e9
    inside = escape(title) if words else ""
    return (
        f'<button class="v-mark {escape(tone)}" style="left:{100 * left:.2f}%;width:{max(0.6, 100 * (right - left)):.2f}%" '
        f'data-seek="{seconds:.3f}" title="{escape(title)}" aria-label="{escape(title)}, {seconds:.2f} s">{inside}</button>'
    )


def _signals(known: Known) -> str:
    plain = plottable(known.episode)
    drawn = "".join(_signal(known, stream) for stream in plain[:_SIGNALS])
    return drawn + (how(say("episode.signals.more", n=len(plain) - _SIGNALS)) if len(plain) > _SIGNALS else "")


def _signal(known: Known, stream: Stream) -> str:
    episode = known.episode
    marks = [
        Mark(_share(episode, fact.span.start), _share(episode, fact.span.stop), "quarantine", str(fact.value))
        for fact in known.reasons
        if fact.span is not None and fact.stream == stream.name
    ]
    x = stream.values.reshape(len(stream), -1).astype(np.float64)
    t = (stream.t - episode.span.start) / 1e9
    names = "".join(
        f'<span class="v-key"><svg viewBox="0 0 14 4" aria-hidden="true"><line class="line l{place % 6}" x1="0" x2="14" y1="2" y2="2"/></svg>'
        f"{escape(name)}</span>"
        for place, name in enumerate(stream.signal.dims[:12])
    )
    unit = stream.signal.unit or say("episode.unit.none")
    note = say("episode.signals.how", kind=stream.signal.kind, unit=unit, n=f"{len(stream):,}", hz=f"{stream.rate:.4g}")
    # The cursor lies over the picture: 0 s is at 50 of its 1080 parts, the end at 1070 (charts.lines).
    shown, start = (t[-1] - t[0]) / max(1e-9, episode.seconds), t[0] / max(1e-9, episode.seconds)
    across = f"--from:{start:.6f};--span:{max(1e-6, shown):.6f}"
    return (
        f'<div class="card v-signal" tabindex="0" role="group" aria-label="{escape(stream.name)}"><h3>{escape(stream.name)}</h3><p class="how">{escape(note)} {names}</p>'
        f'<div class="v-plot" style="{across}">{charts.lines(t, x, marks, title=stream.name)}'
        '<div class="v-over" data-track><i class="v-cursor" aria-hidden="true"></i></div></div></div>'
    )


def findings(known: Known) -> str:
    """What checks found, in words."""
    reasons = known.reasons
    if not reasons:
        return f"<p>{escape(say('episode.findings.none'))}</p>"
    heads = [say(f"episode.{name}") for name in ("check", "stream", "why", "when")]
    rows = [
        [
            escape(fact.key[7:]),
            escape(fact.stream),
            escape(reason_in(str(fact.value), tongue())),
            _when(known.episode, fact.span),
        ]
        for fact in reasons
    ]
    return table(heads, rows, label=say("episode.findings")) + how(say("episode.findings.how", by=reasons[0].by))


def _when(episode: Episode, span: Span | None) -> str:
    if span is None:
        return escape(say("episode.whole"))
    start, stop = ((at - episode.span.start) / 1e9 for at in (span.start, span.stop))
    return f'<button class="v-link" data-seek="{start:.3f}">{start:.2f} – {stop:.2f} s</button>'


def lineage(known: Known) -> str:
    """Where the episode comes from and what came of it, with links both ways."""
    origin = known.episode.origin
    taught = [str(fact.value) for fact in known.facts if fact.key == "taught"]
    lines = [
        (say("episode.parents"), link(f"/episode/{one}", f"{task or one[:8]} {one[:8]}")) for one, task in known.parents
    ]
    if origin.policy:
        others = link("/episodes", say("episode.lineage.others"), where=f"policy = '{origin.policy}'")
        lines.append((say("episode.policy"), f"<code>{escape(origin.policy[:12])}</code> · {others}"))
    lines += [
        (say("episode.children"), link(f"/episode/{one}", f"{task or one[:8]} {one[:8]}"))
        for one, task in known.children
    ]
    for name, why in known.selections:
        lines.append((say("episode.selections"), f"<code>{escape(name[:12])}</code> {escape(why)}"))
    for policy in taught:
        where = f"id IN (SELECT subject FROM facts WHERE key = 'taught' AND value = '{policy}')"
        others = link("/episodes", say("episode.lineage.others"), where=where)
        lines.append((say("episode.taught"), f"<code>{escape(policy[:12])}</code> · {others}"))
    if not lines:
        return how(say("episode.lineage.none"))
    return "<dl class='v-pairs'>" + "".join(f"<div><dt>{escape(a)}</dt><dd>{b}</dd></div>" for a, b in lines) + "</dl>"


def origin(known: Known) -> str:
    """What the recording itself says of its origin."""
    said = known.episode.origin
    pairs = [(field.name, getattr(said, field.name)) for field in fields(said)]
    return (
        "<dl class='v-pairs'>"
        + "".join(
            f"<div><dt>{escape(name)}</dt><dd>{escape(str(value))}</dd></div>"
            for name, value in pairs
            if value and name != "parents"
        )
        + "</dl>"
    )


def facts_of(known: Known) -> str:
    """All other facts that people may read."""
    shown = [fact for fact in known.facts if not fact.key.startswith(_HIDDEN)]
    heads = [say(f"episode.{name}") for name in ("key", "stream", "value", "when", "by")]
    rows = [
        [
            escape(fact.key),
            escape(fact.stream),
            badge(str(fact.value)) if fact.key in ("verdict", "outcome") else escape(_brief(fact.value)),
            "" if fact.span is None else _when(known.episode, fact.span),
            f"<span class='soft'>{escape(fact.by)}</span>",
        ]
        for fact in sorted(shown, key=lambda fact: (fact.key, fact.stream, fact.at))[:_FACTS]
    ]
    return how(say("episode.facts.how", n=f"{len(shown):,}")) + table(heads, rows, label=say("episode.facts"))


def _brief(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        few = ", ".join(_brief(one) for one in value[:4])
        return f"[{few}, … {len(value)}]" if len(value) > 4 else f"[{few}]"
    words = str(value)
    return words if len(words) <= 100 else words[:97] + "…"
