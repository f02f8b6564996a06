"""Load of the last minutes: what is counted, and that the formula speaks of the same."""

from __future__ import annotations

import numpy as np
import pytest

from volant.deploy.lately import lately, own
from volant.deploy.logbook import PERSON, POLICY, WAITING, Help, Logbook
from volant.deploy.queue import load

HZ = 10.0


def logbook(ticks: int = 600) -> Logbook:
    """Four robots; one is in hands for every first five of twenty seconds, two wait all the time."""
    log = Logbook(4)
    for tick in range(ticks):
        helped = tick % 200 < 50
        mode = np.array([PERSON if helped else POLICY, POLICY, WAITING, WAITING], np.int8)
        log.write(mode, mode == WAITING)
        if tick % 200 == 49:
            log.helps.append(
                Help(0, 1, "progress", 1.0, tick - 49, tick - 49, 0, returned=tick + 1, ended="handed back")
            )
    return log


def test_calls_handling_and_the_formula_are_of_the_same_minutes() -> None:
    told = {one.name: one for one in lately(logbook(), 2, HZ, 600, pending=2)}
    hours = (600 + 450) / HZ / 3600
    assert told["calls"].value == pytest.approx(5 / hours) and told["calls"].n == 5
    assert told["calls"].low < told["calls"].value < told["calls"].high
    assert (told["handling time"].value, told["handling time"].n) == (5.0, 3)
    assert told["queue"].value == 2 and told["availability"].value == pytest.approx((1050 / 600) / 4)
    ratio = 5 / (hours * 3600) * 5
    assert told["busy by the formula"].value == pytest.approx(load(4, 2, ratio).busy)
    assert told["robots for 90 %"].value == 0, "help takes so long that not even one is 90 % available"


def test_older_minutes_do_not_count_and_nobody_at_the_desk_has_no_formula() -> None:
    log = logbook()
    told = {one.name: one for one in lately(log, 0, HZ, 100)}
    assert told["calls"].n == 0 and "handling time" not in told and "busy by the formula" not in told
    assert lately(Logbook(3), 1, HZ, 100)[0].n == 0


def test_one_call_that_was_rewound_is_one_call() -> None:
    log = logbook(100)
    log.helps = [Help(0, 1, "", 0, 5, 5, 0, returned=25, ended="rewound"), Help(0, 1, "", 0, 5, 25, 0, returned=45)]
    told = {one.name: one for one in lately(log, 1, HZ, 100)}
    assert (told["calls"].n, told["handling time"].value) == (1, 4.0)


def test_own_load_counts_what_is_in_hand_now() -> None:
    log = logbook()
    assert own(log, 1, 600, -1) == pytest.approx(150 / 600)
    assert own(log, 1, 100, 590) == pytest.approx(0.1)
    assert own(log, 0, 600, -1) == 0


def test_a_trimmed_logbook_forgets_what_is_old() -> None:
    log = logbook()
    log.trim(150)
    assert len(log.working) == 150 and len(log.helps) == 1
    assert {one.name: one.n for one in lately(log, 1, HZ, 600)}["queue"] == 150
