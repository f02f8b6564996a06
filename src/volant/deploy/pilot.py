"""Robots at work with people on call: a policy drives, gates ask, operators help, everything comes home as episodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..core import (
    Controller,
    Episode,
    Estimate,
    Job,
    Obs,
    Policy,
    Rolling,
    Take,
    World,
    fits,
    rollout,
)
from ..core.errors import BadValue, NotFound, suggest
from .cockpit import Cockpit, Routine, Watch
from .desk import Desk
from .gate import Gate, Threshold, calibrated
from .gates.ensemble import Ensemble
from .gates.novelty import Novelty
from .gates.oracle import Oracle
from .gates.progress import Progress
from .home import Home
from .logbook import Help, Stretch
from .moments import replayed
from .pace import Pace
from .people import people as helpers
from .split import Split
from .stages import Trial
from .tally import Operation, figures

__all__ = ["GATES", "Piloted", "Piloting", "calibrate", "pilot"]

GATES = ("ensemble", "progress", "novelty", "oracle", "none")
_PATIENCE = {"ensemble": 2, "novelty": 3, "progress": 1, "oracle": 1}
"""Steps above the limit until a robot asks; Sirius-Fleet alarms on the third."""
_KEEP = 5

Ticker = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Piloting:
    """Who works with whom on what.

    ``takeover`` is who helps: ``expert`` or an operator's name (several, separated by commas, take turns at the
    desk). ``rate`` is the share of operations that should ask for help; ``None`` asks as often as the policy alone
    failed in ``held_out`` operations, from which the gate's limit is set. ``limit`` replaces that: the gate's scores
    in its own unit. ``vary`` is how far physics may deviate from nominal.
    """

    robots: int = 50
    operators: int = 1
    takeover: str = "expert"
    gate: str = "ensemble"
    episodes: int = 100
    seed: int = 0
    rate: float | None = None
    held_out: int = 100
    limit: Threshold | None = None
    vary: float = 0.0
    routine: Routine = field(default_factory=Routine)

    def __post_init__(self) -> None:
        if self.robots < 1 or self.operators < 0 or self.episodes < 1:
            raise BadValue(f"{self.robots} robots and {self.operators} operators cannot do {self.episodes} episodes.")
        if self.gate not in GATES:
            raise NotFound(f"No gate is called {self.gate!r}.", instead=suggest(self.gate, GATES))


@dataclass(frozen=True, eq=False)
class Piloted:
    """What came of it: the episodes, the figures, every help, who was in control when, and the gate's limit.

    ``alone`` are the takes of the policy without help that the gate was set by. Ticks are ``1 / hz`` seconds.
    """

    episodes: tuple[Episode, ...]
    figures: tuple[Estimate, ...]
    operations: tuple[Operation, ...]
    helps: tuple[Help, ...]
    stretches: tuple[Stretch, ...]
    limit: Threshold | None
    alone: tuple[Take, ...]
    hz: float
    ticks: int

    def __iter__(self) -> Iterator[Episode]:
        return iter(self.episodes)

    def __len__(self) -> int:
        return len(self.episodes)

    def figure(self, name: str) -> Estimate:
        """The figure of that name."""
        for one in self.figures:
            if one.name == name:
                return one
        raise NotFound(f"No figure {name!r}.", instead=suggest(name, (one.name for one in self.figures)))


def pilot(
    policy: Policy,
    world: World,
    task: str,
    how: Piloting,
    *,
    people: Sequence[Controller] = (),
    candidate: tuple[Policy, Trial] | None = None,
    progress: Ticker | None = None,
    pace: Callable[[Controller], Pace] | None = None,
) -> Piloted:
    """Let ``how.robots`` robots do ``how.episodes`` operations of a task, with help where the gate asks for it.

    ``people`` are controllers that stand in for ``takeover``, one an operator (a keyboard, a browser); ``candidate``
    is a policy that gets as many of the operations as its trial allows; ``pace`` holds the fleet to real time.
    Everything else follows from the seed: the same call gives the same episodes.
    """
    for one in (policy, *(candidate[:1] if candidate else ())):
        _fits(one, world, task)
    jobs = _jobs(world, task, how.episodes, how, 0)
    watches, alone = calibrate(policy, world, task, how)
    robots = min(how.robots, how.episodes)
    people = tuple(people) or helpers(how.takeover, how.operators, world, task, robots)
    desk = Desk(robots, len(people), how.routine.rules)
    horizon = how.routine.limit or world.horizon(task)
    drives = policy.controller(robots)
    if candidate:
        drives = Split(drives, candidate[0].controller(robots), candidate[1], robots)
    crew = Cockpit(drives, watches, people, desk, replace(how.routine, limit=horizon))
    paced = pace(crew) if pace else None
    names = [name.strip() for name in how.takeover.split(",")]
    home = Home(world, task, policy.hash, tuple(names[i % len(names)] for i in range(len(people))), candidate)
    lanes, episodes = world.open(task, robots), list[Episode]()
    try:
        rolling = Rolling(2 * horizon, keep=_KEEP if how.routine.back else 0)
        for take in rollout(lanes, paced or crew, jobs, rolling):
            episode = home.arrive(take, crew.closed(take.lane, len(take)), late=bool(crew.late[take.lane]))
            episodes += [] if episode is None else [episode]
            if progress:
                progress(len(home.operations), how.episodes)
    finally:
        lanes.close()
    return _piloted(home, tuple(episodes), (crew, paced), how, alone)


def _piloted(
    home: Home, episodes: tuple[Episode, ...], who: tuple[Cockpit, Pace | None], how: Piloting, alone: tuple[Take, ...]
) -> Piloted:
    crew, paced = who
    done = tuple(home.operations[number] for number in sorted(home.operations))
    still, log = how.routine.waiting == "hold", crew.log
    found = figures(done, log, len(crew.people), home.hz, still=still) + (paced.figures() if paced else ())
    limit = crew.watches[0].threshold if crew.watches else None
    helps, stretches = tuple(log.helps), log.stretches()
    return Piloted(episodes, found, done, helps, stretches, limit, alone, home.hz, log.ticks)


def _fits(policy: Policy, world: World, task: str) -> None:
    signals = (*policy.observations, policy.action)
    fits(f"The policy {policy.name} {policy.hash[:8]}", signals, world.body(task), f"{world.name}/{task}")


def calibrate(policy: Policy, world: World, task: str, how: Piloting) -> tuple[tuple[Watch, ...], tuple[Take, ...]]:
    """The gate with its limit, and the policy's own takes that set it.

    The limit comes from held-out operations in environments of their own; the oracle instead lives the very
    operations that are to come, and knows.
    """
    if how.gate == "none":
        return (), ()
    robots = min(how.robots, how.episodes)
    if how.gate == "oracle":
        takes = _alone(policy, world, task, _jobs(world, task, how.episodes, how, 0), how)
        return (Watch(Oracle.of(robots, takes), Threshold(0.5, 0.5)),), takes
    if how.limit is not None and how.gate != "novelty":
        return (Watch(_gate(how.gate, robots, ()), how.limit),), ()
    takes = _alone(policy, world, task, _jobs(world, task, how.held_out, how, 1), how)
    good = [take for take in takes if take.outcome == "success"]
    known = [take.obs for take in good[: max(1, len(good) // 2)]] if how.gate == "novelty" else []
    rest = takes if how.gate != "novelty" else tuple(take for take in takes if all(take.obs is not o for o in known))
    scores = replayed(_gate(how.gate, len(rest), known), rest)
    failed = 1 - len(good) / len(takes)
    rate = how.rate if how.rate is not None else min(0.9, max(0.02, failed))
    limit = how.limit or calibrated(scores, rate, patience=_PATIENCE[how.gate])
    return (Watch(_gate(how.gate, robots, known), limit),), takes


def _gate(name: str, lanes: int, known: Sequence[Obs]) -> Gate:
    if name == "progress":
        return Progress(lanes)
    return Novelty.of(known) if name == "novelty" else Ensemble()


def _alone(policy: Policy, world: World, task: str, jobs: Sequence[Job], how: Piloting) -> tuple[Take, ...]:
    """The policy by itself, as long as it has, in the order of the jobs."""
    robots = min(how.robots, len(jobs))
    lanes = world.open(task, robots)
    try:
        horizon = how.routine.limit or world.horizon(task)
        takes = list(rollout(lanes, policy.controller(robots), jobs, Rolling(horizon)))
    finally:
        lanes.close()
    return tuple(sorted(takes, key=lambda take: take.job.number))


def _jobs(world: World, task: str, count: int, how: Piloting, sort: int) -> list[Job]:
    """Operations in environments of their own; ``sort`` keeps held-out ones apart from those to come."""
    state = np.random.SeedSequence([how.seed, sort]).generate_state(2)
    places = world.sample(task, count, int(state[0]), vary=how.vary)
    return [Job(i, place, int(state[1]) + i) for i, place in enumerate(places)]
