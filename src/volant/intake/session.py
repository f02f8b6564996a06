"""One client's session: what it sends is checked, numbered without gaps, and becomes takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..core.errors import BadInput, BadValue, Refused
from ..wire import EVENT, PICTURE, Frame, words
from .journal import Place
from .take import Declared, Take, checked, declared_of, origin_of, outcome_of

__all__ = ["Limits", "Session"]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_STREAMS = 256
_MOST_LANDED = 256


@dataclass(frozen=True, slots=True)
class Limits:
    """What one episode may be at most: seconds since it began to arrive, and bytes. A longer one goes on as another."""

    seconds: float = 3600.0
    bytes: int = 8 << 30
    marks: int = 100_000


@dataclass(slots=True)
class Session:
    """What is known of one client: the next frame it should send, its streams, and the episode under way.

    Frames up to ``durable`` are on disk. ``ended`` are takes that wait to be landed, ``landed`` what became of the last
    ones for when its client asks again.
    """

    name: str
    collector: str = ""
    title: str = ""
    next: int = 1
    durable: int = 0
    streams: dict[int, Declared] = field(default_factory=dict)
    take: Take | None = None
    ended: list[tuple[int, Take]] = field(default_factory=list)
    landed: dict[str, dict[str, Any]] = field(default_factory=dict)
    clock: dict[str, Any] = field(default_factory=dict)
    heard: int = 0
    limits: Limits = field(default_factory=Limits)

    def checked(self, frame: Frame) -> dict[str, Any]:
        """Refuse a frame that means nothing, before it is written down; what it says, where it is an event."""
        if frame.kind == EVENT:
            return self._event(words(frame))
        declared = self.streams.get(frame.stream)
        if declared is None:
            raise BadInput(f"Stream {frame.stream} was never declared.", do='Send an event "stream" first.')
        if (frame.kind == PICTURE) != bool(declared.codec):
            raise BadInput(f"Stream {declared.signal.name!r} was declared as something else.")
        checked(frame, declared)
        return {}

    def apply(self, frame: Frame, said: Mapping[str, Any], place: Place, at: int) -> None:
        """Take in a frame that was checked and written down."""
        self.next = frame.seq + 1
        self.heard = at
        take = self.take
        if take is not None and frame.kind != EVENT and self._full(take, at):
            self._end(take, {"episode": take.name, "cut": True}, frame.seq - 1)
            self.take = take = take.following(frame.t, place.segment, at)
        if frame.kind == EVENT and said["event"] == "begin":
            if take is not None:
                self._end(take, {"outcome": "aborted", "episode": take.name}, frame.seq - 1)
            self.take = take = Take(self.name, said["episode"], frame.t, place.segment, said, self.collector)
            take.last, take.since, take.clock = frame.t, at, dict(self.clock)
        if take is not None and not (frame.kind == EVENT and said["event"] == "end"):
            take.crcs.append(frame.crc)
        if frame.kind != EVENT:
            if take is not None:
                take.add(self.streams[frame.stream], frame, place, at)
        elif said["event"] == "stream":
            number, declared = declared_of(said)
            self.streams[number] = declared
        elif said["event"] == "mark" and take is not None:
            take.marks.append((frame.t, str(said["name"]), str(said.get("value") or "")))
            take.last = max(take.last, frame.t)
        elif said["event"] == "clock":
            self.clock = {key: said[key] for key in ("offset", "rtt", "n") if isinstance(said.get(key), int)}
            if take is not None:
                take.clock = dict(self.clock)
        elif said["event"] == "end" and take is not None:
            self._end(take, said, frame.seq)

    def batch(self, row: tuple[int, int, int, int, int], payload: bytes, at: int) -> Declared | None:
        """Take in a batch of samples (its stream, number, time, count and checksum) that is the next and needs no more
        care; the stream that it is of, or ``None`` where it was left as it is, to be looked at closely."""
        stream, seq, t, count, crc = row
        declared = self.streams.get(stream)
        if declared is None or seq != self.next or not payload or count * declared.size != len(payload):
            return None
        take = self.take
        if take is not None:
            if self._full(take, at):
                return None
            take.crcs.append(crc)
            take.batch(stream, declared, (payload, count, at), t)
        self.next, self.heard = seq + 1, at
        return declared

    def done(self, episode: str, became: Mapping[str, Any]) -> None:
        """An episode is in the lake; remembered for when its client asks again."""
        self.ended = [(seq, take) for seq, take in self.ended if take.name != episode]
        self.landed[episode] = dict(became)
        while len(self.landed) > _MOST_LANDED:
            self.landed.pop(next(iter(self.landed)))

    def state(self) -> dict[str, Any]:
        """What a journal must remember of the session when its older files are gone."""
        streams = [
            {"number": number, "codec": one.codec, "signal": asdict(one.signal)} for number, one in self.streams.items()
        ]
        return {
            "session": self.name, "collector": self.collector, "title": self.title, "next": self.next,
            "streams": streams, "landed": self.landed, "clock": self.clock, "heard": self.heard,
        }  # fmt: skip

    @classmethod
    def of(cls, state: Mapping[str, Any], limits: Limits) -> Session:
        """The session that ``state`` told of."""
        return cls(
            state["session"],
            state["collector"],
            state["title"],
            state["next"],
            state["next"] - 1,
            dict(declared_of(one) for one in state["streams"]),
            landed=dict(state["landed"]),
            clock=dict(state["clock"]),
            heard=state["heard"],
            limits=limits,
        )

    @property
    def oldest(self) -> int | None:
        """The oldest file of the journal that is still needed; ``None`` where none is."""
        firsts = [take.first for _, take in self.ended] + ([self.take.first] if self.take else [])
        return min(firsts, default=None)

    def _full(self, take: Take, at: int) -> bool:
        return take.bytes > self.limits.bytes or at - take.since > self.limits.seconds * 1e9

    def _end(self, take: Take, said: Mapping[str, Any], seq: int) -> None:
        take.ended, self.take = said, None
        self.ended.append((seq, take))

    def _event(self, said: dict[str, Any]) -> dict[str, Any]:
        what = said["event"]
        if what == "stream":
            number, declared = declared_of(said)
            known = self.streams.get(number)
            if known is not None and known != declared:
                raise Refused(f"Stream {number} is {known.signal.name!r} already.", do="Use a number of its own.")
            names = {one.signal.name: other for other, one in self.streams.items()}
            if names.get(declared.signal.name, number) != number:
                raise Refused(f"A stream named {declared.signal.name!r} was declared already.")
            if known is None and len(self.streams) >= _MOST_STREAMS:
                raise Refused(f"A session has at most {_MOST_STREAMS} streams.")
        elif what == "begin":
            if not _NAME.fullmatch(str(said.get("episode") or "")):
                raise BadValue("An episode begins with a name of its own.", instead="1 to 64 of a-z A-Z 0-9 - _.")
            if said["episode"] in self.landed or any(take.name == said["episode"] for _, take in self.ended):
                raise Refused(f"Episode {said['episode']!r} of this session has ended already.", do="Take a new name.")
            origin_of(said.get("origin") or {})
            if any(len(str(said.get(key) or "")) > 2000 for key in ("task", "instruction", "scene", "order")):
                raise BadValue("Task, instruction, scene and order are short texts.")
        elif what == "end":
            if self.take is not None and said.get("episode") != self.take.said["episode"]:
                raise Refused(
                    f"Episode {self.take.said['episode']!r} is under way, not {str(said.get('episode'))[:64]!r}."
                )
            outcome_of(said)
        elif what == "mark":
            if not str(said.get("name") or "") or len(str(said["name"])) > 200 or len(str(said.get("value"))) > 2000:
                raise BadValue("A mark has a short name.", do="For instance takeover, handback, estop, button.")
            if self.take is not None and len(self.take.marks) >= self.limits.marks:
                raise Refused(f"An episode has at most {self.limits.marks} marks.")
        elif what != "clock":
            raise BadValue(f"No event is called {str(what)[:40]!r}.", instead="Known: stream, begin, end, mark, clock.")
        return said
