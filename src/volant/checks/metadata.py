"""What the source says of an episode and what is in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np

from volant.core import Batch, Episode, Fact, Kind, Stream, Verdict

__all__ = ["Metadata"]

_WORD = re.compile(r"\w")


class Metadata:
    """How many contradictions an episode shows: damage its reader met, wrong rates, shapes, names, tasks and splits.

    Each contradiction is one finding of size 1 with the words that say what contradicts what. The plain counts are
    the business of ``count``.
    """

    name = "metadata"
    version = "1"
    unit = "contradictions"
    floor = 0.0
    limit = 0.0
    verdict = Verdict.REVIEW
    why = "The description of the episode contradicts what is in it ({stream})."

    def findings(self, batch: Batch) -> Iterable[Fact]:
        """One pair of facts (number and words) per stream with contradictions."""
        by = f"checks/{self.name}@{self.version}"
        for episode in batch:
            words: dict[str, list[str]] = {}
            for stream, text in (*_damage(episode), *_declared(episode), *_shapes(episode)):
                words.setdefault(stream, []).append(text)
            for stream, texts in words.items():
                yield Fact(episode.id, f"check/{self.name}", float(len(texts)), by, stream=stream)
                yield Fact(episode.id, f"why/{self.name}", " ".join(texts), by, stream=stream)


def _damage(episode: Episode) -> Iterator[tuple[str, str]]:
    """What the reader met; cameras that are declared and have no files are said once, together."""
    gone = [fact.stream for fact in episode.said if fact.key == "damage/missing-stream" and fact.stream]
    if gone:
        yield "", f"Declared, but their files are not there: {', '.join(sorted(set(gone)))}."
    for fact in episode.said:
        if fact.key.startswith("damage/") and not (fact.key == "damage/missing-stream" and fact.stream):
            what = fact.key[7:].replace("_", " ").replace("-", " ")
            yield fact.stream, f"Damage ({what}): {str(fact.value).rstrip('.')}."


def _declared(episode: Episode) -> Iterator[tuple[str, str]]:
    for fact in episode.said:
        if not fact.key.startswith("declared/"):
            continue
        what = fact.key[9:]
        if what == "fps" and isinstance(fact.value, int | float) and fact.value > 0:
            for stream in episode.streams:
                hz = stream.signal.hz
                if (
                    hz
                    and stream.signal.kind.visual
                    and abs(hz / fact.value - 1) > 0.01
                    and fact.stream in ("", stream.name)
                ):
                    yield stream.name, f"The source declares {fact.value:g} frames a second, the stream {hz:g}."
        elif what == "task" and episode.task and str(fact.value) != episode.task:
            yield "", f"Two tasks are declared: {fact.value!r} and {episode.task!r}."
        elif what in ("min", "max") and isinstance(fact.value, tuple) and fact.stream in episode:
            yield from _bounds(episode[fact.stream], what, fact.value)


def _bounds(stream: Stream, what: str, declared: tuple[float, ...]) -> Iterator[tuple[str, str]]:
    """Statistics of the source that its own samples leave, by more than a thousandth of their size."""
    if stream.video is not None or len(declared) != stream.signal.width or not len(stream):
        return
    x = np.asarray(stream.values, dtype=np.float64).reshape(len(stream), -1)
    with np.errstate(invalid="ignore"):
        far = x.max(axis=0) - declared if what == "max" else np.asarray(declared) - x.min(axis=0)
        size = np.maximum(np.abs(declared), 1e-6)
        beyond = np.flatnonzero(far > 1e-3 * size)
    if len(beyond):
        yield stream.name, f"The declared {what} of dimension {int(beyond[0])} is left by {float(far[beyond[0]]):.4g}."


def _shapes(episode: Episode) -> Iterator[tuple[str, str]]:
    """Names that repeat, pictures of another size than declared, times that are none."""
    for stream in episode.streams:
        dims = stream.signal.dims
        if len(set(dims)) < len(dims):
            twice = next(dim for dim in dims if dims.count(dim) > 1)
            yield stream.name, f"The dimension name {twice!r} is used twice."
        video = stream.video
        if video is None or len(stream.signal.shape) != 3 or stream.signal.kind != Kind.IMAGE:
            continue
        if tuple(video.shape[1:3]) != stream.signal.shape[:2]:
            yield stream.name, f"Pictures are {video.shape[1:3]}, declared {stream.signal.shape[:2]}."
    if episode.task and not _WORD.search(episode.task):
        yield "", "The task's name holds no word."
