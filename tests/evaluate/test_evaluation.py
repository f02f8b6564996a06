"""Evaluations are held out, paired, repeatable and honest about their n."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from volant.core import UNKNOWN, Kind, Signal
from volant.core.errors import BadValue, NotFound, Refused
from volant.evaluate import document, evaluate, rows, verdict
from volant.lake import Store

sys.path.insert(0, str(Path(__file__).parent))

from arena import Lines, line, walker

__all__ = ["line"]


def quick(*who: object, **dials: object) -> object:
    return evaluate(who[0], "line", "walk", against=who[1] if len(who) > 1 else None, runner="loop", **dials)


def test_figures_count_what_happened(line: Lines) -> None:
    made = quick(walker(0.7), trials=60)
    trials = made.trials
    assert len(trials) == 60
    assert made.success.value == trials.success.mean() == pytest.approx(0.7, abs=0.2)
    assert made.success.low < made.success.value < made.success.high
    assert [one.method for one in made.policy.figures if one.name == "success" and not one.group] == [
        "95% Clopper-Pearson",
        "95% Wilson",
    ]
    assert sum(one.n for one in made.regions.values()) == 60
    assert set(made.regions) == {"near", "far"}
    assert made.figure("progress").value == pytest.approx(trials.progress.mean())
    assert made.figure("reached/0.25").value >= made.figure("reached/0.5").value >= made.success.value
    assert (trials.progress[trials.success] == 1).all()
    assert (trials.progress[~trials.success] < 0.6).all()


def test_time_to_success_is_when_it_first_held(line: Lines) -> None:
    made = quick(walker(1.0), trials=20)
    marks = np.array([one.vector[0] for one in made.trials.environments])
    steps = np.ceil(np.round((marks - 0.05) / 0.1, 9))
    assert made.trials.seconds == pytest.approx(np.maximum(steps, 1) / 10, abs=0.1001)
    assert made.figure("time_to_success").n == 20


def test_the_same_seed_gives_the_same_evaluation_and_another_seed_another(line: Lines) -> None:
    one, again, other = (quick(walker(0.5), trials=20, seed=seed) for seed in (3, 3, 4))
    assert one.hash == again.hash != other.hash
    assert one.trials.digest == again.trials.digest
    few = quick(walker(0.5), trials=20, seed=3, lanes=3)
    assert few.hash == one.hash, "how many lanes run side by side decides nothing"


def test_both_arms_meet_the_same_environments_in_an_order_drawn_by_lot(line: Lines) -> None:
    made = quick(walker(0.5), walker(0.9, 1), trials=90, lanes=5)
    one, other = (arm.trials for arm in made.arms)
    assert [e.hash for e in one.environments] == [e.hash for e in other.environments]
    assert (one.seeds == other.seeds).all()
    assert (one.first ^ other.first).all()
    assert 0 < one.first.mean() < 1


def test_a_clear_difference_is_found_and_none_is_not(line: Lines) -> None:
    made = quick(walker(0.9, 1), walker(0.5, 2), trials=80)
    assert made.versus.decided == "better"
    assert made.versus.p < 0.05
    assert "is better than" in verdict(made)
    same = quick(walker(0.6, 1), walker(0.6, 2), trials=80)
    assert same.versus.decided == ""
    assert "not told apart" in verdict(same)


def test_an_ab_that_may_stop_stops_and_says_after_how_many(line: Lines) -> None:
    made = quick(walker(0.2, 1), walker(0.9, 2), trials=400, sequential=True, lanes=8)
    assert made.versus.decided == "worse"
    assert len(made.trials) % 16 == 0
    assert made.versus.decided_at <= len(made.trials) < 100
    assert made.versus.p is None
    assert any("every n" in one.method for one in made.policy.figures if one.name == "success")
    assert f"{len(made.trials)} pairs of 400 planned" in verdict(made)


def test_partial_credit_may_decide(line: Lines) -> None:
    made = quick(walker(0.3, 1), walker(0.95, 2), trials=60, score="progress")
    assert made.versus.decided == "worse"
    assert made.versus.by == "sign-flip"


def test_environments_that_taught_a_policy_are_left_out(line: Lines) -> None:
    first = quick(walker(0.5), trials=30)
    assert first.held.proof == ""
    assert "not proven" in str(first.held)
    taught = frozenset(one.hash for one in first.trials.environments[:10])
    made = quick(walker(0.5, scenes=taught), trials=30)
    assert not taught & {one.hash for one in made.trials.environments}
    assert (made.held.proof, made.held.known, made.held.skipped) == ("checkpoint", 10, 10)
    given = quick(walker(0.5), trials=30, seen=taught)
    assert given.held.proof == "given"


def test_too_few_new_environments_are_refused(line: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lines, "grid", 12)
    with pytest.raises(Refused, match=r"Only 12 environments .* not 30"):
        quick(walker(0.5), trials=30)


def test_misfits_are_named_before_anything_moves(line: Lines) -> None:
    odd = replace(walker(0.5), signals=(Signal("observation.state", Kind.STATE, (3,), unit=UNKNOWN),))
    with pytest.raises(BadValue, match=r"walker 0.5/0 does not fit line/walk.*shape 3 in the policy and 2"):
        quick(odd)
    with pytest.raises(NotFound, match="'walk'"):
        evaluate(walker(0.5), "line", "wlak")
    with pytest.raises(NotFound, match="'near'"):
        quick(walker(0.5), region="neer")
    with pytest.raises(BadValue, match="compared with itself"):
        quick(walker(0.5), walker(0.5))
    with pytest.raises(BadValue, match="0 trials"):
        quick(walker(0.5), trials=0)
    with pytest.raises(BadValue, match="Stopping early decides between two, not 1"):
        quick(walker(0.5), sequential=True)
    with pytest.raises(NotFound, match="'expert'"):
        quick("exprt")


def test_everything_can_be_said_as_plain_values(line: Lines) -> None:
    made = quick(walker(0.5), walker(0.9, 1), trials=20)
    from volant.cli._say import plain

    said = json.loads(json.dumps(plain(document(made))))
    assert said["hash"] == made.hash
    assert len(said["arms"][0]["trials"]["success"]) == 20
    assert "episode" not in said["arms"][0]["trials"]
    assert {row["who"] for row in rows(made)} == {
        "walker 0.5/0",
        "walker 0.9/1",
        "walker 0.5/0 - walker 0.9/1",
    }


def test_trials_come_home_as_episodes_and_facts(line: Lines, tmp_path: Path) -> None:
    from volant.evaluate import Home

    who = walker(0.6)
    with Store(tmp_path / "lake") as store:
        made = quick(who, trials=12, home=Home(store, 5))
        rows_ = store.sql("SELECT id, tier, scene FROM episodes").to_pylist()
        facts = store.facts(subject=who.hash)
        of = store.facts(key="evaluation/of")
        outcomes = store.facts(key="outcome").value
    assert len(rows_) == 12
    assert {row["tier"] for row in rows_} == {"autonomous"}
    assert {row["scene"] for row in rows_} == {one.hash for one in made.trials.environments}
    said = dict(zip(zip(facts.key, facts.stream, strict=True), facts.value, strict=True))
    assert said["evaluation/success", "line/walk"] == made.success.value
    assert said["evaluation/trials", "line/walk/far"] == made.regions["far"].n
    assert sorted(of.subject) == sorted(row["id"] for row in rows_)
    assert set(of.value) == {made.hash}
    assert outcomes.count("success") == made.trials.success.sum()


def test_the_lake_knows_what_taught_a_policy(line: Lines, tmp_path: Path) -> None:
    from volant.core import Fact, Selection
    from volant.evaluate import Home

    who, pupil = walker(1.0), walker(0.5, 7)
    with Store(tmp_path / "lake") as store:
        before = quick(who, trials=10, home=Home(store, 5))
        ids = tuple(store.ids())[:6]
        name = store.keep(Selection(store.version, "", ids), at=6)
        store.tell([Fact(pupil.hash, "policy/selection", name, "train@1")], at=7)
        made = quick(pupil, trials=10, lake=store)
        taught = set(
            store.sql("SELECT scene FROM episodes WHERE id IN (SELECT unnest(?))", params=[ids])["scene"].to_pylist()
        )
    assert (made.held.proof, made.held.known) == ("lake", 6)
    assert not taught & {one.hash for one in made.trials.environments}
    assert {one.hash for one in before.trials.environments} & {one.hash for one in made.trials.environments}


def test_several_rivals_make_a_league(line: Lines) -> None:
    who = [walker(0.2, 1), walker(0.9, 2), walker(0.55, 3)]
    made = evaluate(who[0], "line", "walk", against=who[1:], trials=80, runner="loop")
    assert made.versus is None
    said = [next(one for one in arm.figures if one.name == "strength") for arm in made.arms]
    assert said[0].high < said[2].low < said[2].high < said[1].low
    assert sum(one.value for one in said) == pytest.approx(0, abs=1e-9)
    assert verdict(made).startswith("walker 0.9/2 > walker 0.55/3 > walker 0.2/1")
    assert len({arm.trials.first.sum() for arm in made.arms}) >= 1
    assert sum(arm.trials.first for arm in made.arms).tolist() == [1] * 80
    with pytest.raises(BadValue, match="between two, not 3"):
        evaluate(who[0], "line", "walk", against=who[1:], trials=80, sequential=True)


def test_whatever_holds_a_policy_can_be_evaluated(line: Lines) -> None:
    class Trained:
        policy = walker(1.0)

    assert quick(Trained(), trials=3).success.value == 1.0
    with pytest.raises(BadValue, match="int is no policy"):
        quick(5)
