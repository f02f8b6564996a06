"""Truth in reporting: what was written is opened again, counted and compared before anybody hears that it is done."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from volant.core import Episode, Format, Reading, Stream, Written
from volant.core.errors import BadInput, Refused

from .manifest import Proof

__all__ = ["Watch", "prove"]

Print = tuple[str, int, str]
"""Type, number of samples and digest of a stream of numbers."""


@dataclass(slots=True)
class Watch:
    """What passes by on its way to the writer, remembered so that it can be looked for afterwards."""

    ids: list[str] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    prints: list[dict[str, Print]] = field(default_factory=list)
    cameras: list[dict[str, tuple[str, int]]] = field(default_factory=list)
    signals: dict[str, dict[str, Any]] = field(default_factory=dict)

    def watched(self, episodes: Iterable[Episode], ids: Sequence[str]) -> Iterator[Episode]:
        """The same episodes, one at a time; ``ids`` are theirs, known to the lake, so nothing is hashed for them."""
        for episode, subject in zip(episodes, ids, strict=True):
            self.ids.append(subject)
            self.frames.append(episode.frames)
            self.prints.append(_prints(episode))
            self.cameras.append(_cameras(episode))
            for stream in episode.streams:
                self._meaning(stream)
            yield episode

    def _meaning(self, stream: Stream) -> None:
        meaning = asdict(stream.signal)
        name = meaning.pop("name")
        meaning["kind"] = str(stream.signal.kind)
        meaning["shape"], meaning["dims"] = list(stream.signal.shape), list(stream.signal.dims)
        known = self.signals.setdefault(name, {**meaning, "episodes": 0})
        known["episodes"] += 1
        if any(known[part] != value for part, value in meaning.items()):
            known["varies"] = True


def _prints(episode: Episode) -> dict[str, Print]:
    return {stream.name: _print(stream) for stream in episode.streams if stream.signal.numeric and stream.video is None}


def _cameras(episode: Episode) -> dict[str, tuple[str, int]]:
    """Codec and number of pictures of every camera."""
    return {stream.name: (stream.video.codec, len(stream)) for stream in episode.streams if stream.video is not None}


def _print(stream: Stream) -> Print:
    x = np.ascontiguousarray(stream.values)
    digest = hashlib.blake2b(x.view(np.uint8).data if x.size else b"", digest_size=16).hexdigest()
    return f"{x.dtype}{stream.signal.shape}", len(stream), digest


def prove(form: Format, place: Path, watch: Watch, written: Written) -> Proof:
    """Open ``place`` with the format's own reader; refuse unless every episode, frame and lossless value is there.

    Pictures are counted and not decoded: their packets were copied, or the writer re-encoded them on request.
    """
    for name in written.files:
        if not ((place / name).exists() or (place.parent / name).exists()):
            raise Refused(f"The {form.name} writer says that it wrote {name}, and it is not there.")
    if written.episodes != len(watch.ids):
        raise Refused(f"{len(watch.ids)} episodes were handed to the {form.name} writer, it wrote {written.episodes}.")
    lossless = not form.loses and not written.losses
    found = _Found()
    try:
        for episode in form.read(place, Reading()):
            found.see(episode, watch, lossless)
    except BadInput as error:
        raise Refused(f"What was written cannot be opened again: {error}") from error
    if found.episodes != written.episodes:
        raise Refused(f"{written.episodes} episodes were written and {found.episodes} are there when read again.")
    if found.frames != written.frames:
        raise Refused(f"{written.frames} frames were written and {found.frames} are there when read again.")
    return Proof(found.episodes, found.frames, found.rows, found.identical, found.converted, found.ids)


@dataclass(slots=True)
class _Found:
    """Counts of what came back."""

    episodes: int = 0
    frames: int = 0
    rows: int = 0
    identical: int = 0
    converted: int = 0
    ids: bool = True

    def see(self, episode: Episode, watch: Watch, lossless: bool) -> None:
        row = self.episodes
        damage = next((fact for fact in episode.said if fact.key.startswith("damage/")), None)
        if damage:
            raise Refused(f"Episode {row} reads back damaged: {damage.value}.")
        self.episodes += 1
        self.frames += episode.frames
        self.rows += sum(len(stream) for stream in episode.streams)
        if row >= len(watch.ids):
            return
        self._values(_prints(episode), watch.prints[row], row, lossless)
        recoded = _cameras(episode) != watch.cameras[row]
        if recoded:
            self._pictures(_cameras(episode), watch.cameras[row], row, lossless)
        if lossless or self.ids:
            same = episode.id == watch.ids[row]
            self.ids = self.ids and same
            if lossless and not same and not recoded:
                raise Refused(f"Episode {row} ({watch.ids[row]}) reads back as another one ({episode.id}).")

    def _pictures(
        self, here: Mapping[str, tuple[str, int]], there: Mapping[str, tuple[str, int]], row: int, lossless: bool
    ) -> None:
        """Identity is made of stored bytes: plain pictures kept as PNG are another episode with the same pictures."""
        for name, (_, count) in there.items():
            found = here.get(name, ("", 0))[1]
            if lossless and found != count:
                raise Refused(f"Episode {row}: the camera {name!r} had {count} pictures and reads back with {found}.")

    def _values(self, here: Mapping[str, Print], there: Mapping[str, Print], row: int, lossless: bool) -> None:
        for name, wanted in there.items():
            if here.get(name) == wanted:
                self.identical += 1
            elif lossless:
                raise Refused(f"Episode {row}: the stream {name!r} reads back with other values.")
            else:
                self.converted += 1
