"""A whole log as one episode: read through once, numbers as columns, pictures by their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core import Episode, Fact, Origin
from ..core.errors import BadInput, Damaged
from .album import Pictures, collects_pictures
from .source import Channel, Source
from .streams import distinct
from .topic import READABLE, Made, Numbers

__all__ = ["Topic", "read_log", "survey"]

MOST_KEPT = 1 << 30
"""At most 1 GB of payloads is held for topics that are no pictures; before it is more, the largest is left out."""

_YEAR_2000 = 946_684_800_000_000_000


@dataclass(frozen=True, slots=True)
class Topic:
    """What a log holds of one topic: its message type, how many messages, and how many a second (0: unknown)."""

    topic: str
    type: str
    count: int
    hz: float


def survey(source: Source) -> list[Topic]:
    """Every topic of a log with its count and mean rate, without decoding."""
    seen: dict[int, list[int]] = {}
    for channel, log, _, _ in source.messages():
        known = seen.get(channel)
        if known is None:
            seen[channel] = [1, log, log]
        else:
            known[0] += 1
            known[1], known[2] = min(known[1], log), max(known[2], log)
    merged: dict[tuple[str, str], list[int]] = {}
    for key, declared in source.channels.items():
        count, first, last = seen.get(key, [0, 0, 0])
        own = merged.setdefault((declared.topic, declared.type), [0, first, last])
        if count:
            own[1] = min(own[1], first) if own[0] else first
            own[2] = max(own[2], last) if own[0] else last
            own[0] += count
    return [
        Topic(topic, kind, count, (count - 1) * 1e9 / (last - first) if count > 1 and last > first else 0.0)
        for (topic, kind), (count, first, last) in sorted(merged.items())
    ]


def read_log(source: Source, path: Path, by: str) -> Episode:
    """All that a log says, as one episode.

    Raises ``Damaged`` where it holds no message at all, ``BadInput`` where every message is in an encoding that nobody
    can read. What is damaged or could not become a column is said as facts of the source.
    """
    topics: dict[Channel, Numbers | Pictures] = {}
    routes: dict[int, Numbers | Pictures] = {}
    first: int | None = None
    kept = count = 0
    for number, log, payload, place in source.messages():
        topic = routes.get(number)
        if topic is None:
            topic = routes[number] = _topic(topics, source.channels[number])
        before = topic.size
        topic.add(log, payload, place)
        count += 1
        kept += topic.size - before
        if kept > MOST_KEPT:
            heaviest = max(topics.values(), key=lambda one: one.size)
            before = heaviest.size
            heaviest.forget()
            kept = 0 if heaviest.size == before else kept - before
        first = log if first is None else min(first, log)
    if first is None:
        _refuse_empty(source, path)
    _refuse_unreadable(topics, path)
    streams, said = [], [Fact("", "log/messages", count, by)]
    for channel in list(topics):
        collected = topics.pop(channel)
        made: Made = collected.made(source) if isinstance(collected, Pictures) else collected.made()
        streams += made.streams
        said.append(Fact("", "log/type", channel.type or channel.encoding, by, stream=channel.topic))
        said += [Fact("", "log/note", note, by, stream=channel.topic) for note in dict.fromkeys(made.notes)]
        said += [Fact("", "damage/message", words, by, stream=channel.topic) for words in made.damage]
    said += [Fact("", key, words, by) for key, words in source.trouble.found]
    recorded = first if first is not None and first > _YEAR_2000 else 0
    if not streams:
        raise Damaged(f"{path.name} holds no message that can be read.", instead="; ".join(str(f.value) for f in said))
    return Episode(tuple(distinct(streams)), Origin(uri=str(path), recorded_at=recorded), said=tuple(said))


def _topic(topics: dict[Channel, Numbers | Pictures], channel: Channel) -> Numbers | Pictures:
    known = topics.get(channel)
    if known is None:
        known = topics[channel] = Pictures(channel) if collects_pictures(channel) else Numbers(channel)
    return known


def _refuse_empty(source: Source, path: Path) -> None:
    found = source.trouble.found
    if found:
        raise Damaged(f"{path.name} is damaged and no message of it can be saved: {found[0][1]}.")
    names = sorted(channel.topic for channel in source.channels.values())
    raise Damaged(
        f"{path.name} is empty: it holds no messages.",
        instead=f"It only declares {len(names)} topics: {', '.join(names[:5])}." if names else "",
        do="Record it again, or leave it out.",
    )


def _refuse_unreadable(topics: Mapping[Channel, object], path: Path) -> None:
    wrong = sorted({channel.encoding for channel in topics if channel.encoding not in READABLE})
    if wrong and all(channel.encoding not in READABLE for channel in topics):
        raise BadInput(
            f"{path.name}: its messages are serialised as {', '.join(repr(name[:40]) for name in wrong)}.",
            instead="Known: cdr (ROS 2), ros1, json, protobuf.",
            do="Convert it where that format is installed, for instance with 'ros2 bag convert'.",
        )
