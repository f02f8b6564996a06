"""One turn of the wheel: collect what was planned, screen, remember, select, train, deploy, evaluate, plan again.

Stages meet in the lake only. The same settings and seed give the same turn, hash for hash, so a turn that was killed is
simply asked for again: what the lake and the shelf hold already is found there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from . import curate, plan, plug
from .core import Order, Selection, Turn
from .lake import Store
from .stations import Turning, admitted, affordable, deployed, ledger, settings, taught, tried

__all__ = ["Turning", "turn", "turns"]

Tell = Callable[[str], None]


def turns(store: Store, how: Turning, count: int, *, clock: Callable[[], int], tell: Tell = print) -> Iterator[Turn]:
    """The first demonstrations and ``count`` turns after them; what the ledger holds already is taken from it."""
    known = {turn.number: turn for turn in ledger(store) if turn.settings == settings(how)}
    before: tuple[Turn, ...] = ()
    for number in range(count + 1):
        done = known.get(number) or turn(store, how, before, clock=clock, tell=tell)
        before = (*before, done)
        yield done


def turn(store: Store, how: Turning, before: tuple[Turn, ...], *, clock: Callable[[], int], tell: Tell = print) -> Turn:
    """The turn after ``before``; its record is told to the lake last."""
    began, number = clock(), len(before)

    fleet = deployed(store, how, before, number, clock())
    orders = affordable(before[-1].next, how.budget - fleet.cost) if before else _first(how)
    tell(f"turn {number}: {fleet.asked} calls for help; {sum(order.count for order in orders)} episodes ordered")
    came = admitted(store, how, orders, number, clock())

    version = store.version
    picked = {task: _picked(store, task, version) for task in how.tasks}
    policies = {task: taught(store, how, task, picked[task], before, at=clock()) for task in how.tasks}
    tell(f"turn {number}: {len(policies)} policies taught by {sum(map(len, picked.values()))} episodes")

    scores = tuple(score for task in how.tasks for score in tried(store, how, task, policies[task]))
    record = Turn(
        number,
        how.strategy,
        how.seed,
        settings(how),
        version,
        tuple((task, selection.hash) for task, selection in picked.items()),
        tuple((task, policy.hash) for task, policy in policies.items()),
        scores,
        orders,
        cost=came.cost + fleet.cost,
        episodes=came.episodes + fleet.episodes,
        asked=fleet.asked,
        operations=fleet.operations,
        parent=before[-1].hash if before else "",
    )
    record = replace(record, next=_planned(store, how, (*before, record)), minutes=(clock() - began) / 60e9)
    store.tell(record.facts(clock()), at=clock())
    tell(f"turn {number}: success {record.success:.1%} for {record.cost:,.0f} {record.currency}")
    return record


def _first(how: Turning) -> tuple[Order, ...]:
    """A few demonstrations of every task in every region: what any strategy starts from."""
    world = plug.world(how.world)
    return tuple(
        Order(task, region, "", how.operator, how.first, 0.0, 0.0, "wheel@1")
        for task in how.tasks
        for region in world.regions(task)
    )


def _picked(store: Store, task: str, version: int) -> Selection:
    """All demonstrations of a task that the gate let pass."""
    question = f"task = '{task}' AND NOT quarantined AND {plan.DEMONSTRATION}"
    picked = curate.select(store, question, curate.Picking(version=version))
    store.keep(picked)
    return picked


def _planned(store: Store, how: Turning, turns: tuple[Turn, ...]) -> tuple[Order, ...]:
    """What the next turn should collect, by this wheel's strategy."""
    world = plug.world(how.world)
    cells = plan.cells(store, {task: world.regions(task) for task in how.tasks}, turns)
    return plan.strategy(how.strategy)(cells, how.sources, plan.Planning(how.budget, how.lot))
