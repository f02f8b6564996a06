"""Piloting a fleet: episodes with labelled take-overs, honest figures, and the queue's formula beside them."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from volant.core import Environment, Kind, Signal
from volant.core.errors import BadValue, NotFound
from volant.deploy.cockpit import Routine
from volant.deploy.desk import Rules
from volant.deploy.gate import Threshold
from volant.deploy.pace import Pace
from volant.deploy.pilot import Piloted, Piloting, pilot
from volant.deploy.stages import Staging, Trial

sys.path.insert(0, str(Path(__file__).parent))

from floor import Plan, Road

HELP = Piloting(
    robots=10, operators=2, gate="progress", episodes=60, held_out=40, routine=Routine(Rules(hold=2), reaction=3)
)


@pytest.fixture(scope="module")
def done() -> Piloted:
    return pilot(Plan(), Road(), "walk", HELP)


def said(episode) -> dict:
    return {fact.key: fact.value for fact in episode.said}


def spans(episode) -> dict:
    return {fact.key: fact.span for fact in episode.said if fact.span}


def test_every_operation_comes_home_and_names_the_policy(done: Piloted) -> None:
    assert len(done) == len(done.operations) == 60
    assert {episode.origin.policy for episode in done} == {"5eed"}
    tiers = [episode.origin.tier for episode in done]
    assert set(tiers) == {"autonomous", "intervention"}
    for episode, tier in zip(done, tiers, strict=True):
        by_hand = bool((episode["control"].values == 1).any())
        assert by_hand == (tier == "intervention") == (episode.origin.operator == "expert")


def test_a_take_over_is_labelled_before_during_and_after(done: Piloted) -> None:
    helped = [episode for episode in done if episode.origin.tier == "intervention"]
    assert len(helped) == len(done.helps) > 20
    for episode in helped:
        words, where = said(episode), spans(episode)
        assert words["intervention/cause"] in ("no progress", "unknown", "stalled")
        assert words["intervention/outcome"] == words["outcome"] == "success"
        assert words["intervention/gate"] == "progress" and words["restorable"] is True
        before, fix, after = (where[f"intervention/{name}"] for name in ("context", "correction", "outcome"))
        assert before.stop == fix.start and fix.stop == after.start and after.stop == episode.span.stop
        control = episode.between(fix.start, fix.stop)["control"].values
        assert (control == 1).all() and len(control) == (episode["control"].values == 1).sum()
        assert words["intervention/handling"] >= 0.3


def test_figures_carry_their_interval_and_stand_beside_the_formula(done: Piloted) -> None:
    helped, alone = done.figure("operations helped"), done.figure("autonomous success")
    assert helped.n == 60 and helped.value + alone.value == pytest.approx(1.0)
    assert done.figure("success").value == 1.0
    assert done.figure("take-overs per operation").value == helped.value
    for name in ("operator load", "queue", "availability"):
        measured, formula = done.figure(name), done.figure(f"{name} by the formula")
        assert measured.low is not None and measured.high is not None
        assert measured.low - 0.3 * abs(measured.value) <= formula.value <= measured.high + 0.3 * abs(measured.value)
    steps = sum(int((episode["control"].values == 1).sum()) for episode in done)
    assert done.figure("operator steps").value == steps
    with pytest.raises(NotFound, match="operator load"):
        done.figure("operator loud")


def test_rewound_take_overs_name_the_take_that_they_grew_out_of() -> None:
    routine = Routine(Rules(hold=6), back=4)
    done = pilot(Plan(), Road(), "walk", replace(HELP, routine=routine, episodes=20, held_out=20))
    by = {episode.id: episode for episode in done}
    grown = [episode for episode in done if episode.origin.parents]
    assert len(grown) > 5
    for episode in grown:
        parent = by[episode.origin.parents[0]]
        assert parent.origin.tier == "autonomous" and episode.origin.tier == "intervention"
        assert said(parent)["intervention/outcome"] == "rewound" and said(parent)["outcome"] == "aborted"
        assert "intervention/cause" in said(parent) and "intervention/cause" not in said(episode)
        assert said(episode)["intervention/rewound"] == 4
    assert len(done.operations) == 20


def test_without_help_what_fails_has_failed_and_says_why() -> None:
    done = pilot(Plan(), Road(), "walk", replace(HELP, gate="none", operators=0))
    assert not done.helps and done.limit is None
    outcomes = [said(episode)["outcome"] for episode in done]
    assert set(outcomes) == {"success", "failure"}
    assert all(said(e).get("error_cause") == ("stalled" if said(e)["outcome"] == "failure" else None) for e in done)
    assert {len(e["action"]) for e in done if said(e)["outcome"] == "failure"} == {40}


def test_the_same_seed_is_the_same_shift_and_gates_ask_at_the_rate_that_was_wanted() -> None:
    some = replace(HELP, episodes=30, held_out=40, rate=0.4)
    one, other = (pilot(Plan(0.9), Road(), "walk", some) for _ in range(2))
    assert [a.id for a in one] == [b.id for b in other]
    for gate, share in (("progress", 0.55), ("novelty", 0.4), ("oracle", 0.55)):
        done = pilot(Plan(0.9), Road(), "walk", replace(some, gate=gate, episodes=40))
        assert abs(done.figure("operations helped").value - share) < 0.2, gate


def test_a_limit_of_ones_own_needs_no_calibration() -> None:
    done = pilot(Plan(), Road(), "walk", replace(HELP, episodes=12, limit=Threshold(5.0, 1.0)))
    assert done.alone == () and done.limit == Threshold(5.0, 1.0) and done.helps


def test_a_policy_that_does_not_fit_is_named_before_anything_moves() -> None:
    class Other(Plan):
        observations = (Signal("observation.joints", Kind.STATE, (2,), "float64", "rad"),)

    class Wide(Plan):
        action = replace(Plan.action, shape=(3,), dims=())

    class Unit(Plan):
        action = replace(Plan.action, unit="mm")

    for policy, words in ((Other(), r"'observation\.joints' does not exist"), (Wide(), "shape 3"), (Unit(), "unit mm")):
        with pytest.raises(BadValue, match=words):
            pilot(policy, Road(), "walk", HELP)
    with pytest.raises(NotFound, match="ensemble"):
        Piloting(gate="ensembel")
    with pytest.raises(BadValue, match="0 robots"):
        Piloting(robots=0)


def test_real_time_waits_for_each_tick_and_says_how_long_they_took() -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    class Slow(Plan):
        def controller(self, lanes):
            inner = super().controller(lanes)
            plain = inner.act
            calls = []

            def act(moment):
                calls.append(1)
                now[0] += 0.07 if len(calls) == 5 else 0.01
                return plain(moment)

            inner.act = act
            return inner

    how = replace(HELP, episodes=4, robots=2, limit=Threshold(5.0, 1.0))
    done = pilot(Slow(), Road(), "walk", how, pace=lambda crew: Pace(crew, 20.0, lambda: now[0], sleep))
    assert done.figure("tick p50").value == pytest.approx(10.0)
    assert done.figure("tick p99").value > 10.0
    assert done.figure("late ticks").value == pytest.approx(1 / (done.ticks - 1))
    assert max(slept) <= 0.05
    assert now[0] - 100 == pytest.approx(done.ticks / 20, abs=0.06)


def test_a_bad_policy_is_taken_back_and_a_good_one_takes_over() -> None:
    class Better(Plan):
        hash = "bette"

    how = replace(HELP, robots=20, episodes=500, operators=5, limit=Threshold(5.0, 1.0))
    for old, new, word in ((Plan(9.0), Better(0.2), "rolled back"), (Plan(0.8), Better(9.0), "promoted")):
        trial = Trial(Staging(operations=8))
        done = pilot(old, Road(), "walk", how, candidate=(new, trial))
        assert trial.ruling.word == word
        whose = [episode.origin.policy == "bette" for episode in done]
        acted = [episode["mark/candidate"].values for episode in done]
        assert all((np.diff(mark) <= 0).all() for mark in acted), "taken back at once, never given in the middle"
        assert whose == [bool(mark.any()) for mark in acted]
        assert (sum(whose) < 80 and not any(whose[-100:])) if word == "rolled back" else all(whose[-50:])


def test_environments_of_calibration_are_never_those_of_the_shift(done: Piloted) -> None:
    held = {take.job.environment.hash for take in done.alone}
    assert len(held) == 40 and not held & {episode.scene for episode in done}
    assert isinstance(done.alone[0].job.environment, Environment)
    assert np.isfinite(done.limit.high)
