"""Passive recording: exactly the asked-for seconds around what happened, and why nothing happened."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import volant
from volant.core import Kind, Signal
from volant.core.errors import BadValue, NotFound
from volant.record import Recorder
from volant.record.outbox import Outbox
from volant.record.standby import Standby
from volant.record.triggers import Passive, Trigger, parse
from volant.wire import EVENT, SAMPLES, numbers, unpack, words
from volant.wire.spool import entries

WRENCH = Signal("wrench", Kind.WRENCH, (3,), "float64", "N", hz=100)
HZ = 100


def _kept(folder: Path) -> list[np.ndarray]:
    """Times of the wrench's samples in each recorded episode, in steps of 10 ms."""
    episodes: list[list[int]] = []
    [path] = folder.glob("*.mcap")
    for entry in entries(path):
        frame = unpack(entry.frame)
        if frame.kind == EVENT and words(frame)["event"] == "begin":
            episodes.append([])
        elif frame.kind == SAMPLES:
            episodes[-1] += (numbers(frame, (3,), "float64")[0] // 10_000_000).tolist()
    assert Outbox.of(path)
    return [np.array(one) for one in episodes]


def _run(standby: Standby, spikes: dict[int, float], many: int, batch: int = 7) -> None:
    force = np.zeros((many, 3))
    for at, size in spikes.items():
        force[at] = (size, 0, 0)
    t = np.arange(many, dtype=np.int64) * 10_000_000
    for a in range(0, many, batch):
        standby.columns(WRENCH, t[a : a + batch], force[a : a + batch])
    standby.close()


@settings(deadline=None, max_examples=40)
@given(spike=st.integers(0, 999), before=st.integers(0, 300), after=st.integers(0, 300), batch=st.integers(1, 40))
def test_exactly_the_asked_for_seconds_are_kept(spike: int, before: int, after: int, batch: int) -> None:
    ring = Passive((Trigger("hit", stream="wrench", above=20.0, before=before / HZ, after=after / HZ),))
    force = np.zeros((1000, 3))
    force[spike] = 30.0
    t, kept = np.arange(1000, dtype=np.int64) * 10_000_000, []
    for a in [*range(0, 1000, batch), 1000]:
        if a < 1000:
            ring.samples(WRENCH, t[a : a + batch], force[a : a + batch])
        for first, last, _ in ring.due(final=a == 1000):
            kept.append((ring.between(first, last)["wrench"][1] // 10_000_000).tolist())
    assert kept == [list(range(max(0, spike - before), min(999, spike + after) + 1))]


def test_what_fires_again_before_a_stretch_is_whole_makes_it_longer(tmp_path: Path) -> None:
    trigger = Trigger("hit", stream="wrench", above=20.0, before=1.0, after=1.0)
    with Recorder(tmp_path) as rec:
        _run(Standby((trigger,), rec), {300: 30.0, 350: 30.0, 900: 30.0}, 1200)
    assert [(kept[0], kept[-1]) for kept in _kept(tmp_path)] == [(200, 450), (800, 1000)]


def test_a_mark_keeps_what_came_before_it(tmp_path: Path) -> None:
    with Recorder(tmp_path) as rec:
        standby = Standby((Trigger("taken", mark="takeover", before=0.5, after=0.2),), rec)
        for i in range(200):
            standby.log("q", i * 10_000_000, np.array([i, 0.0, 0.0]), kind="joint", hz=100)
            if i == 120:
                standby.mark("takeover", t=i * 10_000_000)
            if i == 121:
                standby.mark("button", t=i * 10_000_000)
        standby.close()
    [kept] = _kept(tmp_path)
    assert (kept[0], kept[-1]) == (70, 140)


def test_a_check_can_pull_the_trigger(tmp_path: Path) -> None:
    q = Signal("q", Kind.JOINT, (3,), "float64", "rad", hz=100)
    with Recorder(tmp_path) as rec:
        standby = Standby((Trigger("broken", check="nan", before=0.3, after=0.1),), rec)
        for i in range(100):
            standby.columns(q, np.array([i * 10_000_000]), np.full((1, 3), np.nan if i == 60 else 0.5))
        standby.close()
    [kept] = _kept(tmp_path)
    assert (kept[0], kept[-1]) == (30, 70)


def test_a_dry_run_says_gate_by_gate_why_it_did_not_fire() -> None:
    standby = Standby((Trigger("press", stream="wrench", above=20.0, lasts=0.05, rest=3.0, before=1, after=1),))
    _run(
        standby,
        dict.fromkeys(range(100, 103), 30.0)
        | dict.fromkeys(range(200, 210), 25.0)
        | dict.fromkeys(range(300, 310), 26.0),
        600,
    )
    assert [(first // 10_000_000, last // 10_000_000) for first, last, _ in standby.fired] == [(105, 305)]
    words_ = [(one.fired, [(gate.found, gate.passed) for gate in one.gates]) for one in standby.told]
    assert (False, [("30", True), ("for 0 s", False), ("never before", True)]) in words_
    assert (True, [("25", True), ("for 0.05 s", True), ("never before", True)]) in words_
    assert any(not fired and gates[0][1] and gates[1][1] and "s after" in gates[2][0] for fired, gates in words_)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[trigger]]\nname='a'", "waits for nothing"),
        ("[[trigger]]\nname='a'\nstream='x'", "either above or step"),
        ("[[trigger]]\nname='a'\nmark='x'\nbefore=-1", "impossible duration"),
        ("[[trigger]]\nname='a'\ncolour='red'", "no triggers"),
        ("trigger = 3", "no triggers"),
        ("[[trigger]]\nname='a'\nmark='x'\n[[trigger]]\nname='a'\nmark='y'", "twice"),
    ],
)
def test_triggers_that_make_no_sense_are_refused(text: str, said: str) -> None:
    with pytest.raises(BadValue, match=said):
        parse(text)


def test_an_unknown_check_is_named_with_what_exists() -> None:
    with pytest.raises(NotFound, match="Did you mean 'force'"):
        parse("[[trigger]]\nname='a'\ncheck='forces'")
    assert volant.record.left is not None
