"""From episodes in memory or in a lake to a policy, and the question who taught whom, both ways."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "policies"))

from lessons import lived_by, walks
from toy import BODY, Walk

from volant.core import Episode, Kind, Living, Origin, Selection, Signal, Stream, Take, lived
from volant.core.errors import BadValue
from volant.lake import Store
from volant.train.gather import Gathering, gather, gather_from
from volant.train.train import Training, teach, train

QUICK = Training(ensemble=2, options={"steps": 128, "width": 32})


def episodes(takes: list[Take], **origin: str) -> list[Episode]:
    return [lived(take, Living(BODY, Origin(**origin), "near", "line@1")) for take in takes]


def test_lived_episodes_become_columns_without_truths() -> None:
    takes = walks(3)
    made = gather(episodes(takes))
    assert [signal.name for signal in made.observations] == ["observation.state"]
    assert made.action.name == "action"
    assert np.array_equal(made.actions, np.concatenate([take.actions for take in takes]))
    assert np.array_equal(made.control, np.concatenate([take.control for take in takes]))
    assert np.allclose(made.progress, np.concatenate([take.progress for take in takes]))
    assert made.outcome == ("success",) * 3
    assert made.scenes == tuple(take.job.environment.hash for take in takes)


def test_other_clocks_are_read_at_the_last_sample_before_each_command() -> None:
    slow = Signal("joints", Kind.JOINT, (1,), "float64", "rad", "1", 5.0)
    fast = Signal("target", Kind.ACTION, (1,), "float64", "rad", "1", 10.0)
    picture = Signal("label/x", Kind.SCALAR, (), "float32", "1")
    t = np.arange(6) * 100
    made = gather(
        [
            Episode(
                (
                    Stream(slow, np.array([50, 250, 450]), np.array([[1.0], [2.0], [3.0]])),
                    Stream(fast, t, np.zeros((6, 1))),
                    Stream(picture, t, np.zeros(6, np.float32)),
                )
            )
        ]
    )
    assert made.obs["joints"][:, 0].tolist() == [1, 1, 1, 2, 2, 3]
    assert made.control.tolist() == [1] * 6
    assert np.isnan(made.progress).all()


def test_the_policys_own_samples_can_be_left_out() -> None:
    takes = lived_by(Walk(), 2, 0)
    made = gather(episodes(takes), Gathering(own=False))
    assert np.array_equal(made.weight, (made.control != 0).astype(float))
    assert 0 < made.weight.sum() < len(made)


def test_episodes_that_differ_are_named() -> None:
    one, other = episodes(walks(2))
    signal = replace(other.streams[0].signal, unit="mm")
    strange = replace(other, streams=(Stream(signal, other.streams[0].t, other.streams[0].x), *other.streams[1:]))
    with pytest.raises(BadValue, match=r"differs from the first.*mm"):
        gather([one, strange])
    with pytest.raises(BadValue, match=r"no signal 'observation\.stat'.*Did you mean"):
        gather([one], Gathering(observations=("observation.stat",)))
    with pytest.raises(BadValue, match="no episode"):
        gather([])
    with pytest.raises(BadValue, match="0 commands"):
        gather([replace(one, streams=one.streams[:1])])


def test_the_lake_answers_who_taught_whom_both_ways(tmp_path: Path) -> None:
    taught = episodes(walks(10), tier="simulation")
    failed = episodes(lived_by(Walk(-0.1), 2, 5), tier="simulation")
    with Store(tmp_path / "lake") as store:
        store.put([*taught, *failed], at=1)
        selection = Selection(store.version, "true", tuple(store.ids()))
        made = train(store, selection, QUICK, at=2)
        version = store.version
        again = train(store, selection, QUICK, at=3)
        assert (again.policy.blob, store.version) == (made.policy.blob, version)
        assert made.episodes == 10
        rollouts = episodes(lived_by(made.policy.controller(4), 2, 9), tier="autonomous", policy=made.policy.hash)
        store.put(rollouts, at=4)
        teachers = store.sql("SELECT subject FROM facts WHERE key = 'taught' AND value = ?", params=[made.policy.hash])
        assert set(teachers["subject"].to_pylist()) == {episode.id for episode in taught}
        grown = store.sql(
            "SELECT t.subject AS teacher, e.id AS rollout FROM episodes e JOIN facts t "
            "ON t.key = 'taught' AND t.value = e.policy WHERE t.subject = ?",
            params=[taught[0].id],
        )
        assert set(grown["rollout"].to_pylist()) == {episode.id for episode in rollouts}
        (told,) = store.facts(made.policy.hash, "policy/selection").value
        assert told == selection.hash
        assert store.selection(str(told)).ids == selection.ids


def test_a_lake_teaches_what_the_same_episodes_teach_in_memory(tmp_path: Path) -> None:
    made = episodes(walks(6))
    with Store(tmp_path / "lake") as store:
        store.put(made, at=1)
        selection = Selection(store.version, "true", tuple(episode.id for episode in made), (2.0, *[1.0] * 5))
        stored = gather_from(store, selection)
    here = gather(made, weights={made[0].id: 2.0})
    assert stored.digest == here.digest
    assert np.array_equal(stored.obs["observation.state"], here.obs["observation.state"])
    assert (stored.outcome, stored.tasks, stored.scenes) == (here.outcome, here.tasks, here.scenes)


def test_a_policy_asked_for_what_went_well_reaches_the_mark() -> None:
    both = gather(episodes(walks(12) + lived_by(Walk(-0.1), 12, 3)))
    both = replace(both, control=np.ones(len(both), np.int8))
    made = teach(both, replace(QUICK, failures="recap", options={"steps": 384, "width": 32}))
    assert [signal.name for signal in made.policy.observations] == ["observation.state"]
    takes = lived_by(made.policy.controller(4), 10, 99)
    kept = teach(both, replace(QUICK, failures="keep", options={"steps": 384, "width": 32}))
    naive = lived_by(kept.policy.controller(4), 10, 99)
    wins = [[take.outcome for take in some].count("success") for some in (takes, naive)]
    assert wins[0] >= wins[1] + 4
