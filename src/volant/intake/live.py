"""The gate for samples that arrived a moment ago: the same checks, many robots at once, a light for each.

A check with a look-back of R samples is scored again after R / 32 new ones (R / 64 below 256, at once below 128), or up
to half as many more, when an eighth of all rows are due, so that the work for one sample stays bounded whatever the
look-back; what it then finds it finds of each of them. Scores
are those that an archive gets (the law of checks: wherever a run is cut, they are the same). What an episode shows only
as a whole, and beside others, is judged when it has ended.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..core import Check, Columns, Embodiment, Kind, PairCheck, Signal, Verdict, look_signal
from ..core.batch import limits_of
from ..plug import AnyCheck
from ..wire import Frame
from .bank import Bank, Ints
from .due import gathered, newest, rows_of, spare, stride, tier
from .eyes import Eyes
from .laying import Laying
from .light import HOLD, Batch, Finding, Lane, Light, News, Watched
from .policy import DEFAULT, LIVED, Policy
from .session import Session
from .take import STILLS, Declared, Take

__all__ = ["Finding", "Light", "LiveGate"]

Scores = npt.NDArray[np.float32]

PAIRED = 250_000_000
"""Time between two looks at streams beside each other, ns."""


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
        self._inbox: deque[News | Sequence[Batch]] = deque()
        self._banks: dict[tuple[Signal, str], Bank] = {}
        self._of: dict[int, tuple[Check, ...]] = {}
        """Checks of each bank's rows, by the bank's identity."""

    def warm(self) -> None:
        """Load what is compiled, so that the first verdict comes as fast as the others: takes a few seconds."""
        joints = Signal("joints", Kind.JOINT, (7,), "float32", "rad", hz=50.0)
        action = Signal("action", Kind.ACTION, (7,), "float32", "rad", hz=50.0)
        camera = look_signal(Signal("camera", Kind.IMAGE, (8, 8, 3), "uint8", "1", hz=30.0))
        columns = {}
        for signal in (joints, action, camera):
            t, x = np.arange(64, dtype=np.int64) * 20_000_000, np.zeros((64, signal.width))
            columns[signal.name] = Columns(signal, t, x, np.array([0, 64]))
            for check in self._checks_of(signal):
                check.scores(columns[signal.name])
        for pair in self._pairs:
            for one, other in pair.pairs((joints, action, camera)):
                pair.pair_scores(columns[one], columns[other])
        self.eyes.warm()

    def begin(self, session: Session) -> None:
        """An episode begins."""
        self._inbox.append(News(session, "begin", seq=session.next - 1, take=session.take))

    def end(self, session: Session) -> None:
        """An episode has ended."""
        self._inbox.append(News(session, "end", seq=session.next - 1))

    def samples(self, session: Session, declared: Declared, frame: Frame, at: int) -> None:
        """A batch or a picture has arrived."""
        signal, seq = declared.signal, frame.seq
        if not declared.codec:
            self.batches([(session, declared, seq, frame.count, bytes(frame.payload))])
        elif declared.codec in STILLS:
            look, take = look_signal(signal), session.take.name if session.take else ""

            def told(t: int, row: npt.NDArray[np.float32] | None) -> None:
                if row is None:
                    self._inbox.append(News(session, "passed", seq=seq))
                else:
                    self._inbox.append(News(session, "samples", look, np.array([t], np.int64), row[None], seq))
                self.wake()

            if not self.eyes.see(session.name, take, declared, frame, told):
                self._inbox.append(News(session, "passed", seq=seq))
        else:
            self._inbox.append(News(session, "passed", seq=seq))

    def batches(self, came: Sequence[Batch]) -> None:
        """Batches of samples of many sessions have arrived."""
        self._inbox.append(came)

    def gone(self, session: Session) -> None:
        """A client has gone and no episode of it is under way: nothing of it is kept."""
        self._inbox.append(News(session, "gone"))

    def tick(self, budget: int = 1 << 30) -> dict[str, Light]:
        """Judge everything that arrived since the last tick; the light of each session that sent something.

        ``budget`` is how many samples of look-backs may be gone through again at once, where they need not be: those
        that have waited longest go first, the others wait for a later tick. It changes when something is found, never
        what.
        """
        lights: dict[str, Light] = {}
        more = True
        while more:  # what comes meanwhile waits for the next tick, or lights would come late
            touched, closing = self._drain()
            lights |= self._round(touched, closing, budget)
            more = bool(closing)
        return lights

    def _round(self, touched: Iterable[str], closing: Set[str], budget: int) -> dict[str, Light]:
        groups: dict[int, tuple[Bank, list[int]]] = {}
        for name in touched:
            for bank, row, _ in self.watched[name].lanes.values():
                groups.setdefault(id(bank), (bank, []))[1].append(row)
        for bank, rows in groups.values():
            budget -= self._judge(bank, np.array(rows), closing, budget)
        for name in touched:
            watched = self.watched[name]
            if watched.pairs:
                self._beside(watched, final=name in closing)
        lights = {name: self.watched[name].shown() for name in touched}
        for name in closing:
            self.watched[name].take = None
        return lights

    def worst(self, session: str) -> list[Finding]:
        """Everything found of the episode under way, worst first."""
        watched = self.watched.get(session)
        found = list(watched.worst.values()) if watched else []
        return sorted(found, key=lambda one: (-one.verdict.rank, one.check.name, one.stream))

    def _rule(self, check: AnyCheck, take: Take | None) -> tuple[float, float, Verdict | None]:
        """Limit, least seconds and consequence of a check in a take: a simulator is judged as one."""
        return (self.lived if take is not None and take.simulated else self.policy).rule(check)

    def _drain(self) -> tuple[Iterable[str], Set[str]]:
        """Lay what arrived into the banks, until something more comes of an episode that has ended among it; whose rows
        grew, and whose episodes ended."""
        touched: dict[str, None] = {}
        closing: set[str] = set()
        laying = Laying()
        for _ in range(len(self._inbox)):
            news = self._inbox.popleft()
            rest = self._more(news, touched, closing, laying)
            if rest is not None:
                self._inbox.appendleft(rest)
                break
        laying.lay()
        return touched, closing

    def _more(
        self, news: News | Sequence[Batch], touched: dict[str, None], closing: set[str], laying: Laying
    ) -> News | Sequence[Batch] | None:
        """Go through one piece of news; what of it has to wait until the episodes in ``closing`` were judged."""
        if not isinstance(news, News):
            return self._spread(news, touched, closing, laying)
        session = news.session
        if session.name in closing:
            return news
        if news.what == "gone":
            laying.lay()
            self._forget(session)
            touched.pop(session.name, None)
            return None
        watched = self._watch(session)
        touched[session.name] = None
        watched.seen = max(watched.seen, news.seq)
        if news.what == "end":
            closing.add(session.name)
        elif news.what == "begin":
            laying.lay()
            self._begun(watched, news.take)
        elif news.signal is not None and news.t is not None and news.x is not None:
            bank, row, _ = self._lane(watched, news.signal)
            bank.add(np.array([row]), news.t, news.x)
        return None

    def _spread(
        self, came: Sequence[Batch], touched: dict[str, None], closing: Set[str], laying: Laying
    ) -> Sequence[Batch] | None:
        """Batches of many sessions, each to the bank of its stream."""
        for i, (session, declared, seq, many, payload) in enumerate(came):
            name = session.name
            if name in closing:
                return came[i:]
            watched = self.watched.get(name)
            if watched is None or watched.session is not session:
                laying.lay()
                watched = self._watch(session)
            touched[name] = None
            watched.seen = max(watched.seen, seq)
            lane = watched.lanes.get(declared.signal.name)
            if lane is None or lane.signal is not declared.signal:
                laying.lay()
                lane = self._lane(watched, declared.signal)
            laying.put(lane.bank, lane.row, many, payload)
        return None

    def _watch(self, session: Session) -> Watched:
        """What is kept of a session, anew where another of that name was before."""
        watched = self.watched.get(session.name)
        if watched is None or watched.session is not session:
            self._forget(session)
            watched = self.watched[session.name] = Watched(session)
        return watched

    def _forget(self, session: Session) -> None:
        watched = self.watched.pop(session.name, None)
        for bank, row, _ in watched.lanes.values() if watched else ():
            bank.close(row)
        if watched:
            self.eyes.forget(session.name, "")

    def _begun(self, watched: Watched, take: Take | None) -> None:
        """An episode begins: on a body of its own, perhaps."""
        changed = self._body(take) != self._body(watched.take)
        watched.take = take
        watched.found.clear()
        watched.worst.clear()
        watched.paired.clear()
        for name, (bank, row, _) in list(watched.lanes.items()):
            if changed:
                bank.close(row)
                del watched.lanes[name]
            else:
                bank.begin(row)
        self._pair(watched)

    def _body(self, take: Take | None) -> str:
        body = take.origin.get("embodiment", "") if take else ""
        return body if body in self.bodies else ""

    def _lane(self, watched: Watched, signal: Signal) -> Lane:
        """The row of a stream; another where it is new, or was declared anew."""
        old = watched.lanes.get(signal.name)
        if old is not None:
            if old.signal is signal or old.signal == signal:
                watched.lanes[signal.name] = old._replace(signal=signal)
                return old
            old.bank.close(old.row)
        bank = self._bank(signal, self._body(watched.take))
        lane = watched.lanes[signal.name] = Lane(bank, bank.open(watched.session.name), signal)
        self._pair(watched)
        return lane

    def _bank(self, signal: Signal, body: str) -> Bank:
        bank = self._banks.get((signal, body))
        if bank is None:
            checks = tuple(self._checks_of(signal))
            reaches = [check.reach.samples for check in checks]
            limits = limits_of(self.bodies[body], signal) if body else None
            names, strides = (
                tuple(check.name for check in checks),
                np.array([stride(one) for one in reaches], np.int64),
            )
            bank = self._banks[signal, body] = Bank(
                signal, names, strides, np.array(reaches, np.int64), max(reaches, default=0), limits
            )
            self._of[id(bank)] = checks
        return bank

    def _pair(self, watched: Watched) -> None:
        """Which streams of a session are looked at beside each other, and what that needs to be held."""
        signals = tuple(one.bank.signal for one in watched.lanes.values())
        watched.pairs = [(check, *pair) for check in self._pairs for pair in check.pairs(signals)]
        for check, one, other in watched.pairs:
            for name in (one, other):
                bank, row, _ = watched.lanes[name]
                bank.reach = max(bank.reach, check.reach.samples + rows_of(check.reach.span, bank.signal))
                bank.held[row] = min(watched.paired.get((check.name, one, other), 0), int(bank.held[row]))

    def _checks_of(self, signal: Signal) -> list[Check]:
        return [check for check in self._streams if check.applies(signal)]

    def _judge(self, bank: Bank, rows: Ints, closing: Set[str], budget: int) -> int:
        """Every check of a bank, over the rows that have enough new samples for it; what of the budget it took."""
        checks, total = self._of[id(bank)], bank.total[rows]
        if not checks:
            return 0
        new = total - bank.seen[:, rows]
        fresh, wait = np.minimum(new, total), bank.strides[:, None]
        if closing:
            wait = np.where(np.array([bank.names[row] in closing for row in rows.tolist()]), 1, wait)
        due = np.ascontiguousarray((new >= wait) & (total > 0))
        took = 0
        if not closing:
            gathered(due, new, bank)
            took = spare(due, new, bank, budget)
        plans: dict[tuple[int, bytes], list[int]] = defaultdict(list)
        for i in np.flatnonzero(due.any(axis=1)).tolist():
            plans[tier(checks[i].reach.samples), due[i].tobytes()].append(i)
        for (reach, _), some in plans.items():
            mine = due[some[0]]
            these, new = rows[mine], fresh[some][:, mine]
            columns = bank.columns(these, reach + new.max(axis=0), int(new.max()))
            alike = newest(columns.cuts, new[0]) if (new == new[0]).all() else None
            for i, many in zip(some, new, strict=True):
                scores = checks[i].scores(columns)
                at, starts = alike or newest(columns.cuts, many)
                found = scores[at]
                peaks = found if len(at) == len(starts) else np.maximum.reduceat(found, starts)
                self._found(checks[i], (bank, these), peaks, (columns.t[at], found, starts))
            bank.seen[np.array(some)[:, None], these] = bank.total[these]
        return took

    def _found(self, check: AnyCheck, where: tuple[Bank, Ints], peaks: Scores, new: tuple[Ints, Scores, Ints]) -> None:
        (t, scores, starts), (bank, rows) = new, where
        over_floor = peaks > check.floor
        if not over_floor.any():
            return
        for i in np.flatnonzero(over_floor).tolist():
            watched, stream = self.watched[bank.names[rows[i]]], bank.signal.name
            limit, least, verdict = self._rule(check, watched.take)
            if verdict is None or peaks[i] <= limit:
                continue
            a, b = int(starts[i]), int(starts[i + 1]) if i + 1 < len(starts) else len(t)
            over = t[a:b][scores[a:b] > limit]
            key = (check.name, stream)
            known = watched.found.get(key)
            since, until, value = int(over.min()), int(over.max()), float(peaks[i])
            if known is not None and since - known.until <= HOLD:
                since, value = known.since, max(value, known.value)
            found = watched.found[key] = Finding(
                check, stream, verdict, value, since, max(until, since), round(least * 1e9)
            )
            worst = watched.worst.get(key)
            if until - since >= found.least and (worst is None or worst.value <= found.value):
                watched.worst[key] = found

    def _beside(self, watched: Watched, *, final: bool) -> None:
        """Streams of one session beside each other, now and then."""
        for check, one, other in watched.pairs:
            (bank, row, _), (second, other_row, _) = watched.lanes[one], watched.lanes[other]
            key = (check.name, one, other)
            total = int(bank.total[row])
            fresh = total - watched.paired.get(key, 0)
            if not fresh or not total or not second.total[other_row]:
                continue
            held = bank.last(row, fresh)
            if not final and (
                bank.newest(row) - int(held.t[0]) < PAIRED or second.newest(other_row) < bank.newest(row)
            ):
                continue  # the other stream has not come as far yet
            back = fresh + check.reach.samples
            if check.reach.span:
                back = max(back, fresh + rows_of(check.reach.span, bank.signal))
            a = bank.last(row, back)
            b = second.last(other_row, rows_of(int(a.t[-1] - a.t[0]), second.signal) + check.reach.samples)
            scores = check.pair_scores(a, b)
            rows, starts = newest(a.cuts, np.array([fresh]))
            new = scores[rows]
            self._found(check, (bank, np.array([row])), np.maximum.reduceat(new, starts), (a.t[rows], new, starts))
            watched.paired[key] = total
            bank.held[row] = min(watched.paired.get((c.name, x, y), 0) for c, x, y in watched.pairs if x == one)
