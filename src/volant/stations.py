"""What the wheel stops at: each station does one stage's work and finds again what was done already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from . import intake, plan, plug, train
from .core import Environment, Episode, Job, Order, Policy, Rolling, Score, Selection, Turn
from .core.checkpoint import digest
from .core.errors import NotFound, Refused
from .deploy.gate import Threshold, calibrated
from .deploy.gates.ensemble import Ensemble
from .deploy.moments import replayed
from .deploy.pilot import Piloting, pilot
from .lake import Store
from .runners import living
from .runners.living import Driver, episodes, live

__all__ = [
    "Came",
    "Turning",
    "admitted",
    "affordable",
    "deployed",
    "held_out",
    "judged",
    "ledger",
    "planned_by",
    "regions",
    "settings",
    "taught",
    "tried",
]

_SCOUTS = 3
"""Fresh environments in which a policy is tried for each demonstration that is ordered where it fails."""

Tries = dict[str, list[Any]]
"""``results``: whether each trial was won, and a digest of what was done in it; ``limit``: when the policy asks."""


@dataclass(frozen=True, slots=True)
class Turning:
    """How the wheel is turned: what on, by whom, for how much, and how hard it is looked at.

    ``budget`` is what a turn may spend on collection, in operator steps; ``first`` the demonstrations of each task and
    region that the wheel starts from; ``lot`` the smallest order; ``trials`` held-out trials of each task at every
    turn; ``robots`` and ``operators`` the fleet, ``help`` the part of the budget that its calls may take, ``bar`` the
    held-out success from which a policy may work there. Checkpoints lie on ``shelf``, which decides nothing.
    """

    shelf: Path
    tasks: tuple[str, ...]
    world: str = "metaworld"
    strategy: str = "planner"
    operator: str = "expert"
    learner: str = "bc"
    budget: float = 1500.0
    first: int = 1
    lot: int = 1
    trials: int = 60
    seed: int = 0
    members: int = 3
    robots: int = 50
    operators: int = 1
    help: float = 0.1
    bar: float = 0.8

    @property
    def sources(self) -> tuple[plan.Source, ...]:
        """Who can be asked for demonstrations; prices are measured in the lake, this one holds before there are any."""
        return (plan.Source(self.operator, 80.0),)


@dataclass(frozen=True, slots=True)
class Came:
    """What a station brought into the lake: episodes, what they cost, and how often a robot called for help."""

    episodes: int = 0
    cost: float = 0.0
    asked: int = 0
    operations: int = 0


def settings(how: Turning) -> str:
    """Everything that decides a wheel's turns, as text; where its files lie does not."""
    said = asdict(how)
    del said["shelf"]
    return json.dumps(said, sort_keys=True)


def ledger(store: Store) -> tuple[Turn, ...]:
    """Every turn that the lake remembers."""
    return Turn.all_of(store.facts(key="turn/record"))


def admitted(store: Store, how: Turning, orders: Sequence[Order], before: Sequence[Turn], at: int) -> Came:
    """The orders' episodes, lived and let in by the gate; failures cost as much as successes."""
    world, driver = plug.world(how.world), Driver(how.operator)
    lived: list[Episode] = []
    cost = 0
    for task in how.tasks:
        mine = [order for order in orders if order.task == task]
        jobs = [job for place, order in enumerate(mine) for job in _jobs(how, order, before, place)]
        jobs = [replace(job, number=i) for i, job in enumerate(jobs)]
        takes = live(how.world, task, driver, jobs, Rolling(world.horizon(task))) if jobs else []
        lived += episodes(how.world, task, takes, driver.origin(how.world))
        cost += sum(map(len, takes))
    if lived:
        intake.admit(store, lived, at=at)
    return Came(len(lived), cost)


def _jobs(how: Turning, order: Order, before: Sequence[Turn], place: int) -> list[Job]:
    """Where an order's episodes are lived: in the next new environments of its region unless it says otherwise.

    Which environments are next is the same for every strategy, so that strategies differ by their choices, not by luck.
    """
    world, task, region, number = plug.world(how.world), order.task, order.scene, len(before)
    earlier = sum(o.count for turn in before for o in turn.orders if (o.task, o.scene) == (task, region))
    stream, seed = _seed(how.seed, "new", task, region), _seed(how.seed, "take", task, region, number)
    places: Sequence[Environment]
    if order.variation.endswith(plan.REPEATED):
        there = world.sample(task, how.first, stream, region=region)
        places = [there[i % len(there)] for i in range(order.count)]
    else:
        places = world.sample(task, earlier + order.count, stream, region=region)[earlier:]
        if order.variation.endswith(plan.FAILING) and before:
            scouts = world.sample(task, _SCOUTS * order.count, seed, region=region)
            failed = _failed(how, task, dict(before[-1].policies)[task], scouts)
            places = (*failed[: -(-order.count // 2)], *places)[: order.count]
    return [Job(i, where, seed % 2**31 + 1000 * place + i) for i, where in enumerate(places)]


def _failed(how: Turning, task: str, name: str, places: Sequence[Environment]) -> list[Environment]:
    """Where a policy fails, of these places: robots find out by themselves, nobody has to be there."""
    takes = living.tried(how.world, task, _shelved(how, name).blob, places)
    return [where for where, take in zip(places, takes, strict=True) if take.outcome != "success"]


def deployed(store: Store, how: Turning, before: tuple[Turn, ...], number: int, at: int) -> Came:
    """The fleet at work with the last turn's policies and people on call; take-overs come home as demonstrations.

    What it costs is the steps that people were in control. Robots do as many operations as their calls for help are
    expected to leave the most part of the budget to the plan, by how often the last policies failed.
    """
    if not before or not how.robots or not how.operators:
        return Came()
    world, came, home = plug.world(how.world), Came(), list[Episode]()
    known = before[-1].by_task()
    for task, name in before[-1].policies:
        wins, trials = known[task]
        if wins < how.bar * trials:
            continue
        asking = max(0.05, 1 - wins / trials) * how.sources[0].price
        each = int(min(how.robots // len(how.tasks), how.help * how.budget / len(how.tasks) / asking))
        if each < 1:
            continue
        seed = _seed(how.seed, "fleet", task, number) % 2**31
        limit = Threshold(*tried(how, task, name)["limit"])
        piloting = Piloting(each, how.operators, how.operator, episodes=each, seed=seed, limit=limit)
        run = pilot(_shelved(how, name), world, task, piloting)
        home += run.episodes
        steps = sum(int((np.asarray(episode["control"].values, np.int64) > 0).sum()) for episode in run.episodes)
        asked = sum(int(operation.helps > 0) for operation in run.operations)
        came = Came(
            came.episodes + len(run), came.cost + steps, came.asked + asked, came.operations + len(run.operations)
        )
    if home:
        intake.admit(store, home, at=at)
    return came


def taught(store: Store, how: Turning, task: str, picked: Selection, before: tuple[Turn, ...], *, at: int) -> Policy:
    """The policy that a selection teaches; from the shelf where the same demonstrations taught one before.

    Of take-overs only the steps teach in which a person had the robot.
    """
    if before and dict(before[-1].selections).get(task) == picked.hash:
        return _shelved(how, dict(before[-1].policies)[task])
    seed = _seed(how.seed, "learn", task) % 2**31
    teaching = train.Training(how.learner, ensemble=how.members, seed=seed, gathering=train.Gathering(own=False))
    lesson = train.gather_from(store, picked, teaching.gathering)
    mark = how.shelf / f"{_name(lesson.digest, repr(teaching))}.taught"
    known = _shelved(how, mark.read_text()) if mark.is_file() else None
    made = train.teach(lesson, teaching, picked.hash, episodes=store.episodes(picked.ids), known=known)
    train.remember(store, made, teaching, at=at)
    if known is None:
        how.shelf.mkdir(parents=True, exist_ok=True)
        _written(how.shelf / f"{made.policy.hash}.ckpt", made.policy.blob)
        _written(mark, made.policy.hash.encode())
    return made.policy


def _shelved(how: Turning, name: str) -> Policy:
    path = how.shelf / f"{name}.ckpt"
    if not path.is_file():
        raise Refused(f"The checkpoint {path} is gone.", do="Put it back, or turn the wheel in a fresh place.")
    blob = path.read_bytes()
    if digest(blob) != name:
        raise Refused(f"The checkpoint {path} was altered.", do="Put the original back.")
    return plug.policy(blob)


def judged(store: Store, how: Turning, tries: Mapping[str, Tries]) -> tuple[Score, ...]:
    """How each task's policy did in held-out environments, region by region, beside what had been demonstrated.

    A task without a policy fails.
    """
    world, made = plug.world(how.world), list[Score]()
    counts = plan.counted(store)
    for task in how.tasks:
        whole = sum(count for (other, _), count in counts.items() if other == task)
        where = [world.region(place) for place in held_out(how, task)]
        results: list[Any] = tries[task]["results"] if task in tries else [[False, ""]] * how.trials
        for region in world.regions(task):
            mine = [result for there, result in zip(where, results, strict=True) if there == region]
            exact, wins = _name(*(result[1] for result in mine)), sum(result[0] for result in mine)
            made.append(Score(task, region, wins, len(mine), counts.get((task, region), 0.0), whole, exact))
    return tuple(made)


def tried(how: Turning, task: str, name: str) -> Tries:
    """Each held-out trial of a policy (won or not, and a digest of what it did), and the limit at which it asks.

    The limit on the ensemble's disagreement is set by these trials so that the policy asks as often as it failed.
    """
    places = held_out(how, task)
    mark = how.shelf / f"{name}-{_name(*(place.hash for place in places))}.tried"
    if not mark.is_file():
        takes = living.tried(how.world, task, _shelved(how, name).blob, places)
        results = [[take.outcome == "success", _name(take.actions.tobytes().hex())] for take in takes]
        failed = 1 - sum(bool(result[0]) for result in results) / len(results)
        limit = calibrated(replayed(Ensemble(), takes), min(0.9, max(0.02, failed)), patience=2)
        said = {"results": results, "limit": [limit.high, limit.low, limit.patience]}
        _written(mark, json.dumps(said).encode())
    found: Tries = json.loads(mark.read_text())
    return found


def _written(path: Path, blob: bytes) -> None:
    """A file that appears whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(blob)
    part.replace(path)


def _name(*words: str) -> str:
    return hashlib.blake2b("\n".join(words).encode(), digest_size=12).hexdigest()


def regions(how: Turning) -> dict[str, tuple[str, ...]]:
    """The regions of every task."""
    world = plug.world(how.world)
    return {task: tuple(world.regions(task)) for task in how.tasks}


def held_out(how: Turning, task: str) -> tuple[Environment, ...]:
    """The environments that every policy of a task is tried in, whatever the strategy and turn."""
    return _places(how.world, task, how.trials, _seed(how.seed, "held out", task))


@cache
def _places(world: str, task: str, count: int, seed: int) -> tuple[Environment, ...]:
    return tuple(plug.world(world).sample(task, count, seed))


def _seed(seed: int, *words: object) -> int:
    """A seed of its own for each purpose, from the wheel's seed and words alone."""
    text = json.dumps([seed, *words])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big")


def planned_by(
    store: Store, *, budget: float, strategy: str
) -> tuple[tuple[plan.Cell, ...], tuple[Order, ...], plan.Planning]:
    """Orders for a lake whose wheel has turned, by its last turn's settings: the cells, the orders and how."""
    turns = ledger(store)
    if not turns:
        raise NotFound(
            "The ledger is empty: nothing was measured to plan by.", do="Turn the wheel once: `volant turn`."
        )
    said = json.loads(turns[-1].settings)
    how = Turning(Path(), tuple(said.pop("tasks")), **said)
    cells = plan.cells(store, regions(how), turns)
    planning = plan.Planning(budget, how.lot)
    return cells, plan.strategy(strategy)(cells, how.sources, planning), planning


def affordable(orders: Sequence[Order], budget: float) -> tuple[Order, ...]:
    """The orders that a budget still pays for, in their own order; the last one smaller where it must be."""
    kept: list[Order] = []
    for order in orders:
        count = order.count if not order.price else min(order.count, int(budget * order.count / order.price + 1e-9))
        if count:
            share = count / order.count
            kept.append(replace(order, count=count, promised=order.promised * share, price=order.price * share))
            budget -= kept[-1].price
    return tuple(kept)
