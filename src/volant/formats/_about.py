"""The words of an episode as JSON, so that a container without room for them keeps them in one text."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TypedDict, cast

from ..core import Episode, Fact, Origin, Segment, Signal, Span, Value
from ..core.errors import BadInput, Damaged

__all__ = ["About", "about", "from_about", "signal_from"]

_ORIGIN = tuple(field.name for field in fields(Origin))


class About(TypedDict):
    """The fields of an episode that are words."""

    origin: Origin
    task: str
    instruction: str
    scene: str
    segments: tuple[Segment, ...]
    tags: tuple[str, ...]
    said: tuple[Fact, ...]


def about(episode: Episode) -> str:
    """Origin, task, instruction, scene, segments, tags and statements as one JSON object."""
    raw = {
        "origin": {name: getattr(episode.origin, name) for name in _ORIGIN},
        "task": episode.task,
        "instruction": episode.instruction,
        "scene": episode.scene,
        "segments": [[s.span.start, s.span.stop, s.label, s.level] for s in episode.segments],
        "tags": list(episode.tags),
        "said": [_fact(fact) for fact in episode.said],
    }
    return json.dumps(raw, sort_keys=True, separators=(",", ":"))


def from_about(text: object, where: str) -> About:
    """What ``about`` wrote; anything else is ``Damaged``."""
    try:
        raw = json.loads(cast(str, text))
        origin = {name: raw["origin"][name] for name in _ORIGIN if name in raw["origin"]}
        origin["parents"] = tuple(str(parent) for parent in origin.get("parents", ()))
        return About(
            origin=Origin(**origin),
            task=str(raw["task"]),
            instruction=str(raw["instruction"]),
            scene=str(raw["scene"]),
            segments=tuple(_segment(*row) for row in raw["segments"]),
            tags=tuple(str(tag) for tag in raw["tags"]),
            said=tuple(_said(row) for row in raw["said"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, BadInput) as error:
        raise Damaged(f"{where}: the description of an episode cannot be read: {error}.") from error


def signal_from(text: object, where: str) -> Signal:
    """The signal that ``Signal.to_json`` wrote; anything else is ``Damaged``."""
    try:
        return Signal.from_json(cast(str, text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, BadInput) as error:
        raise Damaged(f"{where}: the meaning of a channel cannot be read: {error}.") from error


def _segment(start: int, stop: int, label: str, level: str) -> Segment:
    return Segment(Span(int(start), int(stop)), str(label), str(level))


def _fact(fact: Fact) -> list[object]:
    span = [fact.span.start, fact.span.stop] if fact.span else None
    value = list(fact.value) if isinstance(fact.value, tuple) else fact.value
    return [fact.key, value, fact.by, span, fact.stream, fact.at]


def _said(row: list[object]) -> Fact:
    key, value, by, span, stream, at = row
    if isinstance(value, list):
        value = tuple(float(part) for part in value)
    if not isinstance(value, bool | int | float | str | tuple):
        raise Damaged(f"The fact {key!r} has no readable value.")
    stretch = Span(*(int(edge) for edge in cast(list[int], span))) if span else None
    return Fact("", str(key), cast(Value, value), str(by), stretch, str(stream), int(cast(int, at)))
