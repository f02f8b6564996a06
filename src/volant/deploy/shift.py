"""A shift that does not end: a fleet goes from job to job, people come and go, and what they say is done in order."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..core import Act, Environment, Fact, Ints, Job, Moment, Policy, Rolling, Span, Take, World, fits, rollout
from ..core.errors import Refused, VolantError, suggest
from .causes import CAUSES
from .cockpit import Cockpit, Routine
from .desk import NOBODY, Desk, Rules
from .foresight import foresight
from .glance import Glance, Person, Scene
from .home import Home
from .lately import lately, own
from .logbook import PERSON, TAKEN, WAITING, Help
from .pace import Pace
from .pilot import Piloting, calibrate
from .seat import Seat
from .spans import reason
from .sticks import Sticks
from .words import Answer, Came, Hear, Opened, Said, Shifting, Tell, Told

__all__ = ["RATE", "Shift", "shift"]

RATE = 20.0
"""Ticks a second where the body could take more: a slower motion than its own, which people can follow."""

_WINDOW = 600.0
"""Seconds over which load and rates are told."""
_KEEP = 5
_LONG = 4
"""Horizons that an operation may take with all that people undo in it."""
_NAMED = 500
"""Take-overs that a cause can still be named for."""
_CHUNK = 256
_TICKS = 1200
"""Ticks over which their own work is told."""

Key = tuple[int, int, int]


@dataclass(slots=True)
class Shift:
    """A cockpit whose people are at browsers, as one controller: it listens before each step and shows the fleet after.

    ``names`` are the people by their seat, in the order in which they came, and the list that ``home`` reads.
    Recorded beside the cockpit's marks is ``command``: the number of the command that moved the robot, -1 where none
    did.
    """

    crew: Cockpit
    seats: Sequence[Seat]
    home: Home
    names: list[str]
    hz: float
    scene: Scene
    hear: Hear
    tell: Tell
    all_home: bool = False
    over: bool = False
    pace: Pace | None = None
    counts: dict[str, float] = field(default_factory=dict)
    _numbers: Ints = field(init=False)
    _last: dict[int, Key] = field(default_factory=dict)
    _causes: OrderedDict[Key, str] = field(default_factory=OrderedDict)
    _homes: OrderedDict[Key, tuple[str, Span]] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self._numbers = np.full(len(self.crew.mode), -1, np.int64)
        self.crew.desk.duty[:] = False
        self.counts = dict.fromkeys(("operations", "successes", "helped", "home"), 0.0)

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """Passed on."""
        self._numbers[lanes] = seeds
        self.crew.start(lanes, environments, seeds)

    def act(self, moment: Moment) -> Act:
        """Listen, let the cockpit act, and show what became of it."""
        heard = self.hear()
        self.over |= heard is None
        for seat in self.seats[: len(self.names)]:
            seat.silent += 1
        for said in heard or ():
            self._heed(said)
        self._attend()
        act = self.crew.act(moment)
        holder, by_hand = self.crew.desk.holder, act.control == 1
        command = np.full(len(holder), -1.0)
        for lane in np.flatnonzero(by_hand & (holder != NOBODY)).tolist():
            command[lane] = self.seats[int(holder[lane])].seq
        self._show(moment)
        if self.crew.log.ticks % max(1, round(self.hz)) == 0:
            self._report()
        stop = act.stop if not self.over else moment.active.copy()
        return replace(act, marks={**act.marks, "command": command}, stop=stop)

    def came(self, take: Take) -> None:
        """A take has ended: what people touched comes home, with the causes that they have named."""
        number, crew = take.job.number, self.crew
        helps = crew.closed(take.lane, len(take))
        wanted = bool(helps) or self.all_home
        episode = self.home.arrive(take, helps, late=bool(crew.late[take.lane]), wanted=wanted)
        if episode is not None:
            for help_ in helps:
                key, span = _key(help_), reason(take, help_, self.hz)
                self._homes[key] = episode.id, span
                if key in self._causes:
                    episode = episode.saying([self._named(key, "", span)])
            self.tell(Came(episode))
            self.counts["home"] += 1
        _forget(self._homes)
        if not (helps and not helps[-1].ended):
            done = self.home.operations.pop(number)
            self.counts["operations"] += 1
            self.counts["successes"] += done.outcome == "success"
            self.counts["helped"] += done.helps > 0

    def _report(self) -> None:
        """The load of the last minutes and everybody's own share of it; what is older is forgotten."""
        crew, log, ticks = self.crew, self.crew.log, round(_WINDOW * self.hz)
        pending = int(np.isin(crew.mode, (WAITING, TAKEN, PERSON)).sum())
        found = lately(log, int(crew.desk.duty.sum()), self.hz, ticks, pending)
        shares = []
        for seat in range(len(self.names)):
            robot = int(crew.desk.hands[seat])
            since = int(crew.desk.since[robot]) if robot != NOBODY else -1
            shares.append(own(log, seat, ticks, since))
        if self.pace is not None:
            found += self.pace.figures()
            del self.pace.work[:-_TICKS]
        log.trim(2 * ticks)
        self.tell(Told(found, tuple(shares)))

    def _heed(self, said: Said) -> None:
        """Do what a person says; what cannot be done is answered in words."""
        try:
            seat = self._seat(said.who)
            self.seats[seat].hear(said.command or None, said.seq)
            self.crew.desk.duty[seat] = True
            if said.what in ("beat", "steer"):
                return
            words = self._obey(seat, said)
        except VolantError as problem:
            self.tell(Answer(said.seq, said.who, False, str(problem), self.crew.log.ticks))
        else:
            self.tell(Answer(said.seq, said.who, True, words, self.crew.log.ticks))

    def _seat(self, name: str) -> int:
        if name not in self.names:
            if len(self.names) == len(self.seats):
                raise Refused(f"All {len(self.seats)} seats at the desk are taken.")
            self.names.append(name)
        return self.names.index(name)

    def _obey(self, seat: int, said: Said) -> str:
        desk, mine = self.crew.desk, int(self.crew.desk.hands[seat])
        if said.what == "take":
            other = int(desk.holder[said.robot]) if 0 <= said.robot < len(desk.holder) else NOBODY
            left = int(desk.expires[said.robot]) - self.crew.log.ticks if other != NOBODY else 0
            if other not in (NOBODY, seat) and left > 0:
                raise Refused(f"Robot {said.robot} is with {self.names[other]}.")
            if mine not in (NOBODY, said.robot):
                raise Refused(f"You hold robot {mine}.", do="Hand it back first.")
            self.crew.take(said.robot, seat)
            return f"Robot {said.robot} is yours."
        if said.what == "cause":
            return self._name(seat, said)
        if mine == NOBODY:
            raise Refused("You hold no robot.")
        if said.what == "back":
            self.seats[seat].back = True
            return f"Robot {mine} goes on by itself."
        if said.what == "rewind":
            self.seats[seat].rewind = max(1, round(said.seconds * self.hz))
            return f"Robot {mine} is put back by {said.seconds:g} s."
        raise Refused(f"Nobody can {said.what!r} a robot.")

    def _name(self, seat: int, said: Said) -> str:
        if said.word not in CAUSES:
            raise Refused(f"There is no cause {said.word!r}.", instead=suggest(said.word, CAUSES))
        key = self._last.get(seat)
        if key is None:
            raise Refused("You have not taken a robot yet.")
        self._causes[key] = said.word
        _forget(self._causes)
        if key in self._homes and self.crew.help_of(key[0]) is None:
            episode, span = self._homes[key]
            self.tell(Told(facts=(self._named(key, episode, span),)))
        return f"Robot {key[0]}: {said.word}."

    def _named(self, key: Key, episode: str, span: Span) -> Fact:
        return Fact(episode, "intervention/cause", self._causes[key], f"person/{self.names[key[2]]}@1", span)

    def _attend(self) -> None:
        """Who has said nothing for as long as a lock lasts, and holds nothing, is not at the desk."""
        desk = self.crew.desk
        for seat in range(len(self.names)):
            robot = int(desk.hands[seat])
            here = self.crew.help_of(robot) if robot != NOBODY else None
            if here is not None:
                self._last[seat] = _key(here)
            elif robot == NOBODY and self.seats[seat].silent > desk.rules.lease:
                desk.duty[seat] = False

    def _show(self, moment: Moment) -> None:
        crew, desk, now = self.crew, self.crew.desk, self.crew.log.ticks
        held = desk.holder != NOBODY
        risk = crew.risk(crew.peak) if crew.risk else np.full(len(held), np.nan)
        people = tuple(
            Person(seat, name, bool(desk.duty[seat]), int(desk.hands[seat])) for seat, name in enumerate(self.names)
        )
        self.tell(
            Glance(
                tick=now,
                mode=crew.mode.copy(),
                need=crew.need.copy(),
                risk=risk,
                holder=desk.holder.copy(),
                held=np.where(held, now - desk.since, -1),
                left=np.where(held, desk.expires - now, -1),
                waits=np.where(desk.waiting, now - desk.asked, -1),
                step=moment.step.copy(),
                operation=self._numbers.copy(),
                progress=moment.state.progress.copy(),
                success=moment.state.success.copy(),
                places=self.scene.places(moment.state.obs, len(held)),
                people=people,
                counts=dict(self.counts),
            )
        )


def shift(
    who: tuple[Policy, World, str],
    how: Shifting,
    talk: tuple[Hear, Tell],
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> None:
    """Let a policy drive a fleet in a world's task until nobody listens any more; ``talk`` is how people are heard.

    First it does ``held_out`` operations alone, which set the gate's limit and teach the sentinel.
    """
    (policy, world, task), (hear, tell) = who, talk
    body = world.body(task)
    fits(f"The policy {policy.name} {policy.hash[:8]}", (*policy.observations, policy.action), body, task)
    sticks, scene = Sticks(body), Scene.of(body)
    if how.gate == "oracle":
        raise Refused(
            "The gate 'oracle' knows only operations that it has lived.", instead="Known: ensemble, progress."
        )
    flying = Piloting(
        how.robots, 0, gate=how.gate, episodes=how.robots, seed=how.seed, rate=how.rate, held_out=how.held_out,
        limit=how.limit, vary=how.vary,
    )  # fmt: skip
    watches, alone = calibrate(policy, world, task, flying)
    risk, judged = foresight(how.gate, watches, alone)
    hz = how.hz or min(RATE, float(body.signals[-1].hz or RATE))
    seats, names = tuple(Seat(sticks, hz) for _ in range(how.seats)), list[str]()
    rules = Rules(hold=max(1, round(0.1 * hz)), lease=max(1, round(how.lease * hz)), give=False)
    routine = Routine(rules, waiting=how.waiting, handback="person", limit=world.horizon(task))
    crew = Cockpit(policy.controller(how.robots), watches, seats, Desk(how.robots, how.seats, rules), routine, risk)
    live = Shift(crew, seats, Home(world, task, policy.hash, names), names, hz, scene, hear, tell, how.keep_all)
    live.pace = Pace(live, hz, clock, sleep)
    tell(Opened(world.name, task, hz, how.robots, how.lease, scene, sticks.axes, how.gate, judged))
    lanes = world.open(task, how.robots)
    try:
        for take in rollout(
            lanes, live.pace, _jobs(live, world, how), Rolling(_LONG * world.horizon(task), keep=_KEEP)
        ):
            live.came(take)
    finally:
        lanes.close()


def _jobs(live: Shift, world: World, how: Shifting) -> Iterator[Job]:
    """Operations without end in environments of their own, until the shift is over. A job's seed is its number."""
    number = 0
    while True:
        state = np.random.SeedSequence([how.seed, 2, number]).generate_state(1)
        for place in world.sample(live.home.task, _CHUNK, int(state[0]), vary=how.vary):
            if live.over:
                return
            yield Job(number, place, number)
            number += 1


def _key(help_: Help) -> Key:
    """What stays the same of a take-over however often it was rewound."""
    return help_.robot, help_.asked, help_.operator


def _forget(known: OrderedDict[Key, Any]) -> None:
    while len(known) > _NAMED:
        known.popitem(last=False)
