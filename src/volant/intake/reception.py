"""Where live sessions come in: greeted, written down, acknowledged, and handed on as episodes. No network in here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from ..core.errors import BadInput, Damaged, LakeUnwritable, Refused, VolantError
from ..wire import EVENT, WIRE, Frame, event, unpack, words
from ..wire.sheaf import HEAD, Sheaf
from .journal import SEGMENT, Journal, Place
from .light import Batch
from .session import Limits, Session
from .take import Declared, Take

__all__ = ["Reception", "Watcher"]

WINDOW = 8 << 20
"""Bytes that a client may have under way before they are acknowledged."""
_SESSION = re.compile(r"[a-z0-9-]{8,64}")
_OURS = "volant"
"""Whose frames in the journal are notes of the reception itself; no session has so short a name."""
_MOST_SESSIONS = 10_000
_FORGET = 30 * 86400 * 10**9


class Watcher(Protocol):
    """Who looks at samples as they arrive."""

    def begin(self, session: Session) -> None: ...
    def samples(self, session: Session, declared: Declared, frame: Frame, at: int) -> None: ...
    def batches(self, came: Sequence[Batch]) -> None: ...
    def end(self, session: Session) -> None: ...


@dataclass(slots=True)
class Laid:
    """Batches of a sheaf that were taken in and are not written down yet: which, when they came, whose."""

    batches: list[Batch] = field(default_factory=list)
    which: list[int] = field(default_factory=list)
    ats: list[int] = field(default_factory=list)
    names: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Reception:
    """All sessions of one folder. One thread receives, and tidies; ``commit`` may be called by another.

    The journal in the folder is read when the reception opens: whatever was acknowledged before is there again.
    """

    folder: Path
    limits: Limits = field(default_factory=Limits)
    watcher: Watcher | None = None
    segment: int = SEGMENT
    sessions: dict[str, Session] = field(init=False, default_factory=dict)
    journal: Journal = field(init=False)

    def __post_init__(self) -> None:
        self.journal = Journal(self.folder, segment=self.segment)
        self._remembers = 0
        """Number of the newest file that begins with what must be remembered: older ones may go only before it."""
        self._recover()

    def greet(self, hello: Mapping[str, Any], collector: str, at: int) -> tuple[Session, dict[str, Any]]:
        """A client says hello: its session, begun or gone on with, and the answer, to be given after a commit."""
        name = hello.get("session")
        if hello.get("type") != "hello" or not isinstance(name, str) or not _SESSION.fullmatch(name):
            raise BadInput("A client greets first.", do='Send {"type": "hello", "wire": 1, "session": "..."}.')
        if hello.get("wire") != WIRE:
            raise Refused(
                f"Version {hello.get('wire')!r} of the wire is not spoken here.", instead=f"Version {WIRE} is."
            )
        session = self.sessions.get(name)
        if session is None:
            if len(self.sessions) >= _MOST_SESSIONS:
                raise Refused(f"{_MOST_SESSIONS} sessions are known already.")
            session = self.sessions[name] = Session(name, collector, limits=self.limits)
            said = {"event": "hello", "session": name, "collector": collector}
            self.journal.add(_OURS, event(0, at, said), seq=0, t=at, at=at)
        if session.collector != collector:
            raise Refused(f"The session {name!r} is somebody else's.", do="Take a new name.")
        session.title, session.heard = str(hello.get("name") or session.title)[:100], at
        welcome = {"type": "welcome", "wire": WIRE, "session": name, "next": session.next, "window": WINDOW, "time": at}
        return session, welcome

    def receive(self, session: Session, blob: bytes, at: int) -> int | None:
        """Take in one frame; the number to send again from, where it cannot follow what is there.

        Raises ``BadInput`` or ``Refused`` where the frame means nothing, ``LakeUnwritable`` where it cannot be kept.
        """
        try:
            frame = unpack(blob)
        except BadInput:
            return session.next
        if frame.seq < session.next:
            return None
        if frame.seq > session.next:
            return session.next
        said = session.checked(frame)
        place = self.journal.add(session.name, blob, seq=frame.seq, t=frame.t, at=at)
        self._apply(session, frame, said, place, at)
        return None

    def receive_all(
        self, whose: Sequence[Session | None], sheaf: Sheaf, ats: Sequence[int]
    ) -> list[tuple[int, int | VolantError]]:
        """Take in frames of many sessions at once, those of nobody left out: frame ``i`` is of ``whose[i]`` and came at
        ``ats[i]``. What ``receive`` would have said or raised, by frame; after a refusal nothing more of that session
        is taken in."""
        told: list[tuple[int, int | VolantError]] = []
        laid, deaf = Laid(), set[str]()
        try:
            self.journal.begin()
        except LakeUnwritable:
            sheaf = replace(sheaf, rows=[None] * len(sheaf))  # each hears of it
        for i, (session, row) in enumerate(zip(whose, sheaf.rows, strict=True)):
            if session is None or session.name in deaf:
                continue
            at = ats[i]
            if row is not None:
                payload = sheaf.blob[sheaf.starts[i] + HEAD : sheaf.stops[i]]
                declared = session.batch(row, payload, at)
                if declared is not None:
                    laid.batches.append((session, declared, row[1], row[3], payload))
                    laid.which.append(i)
                    laid.ats.append(at)
                    laid.names.add(session.name)
                    continue
            if session.name in laid.names:  # what is of one session keeps its order
                self._lay(sheaf, laid)
                laid = Laid()
            try:
                again = self.receive(session, sheaf.frame(i), at)
            except (BadInput, Refused, LakeUnwritable) as error:
                deaf.add(session.name)
                told.append((i, error))
                continue
            if again is not None:
                told.append((i, again))
        self._lay(sheaf, laid)
        return told

    def reached(self) -> list[tuple[Session, int]]:
        """How far each session has come; to be asked by the thread that receives."""
        return [(session, session.next - 1) for session in self.sessions.values()]

    def commit(self, reached: list[tuple[Session, int]] | None = None) -> dict[str, int]:
        """Make durable what came so far; the acknowledged number of each session where it grew.

        A thread that does not itself receive is given what was ``reached``. Where the disk refuses, every session is as
        it was after the last commit, and ``LakeUnwritable`` is raised.
        """
        reached = self.reached() if reached is None else reached
        self.journal.commit()
        grown = {}
        for session, seq in reached:
            if seq > session.durable:
                session.durable = grown[session.name] = seq
        return grown

    def lost(self) -> None:
        """After a commit that failed: forget what was not durable, so that clients send it again."""
        self.sessions.clear()
        self._recover()

    def ripe(self) -> list[tuple[Session, Take]]:
        """Takes that have ended and are durable as a whole."""
        return [
            (session, take)
            for session in self.sessions.values()
            for seq, take in session.ended
            if seq <= session.durable
        ]

    def landed(self, session: Session, take: Take, became: Mapping[str, Any], at: int) -> None:
        """An episode is in the lake: write that down, so that it is not landed again."""
        said = {"event": "landed", "session": session.name, "episode": take.name, **became}
        self.journal.add(_OURS, event(0, at, said), seq=0, t=at, at=at)
        session.done(take.name, became)

    def tidy(self, at: int) -> list[int]:
        """Begin a new file where the old one is large, and remove files that nobody needs; their numbers."""
        if self.journal.full or self._remembers != self.journal.segment:
            self.turn(at)
        needed = [session.oldest for session in self.sessions.values()]
        oldest = min((one for one in needed if one is not None), default=self._remembers)
        return self.journal.release(range(min(oldest, self._remembers), self.journal.segment + 1))

    def turn(self, at: int) -> None:
        """Go on in a new file that begins with what must be remembered of every session."""
        reached = [(session, session.next - 1) for session in self.sessions.values()]
        self.journal.turn()
        for session, seq in reached:
            session.durable = max(session.durable, seq)
        known = [one.state() for one in self.sessions.values() if one.oldest is not None or at - one.heard < _FORGET]
        self.journal.add(_OURS, event(0, at, {"event": "checkpoint", "sessions": known}), seq=0, t=at, at=at)
        self.journal.commit()
        self._remembers = self.journal.segment

    def read(self, place: Place) -> bytes:
        """The bytes of a frame that lies in the journal."""
        return self.journal.read(place)

    def close(self) -> None:
        """Make everything durable, and let go."""
        self.journal.close()

    def _recover(self) -> None:
        last = 0
        for number, entry in self.journal.replay():
            last = entry.at
            try:
                frame = unpack(entry.frame)
                if entry.session == _OURS:
                    self._remembered(words(frame), entry.at)
                    continue
                session = self.sessions.get(entry.session)
                if session is None:
                    session = self.sessions[entry.session] = Session(entry.session, limits=self.limits)
                if frame.seq == session.next:
                    place = Place(number, entry.offset, len(entry.frame))
                    session.apply(frame, session.checked(frame), place, entry.at)
            except (BadInput, Refused) as error:
                raise Damaged(
                    f"The journal in {self.folder} holds a frame that makes no sense: {error.what}",
                    do="Move that folder away; what was acknowledged is in its MCAP files.",
                ) from error
        for session in self.sessions.values():
            session.durable = session.next - 1
        if self.journal.segment:
            try:
                self.turn(last)
            except LakeUnwritable:
                return  # there is no room yet; the next frame tries again

    def _remembered(self, said: Mapping[str, Any], at: int) -> None:
        if said["event"] == "checkpoint":
            for state in said["sessions"]:
                known = self.sessions.get(state["session"])
                if known is None:
                    self.sessions[state["session"]] = Session.of(state, self.limits)
                else:
                    known.collector, known.title = state["collector"], state["title"]
        elif said["event"] == "hello":
            name = said["session"]
            self.sessions.setdefault(name, Session(name, said["collector"], limits=self.limits, heard=at))
        elif said["event"] == "landed" and (session := self.sessions.get(said["session"])) is not None:
            became = {key: said[key] for key in ("id", "verdict", "reasons") if key in said}
            session.done(said["episode"], became)

    def _lay(self, sheaf: Sheaf, laid: Laid) -> None:
        """Batches that their sessions took in, written down and handed on."""
        if not laid.which:
            return
        with suppress(LakeUnwritable):  # a commit failed just now: all of this is about to be forgotten
            self.journal.add_all([session.name for session, *_ in laid.batches], sheaf, laid.which, laid.ats)
        if self.watcher is not None:
            self.watcher.batches(laid.batches)

    def _apply(self, session: Session, frame: Frame, said: dict[str, Any], place: Place, at: int) -> None:
        before = session.take
        session.apply(frame, said, place, at)
        watcher = self.watcher
        if watcher is None:
            return
        if frame.kind != EVENT:
            watcher.samples(session, session.streams[frame.stream], frame, at)
        if session.take is not before:
            if before is not None:
                watcher.end(session)
            if session.take is not None:
                watcher.begin(session)
