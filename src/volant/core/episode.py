"""One stretch of experience, immutable: streams, where they come from, and what the recording itself says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from .errors import BadValue, NotFound, suggest
from .fact import Fact, Span
from .signal import Kind
from .stream import Array, Stream

__all__ = ["Episode", "Origin", "Segment"]

_WIDE = 32
"""Hex digits of an id: 128 bits."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an episode comes from. Empty text means that nobody said; ``recorded_at`` is ns since 1970, 0 unknown.

    ``tier`` is the level of the data pyramid (web, human video, aligned, simulation, autonomous, intervention,
    teleoperation), ``policy`` the hash of the policy that acted or ``None`` for a person, ``parents`` the ids of
    episodes this one grew out of: an intervention's parent is the policy's rollout.
    """

    uri: str = ""
    embodiment: str = ""
    robot: str = ""
    operator: str = ""
    collector: str = ""
    site: str = ""
    region: str = ""
    tier: str = ""
    licence: str = ""
    consent: str = ""
    policy: str | None = None
    parents: tuple[str, ...] = ()
    recorded_at: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """A named stretch inside an episode.

    ``level`` is task, subtask, skill, control (who was in control), mistake or recovery.
    """

    span: Span
    label: str
    level: str = "subtask"


@dataclass(frozen=True, eq=False)
class Episode:
    """Streams of one stretch of experience and what the recording itself says of them. Immutable.

    ``said`` holds what the *source* states as facts with an empty subject (declared rate and length, outcome,
    labels, damage); it belongs to the recording's description and not to its identity. ``id`` is the digest of the
    streams alone, so importing the same samples twice, from whatever file, adds nothing.
    """

    streams: tuple[Stream, ...]
    origin: Origin = Origin()
    task: str = ""
    instruction: str = ""
    scene: str = ""
    segments: tuple[Segment, ...] = ()
    tags: tuple[str, ...] = ()
    said: tuple[Fact, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        names = [stream.signal.name for stream in self.streams]
        if len(set(names)) != len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise BadValue(f"An episode names the stream {twice[0]!r} twice.", do="Give each channel its own name.")

    @cached_property
    def id(self) -> str:
        """SHA-256 (128 bits of it, hex) of signals, times and samples; encoded bytes for pictures stored encoded."""
        return self._named(hashlib.sha256(), {})

    @property
    def named(self) -> bool:
        """Whether the id is known already, so that asking for it reads no picture."""
        return "id" in self.__dict__

    def name(self, encoded: Mapping[str, Iterable[bytes | Array]]) -> str:
        """The id, made on the way of a pass over the pictures, and known from then on.

        ``encoded`` gives by stream what ``Video.encoded`` would give (or arrays in C order with the same bytes), and is
        gone through in the order of the streams' names; pictures that are not in it are read.
        """
        if not self.named:
            self.__dict__["id"] = self._named(hashlib.sha256(), encoded)
        return self.id

    def goes_by(self, name: str) -> bool:
        """Whether ``name`` is the id, or the one that lakes of before may hold: BLAKE2b (128 bit) of the same bytes.

        Half of today's processors hash SHA-256 twice as fast as that, so it gave way; nobody's lake is renamed.
        """
        return name == self.id or name == self._named(hashlib.blake2b(digest_size=16), {})

    def _named(self, digest: _Digest, encoded: Mapping[str, Iterable[bytes | Array]]) -> str:
        for stream in sorted(self.streams, key=lambda stream: stream.signal.name):
            digest.update(stream.signal.to_json().encode())
            digest.update(np.ascontiguousarray(stream.t).data)
            if isinstance(stream.x, np.ndarray):
                digest.update(stream.x.dtype.str.encode())
                _feed(digest, stream.x)
            else:
                name = stream.signal.name
                for blob in encoded[name] if name in encoded else stream.x.encoded():
                    view = blob if isinstance(blob, bytes) else blob.data
                    digest.update((len(view) if isinstance(view, bytes) else view.nbytes).to_bytes(8, "little"))
                    digest.update(view)
        return digest.hexdigest()[:_WIDE]

    @cached_property
    def span(self) -> Span:
        """From the first sample of any stream to just after the last."""
        filled = [stream.t for stream in self.streams if len(stream.t)]
        if not filled:
            return Span(0, 0)
        return Span(min(int(t.min()) for t in filled), max(int(t.max()) for t in filled) + 1)

    @property
    def seconds(self) -> float:
        """Time from the first sample to the last, in seconds."""
        return max(0, self.span.stop - self.span.start - 1) / 1e9

    @property
    def frames(self) -> int:
        """Samples of the longest stream."""
        return max((len(stream) for stream in self.streams), default=0)

    def of(self, *kinds: Kind | str) -> tuple[Stream, ...]:
        """The streams of these kinds, in their order."""
        return tuple(stream for stream in self.streams if stream.signal.kind in kinds)

    def __getitem__(self, name: str) -> Stream:
        for stream in self.streams:
            if stream.signal.name == name:
                return stream
        raise NotFound(f"No stream {name!r}.", instead=suggest(name, (stream.name for stream in self.streams)))

    def __contains__(self, name: str) -> bool:
        return any(stream.signal.name == name for stream in self.streams)

    def between(self, a: int, b: int) -> Episode:
        """The same episode with only samples ``a <= t < b``, as views; segments are clipped."""
        clipped = (
            replace(segment, span=Span(max(segment.span.start, a), min(segment.span.stop, b)))
            for segment in self.segments
            if segment.span.start < b and segment.span.stop > a
        )
        return replace(self, streams=tuple(stream.between(a, b) for stream in self.streams), segments=tuple(clipped))

    def saying(self, facts: Iterable[Fact]) -> Episode:
        """The same episode with more statements from its source."""
        return replace(self, said=(*self.said, *facts))

    def __repr__(self) -> str:
        task = repr(self.task or self.instruction or "no task")
        body = f", {self.origin.embodiment}" if self.origin.embodiment else ""
        return f"Episode({task}, {self.seconds:.1f} s, {len(self.streams)} streams{body})"


class _Digest(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...


def _feed(digest: _Digest, x: Array) -> None:
    """Objects are hashed one by one with their length; numbers as one block, in C order and little-endian."""
    if x.dtype == object:
        for item in x.ravel():
            blob = item if isinstance(item, bytes) else str(item).encode()
            digest.update(len(blob).to_bytes(8, "little"))
            digest.update(blob)
    elif x.size:
        plain = np.ascontiguousarray(x)
        digest.update((plain if plain.dtype.byteorder != ">" else plain.astype(plain.dtype.newbyteorder("<"))).data)
