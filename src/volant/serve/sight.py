"""What a reviewer sees of an episode at a glance: its film as one sheet of frames, its signals, and findings."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..charts import Mark, lines
from ..core import Episode, Kind, Stream
from ..core.errors import Damaged, VolantError
from ..report.pictures import shrunk

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["Finding", "Sheet", "Sight", "look", "sheet"]

_FRAMES, _COLUMNS, _HEIGHT = 24, 6, 240
_CAMERAS, _SIGNALS = 2, 2
_FIRST = {Kind.STATE: 0, Kind.JOINT: 0, Kind.ACTION: 1}


@dataclass(frozen=True, slots=True)
class Sheet:
    """Frames of one camera in one JPEG, row by row, evenly over its time; ``problem`` where it cannot be read."""

    name: str
    address: str = ""
    frames: int = 0
    columns: int = 1
    ratio: float = 1.0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, in words; ``start`` and ``stop`` as shares of the episode, the whole where nobody said."""

    check: str
    stream: str
    why: str
    start: float = 0.0
    stop: float = 1.0
    spanned: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """An episode ready to be looked at; ``zero`` is its first ns, ``plots`` are SVG."""

    subject: str
    task: str
    instruction: str
    body: str
    seconds: float
    zero: int
    verdict: str
    outcome: str
    sheets: tuple[Sheet, ...]
    plots: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]


def look(store: Store, subject: str) -> Sight:
    """One episode's sight; at most two cameras of 24 frames and two signals, so that it is there at once."""
    episode = store.episode(subject)
    facts = store.facts(subject=subject, key=["reason/*", "verdict", "outcome"])
    last = {key: str(value) for key, value in zip(facts.key, facts.value, strict=True)}
    length = max(1, episode.span.stop - episode.span.start)

    def share(ns: int) -> float:
        return min(1.0, max(0.0, (ns - episode.span.start) / length))

    found = tuple(
        Finding(fact.key[7:], fact.stream, str(fact.value), share(fact.span.start), share(fact.span.stop), spanned=True)
        if fact.span
        else Finding(fact.key[7:], fact.stream, str(fact.value))
        for fact in facts
        if fact.key.startswith("reason/")
    )
    cameras = [stream for stream in episode.streams if stream.video is not None and len(stream)]
    return Sight(
        subject,
        episode.task or episode.instruction,
        episode.instruction,
        episode.origin.embodiment,
        episode.seconds,
        episode.span.start,
        last.get("verdict", ""),
        last.get("outcome", ""),
        tuple(_sheet(camera) for camera in cameras[:_CAMERAS]),
        tuple(_plots(episode, found)),
        found,
    )


def _sheet(stream: Stream) -> Sheet:
    try:
        picture, frames, columns, ratio = sheet(stream)
    except VolantError as error:
        return Sheet(stream.name, problem=str(error))
    address = "data:image/jpeg;base64," + base64.b64encode(picture).decode()
    return Sheet(stream.name, address, frames, columns, ratio)


def sheet(
    stream: Stream, count: int = _FRAMES, across: int = _COLUMNS, height: int = _HEIGHT
) -> tuple[bytes, int, int, float]:
    """``count`` frames of a camera in one JPEG, ``across`` in a row: the bytes, frames, columns, width over height.

    Raises ``Damaged`` where no frame can be read.
    """
    from PIL import Image

    video = stream.video
    assert video is not None
    places = sorted({int(place) for place in np.linspace(0, len(stream) - 1, count)})
    tiles = []
    for place in places:
        frame = next(iter(video.frames(place, place + 1)), None)
        if frame is not None:
            small = Image.fromarray(shrunk(frame)).convert("RGB")
            width = max(1, round(small.width * height / small.height))
            tiles.append(small.resize((min(width, 4 * height), height), Image.Resampling.BILINEAR))
    if not tiles:
        raise Damaged(f"{stream.name} holds no frame.")
    width, columns = tiles[0].width, min(across, len(tiles))
    whole = Image.new("RGB", (width * columns, height * -(-len(tiles) // columns)))
    for place, tile in enumerate(tiles):
        whole.paste(tile, (place % columns * width, place // columns * height))
    held = io.BytesIO()
    whole.save(held, "JPEG", quality=78)
    return held.getvalue(), len(tiles), columns, width / height


def _plots(episode: Episode, found: tuple[Finding, ...]) -> list[tuple[str, str]]:
    plain = sorted(
        (s for s in episode.streams if s.video is None and s.signal.numeric and s.signal.kind != Kind.BLOB and len(s)),
        key=lambda stream: (_FIRST.get(stream.signal.kind, 2), stream.name),
    )
    made = []
    for stream in plain[:_SIGNALS]:
        x = stream.values.reshape(len(stream), -1).astype(np.float64)
        marks = [
            Mark(one.start, one.stop, "quarantine", one.why)
            for one in found
            if one.spanned and one.stream == stream.name
        ]
        made.append((stream.name, lines((stream.t - episode.span.start) / 1e9, x, marks, title=stream.name)))
    return made
