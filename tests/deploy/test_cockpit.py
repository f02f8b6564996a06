"""The fleet as one controller, step by step on a world that can be computed by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from volant.core import Rolling
from volant.core.errors import BadValue, Refused
from volant.deploy.cockpit import Cockpit, Routine
from volant.deploy.desk import Desk, Rules
from volant.deploy.logbook import MODES

sys.path.insert(0, str(Path(__file__).parent))

from floor import Person, Stuck, cockpit, control, jobs, shift, started

LONG = Rolling(60, hold=1, keep=1)


def modes(crew: Cockpit) -> list[tuple[int, str, int]]:
    return [(s.robot, MODES[s.mode], s.stop - s.start) for s in crew.log.stretches()]


def test_a_stuck_robot_asks_is_helped_past_and_goes_on_by_itself() -> None:
    crew = cockpit(1, [Person()], Routine(handback="quiet", rules=Rules(hold=2), reaction=3))
    ((take, (help_,)),) = shift(crew, jobs(1.0), LONG)
    # four steps to 0.4, three without progress; two by hand to 0.6; four more to 1.0
    assert control(take) == "ppppppp" + "HH" + "pppp"
    assert take.outcome == "success"
    assert modes(crew) == [(0, "policy", 7), (0, "taken", 3), (0, "person", 2), (0, "policy", 4)]
    assert (help_.robot, help_.operator, help_.gate, help_.ended) == (0, 0, "progress", "handed back")
    assert (help_.first, help_.last, help_.waited, help_.handled) == (7, 9, 0, 5)
    assert crew.log.person_steps == 2
    assert take.marks["operator"].tolist() == [-1] * 7 + [0] * 2 + [-1] * 4
    assert take.marks["gap"][7] == pytest.approx(0.1) and take.marks["gap"][:7].max() == 0


def test_robots_wait_for_the_one_operator_and_lose_no_steps_meanwhile() -> None:
    person = Person()
    crew = cockpit(3, [person], Routine(handback="quiet", rules=Rules(hold=2)))
    lived = shift(crew, jobs(1.0, 1.0, 1.0), LONG)
    assert [control(take) for take, _ in lived] == ["pppppppHHpppp"] * 3
    assert [helps[0].waited for _, helps in lived] == [0, 2, 4]
    assert max(crew.log.waiting) == 2 and max(crew.log.helped) == 1
    assert started(person) == [(0,), (1,), (2,)]


def test_robots_that_go_on_while_they_wait_use_up_their_steps() -> None:
    crew = cockpit(2, [Person()], Routine(handback="quiet", rules=Rules(hold=2), waiting="go on"))
    (one, _), (other, _) = shift(crew, jobs(1.0, 1.0), LONG)
    assert (control(one), control(other)) == ("pppppppHHpppp", "p" * 9 + "HHpppp")


def test_a_robot_is_rewound_before_it_is_taken_and_stays_with_who_took_it() -> None:
    crew = cockpit(1, [Person()], Routine(handback="quiet", rules=Rules(hold=4), back=4))
    (first, (rewound,)), (second, (help_,)) = shift(crew, jobs(1.0), LONG)
    assert rewound is help_ and help_.rewound == 4
    assert (first.outcome, second.outcome) == ("aborted", "success")
    assert (control(first), control(second)) == ("ppppppp", "HHHHppp")
    assert second.obs["observation.state"][0, 0] == pytest.approx(0.3)
    assert (help_.first, help_.asked_step, second.part) == (0, 7, 1)


def test_people_may_hand_back_stop_or_go_away() -> None:
    said = cockpit(1, [Person(back_at=4)], Routine(handback="person", rules=Rules(hold=1)))
    ((take, (help_,)),) = shift(said, jobs(1.5), LONG)
    assert control(take)[7:13] == "HHHHHp" and help_.ended == "handed back"

    ends = cockpit(1, [Person(stop_at=2)])
    ((take, (help_,)),) = shift(ends, jobs(1.0), LONG)
    assert (take.outcome, control(take), help_.ended) == ("aborted", "pppppppHHH", "ended")

    away = cockpit(1, [Person(away_from=1), Person()], Routine(handback="success", rules=Rules(hold=1, lease=3)))
    ((take, (lost, helped)),) = shift(away, jobs(1.5), LONG)
    assert (lost.operator, lost.ended) == (0, "expired")
    assert (helped.operator, helped.ended, take.outcome) == (1, "ended", "success")


def test_a_policy_out_of_time_has_failed_and_nobody_is_held_at_the_end() -> None:
    crew = cockpit(1, [Person()], Routine(limit=9), still=100)
    ((take, helps),) = shift(crew, jobs(1.0), LONG)
    assert (len(take), take.outcome, helps, crew.late[0]) == (9, "aborted", (), True)
    held = cockpit(1, [Person()], Routine(handback="success"))
    shift(held, jobs(1.0, 1.0), LONG)
    assert held.desk.free.tolist() == [0] and held.log.stretches()[-1].stop == held.log.ticks


def test_a_person_who_takes_a_robot_unasked_keeps_it_until_they_say_so() -> None:
    class Eager(Cockpit):
        def act(self, moment):
            if self.log.ticks == 1:
                self.desk.claim(0, 0, 1)
            return super().act(moment)

    crew = cockpit(1, [Person()])
    eager = Eager(
        Stuck(), crew.watches, crew.people, Desk(1, 1, Rules(hold=1)), Routine(handback="quiet", rules=Rules(hold=1))
    )
    ((take, (help_,)),) = shift(eager, jobs(1.0), LONG)
    assert control(take) == "p" + "H" * 9 and help_.gate == ""


def test_a_chosen_robot_is_taken_unasked_by_one_person_only() -> None:
    class Chosen(Cockpit):
        refused = ""

        def act(self, moment):
            if self.log.ticks == 2:
                self.take(1, 0)
                with pytest.raises(Refused) as found:
                    self.take(1, 1)
                self.refused = str(found.value)
            return super().act(moment)

    rules = Rules(hold=1, give=False)
    crew = Chosen(Stuck(), (), [Person(), Person()], Desk(3, 2, rules), Routine(handback="person", rules=rules))
    (one, none), (other, (help_,)) = sorted(shift(crew, jobs(0.3, 1.0), LONG), key=lambda pair: pair[0].lane)
    assert (control(one), none, control(other)[:4]) == ("ppp", (), "ppHH")
    assert (help_.operator, help_.gate, help_.first) == (0, "", 2)
    assert "Robot 1 is with operator 0." in crew.refused
    with pytest.raises(Refused, match="nothing to do"):
        crew.take(2, 1)


def test_people_who_choose_for_themselves_are_given_nothing() -> None:
    desk = Desk(1, 1, Rules(give=False))
    assert desk.tick(0, np.array([True])) == () and desk.waiting.tolist() == [True]
    desk.claim(0, 0, 1)
    assert desk.tick(1, np.array([True])) == () and desk.holder.tolist() == [0]


def test_a_person_rewinds_further_each_time_and_the_old_takes_stay() -> None:
    person = Person(rewinds=[4, 8])
    crew = cockpit(1, [person], Routine(handback="quiet", rules=Rules(hold=6)))
    lived = shift(crew, jobs(1.0), LONG)
    takes, helps = [take for take, _ in lived], [of for _, of in lived]
    # seven steps alone, three by hand to 0.7, back by four; three by hand, back by eight: before that take began
    assert [control(take) for take in takes][:2] == ["pppppppHHH", "HHH"]
    assert [take.outcome for take in takes] == ["aborted", "aborted", "success"]
    assert takes[1].obs["observation.state"][0, 0] == pytest.approx(0.4)
    assert takes[2].obs["observation.state"][0, 0] == pytest.approx(0.1)
    (undone, on), (again, still), (last,) = helps
    assert (undone.ended, undone.first, undone.last, undone.rewound) == ("rewound", 7, 10, 0)
    assert on is again and (on.ended, on.first, on.rewound, on.asked) == ("rewound", 0, 4, undone.asked)
    assert still is last and last.ended == "handed back"


def test_the_same_shift_twice_is_the_same_shift() -> None:
    runs = [shift(cockpit(3, [Person()]), jobs(*np.linspace(0.5, 1.5, 7)), LONG) for _ in range(2)]
    for (one, helps), (other, again) in zip(*runs, strict=True):
        assert helps == again and np.array_equal(one.actions, other.actions)


def test_routines_that_cannot_be_are_refused() -> None:
    for wrong, words in (
        ({"waiting": "dance"}, "hold, go on"),
        ({"handback": "never"}, "quiet"),
        ({"back": -1}, "no time"),
    ):
        with pytest.raises(BadValue, match=words):
            Routine(**wrong)
    with pytest.raises(BadValue, match="2 operators"):
        Cockpit(Stuck(), (), [Person()], Desk(1, 2))
