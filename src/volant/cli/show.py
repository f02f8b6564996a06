"""``volant show``: one episode, everything known of it."""

from __future__ import annotations

from collections.abc import Sequence

import click

from volant.core import Episode, Fact

from ._options import as_json, limit, opened, with_lake
from ._say import document, moment, note, table


@click.command("show")
@click.argument("episode", metavar="ID")
@limit(100)
@with_lake
@as_json
def command(episode: str, limit: int, lake: str | None, json: bool) -> None:
    """Show everything known of one episode: origin, streams, findings and facts.

    ID may be shortened as long as it names only one episode.
    """
    with opened(lake) as memory:
        found = memory.episode(episode)
        facts = [fact for fact in memory.store.facts(subject=found.id) if not _bulky(fact)]
    facts.sort(key=lambda fact: (fact.key, fact.stream, fact.span.start if fact.span else -1, fact.at))
    shown = facts[: limit or len(facts)]
    if json:
        document({**_plain(found), "total": len(facts), "facts": [_fact(fact) for fact in shown]})
        return
    _print(found, shown)
    if len(shown) < len(facts):
        note(f"{len(shown)} of {len(facts)} facts; use --limit to see more.")


def _bulky(fact: Fact) -> bool:
    return fact.key.startswith(("look/", "sketch/"))


def _plain(episode: Episode) -> dict[str, object]:
    return {
        "id": episode.id,
        "task": episode.task,
        "instruction": episode.instruction,
        "scene": episode.scene,
        "tags": list(episode.tags),
        "seconds": episode.seconds,
        "frames": episode.frames,
        "origin": episode.origin,
        "segments": [
            {"label": s.label, "level": s.level, "start": s.span.start, "stop": s.span.stop} for s in episode.segments
        ],
        "streams": [
            {
                "name": stream.name,
                "kind": stream.signal.kind,
                "dtype": stream.signal.dtype,
                "shape": stream.signal.shape,
                "unit": stream.signal.unit,
                "frame": stream.signal.frame,
                "hz": stream.signal.hz,
                "measured_hz": stream.rate,
                "samples": len(stream),
                "dims": stream.signal.dims,
                "codec": stream.video.codec if stream.video is not None else None,
            }
            for stream in episode.streams
        ],
    }


def _fact(fact: Fact) -> dict[str, object]:
    start, stop = (fact.span.start, fact.span.stop) if fact.span else (None, None)
    return {
        "key": fact.key,
        "value": fact.value,
        "by": fact.by,
        "stream": fact.stream,
        "start": start,
        "stop": stop,
        "at": fact.at,
    }


def _print(episode: Episode, facts: Sequence[Fact]) -> None:
    origin = episode.origin
    lines = {
        "id": episode.id,
        "task": episode.task,
        "instruction": episode.instruction if episode.instruction != episode.task else "",
        "scene": episode.scene,
        "length": f"{episode.seconds:.3f} s, {episode.frames} frames",
        "recorded": moment(origin.recorded_at),
        "tags": ", ".join(episode.tags),
    }
    for name in ("uri", "embodiment", "robot", "operator", "collector", "site", "region", "tier", "licence", "consent"):
        lines[name] = getattr(origin, name)
    lines["policy"] = origin.policy or ""
    lines["parents"] = ", ".join(origin.parents)
    for name, text in lines.items():
        if text:
            click.echo(f"{name:12} {' '.join(text.split())}")
    click.echo()
    table(
        [
            {
                "stream": stream.name,
                "kind": stream.signal.kind.value,
                "samples": len(stream),
                "type": f"{stream.signal.dtype}{list(stream.signal.shape)}",
                "unit": stream.signal.unit,
                "Hz": stream.rate,
                "declared Hz": stream.signal.hz,
            }
            for stream in episode.streams
        ]
    )
    if facts:
        click.echo()
        start = episode.span.start
        table(
            [
                {
                    "fact": fact.key,
                    "value": fact.value if len(str(fact.value)) <= 120 else f"{str(fact.value)[:117]}...",
                    "stream": fact.stream,
                    "from s": (fact.span.start - start) / 1e9 if fact.span else None,
                    "to s": (fact.span.stop - start) / 1e9 if fact.span else None,
                    "by": fact.by,
                }
                for fact in facts
            ]
        )
