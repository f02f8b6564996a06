"""The sentinel: risks that come true as often as they say, and an alarm at the wanted rate."""

from __future__ import annotations

import numpy as np
import pytest

from volant.core.errors import BadValue
from volant.deploy.sentinel import alarm, judged, taught


def operations(count: int, seed: int, *, signal: float = 3.0):
    """Scores that climb by ``signal`` in operations that will fail (three in ten)."""
    rng = np.random.default_rng(seed)
    failed = rng.random(count) < 0.3
    length = rng.integers(30, 60, count)
    climb = [np.linspace(0, signal * bad, n) for bad, n in zip(failed, length, strict=True)]
    return [rng.gamma(2, 0.5, n) + more for n, more in zip(length, climb, strict=True)], failed


def figures(found) -> dict:
    return {figure.name: figure for figure in found.figures}


def test_risks_come_true_as_often_as_they_say() -> None:
    known, outcomes = operations(600, 1)
    fresh, truth = operations(600, 2)
    sentinel = taught(known, outcomes)
    assert (np.diff(sentinel(np.linspace(0, 9, 200))) >= 0).all()
    found = judged(sentinel, fresh, truth, alarm(sentinel, known, 0.3))
    held = [one.low - 0.03 <= one.predicted <= one.high + 0.03 for one in found.curve]
    assert sum(held) >= len(held) - 1 and sum(one.n for one in found.curve) == 600
    assert found.curve[-1].observed > 0.7 > 0.25 > found.curve[0].observed
    shown = figures(found)
    assert shown["skill"].low > 0.1 and shown["auc"].low > 0.65
    assert shown["brier"].low < shown["brier"].value < shown["brier of the base rate"].value
    assert shown["alarmed"].low - 0.03 <= 0.3 <= shown["alarmed"].high + 0.03
    assert shown["failures foreseen"].value > 0.7 > 0.2 > shown["false alarms"].value
    assert 1 <= shown["warning"].value <= 60


def test_scores_that_know_nothing_earn_no_trust() -> None:
    known, outcomes = operations(300, 3, signal=0.0)
    fresh, truth = operations(300, 4, signal=0.0)
    sentinel = taught(known, outcomes)
    shown = figures(judged(sentinel, fresh, truth, alarm(sentinel, known, 0.1)))
    assert shown["skill"].value < 0.02
    assert shown["auc"].low < 0.5 < shown["auc"].high


def test_without_failures_every_risk_is_small_and_nothing_breaks() -> None:
    known, _ = operations(40, 5)
    never = np.zeros(40, np.bool_)
    sentinel = taught(known, never)
    assert sentinel(np.array([0.0, 99.0])).max() < 0.02
    found = judged(sentinel, known, never, alarm(sentinel, known, 0.1))
    assert np.isnan(figures(found)["failures foreseen"].value) and "warning" not in figures(found)
    with pytest.raises(BadValue, match="teach nothing"):
        taught([], never[:0])
