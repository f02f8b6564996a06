"""Rows, frames and declared lengths that do not agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from volant.core import Batch, Episode, Fact, Stream, Verdict

__all__ = ["Count"]


class Count:
    """How many samples are missing or too many, against the declared length and against streams of the same clock."""

    name = "count"
    version = "1"
    unit = "samples"
    floor = 0.0
    limit = 0.0
    verdict = Verdict.QUARANTINE
    why = "{stream} has {value:.3g} {unit} more or less than it should."

    def findings(self, batch: Batch) -> Iterable[Fact]:
        """One fact per contradiction, and the two numbers in words."""
        by = f"checks/{self.name}@{self.version}"
        for episode in batch:
            for name, found, wanted, who in (*_declared(episode), *_beside(episode)):
                if found != wanted:
                    yield Fact(episode.id, f"check/{self.name}", float(abs(found - wanted)), by, stream=name)
                    words = f"{name or 'The episode'} has {found} samples where {who} {wanted}."
                    yield Fact(episode.id, f"why/{self.name}", words, by, stream=name)


def _declared(episode: Episode) -> Iterator[tuple[str, int, int, str]]:
    for fact in episode.said:
        if fact.key not in ("declared/length", "declared/frames") or not isinstance(fact.value, int | float):
            continue
        if not fact.stream or fact.stream in episode:
            found = len(episode[fact.stream]) if fact.stream else episode.frames
            yield fact.stream, found, int(fact.value), "its source declares"


def _beside(episode: Episode) -> Iterator[tuple[str, int, int, str]]:
    """Cameras beside numbers of the same declared rate that begin at the same moment, on a clock made of row numbers.

    Streams with clocks of their own may differ; two regular clocks of one rate may not.
    """
    cameras = [stream for stream in episode.streams if stream.signal.kind.visual]
    rows = [stream for stream in episode.streams if not stream.signal.kind.visual and stream.signal.hz]
    if not cameras or not rows:
        return
    longest = max(rows, key=len)
    for camera in cameras:
        if (
            camera.signal.hz == longest.signal.hz
            and len(camera) != len(longest)
            and len(camera)
            and camera.t[0] == longest.t[0]
            and _regular(camera)
            and _regular(longest)
        ):
            yield camera.name, len(camera), len(longest), f"{longest.name} has"


def _regular(stream: Stream) -> bool:
    hz = stream.signal.hz
    if hz is None or len(stream.t) < 2:
        return False
    return abs((int(stream.t[-1]) - int(stream.t[0])) * hz / 1e9 - (len(stream.t) - 1)) < 0.5
