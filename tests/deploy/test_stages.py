"""Staged rollout: bad policies go back, good ones get through, and chance decides as rarely as it may."""

from __future__ import annotations

import numpy as np
import pytest

from volant.core.errors import BadValue
from volant.deploy.stages import Staging, Trial, lot, partners, ruled

HOW = Staging(most=250)


def lived(incumbent: float, candidate: float, runs: int, how: Staging = HOW, seed: int = 0):
    """Verdicts of many rollouts; who does not succeed alone is helped, and half of those are saved."""
    rng = np.random.default_rng(seed)
    one = rng.random((runs, how.most)) < candidate
    saved = rng.random((runs, how.most)) < 0.5
    beside = np.array([partners(how, k) for k in range(how.most)])
    alone = rng.binomial(beside, incumbent, (runs, how.most)) / beside
    rescued = rng.binomial(np.round(beside * (1 - alone)).astype(int), 0.5) / beside
    words, blocks, _ = ruled((one | saved) - (alone + rescued), (1.0 - one) - (1 - alone), one - alone, how)
    return words, blocks


def share(words, word: str) -> float:
    return float((words == word).mean())


@pytest.mark.parametrize("p", [0.5, 0.8, 0.95])
def test_an_equal_policy_is_rolled_back_no_more_often_than_alpha(p: float) -> None:
    words, _ = lived(p, p, 400)
    assert share(words, "rolled back") <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


def test_a_policy_worse_by_the_margin_is_promoted_no_more_often_than_alpha() -> None:
    words, _ = lived(0.8, 0.7, 400)
    assert share(words, "promoted") <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)


def test_a_bad_policy_goes_back_soon_and_a_good_one_gets_through() -> None:
    words, blocks = lived(0.8, 0.5, 200)
    assert share(words, "rolled back") > 0.99 and np.median(blocks) < 60
    words, blocks = lived(0.8, 0.9, 200)
    assert share(words, "promoted") > 0.95 and np.median(blocks) < 200


def run(trial: Trial, candidate: float, count: int, seed: int = 0) -> list[bool]:
    """Operations that overlap in time, failures taking longer."""
    rng = np.random.default_rng(seed)
    mine, under_way = [], []
    for number in range(count):
        mine.append(trial.begin(number))
        good = bool(rng.random() < (candidate if mine[-1] else 0.8))
        under_way.append((number + (3 if good else 9), number, good))
        for due in sorted(one for one in under_way if one[0] <= number):
            trial.end(due[1], due[2], not due[2])
            under_way.remove(due)
    return mine


def test_the_share_grows_stage_by_stage_and_falls_to_nothing_on_harm() -> None:
    good = Trial(Staging(operations=10))
    mine = run(good, 0.95, 1500)
    assert good.ruling.word == "promoted" and good.share == 1.0 and all(mine[-20:])
    assert 0.02 < np.mean(mine[:80]) < 0.2 < np.mean(mine[150:])
    assert good.history[-1] is good.ruling and good.ruling.sound >= 20

    bad = Trial(Staging(operations=10))
    mine = run(bad, 0.2, 1500)
    assert bad.ruling.word == "rolled back" and bad.share == 0.0
    assert max(bad.ruling.harm, bad.ruling.help) >= 40
    assert not any(mine[mine.index(True) + 600 :]) and sum(mine) < 60


def test_an_undecided_policy_stays_out_and_the_same_key_is_one_operation() -> None:
    short = Trial(Staging(operations=5, most=12))
    run(short, 0.8, 400)
    assert (short.ruling.word, short.share, short.ruling.block) == ("undecided", 0.0, 12)
    trial = Trial()
    assert trial.begin("a") == trial.begin("a")
    assert trial.candidates(["a", "never"])[1] == np.False_
    assert [lot(HOW, i, 0.5) for i in range(9)] == [lot(HOW, i, 0.5) for i in range(9)]


def test_stages_that_cannot_be_are_refused() -> None:
    for wrong in ({"shares": ()}, {"shares": (0.5, 0.1)}, {"shares": (1.0,)}, {"margin": 0.0}, {"most": 1}):
        with pytest.raises(BadValue):
            Staging(**wrong)
