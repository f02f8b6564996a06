"""What the wheel stops at: each station does one stage's work and finds again what was done already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
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
from .runners.living import Driver, episodes, live

__all__ = [
    "Came",
    "Turning",
    "admitted",
    "affordable",
    "deployed",
    "held_out",
    "ledger",
    "planned_by",
    "settings",
    "taught",
    "tried",
]


@dataclass(frozen=True, slots=True)
class Turning:
    """How the wheel is turned: what on, by whom, for how much, and how hard it is looked at.

    ``budget`` is what a turn may spend on collection, in operator steps; ``first`` the demonstrations of each task and
    region that the wheel starts from; ``lot`` the smallest order; ``trials`` held-out trials of each task at every
    turn; ``robots`` and ``operators`` the fleet, ``help`` the part of the budget that its calls may take. Checkpoints
    lie on ``shelf``, which decides nothing.
    """

    shelf: Path
    tasks: tuple[str, ...]
    world: str = "metaworld"
    strategy: str = "planner"
    operator: str = "expert"
    learner: str = "bc"
    budget: float = 3000.0
    first: int = 1
    lot: int = 1
    trials: int = 60
    seed: int = 0
    members: int = 3
    robots: int = 50
    operators: int = 1
    help: float = 0.2

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


def admitted(store: Store, how: Turning, orders: Sequence[Order], number: int, at: int) -> Came:
    """The orders' episodes, lived and let in by the gate; failures cost as much as successes."""
    world, driver = plug.world(how.world), Driver(how.operator)
    lived: list[Episode] = []
    cost = 0
    for task in how.tasks:
        mine = [order for order in orders if order.task == task]
        jobs = [job for place, order in enumerate(mine) for job in _jobs(how, order, number, place)]
        jobs = [replace(job, number=i) for i, job in enumerate(jobs)]
        takes = live(how.world, task, driver, jobs, Rolling(world.horizon(task))) if jobs else []
        lived += episodes(how.world, task, takes, driver.origin(how.world))
        cost += sum(map(len, takes))
    if lived:
        intake.admit(store, lived, at=at)
    return Came(len(lived), cost)


def _jobs(how: Turning, order: Order, number: int, place: int) -> list[Job]:
    """Where an order's episodes are lived: fresh environments of its region, or the first ones again and again."""
    world, seed = (
        plug.world(how.world),
        _seed(how.seed, how.strategy if number else "first", order.task, order.scene, number),
    )
    if order.variation.endswith("repeated"):
        there = world.sample(
            order.task, how.first, _seed(how.seed, "first", order.task, order.scene, 0), region=order.scene
        )
        places: Sequence[Environment] = [there[i % len(there)] for i in range(order.count)]
    else:
        places = world.sample(order.task, order.count, seed, region=order.scene)
    return [Job(i, where, seed % 2**31 + 1000 * place + i) for i, where in enumerate(places)]


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
        asking = max(0.05, 1 - wins / trials) * how.sources[0].price
        each = int(min(how.robots // len(how.tasks), how.help * how.budget / len(how.tasks) / asking))
        if each < 1:
            continue
        seed = _seed(how.seed, "fleet", task, number) % 2**31
        limit = Threshold(*_tries(how, task, name)["limit"])
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
    """The policy that a selection teaches; the last turn's where that was taught by the same.

    Of take-overs only the steps teach in which a person had the robot.
    """
    if before and dict(before[-1].selections)[task] == picked.hash:
        return _shelved(how, dict(before[-1].policies)[task])
    seed = _seed(how.seed, "learn", task) % 2**31
    teaching = train.Training(how.learner, ensemble=how.members, seed=seed, gathering=train.Gathering(own=False))
    policy = train.train(store, picked, teaching, at=at).policy
    how.shelf.mkdir(parents=True, exist_ok=True)
    _written(how.shelf / f"{policy.hash}.ckpt", policy.blob)
    return policy


def _shelved(how: Turning, name: str) -> Policy:
    path = how.shelf / f"{name}.ckpt"
    if not path.is_file():
        raise Refused(f"The checkpoint {path} is gone.", do="Put it back, or turn the wheel in a fresh place.")
    blob = path.read_bytes()
    if digest(blob) != name:
        raise Refused(f"The checkpoint {path} was altered.", do="Put the original back.")
    return plug.policy(blob)


def tried(store: Store, how: Turning, task: str, policy: Policy) -> tuple[Score, ...]:
    """How a policy does in held-out environments, region by region; taken from the shelf where it was tried before."""
    world, places = plug.world(how.world), held_out(how, task)
    results = _tries(how, task, policy.hash)["results"]
    counts = {cell.region: cell.count for cell in plan.cells(store, {task: world.regions(task)}, ())}
    made = []
    for region in world.regions(task):
        mine = [result for place, result in zip(places, results, strict=True) if world.region(place) == region]
        exact, wins = _name(*(result[1] for result in mine)), sum(result[0] for result in mine)
        made.append(Score(task, region, wins, len(mine), counts[region], sum(counts.values()), exact))
    return tuple(made)


def _tries(how: Turning, task: str, name: str) -> dict[str, list[Any]]:
    """Each held-out trial of a policy (won or not, and a digest of what it did), and the limit at which it asks.

    The limit on the ensemble's disagreement is set by these trials so that the policy asks as often as it failed.
    """
    places = held_out(how, task)
    mark = how.shelf / f"{name}-{_name(*(place.hash for place in places))}.tried"
    if not mark.is_file():
        jobs = [Job(i, where, i) for i, where in enumerate(places)]
        policy, rolling = _shelved(how, name), Rolling(plug.world(how.world).horizon(task))
        takes = live(how.world, task, Driver(policy=policy.blob), jobs, rolling)
        results = [[take.outcome == "success", _name(take.actions.tobytes().hex())] for take in takes]
        failed = 1 - sum(bool(result[0]) for result in results) / len(results)
        limit = calibrated(replayed(Ensemble(), takes), min(0.9, max(0.02, failed)), patience=2)
        said = {"results": results, "limit": [limit.high, limit.low, limit.patience]}
        _written(mark, json.dumps(said).encode())
    found: dict[str, list[Any]] = json.loads(mark.read_text())
    return found


def _written(path: Path, blob: bytes) -> None:
    """A file that appears whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(blob)
    part.replace(path)


def _name(*words: str) -> str:
    return hashlib.blake2b("\n".join(words).encode(), digest_size=12).hexdigest()


def held_out(how: Turning, task: str) -> tuple[Environment, ...]:
    """The environments that every policy of a task is tried in, whatever the strategy and turn."""
    return plug.world(how.world).sample(task, how.trials, _seed(how.seed, "held out", task))


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
    world = plug.world(how.world)
    cells = plan.cells(store, {task: world.regions(task) for task in how.tasks}, turns)
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
