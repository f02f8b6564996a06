"""Where a log without episodes is cut: by a topic, by silence, or by a person's annotation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..core import Episode, Fact, Segment, Span, Stream
from ..core.errors import BadValue, NotFound, suggest
from .annotation import Note, read_notes

__all__ = ["split_episode"]

_BY = "split@1"


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    stop: int
    task: str = ""
    facts: tuple[tuple[str, str], ...] = ()


def split_episode(episode: Episode, split: str) -> Iterator[Episode]:
    """The episodes inside one recording, as views; the recording itself where ``split`` is empty.

    - ``topic:NAME``: a truth value is an episode while it is true (from the sample that says so to the next that does
      not). A whole number is the number of the episode: each value it takes is one, negative values lie between.
      Text is the task: each change starts an episode, empty text lies between. A topic of empty messages (or of
      floating numbers, which cannot be told apart) is a pulse: each message starts an episode.
    - ``gap:SECONDS`` or ``gap:SECONDS@NAME,NAME``: a new episode starts after that long without any sample (of the
      named streams).
    - ``annotation:FILE``: CSV or JSON rows with start and stop (see ``annotation``).

    Streams without a sample inside a piece are left out of it. Raises ``BadValue`` and ``NotFound``.
    """
    if not split:
        yield episode
        return
    way, _, what = split.partition(":")
    if way == "topic" and what:
        pieces = _by_topic(episode, what)
    elif way == "gap" and what:
        pieces = _by_gap(episode, what)
    elif way == "annotation" and what:
        pieces = [_of_note(note) for note in read_notes(Path(what), episode.span)]
    else:
        raise BadValue(
            f"{split!r} does not say how to split.", instead="Known: 'topic:NAME', 'gap:SECONDS', 'annotation:FILE'."
        )
    made = 0
    for piece in pieces:
        cut = _cut(episode, piece, split)
        if cut is not None:
            made += 1
            yield cut
    if not made:
        raise BadValue(
            f"Splitting by {split!r} leaves no episode.", do="Look at the topic with 'volant add --propose'."
        )


def _of_note(note: Note) -> _Piece:
    facts = tuple((key, value) for key, value in (("outcome", note.outcome), ("label", note.label)) if value)
    return _Piece(note.start, note.stop, note.task, facts)


def _cut(episode: Episode, piece: _Piece, split: str) -> Episode | None:
    whole = episode.between(piece.start, piece.stop)
    streams = tuple(stream for stream in whole.streams if len(stream))
    if not streams:
        return None
    said = [Fact("", "declared/split", split, _BY)]
    said += [Fact("", key, value, _BY) for key, value in piece.facts]
    segments = whole.segments
    if piece.task:
        segments = (*segments, Segment(Span(piece.start, piece.stop), piece.task, "task"))
    made = replace(whole, streams=streams, segments=segments, task=piece.task or whole.task)
    return made.saying(said)


def _find(episode: Episode, name: str) -> Stream:
    """The stream of that name; a leading slash may be left out, a topic stands for its only plain stream."""
    names = [stream.name for stream in episode.streams]
    for wanted in (name, "/" + name, name + "/data", "/" + name + "/data"):
        if wanted in names:
            return episode[wanted]
    inside = [other for other in names if other.startswith((name + "/", "/" + name + "/"))]
    if len(inside) == 1:
        return episode[inside[0]]
    if inside:
        raise BadValue(f"The topic {name!r} has {len(inside)} streams.", instead=f"Name one: {', '.join(inside)}.")
    raise NotFound(f"No topic {name!r} to split by.", instead=suggest(name, names))


def _by_topic(episode: Episode, name: str) -> list[_Piece]:
    stream = _find(episode, name)
    end = episode.span.stop
    if stream.video is not None:
        raise BadValue(f"{stream.name!r} holds pictures and cannot say where episodes begin.")
    x, t = stream.values, stream.t
    if x.ndim > 1 and x.shape[1:] != (1,):
        raise BadValue(f"{stream.name!r} holds {x.shape[1:]} values a sample.", do="Split by a topic of one value.")
    x = x.reshape(len(t))
    if not stream.ordered:
        order = np.argsort(t, kind="stable")
        x, t = x[order], t[order]
    if x.dtype == np.bool_ or np.issubdtype(x.dtype, np.integer) or x.dtype == object:
        first = np.flatnonzero(np.concatenate(([True], x[1:] != x[:-1])))
    else:
        first = np.arange(len(t))
    pieces = []
    for i, row in enumerate(first):
        value = x[row]
        stop = int(t[first[i + 1]]) if i + 1 < len(first) else end
        if isinstance(value, str):
            if value.strip():
                pieces.append(_Piece(int(t[row]), stop, value.strip()))
        elif isinstance(value, np.bool_):
            if value:
                pieces.append(_Piece(int(t[row]), stop))
        elif not isinstance(value, np.integer) or value >= 0:
            pieces.append(_Piece(int(t[row]), stop))
    return pieces


def _by_gap(episode: Episode, what: str) -> list[_Piece]:
    text, _, only = what.partition("@")
    try:
        seconds = float(text)
    except ValueError as error:
        raise BadValue(f"{text!r} is no number of seconds to split at.") from error
    if not 0 < seconds < 1e9:
        raise BadValue(f"A gap of {text} seconds cannot split a log.")
    chosen = [_find(episode, name.strip()) for name in only.split(",")] if only else list(episode.streams)
    filled = [stream.t for stream in chosen if len(stream.t)]
    if not filled:
        return []
    times = np.sort(np.concatenate(filled))
    breaks = np.flatnonzero(np.diff(times) > seconds * 1e9)
    starts = np.concatenate(([episode.span.start], times[breaks + 1])).tolist()
    stops = [*starts[1:], episode.span.stop]
    return [_Piece(int(a), int(b)) for a, b in zip(starts, stops, strict=True)]
