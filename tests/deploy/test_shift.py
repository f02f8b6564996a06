"""A shift without end: people say what they want tick by tick, and the fleet does it in order."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volant.core import Episode
from volant.core.errors import BadValue, Refused
from volant.deploy.gate import Threshold
from volant.deploy.glance import Glance
from volant.deploy.logbook import PERSON, POLICY, WAITING
from volant.deploy.shift import shift
from volant.deploy.words import Answer, Came, Opened, Said, Shifting, Told

sys.path.insert(0, str(Path(__file__).parent))

from plane import Plane, Planned

ORDERS = st.sampled_from(("beat", "steer", "take", "take", "take", "back", "rewind", "cause"))
HOW = Shifting(2, 2, "progress", limit=Threshold(4.5, 0.5), hz=10.0, lease=0.5)


class Crowd:
    """Says at which tick what was planned, and keeps all that comes back."""

    def __init__(self, ticks: int, plan: dict[int, list[Said]]) -> None:
        self.ticks, self.plan, self.now = ticks, plan, -1
        self.glances: list[Glance] = []
        self.rest: dict[type, list] = defaultdict(list)

    def hear(self) -> list[Said] | None:
        self.now += 1
        return None if self.now >= self.ticks else self.plan.get(self.now, [])

    def tell(self, word) -> None:
        (self.glances if isinstance(word, Glance) else self.rest[type(word)]).append(word)

    @property
    def answers(self) -> list[tuple[int, bool, str]]:
        return [(a.seq, a.done, a.words) for a in self.rest[Answer]]

    @property
    def episodes(self) -> list[Episode]:
        return [came.episode for came in self.rest[Came]]


def lived(ticks: int, *said: tuple[int, Said], how: Shifting = HOW) -> Crowd:
    plan = defaultdict(list)
    for tick, one in said:
        plan[tick].append(one)
    crowd = Crowd(ticks, plan)
    shift((Planned(), Plane(), "push"), how, (crowd.hear, crowd.tell), lambda: 0.0, lambda seconds: None)
    return crowd


def steers(who: str, first: int, last: int, *command: float) -> list[tuple[int, Said]]:
    return [(tick, Said(tick, who, "steer", command=command)) for tick in range(first, last)]


def facts(episode: Episode, key: str) -> list[tuple[object, str]]:
    return [(fact.value, fact.by) for fact in episode.said if fact.key == f"intervention/{key}"]


def test_two_people_press_in_the_same_tick_and_one_of_them_gets_the_robot() -> None:
    crowd = lived(6, (1, Said(1, "ann", "take", 0)), (1, Said(9, "bob", "take", 0)), (2, Said(2, "ann", "take", 1)))
    assert crowd.answers == [
        (1, True, "Robot 0 is yours."),
        (9, False, "Robot 0 is with ann."),
        (2, False, "You hold robot 0. Hand it back first."),
    ]
    seen = crowd.glances[3]
    assert seen.holder.tolist() == [0, -1] and seen.mode.tolist() == [PERSON, POLICY]
    assert [(one.name, one.here, one.robot) for one in seen.people] == [("ann", True, 0), ("bob", True, -1)]


def test_what_a_person_steers_is_what_moves_the_robot_and_what_comes_home() -> None:
    said = [(2, Said(0, "ann", "take", 0)), *steers("ann", 3, 8, 1, 0.5, 0, 0), *steers("ann", 8, 12, 0.5, -1, 0, 0)]
    crowd = lived(20, *said, (12, Said(99, "ann", "back")), (13, Said(100, "ann", "cause", word="stalled")))
    episode = crowd.episodes[0]
    control, action = episode["control"].values[:, None].ravel(), episode["action"].values
    command = episode["mark/command"].values.ravel()
    by_hand = np.flatnonzero(control == 1)
    sent = {one.seq: one.command for _, one in said if one.what == "steer"}
    for step in by_hand[1:]:
        assert action[step].tolist() == pytest.approx([0.1 * push for push in sent[command[step]][:2]])
    assert by_hand[0] == 2 and action[2].tolist() == [0, 0], "taken before anything was said"
    assert (command[control == 0] == -1).all()
    place = episode["observation.state"].values
    assert np.allclose(np.diff(place[:, :2], axis=0), action[:-1])
    assert (episode.origin.tier, episode.origin.operator, episode.task) == ("intervention", "ann", "push")
    assert facts(episode, "cause") == [("taken unasked", "deploy/pilot@1"), ("stalled", "person/ann@1")]


def test_a_lock_runs_out_when_nothing_is_heard_and_the_robot_waits_for_somebody() -> None:
    said = [(1, Said(0, "ann", "take", 0)), *steers("ann", 2, 6, 1, 0, 0, 0)]
    crowd = lived(30, *said, (20, Said(1, "bob", "take", 0)))
    lost = [int(glance.left[0]) for glance in crowd.glances]
    assert lost[2:6] == [4, 4, 4, 4] or max(lost) <= 5
    assert crowd.glances[12].mode[0] == WAITING and crowd.glances[12].waits[0] >= 0
    assert not crowd.glances[14].people[0].here
    moved = [glance.places[0, 0, 0] for glance in crowd.glances]
    assert moved[9] == moved[10], "whoever is not heard any more moves nothing"
    assert crowd.answers[-1] == (1, True, "Robot 0 is yours.")


def test_rewinding_makes_a_child_and_its_parent_comes_home_too() -> None:
    said = [
        (4, Said(0, "ann", "take", 0)),
        *steers("ann", 5, 9, 0, 1, 0, 0),
        (9, Said(5, "ann", "rewind", seconds=0.6)),
    ]
    said += [*steers("ann", 10, 16, 1, 0, 0, 0), (16, Said(7, "ann", "back"))]
    crowd = lived(24, *said, (20, Said(8, "ann", "cause", word="off course")))
    parent, child = crowd.episodes
    assert child.origin.parents == (parent.id,) and not parent.origin.parents
    assert (parent.origin.tier, child.origin.tier) == ("intervention", "intervention")
    assert (dict(facts(parent, "outcome")).keys()) == {"rewound"}
    assert child["observation.state"].values[0].tolist() == pytest.approx([0.0, 0.0, 1.0, 0.0])
    assert facts(child, "cause")[-1] == ("off course", "person/ann@1")


def test_a_cause_named_after_the_episode_came_home_is_a_fact_about_it() -> None:
    said = [(1, Said(0, "ann", "take", 0)), *steers("ann", 2, 11, 1, 0), *steers("ann", 11, 20, 0, 0)]
    said = [(tick, replace(one, command=(*one.command, 0, 0)) if one.command else one) for tick, one in said]
    crowd = lived(30, *said, (28, Said(50, "ann", "cause", word="no contact")))
    (came, *_), told = crowd.episodes, [fact for one in crowd.rest[Told] for fact in one.facts]
    assert [(fact.subject, fact.value, fact.by) for fact in told] == [(came.id, "no contact", "person/ann@1")]
    assert dict(facts(came, "outcome")).keys() == {"success"}


def test_what_cannot_be_done_is_said_in_words() -> None:
    wrong = [Said(1, "ann", "back"), Said(2, "ann", "cause", word="bad luck"), Said(3, "ann", "cause", word="stalled")]
    wrong += [Said(4, "ann", "take", 7), Said(5, "bob", "beat"), Said(6, "cy", "beat"), Said(7, "ann", "take", -1)]
    crowd = lived(4, *[(1, one) for one in wrong])
    assert [(seq, done) for seq, done, _ in crowd.answers] == [(n, False) for n in (1, 2, 3, 4, 6, 7)]
    said = " ".join(words for _, _, words in crowd.answers)
    for part in ("You hold no robot", "no cause 'bad luck'", "not taken a robot yet", "no robot 7", "2 seats"):
        assert part in said


def test_robots_that_ask_are_told_and_load_is_told_with_its_interval() -> None:
    crowd = lived(60, *[(tick, Said(tick, "ann", "beat")) for tick in range(60)], (30, Said(99, "ann", "take", 1)))
    assert (crowd.glances[12].mode == WAITING).all() and crowd.glances[20].waits.max() >= 8
    (opened,) = crowd.rest[Opened]
    assert (opened.world, opened.hz, opened.scene.things) == ("plane", 10.0, ("hand", "goal"))
    last = crowd.rest[Told][-1]
    figures = {one.name: one for one in last.figures}
    assert figures["queue"].n > 0 and figures["availability"].low is not None
    assert 0.3 < last.own[0] < 0.7, "ann has held a robot for half of the time"


def test_a_fleet_that_cannot_be_is_refused() -> None:
    with pytest.raises(BadValue, match="no fleet"):
        Shifting(robots=0)
    with pytest.raises(Refused, match="oracle"):
        lived(1, how=Shifting(2, 2, "oracle"))


@given(st.lists(st.tuples(st.integers(0, 39), st.sampled_from("abc"), st.integers(-1, 3), ORDERS), max_size=60))
@settings(max_examples=25, deadline=None)
def test_whatever_people_do_nobody_holds_two_robots_and_no_robot_is_held_twice(plan: list) -> None:
    said = [
        (tick, Said(i, who, what, robot, seconds=0.3, word="stalled"))
        for i, (tick, who, robot, what) in enumerate(plan)
    ]
    crowd = lived(40, *said, how=replace(HOW, robots=3, seats=3))
    for seen in crowd.glances:
        held = seen.holder[seen.holder >= 0].tolist()
        assert len(held) == len(set(held))
        assert [int(seen.holder[one.robot]) for one in seen.people if one.robot >= 0] == [
            one.seat for one in seen.people if one.robot >= 0
        ]
    assert len(crowd.answers) == sum(what not in ("beat", "steer") for _, _, _, what in plan)
