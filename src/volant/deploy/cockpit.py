"""A fleet as one controller: a policy in every robot, gates that ask, a desk that allocates, people who take over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..core import CONTROL, Act, Bools, Controller, Environment, Floats, Ints, Moment
from ..core.errors import BadValue, Refused
from .desk import NOBODY, Desk, Rules, Urgency
from .gate import Gate, Latch, Threshold, need
from .logbook import PERSON, POLICY, REST, REWOUND, TAKEN, WAITING, Help, Logbook, Modes

__all__ = ["AWAY", "HANDBACK", "REWIND", "Cockpit", "Routine", "Watch"]

HANDBACK = "handback"
"""The mark by which a person says that the robot can go on by itself."""
AWAY = "away"
"""The mark by which a person's controls say that nobody is at them: the lock is then not renewed."""
REWIND = "rewind"
"""The mark by which a person asks for the robot in hand to be put back by so many steps, and then goes on."""

_WAYS = ("hold", "go on")
_ENDS = ("quiet", "success", "person")


@dataclass(frozen=True, slots=True)
class Routine:
    """How help goes, in ticks of the floor's clock.

    ``reaction``: from being given a robot to moving it. ``back``: steps to rewind it by first, 0 for none.
    ``waiting``: a robot that asks holds still or goes on. ``handback``: when the gate is quiet again, when the
    operation has succeeded, or when the person says so. ``grace``: ticks without asking after it was handed back or
    began. ``limit``: steps that the policy has for itself before the operation has failed, 0 for no limit.
    """

    rules: Rules = field(default_factory=Rules)
    reaction: int = 0
    back: int = 0
    waiting: str = "hold"
    handback: str = "success"
    grace: int = 10
    limit: int = 0

    def __post_init__(self) -> None:
        if self.waiting not in _WAYS:
            raise BadValue(f"A robot that waits cannot {self.waiting!r}.", instead=f"Known: {', '.join(_WAYS)}.")
        if self.handback not in _ENDS:
            raise BadValue(f"Robots cannot be handed back on {self.handback!r}.", instead=f"Known: {', '.join(_ENDS)}.")
        if min(self.reaction, self.back, self.grace, self.limit) < 0:
            raise BadValue("A routine cannot last less than no time.")


@dataclass(frozen=True, slots=True)
class Watch:
    """A gate and where it draws the line."""

    gate: Gate
    threshold: Threshold


@dataclass(slots=True)
class Cockpit:
    """N robots and the people who help them, as one ``Controller`` that the one loop steps.

    ``people`` holds one controller for each operator of the desk; the same object may serve several. ``risk`` turns
    the highest need so far ``[n]`` into the probability of failure where there is a sentinel. Every step is marked with
    ``need`` (highest gate score over its limit, 1 and more asks), ``operator`` (-1 nobody) and ``gap`` (distance
    between what the policy would have done and what the person did, root mean square). ``late`` are the lanes whose
    policy ran out of time with the last step.
    """

    policy: Controller
    watches: Sequence[Watch]
    people: Sequence[Controller]
    desk: Desk
    routine: Routine = field(default_factory=Routine)
    risk: Callable[[Floats], Floats] | None = None
    log: Logbook = field(init=False)
    mode: Modes = field(init=False)
    need: Floats = field(init=False)
    peak: Floats = field(init=False)
    late: Bools = field(init=False)
    _latches: list[Latch] = field(init=False)
    _asks: Bools = field(init=False)
    _why: Ints = field(init=False)
    _places: list[tuple[Environment, int] | None] = field(init=False)
    _open: list[Help | None] = field(init=False)
    _past: list[list[Help]] = field(init=False)
    _own: Ints = field(init=False)
    _by_hand: Ints = field(init=False)
    _ready: Ints = field(init=False)
    _mute: Ints = field(init=False)
    _rewinding: Bools = field(init=False)
    _said: Bools = field(init=False)

    def __post_init__(self) -> None:
        n, people = len(self.desk.holder), len(self.desk.hands)
        if len(self.people) != people:
            raise BadValue(f"{people} operators are at the desk, and {len(self.people)} controllers for them.")
        self.log = Logbook(n)
        self.mode, self.need, self.peak = np.zeros(n, np.int8), np.zeros(n), np.zeros(n)
        self._latches = [Latch(n, watch.threshold) for watch in self.watches]
        self._own, self._by_hand, self._ready, self._mute, self._why = (np.zeros(n, np.int64) for _ in range(5))
        self._asks, self._rewinding, self._said, self.late = (np.zeros(n, np.bool_) for _ in range(4))
        self._places, self._open, self._past = [None] * n, [None] * n, [[] for _ in range(n)]

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """These lanes begin anew; one that was just rewound stays with whoever holds it."""
        places = list(zip(lanes.tolist(), environments, seeds.tolist(), strict=True))
        same = [self._rewinding[lane] and self._places[lane] == (there, seed) for lane, there, seed in places]
        self.policy.start(lanes, environments, seeds)
        for watch, latch in zip(self.watches, self._latches, strict=True):
            watch.gate.start(lanes, environments, seeds)
            latch.start(lanes[~np.array(same, np.bool_)])
        for (lane, there, seed), rewound in zip(places, same, strict=True):
            self._places[lane], self._rewinding[lane] = (there, seed), False
            if rewound:
                self._hand_over(lane)
            else:
                self.desk.drop(lane)
                self._open[lane], self._past[lane] = None, []
                self.mode[lane], self._own[lane], self._mute[lane] = POLICY, 0, 0
                self._asks[lane], self.peak[lane] = False, 0.0

    def act(self, moment: Moment) -> Act:
        """What every robot does next: its policy's choice, a person's, or nothing while it waits."""
        now = self.log.ticks
        for lane in np.flatnonzero(~moment.active).tolist():
            self.desk.drop(lane)
            self.mode[lane], self._rewinding[lane] = REST, False
        self._return(now, moment)
        at_work = moment.active & ((self.mode == POLICY) | (self.mode == PERSON))
        own = self.policy.act(replace(moment, active=at_work))
        self._sense(replace(moment, active=at_work), own)
        self.late = (self.mode == POLICY) & (self.routine.limit > 0) & (self._own + 1 >= self.routine.limit)
        self._allocate(now, moment)
        back = self._arrive(now, moment)
        act = self._compose(now, moment, own, back)
        self.log.write(self.mode, self._queued())
        return replace(act, stop=self.late if act.stop is None else self.late | act.stop)

    def take(self, robot: int, operator: int) -> None:
        """An operator takes this robot with the next step, whether it asks or not; refused as the desk refuses."""
        if 0 <= robot < len(self.mode) and self.mode[robot] == REST:
            raise Refused(f"Robot {robot} has nothing to do.", do="Take one that is at work.")
        self.desk.claim(robot, operator, self.log.ticks)

    def help_of(self, robot: int) -> Help | None:
        """The help that a robot is getting now."""
        return self._open[robot]

    def closed(self, lane: int, length: int) -> tuple[Help, ...]:
        """Helps of the take of so many steps that just ended on this lane; to be called before the next begins there.

        One that goes on in the next take, because the robot was rewound, comes last and has not ``ended``.
        """
        here = self._open[lane]
        if not self._rewinding[lane]:
            if here is not None:
                self._close(lane, "ended", length)
            self.desk.drop(lane)
            here = None
        found, self._past[lane] = self._past[lane], []
        return tuple(found if here is None else [*found, here])

    def _sense(self, moment: Moment, own: Act) -> None:
        """Score every robot at work; note who asks and which gate was first."""
        asks, most = np.zeros_like(self._asks), np.zeros_like(self.need)
        for place, (watch, latch) in enumerate(zip(self.watches, self._latches, strict=True)):
            scores = np.nan_to_num(watch.gate.scores(moment, own), nan=np.inf, posinf=np.inf)
            asked = latch.step(scores, moment.active)
            self._why = np.where(asked & ~asks & ~self._asks, place, self._why)
            asks, most = asks | asked, np.maximum(most, need(scores, watch.threshold))
        self._asks = np.where(moment.active, asks, self._asks)
        self.need = np.where(moment.active, most, self.need)
        self.peak = np.where(moment.active, np.maximum(self.peak, most), self.peak)

    def _return(self, now: int, moment: Moment) -> None:
        """Hand back what can go on by itself: its policy plans anew, and does not ask again at once."""
        quiet = ~self._asks if self.routine.handback == "quiet" else np.zeros_like(self._asks)
        ripe = self.desk.ripe(now) & (self._by_hand >= self.routine.rules.hold) & (self.mode == PERSON)
        for lane in np.flatnonzero(ripe & (quiet | self._said)).tolist():
            here, place = self._open[lane], self._places[lane]
            if here is None or place is None or not (self._said[lane] or here.gate):
                continue  # who was taken unasked goes back when the person says so
            self.desk.drop(lane)
            self._close(lane, "handed back", int(moment.step[lane]))
            self.mode[lane], self._own[lane], self._mute[lane] = POLICY, 0, now + self.routine.grace
            self.peak[lane] = 0.0
            where = np.array([lane])
            self.policy.start(where, (place[0],), np.array([place[1]]))
            for watch, latch in zip(self.watches, self._latches, strict=True):
                watch.gate.start(where, (place[0],), np.array([place[1]]))
                latch.start(where)

    def _allocate(self, now: int, moment: Moment) -> None:
        """Let the desk decide, and notice what it decided: new holds, and locks that expired."""
        asks = (self.mode == POLICY) & self._asks & (self._mute <= now) & ~self.late
        if self.routine.waiting == "hold":
            self.mode[asks] = WAITING
        wants = asks | (self.mode == WAITING) | (self.mode == TAKEN) | (self.mode == PERSON)
        violation = moment.state.labels.get("violation", moment.state.broken.astype(np.float64))
        risk = self.risk(self.peak) if self.risk else np.zeros(len(asks))
        over = np.where(self.need > 1, self.need, 0.0)
        self.desk.tick(now, wants, Urgency(violation, over, np.where(wants, risk, 0.0)))
        for lane in np.flatnonzero(self.mode != REST).tolist():
            here, holder = self._open[lane], int(self.desk.holder[lane])
            if here is not None and holder != here.operator:
                self._close(lane, "expired", int(moment.step[lane]))
                self.mode[lane] = WAITING
                here = None
            if here is None and holder != NOBODY:
                asked = int(self.desk.asked[lane])
                why = self.watches[int(self._why[lane])].gate.name if wants[lane] and self.watches else ""
                step, score = int(moment.step[lane]), float(self.need[lane])
                self._open[lane] = Help(lane, holder, why, score, asked if asked != NOBODY else now, now, step)
                self.mode[lane], self._ready[lane] = TAKEN, now + self.routine.reaction

    def _arrive(self, now: int, moment: Moment) -> Ints:
        """People reach the robots that they were given; steps by which each is rewound before it goes on."""
        back = np.zeros(len(self.mode), np.int64)
        for lane in np.flatnonzero((self.mode == TAKEN) & (self._ready <= now)).tolist():
            here = self._open[lane]
            if here is not None and self.routine.back and moment.step[lane] > 0 and not here.rewound:
                back[lane] = here.rewound = min(self.routine.back, int(moment.step[lane]))
                self._rewinding[lane] = True
            else:
                self._hand_over(lane)
        return back

    def _hand_over(self, lane: int) -> None:
        here, place = self._open[lane], self._places[lane]
        assert here is not None and place is not None
        self.mode[lane], self._by_hand[lane], self._said[lane] = PERSON, 0, False
        self.people[here.operator].start(np.array([lane]), (place[0],), np.array([place[1]]))

    def _compose(self, now: int, moment: Moment, own: Act, back: Ints) -> Act:
        """Everybody's actions as one: people's where they hold a robot, the policy's elsewhere."""
        actions, control = own.actions.copy(), own.control.copy()
        by_hand, gap = self.mode == PERSON, np.zeros(len(control))
        stop = np.zeros(len(control), np.bool_) if own.stop is None else own.stop & (self.mode == POLICY)
        busy = sorted({int(seat) for seat in self.desk.holder[by_hand] if seat != NOBODY})
        for person in {id(self.people[seat]): self.people[seat] for seat in busy}.values():
            mine = by_hand & np.array([h != NOBODY and self.people[h] is person for h in self.desk.holder.tolist()])
            done = person.act(Moment(moment.state, self._by_hand.copy(), mine))
            gap[mine] = np.sqrt(((done.actions[mine] - actions[mine]) ** 2).mean(axis=1))
            actions[mine], control[mine] = done.actions[mine], CONTROL.index("person")
            nothing = np.zeros(len(control))
            self._said |= mine & (done.marks.get(HANDBACK, nothing) > 0)
            self._renew(mine & ~(done.marks.get(AWAY, nothing) > 0), now)
            stop |= mine & done.stop if done.stop is not None else False
            wanted = np.where(mine & ~stop, done.marks.get(REWIND, nothing), 0.0)
            for lane in np.flatnonzero(wanted > 0).tolist():
                back[lane] = self._again(lane, int(wanted[lane]), int(moment.step[lane]))
        for lane in np.flatnonzero(by_hand).tolist():
            here = self._open[lane]
            if here is not None and here.first < 0 and not back[lane]:
                here.moved, here.first = now, int(moment.step[lane])
        self._renew(self.mode == TAKEN, now)
        self._own[self.mode == POLICY] += 1
        self._by_hand[by_hand] += 1
        marks = {**own.marks, "need": self.need.copy(), "operator": self.desk.holder.astype(np.float64), "gap": gap}
        wait = (self.mode == WAITING) | (self.mode == TAKEN) | (back > 0)
        return Act(actions, control, marks, stop, back, wait)

    def _again(self, lane: int, steps: int, step: int) -> int:
        """What was done by hand so far is undone: that help is over, and the next one goes on from earlier."""
        here = self._open[lane]
        assert here is not None
        self._close(lane, REWOUND, step)
        self._open[lane] = Help(
            lane, here.operator, here.gate, here.score, here.asked, self.log.ticks, step, rewound=steps
        )
        self._rewinding[lane] = True
        return steps

    def _renew(self, lanes: Bools, now: int) -> None:
        for lane in np.flatnonzero(lanes).tolist():
            self.desk.renew(int(self.desk.holder[lane]), now)

    def _queued(self) -> Bools:
        queued: Bools = self.desk.waiting & ((self.mode == WAITING) | (self.mode == POLICY))
        return queued

    def _close(self, lane: int, why: str, step: int) -> None:
        here = self._open[lane]
        assert here is not None
        here.ended, here.returned, here.last = why, self.log.ticks, step
        self.log.helps.append(here)
        self._past[lane].append(here)
        self._open[lane] = None
