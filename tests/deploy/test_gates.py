"""Gates: when a robot asks, on scores that can be followed by hand, live and from an archive alike."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volant.core import Act, Environment, Job, Moment, Rolling, State, rollout
from volant.core.errors import BadValue
from volant.deploy.gate import Gate, Latch, Threshold, calibrated, peaks
from volant.deploy.gates.ensemble import Ensemble
from volant.deploy.gates.novelty import Novelty
from volant.deploy.gates.oracle import Oracle
from volant.deploy.gates.progress import Progress
from volant.deploy.moments import replayed

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))

from toy import Line, Walk


def moment(progress=(0.0,), *, step: int = 0, obs=None, active=None) -> Moment:
    n = len(progress)
    none = np.zeros(n, np.bool_)
    state = State(obs or {}, none, np.array(progress), none)
    return Moment(state, np.full(n, step), np.ones(n, np.bool_) if active is None else np.array(active))


def act(n: int = 1, **marks: object) -> Act:
    return Act(np.zeros((n, 1)), np.zeros(n, np.int8), {name: np.asarray(mark) for name, mark in marks.items()})


def test_a_latch_asks_after_its_patience_and_until_the_lower_limit() -> None:
    latch = Latch(1, Threshold(high=1.0, low=0.5, patience=2))
    scores = [0.0, 2.0, 0.9, 2.0, 2.0, 0.9, 0.6, 0.4, 0.9, 2.0]
    asked = [bool(latch.step(np.array([score]), np.array([True]))[0]) for score in scores]
    assert asked == [False, False, False, False, True, True, True, False, False, False]
    latch.step(np.array([2.0]), np.array([True]))
    latch.start(np.array([0]))
    assert not latch.step(np.array([2.0]), np.array([True]))[0]


def test_a_lane_at_rest_neither_asks_nor_forgets() -> None:
    latch = Latch(2, Threshold(1.0, 0.5))
    latch.step(np.array([2.0, 2.0]), np.array([True, False]))
    assert latch.step(np.array([0.0, 0.0]), np.array([False, False])).tolist() == [True, False]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.2, 0.5]), st.integers(1, 3))
def test_a_calibrated_gate_asks_at_most_at_its_rate_where_it_was_calibrated(seed, rate, patience) -> None:
    rng = np.random.default_rng(seed)
    scores = [rng.exponential(1, rng.integers(5, 30)) for _ in range(60)]
    limit = calibrated(scores, rate, patience=patience)
    asks = 0
    for column in scores:
        latch = Latch(1, limit)
        asks += any(latch.step(np.array([score]), np.array([True]))[0] for score in column)
    assert rate - 2 / 61 <= asks / 60 <= rate


def test_calibration_holds_on_new_operations_on_average() -> None:
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(800):
        high = calibrated(list(rng.gamma(2, 1, (40, 20))), 0.2).high
        shares.append(float((rng.gamma(2, 1, (100, 20)).max(axis=1) > high).mean()))
    assert 0.185 < np.mean(shares) <= 0.203


def test_operations_that_peak_alike_ask_together() -> None:
    scores = [np.array([float(peak)]) for peak in [1, 2, 3, 9, 9, 9, 9, 9, 9, 9]]
    assert calibrated(scores, 0.65).high == 3
    assert calibrated(scores, 0.2).high == 9


def test_rates_at_the_edges_ask_never_and_always() -> None:
    scores = [np.array([1.0, 2.0]), np.array([3.0])]
    assert calibrated(scores, 0.0).high == np.inf
    assert calibrated(scores, 1.0).high == -np.inf
    assert peaks(scores, 2).tolist() == [1.0, -np.inf]
    for wrong in (-0.1, 1.5):
        with pytest.raises(BadValue, match="between 0 and 1"):
            calibrated(scores, wrong)
    with pytest.raises(BadValue, match="No held-out"):
        calibrated([], 0.1)
    with pytest.raises(BadValue, match="cannot be"):
        Threshold(1.0, 2.0)


def test_the_ensemble_gate_says_what_it_misses() -> None:
    assert Ensemble().scores(moment(), act(disagreement=[0.3])).tolist() == [0.3]
    with pytest.raises(BadValue, match="marks gap"):
        Ensemble().scores(moment(), act(gap=[0.3]))


def test_the_progress_gate_counts_steps_without_a_gain() -> None:
    gate = Progress(1)
    gate.start(np.array([0]), (), np.array([0]))
    seen = [gate.scores(moment((p,)), act())[0] for p in (0.0, 0.01, 0.03, 0.03, 0.02, 0.06)]
    assert seen == [0, 1, 0, 1, 2, 0]
    gate.start(np.array([0]), (), np.array([0]))
    assert gate.scores(moment((0.0,)), act())[0] == 0


def test_the_novelty_gate_measures_the_way_to_what_is_known() -> None:
    rng = np.random.default_rng(0)
    known = rng.normal(0, [1.0, 10.0, 0.0], (500, 3))
    gate = Novelty.of(
        [{"state": known[:250, :2], "rest": known[:250, 2]}, {"state": known[250:, :2], "rest": known[250:, 2]}]
    )
    obs = {"state": np.array([[0.0, 0.0], [0.0, 80.0], [np.nan, 0.0]]), "rest": np.zeros(3)}
    near, far, lost = gate.scores(moment((0.0,) * 3, obs=obs), act(3))
    assert near < 0.2 and far == pytest.approx((80 - known[:, 1].max()) / 10 / np.sqrt(2), rel=0.1) and lost == np.inf
    with pytest.raises(BadValue, match="went well"):
        Novelty.of([])
    with pytest.raises(BadValue, match="only pictures"):
        Novelty.of([{"camera": np.zeros((2, 4, 4, 3), np.uint8)}])


def jobs(*marks: float) -> list[Job]:
    return [Job(i, Environment.of("line", "walk", [mark]), 100 + i) for i, mark in enumerate(marks)]


def test_the_oracle_asks_where_the_operation_got_stuck_and_only_in_those_that_fail() -> None:
    stuck = [Job(7, Environment.of("line", "walk", [0.9]), 7)]
    takes = list(rollout(Line(2), Walk(), jobs(0.4, 0.6), Rolling(20, hold=1)))
    takes += rollout(Line(1), Walk(0.0), stuck, Rolling(20))
    good, fair, bad = replayed(Oracle.of(3, takes, late=2), takes)
    assert (good.max(), fair.max(), bad.tolist()) == (0, 0, [0, 0, *[1] * 18])


def test_replaying_takes_gives_the_scores_of_the_live_run() -> None:
    class Watched(Walk):
        def __init__(self, gate: Gate, lanes: int) -> None:
            super().__init__()
            self.gate = gate

        def start(self, lanes, environments, seeds) -> None:
            self.gate.start(lanes, environments, seeds)

        def act(self, moment: Moment) -> Act:
            done = super().act(moment)
            return Act(done.actions, done.control, {"score": self.gate.scores(moment, done)})

    takes = list(rollout(Line(2), Watched(Progress(2, gain=0.15), 2), jobs(0.5, 1.0, 0.3, 5.0), Rolling(20, hold=1)))
    for take, column in zip(takes, replayed(Progress(4, gain=0.15), takes), strict=True):
        assert np.array_equal(take.marks["score"], column)
