"""The other policies: a flow that keeps two ways apart, a memory, and one policy for two tasks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from lessons import jobs, lesson, lived_by, walks
from toy import Line

from volant import plug
from volant.core import Demonstrations, Environment, Job, Learning, Moment, Policy, Rolling, Take, rollout
from volant.core.errors import BadValue

FLOW = Learning(ensemble=2, options={"steps": 512, "width": 48, "layers": 2})


def one_of_two_ways(count: int = 600) -> Demonstrations:
    """Whatever is seen, half the demonstrators step up and half step down; nobody stands still."""
    base = lesson(walks(4))
    rng = np.random.default_rng(0)
    way = np.repeat(rng.choice([-0.1, 0.1], count), 8)
    n = count * 8
    return Demonstrations(
        base.observations,
        base.action,
        {"observation.state": rng.normal(0, 0.1, (n, 2))},
        way[:, None],
        np.repeat(np.arange(count), 8),
        np.zeros(n, np.int8),
        np.ones(n),
        np.full(n, np.nan),
        ("success",) * count,
        ("walk",) * count,
        tuple(map(str, range(count))),
    )


def first_actions(policy: Policy, lanes: int) -> np.ndarray:
    line = Line(lanes)
    controller = policy.controller(lanes)
    controller.start(np.arange(lanes), [job.environment for job in jobs(lanes, 0)], np.arange(lanes))
    return controller.act(Moment(line.state, np.zeros(lanes, np.int64), np.ones(lanes, np.bool_))).actions[:, 0]


def test_a_flow_keeps_two_ways_apart_where_a_mean_would_stand_still() -> None:
    both = one_of_two_ways()
    flow = first_actions(plug.learner("flow").learn(both, FLOW), 40)
    assert (np.abs(flow) > 0.05).mean() > 0.7
    assert 0.2 < (flow > 0).mean() < 0.8


def test_a_flow_reaches_the_mark_and_follows_from_its_seed() -> None:
    policy = plug.learner("flow").learn(lesson(walks(20)), FLOW)
    takes = lived_by(policy.controller(4), 10, seed=99)
    assert [take.outcome for take in takes].count("success") >= 8
    again = lived_by(plug.policy(policy.blob).controller(4), 10, seed=99)
    assert all(np.array_equal(one.actions, other.actions) for one, other in zip(takes, again, strict=True))
    assert plug.learner("flow").learn(lesson(walks(20)), FLOW).blob == policy.blob


def test_a_memory_does_what_was_done_where_it_looked_alike() -> None:
    policy = plug.learner("nearest").learn(lesson(walks(20)), Learning())
    takes = lived_by(policy.controller(4), 20, seed=99)
    assert [take.outcome for take in takes].count("success") >= 16
    assert max(take.marks["disagreement"].max() for take in takes) > 0


def renamed(takes: list[Take], task: str) -> Demonstrations:
    made = lesson(takes)
    return replace(made, tasks=(task,) * len(takes), ids=tuple(f"{task}-{i}" for i in range(len(takes))))


def joined(one: Demonstrations, other: Demonstrations) -> Demonstrations:
    return Demonstrations(
        one.observations,
        one.action,
        {name: np.concatenate((one.obs[name], other.obs[name])) for name in one.obs},
        np.concatenate((one.actions, other.actions)),
        np.concatenate((one.episode, other.episode + len(one.ids))),
        np.concatenate((one.control, other.control)),
        np.concatenate((one.weight, other.weight)),
        np.concatenate((one.progress, other.progress)),
        one.outcome + other.outcome,
        one.tasks + other.tasks,
        one.ids + other.ids,
    )


def test_one_policy_does_two_tasks_and_refuses_a_third() -> None:
    there = renamed(walks(16), "to")
    away = replace(renamed(walks(16, seed=5), "from"))
    both = joined(there, replace(away, actions=-away.actions))
    policy = plug.learner("goal").learn(both, Learning(ensemble=2, options={"steps": 384, "width": 48}))
    assert [signal.name for signal in policy.observations] == ["observation.state"]

    def first(task: str) -> float:
        where = [Job(0, Environment.of("line", task, [0.8]), 0)]
        (take,) = rollout(Line(1), plug.policy(policy.blob).controller(1), where, Rolling(8, hold=1))
        return float(take.actions[0, 0])

    assert first("to") > 0.05
    assert first("from") < -0.05
    with pytest.raises(BadValue, match=r"not taught 'round'.*from, to"):
        first("round")


def test_a_policy_is_not_opened_by_another_learner() -> None:
    policy = plug.learner("nearest").learn(lesson(walks(4)), Learning())
    with pytest.raises(BadValue, match="made by 'nearest', not by 'bc'"):
        plug.learner("bc").open(policy.blob)
