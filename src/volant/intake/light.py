"""What the live gate keeps of a session: its streams, what was found of them, and the light that is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..core import PairCheck, Signal, Verdict
from ..plug import AnyCheck
from .bank import Bank, Ints
from .session import Session
from .take import Declared, Take

__all__ = ["HOLD", "Batch", "Finding", "Lane", "Light", "News", "Watched"]

HOLD = 2_000_000_000
"""How long a finding is shown after the last sample that it holds for, ns on the stream's clock."""
REWORD = 250_000_000
"""How long the words of a finding that goes on are kept, ns on the stream's clock."""
_COLOURS = {Verdict.ACCEPT: "green", Verdict.REVIEW: "amber", Verdict.QUARANTINE: "red"}


@dataclass(slots=True)
class Finding:
    """What a check found of a stream last: the highest score of the stretch, since when and until when."""

    check: AnyCheck
    stream: str
    verdict: Verdict
    value: float
    since: int
    until: int
    least: int = 0
    """How long it must last to count, ns."""

    @property
    def why(self) -> str:
        """In plain words."""
        seconds = (self.until - self.since) / 1e9
        return self.check.why.format(value=self.value, unit=self.check.unit, stream=self.stream, seconds=seconds)


class Light(NamedTuple):
    """What a collector is shown: a colour, one sentence, and what it comes from. ``seen``: judged up to this frame."""

    colour: str
    why: str = ""
    check: str = ""
    stream: str = ""
    seen: int = 0


Batch = tuple[Session, Declared, int, int, bytes]
"""Samples as they travelled: whose, of which stream, the frame's number, how many, and the payload."""


class News(NamedTuple):
    """What arrived and is no batch: begin, end, the look of a picture (``x`` taken at ``t``), what nobody judges."""

    session: Session
    what: str
    signal: Signal | None = None
    t: Ints | None = None
    x: npt.NDArray[np.generic] | None = None
    seq: int = 0
    take: Take | None = None


class Lane(NamedTuple):
    """One stream of one session: a row of a bank."""

    bank: Bank
    row: int
    signal: Signal
    """As the session declared it."""


@dataclass(slots=True)
class Watched:
    """What the gate keeps of one session, and of its episode under way."""

    session: Session
    take: Take | None = None
    lanes: dict[str, Lane] = field(default_factory=dict)
    pairs: list[tuple[PairCheck, str, str]] = field(default_factory=list)
    paired: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """How many samples of the first stream each look at two beside each other has scored."""
    found: dict[tuple[str, str], Finding] = field(default_factory=dict)
    worst: dict[tuple[str, str], Finding] = field(default_factory=dict)
    seen: int = 0
    light: tuple[Light, int] = (Light("grey"), 0)
    """The last finding that was put into words, and when on the stream's clock."""

    def shown(self) -> Light:
        """What is shown now. The words of a finding that goes on are made anew at most every ``REWORD``."""
        colour = "grey" if self.session.take is None else "green"
        if not self.found:
            return Light(colour, seen=self.seen)
        now = max([bank.newest(row) for bank, row, _ in self.lanes.values()])
        worst = None
        for key, one in list(self.found.items()):
            if now - one.until > HOLD:
                del self.found[key]
            elif one.until - one.since >= one.least and one.verdict is not Verdict.ACCEPT:
                order = (one.verdict is Verdict.QUARANTINE, one.until, one.check.name)
                worst = max(worst, (order, one), key=itemgetter(0)) if worst else (order, one)
        if worst is None:
            return Light(colour, seen=self.seen)
        one, (old, at) = worst[1], self.light
        same = old.check == one.check.name and old.stream == one.stream and old.colour == _COLOURS[one.verdict]
        if not same or not 0 <= now - at < REWORD:
            old = Light(_COLOURS[one.verdict], one.why, one.check.name, one.stream)
            self.light = old, now
        return Light(old.colour, old.why, old.check, old.stream, self.seen)
