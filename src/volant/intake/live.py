"""The gate for samples that arrived a moment ago: the same checks, many robots at once, a light for each.

A check with a look-back of R samples is scored again after R / 32 new ones (R / 64 below 256, at once below 128), so
that the work for one sample stays bounded whatever the look-back; what it then finds it finds of each of them. Scores
are those that an archive gets (the law of checks: wherever a run is cut, they are the same). What an episode shows only
as a whole, and beside others, is judged when it has ended.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..core import Check, Embodiment, Kind, PairCheck, Signal, Verdict, look_signal
from ..core.batch import limits_of
from ..plug import AnyCheck
from ..wire import Frame
from .eyes import Eyes
from .lane import Ints, Lane, beside_each_other
from .policy import DEFAULT, LIVED, Policy
from .session import Session
from .take import STILLS, Declared

__all__ = ["Finding", "Light", "LiveGate"]

Scores = npt.NDArray[np.float32]

HOLD = 2_000_000_000
"""How long a finding is shown after the last sample that it holds for, ns on the stream's clock."""
PAIRED = 250_000_000
"""Time between two looks at streams beside each other, ns."""
_COLOURS = {Verdict.ACCEPT: "green", Verdict.REVIEW: "amber", Verdict.QUARANTINE: "red"}
_SHARE = 64


@dataclass(slots=True)
class Finding:
    """What a check found of a stream last: the highest score of the stretch, since when and until when."""

    check: AnyCheck
    stream: str
    verdict: Verdict
    value: float
    since: int
    until: int

    @property
    def why(self) -> str:
        """In plain words."""
        seconds = (self.until - self.since) / 1e9
        return self.check.why.format(value=self.value, unit=self.check.unit, stream=self.stream, seconds=seconds)


@dataclass(frozen=True, slots=True)
class Light:
    """What a collector is shown: a colour, one sentence, and what it comes from. ``seen``: judged up to this frame."""

    colour: str
    why: str = ""
    check: str = ""
    stream: str = ""
    seen: int = 0


class _News(NamedTuple):
    """What arrived: a begin or end, samples (``x`` taken at ``t``, or as they travelled), or what nobody judges."""

    session: Session
    what: str
    signal: Signal | None = None
    t: Ints | None = None
    x: npt.NDArray[np.generic] | None = None
    seq: int = 0
    payload: memoryview | None = None
    many: int = 0


@dataclass(slots=True)
class Watched:
    """What the gate keeps of one session."""

    session: Session
    lanes: dict[str, Lane] = field(default_factory=dict)
    pairs: list[tuple[PairCheck, str, str]] = field(default_factory=list)
    found: dict[tuple[str, str], Finding] = field(default_factory=dict)
    worst: dict[tuple[str, str], Finding] = field(default_factory=dict)
    seen: int = 0


@dataclass(eq=False)
class LiveGate:
    """Judges what every session sends. Implements ``Watcher``; one thread feeds, one calls ``tick``.

    ``wake`` is called where a picture has been looked at, by whoever looked.
    """

    checks: Mapping[str, AnyCheck]
    policy: Policy = DEFAULT
    lived: Policy = LIVED
    bodies: Mapping[str, Embodiment] = field(default_factory=dict)
    eyes: Eyes = field(default_factory=Eyes)
    wake: Callable[[], object] = bool
    watched: dict[str, Watched] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        every = [check for _, check in sorted(self.checks.items())]
        self._streams = [check for check in every if isinstance(check, Check)]
        self._pairs = [check for check in every if isinstance(check, PairCheck)]
        self._inbox: deque[_News] = deque()
        self._applies: dict[Signal, list[Check]] = {}
        self._known: dict[Signal, Signal] = {}

    def warm(self) -> None:
        """Load what is compiled, so that the first verdict comes as fast as the others: takes a few seconds."""
        joints = Signal("joints", Kind.JOINT, (7,), "float32", "rad", hz=50.0)
        action = Signal("action", Kind.ACTION, (7,), "float32", "rad", hz=50.0)
        camera = look_signal(Signal("camera", Kind.IMAGE, (8, 8, 3), "uint8", "1", hz=30.0))
        lanes = {}
        for signal in (joints, action, camera):
            lane = lanes[signal.name] = Lane("", signal, 64)
            lane.add(np.arange(64, dtype=np.int64) * 20_000_000, np.zeros((64, signal.width)))
            for check in self._of(signal):
                check.scores(beside_each_other([lane], [64]))
        for pair in self._pairs:
            for one, other in pair.pairs((joints, action, camera)):
                pair.pair_scores(beside_each_other([lanes[one]], [64]), beside_each_other([lanes[other]], [64]))
        self.eyes.warm()

    def begin(self, session: Session) -> None:
        """An episode begins."""
        self._inbox.append(_News(session, "begin", seq=session.next - 1))

    def end(self, session: Session) -> None:
        """An episode has ended."""
        self._inbox.append(_News(session, "end", seq=session.next - 1))

    def samples(self, session: Session, declared: Declared, frame: Frame, at: int) -> None:
        """A batch or a picture has arrived."""
        signal, seq = declared.signal, frame.seq
        if not declared.codec:
            self._inbox.append(_News(session, "samples", signal, None, None, seq, frame.payload, frame.count))
        elif declared.codec in STILLS:
            look, take = look_signal(signal), session.take.name if session.take else ""

            def told(t: int, row: npt.NDArray[np.float32]) -> None:
                self._inbox.append(_News(session, "samples", look, np.array([t], np.int64), row[None], seq))
                self.wake()

            if not self.eyes.see(session.name, take, declared, frame, told):
                self._inbox.append(_News(session, "passed", seq=seq))
        else:
            self._inbox.append(_News(session, "passed", seq=seq))

    def gone(self, session: Session) -> None:
        """A client has gone and no episode of it is under way: nothing of it is kept."""
        self._inbox.append(_News(session, "gone"))

    def tick(self) -> dict[str, Light]:
        """Judge everything that arrived since the last tick; the light of each session that sent something.

        Where an episode ends, what it still has to look at is looked at before the next begins.
        """
        lights: dict[str, Light] = {}
        while self._inbox:
            lights |= self._round(*self._drain())
        return lights

    def _round(self, touched: Sequence[str], closing: str) -> dict[str, Light]:
        groups: dict[tuple[int, str], list[Lane]] = defaultdict(list)
        for name in touched:
            watched = self.watched[name]
            take = watched.session.take
            body = take.origin.get("embodiment", "") if take else ""
            for lane in watched.lanes.values():
                groups[id(lane.signal), body if body in self.bodies else ""].append(lane)
        for (_, body), lanes in groups.items():
            self._judge(lanes, self.bodies.get(body), closing)
        for name in touched:
            self._beside(self.watched[name], final=name == closing)
        return {name: self._light(self.watched[name]) for name in touched}

    def worst(self, session: str) -> list[Finding]:
        """Everything found of the episode under way, worst first."""
        watched = self.watched.get(session)
        found = list(watched.worst.values()) if watched else []
        return sorted(found, key=lambda one: (-one.verdict.rank, one.check.name, one.stream))

    def _rule(self, check: AnyCheck, session: Session) -> tuple[float, float, Verdict | None]:
        """Limit, least seconds and consequence of a check in a session: a simulator is judged as one."""
        take = session.take
        return (self.lived if take is not None and take.simulated else self.policy).rule(check)

    def _drain(self) -> tuple[list[str], str]:
        """Lay what arrived into the lanes, up to the end of an episode; whose lanes grew, and whose episode ended."""
        touched: dict[str, None] = {}
        waiting: dict[tuple[str, str], list[_News]] = {}
        for _ in range(len(self._inbox)):
            news = self._inbox.popleft()
            session = news.session
            if news.what == "gone":
                self._lay(waiting)
                waiting.clear()
                self._forget(session)
                touched.pop(session.name, None)
                continue
            watched = self.watched.get(session.name)
            if watched is None or watched.session is not session:
                watched = self.watched[session.name] = Watched(session)
            touched[session.name] = None
            watched.seen = max(watched.seen, news.seq)
            if news.what == "end":
                self._lay(waiting)
                return list(touched), session.name
            if news.what == "begin":
                self._lay(waiting)
                waiting.clear()
                for known in watched.lanes.values():
                    known.begin()
                watched.found.clear()
                watched.worst.clear()
            elif news.signal is not None and news.t is not None and news.x is not None:
                self._lane_of(watched, news.signal).add(news.t, news.x)
            elif news.signal is not None and news.payload is not None:
                waiting.setdefault((session.name, news.signal.name), []).append(news)
        self._lay(waiting)
        return list(touched), ""

    def _forget(self, session: Session) -> None:
        self.watched.pop(session.name, None)
        self.eyes.forget(session.name, "")

    def _lay(self, waiting: Mapping[tuple[str, str], list[_News]]) -> None:
        """Batches of numbers as they travelled, those of one stream at once."""
        for (session, _), some in waiting.items():
            signal = some[0].signal
            assert signal is not None
            t = np.frombuffer(b"".join(one.payload[: 8 * one.many] for one in some if one.payload is not None), "<i8")
            x = b"".join(one.payload[8 * one.many :] for one in some if one.payload is not None)
            values = np.frombuffer(x, np.dtype(signal.dtype).newbyteorder("<")).reshape(len(t), -1)
            self._lane_of(self.watched[session], signal).add(t, values)

    def _lane_of(self, watched: Watched, signal: Signal) -> Lane:
        lane = watched.lanes.get(signal.name)
        if lane is None or (lane.signal is not signal and lane.signal != signal):
            lane = self._lane(watched, signal)
        return lane

    def _lane(self, watched: Watched, signal: Signal) -> Lane:
        checks = self._of(signal)
        signal = self._known.setdefault(signal, signal)  # one object for all robots, which is compared faster
        lane = Lane(watched.session.name, signal, max((check.reach.samples for check in checks), default=0))
        watched.lanes[signal.name] = lane
        signals = tuple(one.signal for one in watched.lanes.values())
        watched.pairs = [(check, *pair) for check in self._pairs for pair in check.pairs(signals)]
        for check, one, other in watched.pairs:
            for name in (one, other):
                mine = watched.lanes[name]
                mine.reach = max(mine.reach, check.reach.samples + _rows(check.reach.span, mine.signal))
        return lane

    def _of(self, signal: Signal) -> list[Check]:
        known = self._applies.get(signal)
        if known is None:
            known = self._applies[signal] = [check for check in self._streams if check.applies(signal)]
        return known

    def _judge(self, lanes: Sequence[Lane], body: Embodiment | None, closing: str) -> None:
        """Every check of the signal that the lanes share, over those that have enough new samples for it."""
        signal = lanes[0].signal
        limits = limits_of(body, signal) if body else None
        plans: dict[tuple[int, ...], list[tuple[Check, list[int]]]] = defaultdict(list)
        for check in self._of(signal):
            stride = _stride(check.reach.samples)
            fresh = [lane.due(check.name, 1 if lane.session == closing else stride) for lane in lanes]
            due = tuple(i for i, many in enumerate(fresh) if many)
            if due:
                plans[(_tier(check.reach.samples), *due)].append((check, [fresh[i] for i in due]))
        for (reach, *places), some in plans.items():
            mine = [lanes[i] for i in places]
            for lane in mine:
                lane.limits = limits
            most = [max(many) for many in zip(*(fresh for _, fresh in some), strict=True)]
            columns = beside_each_other(mine, [reach + many for many in most])
            for check, fresh in some:
                scores = check.scores(columns)
                rows, starts = _newest(columns.cuts, fresh)
                new = scores[rows]
                self._found(check, mine, np.maximum.reduceat(new, starts), (columns.t[rows], new, starts))
                for lane in mine:
                    lane.seen[check.name] = lane.total

    def _found(self, check: AnyCheck, lanes: Sequence[Lane], peaks: Scores, new: tuple[Ints, Scores, Ints]) -> None:
        t, scores, starts = new
        for i in np.flatnonzero(peaks > check.floor).tolist():
            limit, least, verdict = self._rule(check, self.watched[lanes[i].session].session)
            if verdict is None or peaks[i] <= limit:
                continue
            a, b = int(starts[i]), int(starts[i + 1]) if i + 1 < len(starts) else len(t)
            over = t[a:b][scores[a:b] > limit]
            watched, stream = self.watched[lanes[i].session], lanes[i].signal.name
            key = (check.name, stream)
            known = watched.found.get(key)
            since, until, value = int(over.min()), int(over.max()), float(peaks[i])
            if known is not None and since - known.until <= HOLD:
                since, value = known.since, max(value, known.value)
            found = watched.found[key] = Finding(check, stream, verdict, value, since, max(until, since))
            worst = watched.worst.get(key)
            if (until - since) / 1e9 >= least and (worst is None or worst.value <= found.value):
                watched.worst[key] = found

    def _beside(self, watched: Watched, *, final: bool) -> None:
        """Streams of one session beside each other, now and then."""
        for check, one, other in watched.pairs:
            first, second = watched.lanes[one], watched.lanes[other]
            name = f"{check.name}/{other}"
            fresh = first.fresh(name)
            if not fresh or not first.total or not second.total:
                continue
            held, _ = first.last(fresh)
            if not final and (first.newest - int(held[0]) < PAIRED or second.newest < first.newest):
                continue  # the other stream has not come as far yet
            back = fresh + check.reach.samples
            if check.reach.span:
                back = max(back, fresh + _rows(check.reach.span, first.signal))
            a = beside_each_other([first], [back])
            b = beside_each_other([second], [_rows(int(a.t[-1] - a.t[0]), second.signal) + check.reach.samples])
            scores = check.pair_scores(a, b)
            rows, starts = _newest(a.cuts, [fresh])
            new = scores[rows]
            self._found(check, [first], np.maximum.reduceat(new, starts), (a.t[rows], new, starts))
            first.seen[name] = first.total

    def _light(self, watched: Watched) -> Light:
        now = max((lane.newest for lane in watched.lanes.values()), default=0)
        recording = watched.session.take is not None
        shown = [
            one
            for one in watched.found.values()
            if now - one.until <= HOLD and (one.until - one.since) / 1e9 >= self._rule(one.check, watched.session)[1]
        ]
        if not shown or max(one.verdict.rank for one in shown) == 0:
            return Light("green" if recording else "grey", seen=watched.seen)
        worst = max(shown, key=lambda one: (one.verdict.rank, one.until, one.check.name))
        return Light(_COLOURS[worst.verdict], worst.why, worst.check.name, worst.stream, watched.seen)


def _newest(cuts: Ints, fresh: Sequence[int]) -> tuple[Ints, Ints]:
    """Rows of the newest ``fresh`` samples of each run, and where each run begins among them."""
    ends, many = cuts[1:], np.minimum(np.asarray(fresh, np.int64), np.diff(cuts))
    starts = np.concatenate(([0], np.cumsum(many)[:-1]))
    rows = np.arange(int(many.sum())) - np.repeat(starts, many) + np.repeat(ends - many, many)
    return rows, starts


def _stride(reach: int) -> int:
    """New samples that a look-back waits for before it is looked at again."""
    return max(1, reach // (_SHARE if reach < 256 else _SHARE // 2))


def _tier(reach: int) -> int:
    """Look-backs in few sizes, so that checks share their columns."""
    return next((size for size in (2, 32, 72, 272, 528, 640, 1344) if reach <= size), reach)


def _rows(span: int, signal: Signal) -> int:
    """Samples of a stretch of time, generously."""
    return int(span / 1e9 * (signal.hz or 30.0) * 1.25) + 8
