"""An episode while it is being recorded: columns that grow, pictures by their place, and what was said of it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core import OUTCOMES, Episode, Fact, Kind, Origin, Segment, Signal, Span, Stream
from ..core.errors import BadValue, suggest
from ..logs.packets import CODECS, open_packets
from ..video import Stills
from ..wire import ORIGIN, Frame, numbers, seal
from .journal import Place

__all__ = ["BY", "STILLS", "Column", "Declared", "Take"]

BY = "live@1"
STILLS = ("jpeg", "png", "webp", "jpegxl", "tiff")
_FRESH = 256
"""Batches of a stream that are laid into its columns at once."""
_TAKES, _GIVES = ("takeover",), ("handback",)

Read = Callable[[Place], bytes]
Times = npt.NDArray[np.int64]
Came = tuple[bytes, int, int]
"""A batch as it travelled: its payload, how many samples are in it, and when it arrived."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A stream as the client declared it: its signal, and the codec of its pictures (empty for numbers)."""

    signal: Signal
    codec: str = ""
    size: int = field(init=False, compare=False, default=0)
    """Bytes that one sample of numbers takes with its time; 0 for pictures."""

    def __post_init__(self) -> None:
        if not self.codec:
            each = self.signal.width * np.dtype(self.signal.dtype).itemsize if self.signal.numeric else 0
            object.__setattr__(self, "size", 8 + each)


@dataclass(slots=True)
class Column:
    """What came of one stream: capture and arrival times, values as bytes, or places of pictures.

    ``fresh`` are batches as they travelled, with their count and when they arrived: they are laid into the columns many
    at once, when somebody looks or there are enough of them.
    """

    declared: Declared
    times: array[int] = field(default_factory=lambda: array("q"))
    arrivals: array[int] = field(default_factory=lambda: array("q"))
    values: bytearray = field(default_factory=bytearray)
    places: list[Place] = field(default_factory=list)
    fresh: list[Came] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.t)

    @property
    def t(self) -> array[int]:
        """When each sample was taken, ns."""
        self._lay()
        return self.times

    def picture(self, t: int, place: Place, at: int) -> None:
        """Append where one picture lies."""
        self.times.append(t)
        self.arrivals.append(at)
        self.places.append(place)

    def batch(self, payload: bytes, count: int, at: int) -> None:
        """Append a batch of numbers."""
        self.fresh.append((payload, count, at))
        if len(self.fresh) >= _FRESH:
            self._lay()

    def _lay(self) -> None:
        fresh = self.fresh
        if not fresh:
            return
        counts = [count for _, count, _ in fresh]
        if len(fresh) == sum(counts):  # one sample in each, as most robots send
            rows = np.frombuffer(b"".join([payload for payload, _, _ in fresh]), np.uint8).reshape(len(fresh), -1)
            self.times.frombytes(rows[:, :8].tobytes())
            self.values += rows[:, 8:].tobytes()
        else:
            for payload, count, _ in fresh:
                self.times.frombytes(payload[: 8 * count])
                self.values += payload[8 * count :]
        self.arrivals.frombytes(np.repeat(np.array([at for _, _, at in fresh], np.int64), counts).tobytes())
        fresh.clear()

    def numbers(self) -> npt.NDArray[np.generic]:
        """The values ``[n, *shape]`` so far."""
        self._lay()
        signal = self.declared.signal
        plain = np.dtype(signal.dtype).newbyteorder("<")
        x = np.frombuffer(bytes(self.values), plain).astype(signal.dtype, copy=False)
        return x.reshape(len(self.times), *signal.shape)

    def last(self) -> npt.NDArray[np.generic]:
        """The newest value ``[*shape]``."""
        self._lay()
        signal = self.declared.signal
        plain = np.dtype(signal.dtype).newbyteorder("<")
        newest = bytes(self.values[8 - self.declared.size :])
        return np.frombuffer(newest, plain).reshape(signal.shape).astype(signal.dtype)

    def streams(self, read: Read) -> tuple[Stream, ...]:
        """The stream, and beside it the clock of its arrival."""
        signal, t = self.declared.signal, np.array(self.t, np.int64)
        clock = Stream(
            Signal(f"{signal.name}/arrival", Kind.CLOCK, (), "int64", "ns"), t, np.array(self.arrivals, np.int64)
        )
        if not self.declared.codec:
            return Stream(signal, t, self.numbers()), clock
        places = tuple(self.places)

        def load(i: int) -> bytes:
            return read(places[i])[32:]

        if self.declared.codec in STILLS:
            video: Any = Stills(load, len(t), self.declared.codec, signal.shape, signal.dtype)
        else:
            order = np.argsort(t, kind="stable")
            video, t = open_packets(load, np.argsort(order), self.declared.codec), t[order]
            clock = Stream(clock.signal, t, clock.values[order])
        return Stream(signal, t, video), clock


@dataclass(slots=True)
class Take:
    """One episode from its ``begin`` to its ``end``.

    ``name`` is the client's own name of it (with ``~2`` behind it for its second part, where it was too long for one).
    ``begun`` is when it began, ns on the client's clock, ``since`` on ours. ``first`` is the journal's file that holds
    its first frame.
    """

    session: str
    name: str
    begun: int
    first: int
    said: Mapping[str, Any]
    collector: str = ""
    columns: dict[int, Column] = field(default_factory=dict)
    marks: list[tuple[int, str, str]] = field(default_factory=list)
    crcs: array[int] = field(default_factory=lambda: array("I"))
    bytes: int = 0
    last: int = 0
    since: int = 0
    part: int = 1
    ended: Mapping[str, Any] | None = None
    clock: Mapping[str, Any] = field(default_factory=dict)

    def add(self, declared: Declared, frame: Frame, place: Place, at: int) -> None:
        """A batch of samples or a picture."""
        if not declared.codec:
            self.batch(frame.stream, declared, (bytes(frame.payload), frame.count, at), frame.t)
            return
        self._column(frame.stream, declared).picture(frame.t, place, at)
        self.bytes += len(frame.payload)
        self.last = max(self.last, frame.t)

    def batch(self, number: int, declared: Declared, came: Came, t: int) -> None:
        """A batch of samples: its payload, how many are in it and when it arrived; ``t`` is the time of the first."""
        self._column(number, declared).batch(*came)
        self.bytes += len(came[0])
        self.last = max(self.last, t)

    def _column(self, number: int, declared: Declared) -> Column:
        column = self.columns.get(number)
        if column is None:
            column = self.columns[number] = Column(declared)
        return column

    @property
    def origin(self) -> Mapping[str, str]:
        """What the client states of where it comes from."""
        return self.said.get("origin") or {}

    @property
    def simulated(self) -> bool:
        """Whether a simulator makes it, as the client says."""
        return self.said.get("simulated") is True

    @property
    def seconds(self) -> float:
        """How long it lasts until now."""
        return max(0.0, (self.last - self.begun) / 1e9)

    def following(self, begun: int, first: int, since: int) -> Take:
        """The next part of an episode that is too long for one."""
        part = self.part + 1
        name = f"{self.said['episode']}~{part}"
        return Take(
            self.session, name, begun, first, self.said, self.collector, last=begun, since=since, part=part,
            clock=dict(self.clock),
        )  # fmt: skip

    @property
    def sealed(self) -> bool | None:
        """Whether the client's seal is that of what came; ``None`` where it set none, or this is a part only."""
        said = str((self.ended or {}).get("seal") or "") if self.part == 1 else ""
        return said == seal(self.crcs) if said else None

    def episode(self, read: Read) -> Episode:
        """The episode that it became."""
        said, ended = self.said, self.ended or {}
        streams = [stream for _, column in sorted(self.columns.items()) for stream in column.streams(read)]
        if self.marks:
            t = np.array([t for t, _, _ in self.marks], np.int64)
            words = np.empty(len(t), object)
            words[:] = [f"{name}={value}" if value else name for _, name, value in self.marks]
            streams.append(Stream(Signal("marks", Kind.EVENT, (), "str", "1"), t, words))
        origin = replace(
            origin_of(self.origin),
            uri=f"live:{self.session}/{self.name}",
            collector=self.collector,
            recorded_at=max(0, self.begun),
        )
        task, words_, scene = (str(said.get(key) or "") for key in ("task", "instruction", "scene"))
        facts = tuple(Fact("", key, value, BY) for key, value in self._facts(ended))
        return Episode(tuple(streams), origin, task, words_, scene, self._control(), (), facts)

    def _facts(self, ended: Mapping[str, Any]) -> list[tuple[str, Any]]:
        facts: list[tuple[str, Any]] = [("wire/episode", f"{self.session}/{self.name}")]
        if ended.get("outcome"):
            facts.append(("outcome", outcome_of(ended)))
        if ended.get("cause"):
            facts.append(("error_cause", str(ended["cause"])))
        if self.sealed is not None:
            facts.append(("wire/sealed", self.sealed))
        if self.sealed is False:
            facts.append(("damage/seal", "the client counted other frames than those that came"))
        if self.part > 1 or (self.ended or {}).get("cut"):
            facts.append(("wire/part", self.part))
        if self.said.get("order"):
            facts.append(("order", str(self.said["order"])))
        for key in ("offset", "rtt"):
            if isinstance(self.clock.get(key), int | float):
                facts.append((f"clock/{key}", float(self.clock[key]) / 1e9))
        return facts

    def _control(self) -> tuple[Segment, ...]:
        """Who was in control, where take-overs were marked."""
        turns = [
            (t, "person" if name in _TAKES else "policy") for t, name, _ in self.marks if name in (*_TAKES, *_GIVES)
        ]
        if not turns:
            return ()
        first = "policy" if turns[0][1] == "person" else "person"
        edges = [(self.begun, first), *turns, (max(self.last + 1, turns[-1][0]), "")]
        return tuple(
            Segment(Span(start, stop), who, "control") for (start, who), (stop, _) in pairwise(edges) if stop > start
        )


def origin_of(said: object) -> Origin:
    """The origin that a client states. ``BadValue`` names one that it may not."""
    if not isinstance(said, Mapping):
        raise BadValue("The origin is no object.", do=f"Send an object with some of {', '.join(ORIGIN)}.")
    for name, value in said.items():
        if name not in ORIGIN:
            raise BadValue(f"An origin has no {str(name)[:40]!r}.", instead=suggest(str(name), ORIGIN))
        if not isinstance(value, str) or len(value) > 500:
            raise BadValue(f"The origin's {name} is no short text.")
    stated: dict[str, Any] = {str(name): value for name, value in said.items() if value}
    return Origin(**stated)


def outcome_of(said: Mapping[str, Any]) -> str:
    """The outcome that an ``end`` states."""
    outcome = str(said.get("outcome") or "")
    if outcome and outcome not in OUTCOMES:
        raise BadValue(f"No outcome is called {outcome[:40]!r}.", instead=suggest(outcome, OUTCOMES))
    return outcome


def declared_of(said: Mapping[str, Any]) -> tuple[int, Declared]:
    """Number and declaration of an event ``stream``. Raises ``BadValue`` in words."""
    number, raw, codec = said.get("number"), said.get("signal"), str(said.get("codec") or "")
    if not isinstance(number, int) or not 1 <= number <= 65535 or not isinstance(raw, Mapping):
        raise BadValue("A stream is declared by a number from 1 to 65535 and a signal.")
    kinds = [kind.value for kind in Kind]
    if raw.get("kind") not in kinds:
        raise BadValue(
            f"No kind of signal is called {str(raw.get('kind'))[:40]!r}.", instead=f"Known: {', '.join(kinds)}."
        )
    try:
        signal = Signal(
            str(raw.get("name") or "")[:200],
            Kind(raw["kind"]),
            tuple(int(side) for side in raw.get("shape") or ()),
            str(raw.get("dtype") or "float64"),
            str(raw.get("unit") or "unknown"),
            str(raw.get("frame") or "unknown"),
            float(raw["hz"]) if raw.get("hz") else None,
            tuple(str(name) for name in raw.get("dims") or ()),
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise BadValue(f"Stream {number} declares an impossible signal: {error}.") from error
    if signal.kind.visual != bool(codec) or (codec and codec not in (*STILLS, *CODECS)):
        known = ", ".join((*STILLS, *CODECS))
        raise BadValue(
            f"Stream {signal.name!r} cannot have the codec {codec[:20]!r}.", instead=f"Pictures have one of: {known}."
        )
    if codec and len(signal.shape) != 3:
        raise BadValue(f"Pictures of {signal.name!r} are (height, width, channels), not {signal.shape}.")
    if not codec and (signal.width > 1 << 20 or not signal.numeric):
        raise BadValue(
            f"Samples of {signal.name!r} do not travel: {signal!r}.",
            instead="Numbers of at most a million a sample do.",
        )
    return number, Declared(signal, codec)


def checked(frame: Frame, declared: Declared) -> None:
    """Refuse a batch that is not what its stream declared."""
    signal = declared.signal
    if not declared.codec and (not frame.count or len(frame.payload) != frame.count * declared.size):
        numbers(frame, signal.shape, signal.dtype)  # which says what is wrong
