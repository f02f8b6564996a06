"""People at the controls: seeded, the same alone or among others, wrong on purpose and labelled so."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from volant import plug
from volant.core import MISTAKES, Embodiment, Environment, Job, Joint, Living, Origin, Rolling, Take, lived, rollout
from volant.core.errors import BadValue
from volant.operators._person import Person, Traits

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))

from toy import BODY, Line, Walk

LIMITED = Embodiment("walker", (Joint("step", "m", -0.1, 0.1),), BODY.signals)
CALM = Traits(lag=0.0, speed=1.0, tremor=0.0, drift=0.0, pauses=0.0, mistakes=0.0)


def takes(traits: Traits, lanes: int, seeds: list[int], horizon: int = 60) -> list[Take]:
    jobs = [Job(i, Environment.of("toy", "walk", [2.0]), seed) for i, seed in enumerate(seeds)]
    person = Person(Walk(), LIMITED, lanes, traits)
    return sorted(rollout(Line(lanes), person, jobs, Rolling(horizon)), key=lambda take: take.job.number)


def test_the_same_seed_is_the_same_person_alone_or_among_others() -> None:
    alone = takes(Traits(), 1, [5])[0]
    among = takes(Traits(), 3, [1, 2, 5])[2]
    assert np.array_equal(alone.actions, among.actions)
    assert not np.array_equal(alone.actions, takes(Traits(), 1, [6])[0].actions)


def test_a_person_acts_late_and_on_what_was_seen() -> None:
    late = takes(replace(CALM, lag=0.3), 1, [0])[0]
    prompt = takes(CALM, 1, [0])[0]
    assert len(late) > len(prompt)
    assert late.obs["observation.state"][:, 0].max() > 2.05  # goes too far before it is noticed
    assert prompt.obs["observation.state"][:, 0].max() < 2.05


def test_mistakes_are_marked_and_become_segments_facts_and_a_recovery() -> None:
    take = next(t for t in takes(replace(CALM, mistakes=1.0, mistake=0.5), 1, list(range(12)), 100) if mistaken(t))
    episode = lived(take, Living(LIMITED, Origin(), "a", "toy@1"))
    wrong = [segment for segment in episode.segments if segment.level == "mistake"]
    again = [segment for segment in episode.segments if segment.level == "recovery"]
    facts = {fact.key: fact for fact in episode.said}
    assert {segment.label for segment in wrong} <= set(MISTAKES)
    assert again and again[0].span.start >= wrong[0].span.stop
    assert facts[f"mistake/{wrong[0].label}"].span is not None
    assert facts["outcome"].value == "recovered"


def mistaken(take: Take) -> bool:
    return take.outcome == "success" and bool((take.marks["mistake"] == MISTAKES.index("swerve")).any())


def test_pauses_stop_a_hand_that_moves() -> None:
    take = takes(replace(CALM, pauses=2.0, pause=0.8), 1, [3], 100)[0]
    paused = take.marks["pause"] > 0
    assert paused.any() and not paused.all()
    assert np.abs(take.actions[paused]).mean() < 0.7 * np.abs(take.actions[~paused][:-6]).mean()


def test_a_body_without_limits_is_refused() -> None:
    with pytest.raises(BadValue, match="no limits"):
        Person(Walk(), BODY, 1, Traits())


@pytest.mark.parametrize("name", ["human", "novice", "hasty", "careful"])
def test_every_personality_drives_as_a_person(name: str) -> None:
    operator = plug.operator(name)
    person = operator.drive(Walk(), LIMITED, 2)
    jobs = [Job(i, Environment.of("toy", "walk", [1.0]), i) for i in range(2)]
    for take in rollout(Line(2), person, jobs, Rolling(40)):
        assert (take.control == 1).all()
        assert (np.abs(take.actions) <= 0.1).all()
