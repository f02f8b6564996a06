"""One turn of the wheel: collect what was planned, screen, remember, select, train, deploy, evaluate, plan again.

Stages meet in the lake only. The same settings and seed give the same turn, hash for hash, so a turn that was killed is
simply asked for again: what the lake and the shelf hold already is found there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from . import curate, plan
from .core import Order, Selection, Turn
from .lake import Store
from .stations import Tries, Turning, admitted, affordable, deployed, judged, ledger, regions, settings, taught, tried

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
    came = admitted(store, how, orders, before, clock())

    version = store.version
    picked = _picked(store, how, version)
    policies, tries = dict[str, str](), dict[str, Future[Tries]]()
    with ThreadPoolExecutor(1) as aside:  # while one task's policy is tried, the next is taught
        for task, selection in picked.items():
            policies[task] = taught(store, how, task, selection, before, at=clock()).hash
            tries[task] = aside.submit(tried, how, task, policies[task])
    tell(f"turn {number}: {len(policies)} policies taught by {sum(map(len, picked.values()))} episodes, and tried")
    if lacking := [task for task in how.tasks if task not in picked]:
        tell(f"turn {number}: nobody has shown {', '.join(lacking)} yet: no policy, no success")
    scores = judged(store, how, {task: found.result() for task, found in tries.items()})
    record = Turn(
        number,
        how.strategy,
        how.seed,
        settings(how),
        version,
        tuple((task, selection.hash) for task, selection in picked.items()),
        tuple(policies.items()),
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
    return tuple(
        Order(task, region, "", how.operator, how.first, 0.0, 0.0, "wheel@1")
        for task, there in regions(how).items()
        for region in there
    )


def _picked(store: Store, how: Turning, version: int) -> dict[str, Selection]:
    """All demonstrations of each task that the gate let pass; a task that nobody has shown yet is left out."""
    good = f"NOT quarantined AND {plan.DEMONSTRATION}"
    shown = store.sql(f"SELECT DISTINCT task FROM episodes WHERE {good}", version=version)["task"].to_pylist()
    picked = {
        task: curate.select(store, f"task = '{task}' AND {good}", curate.Picking(version=version))
        for task in how.tasks
        if task in shown
    }
    for selection in picked.values():
        store.keep(selection)
    return picked


def _planned(store: Store, how: Turning, turns: tuple[Turn, ...]) -> tuple[Order, ...]:
    """What the next turn should collect, by this wheel's strategy."""
    cells = plan.cells(store, regions(how), turns)
    return plan.strategy(how.strategy)(cells, how.sources, plan.Planning(how.budget, how.lot))
