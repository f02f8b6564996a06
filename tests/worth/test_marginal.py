"""Values of groups on planted success: the useful first, the redundant at nothing, the harmful below; or no number."""

from __future__ import annotations

import numpy as np
import pytest

from volant.core.errors import BadValue
from volant.worth.value import datamodel, design, left_out, outlying

NAMES = ("useful", "twin a", "twin b", "flipped")


def _planted(probes: int = 240, trials: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Useful data adds 0.4, two copies add 0.1 whichever is there, flipped commands take 0.3."""
    inside = design(4, probes, seed=1)
    chance = 0.4 + 0.4 * inside[:, 0] + 0.1 * (inside[:, 1] | inside[:, 2]) - 0.3 * inside[:, 3]
    return inside, np.random.default_rng(2).binomial(trials, chance) / trials


@pytest.mark.parametrize("method", [left_out, datamodel])
def test_the_useful_comes_first_copies_are_worth_nothing_and_flipped_commands_less(method) -> None:
    inside, score = _planted()
    found = {one.group: one for one in method(NAMES, inside, score)}
    assert max(found.values(), key=lambda one: one.value).group == "useful"
    assert found["useful"].low > 0.2
    assert found["flipped"].high < -0.1
    for twin in ("twin a", "twin b"):
        assert found[twin].low < 0.05
        assert abs(found[twin].value) < 0.1


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    held, inside = 0, design(4, 120, seed=3)
    rng = np.random.default_rng(4)
    for _ in range(200):
        score = rng.binomial(8, 0.3 + 0.3 * inside[:, 0] - 0.2 * inside[:, 3]) / 8
        found = datamodel(NAMES, inside, score)
        held += sum(one.low <= truth <= one.high for one, truth in zip(found, (0.3, 0, 0, -0.2), strict=True))
    assert 0.92 <= held / 800 <= 0.98


def test_the_regression_is_surer_than_leaving_out_because_it_uses_every_probe() -> None:
    inside, score = _planted()
    width = [np.mean([one.high - one.low for one in method(NAMES, inside, score)]) for method in (datamodel, left_out)]
    assert width[0] < width[1]


def test_a_design_shows_everything_misses_each_group_once_and_never_shows_nothing() -> None:
    made = design(5, 60, seed=0)
    assert made.any(axis=1).all()
    assert made.all(axis=1).sum() >= 2
    assert all((((~made).sum(axis=1) == 1) & ~made[:, at]).sum() >= 2 for at in range(5))
    assert np.array_equal(made, design(5, 60, seed=0))


def test_a_group_that_repeats_another_lies_nowhere_new() -> None:
    rng = np.random.default_rng(0)
    one, far = rng.normal(size=(6, 3)), rng.normal(size=(6, 3)) + 20
    found = outlying(("one", "copy", "far"), np.repeat([0, 1, 2], 6), np.concatenate((one, one, far)))
    assert [round(found[at].value, 4) for at in (0, 1)] == [0, 0]
    assert found[2].low > 10


@pytest.mark.parametrize(("groups", "probes", "words"), [(1, 50, "nothing to be compared"), (6, 20, "too few")])
def test_too_few_groups_or_probes_are_refused(groups: int, probes: int, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        design(groups, probes, seed=0)


@pytest.mark.parametrize("method", [left_out, datamodel])
def test_success_that_never_changes_gives_no_number(method) -> None:
    with pytest.raises(BadValue, match="equally well"):
        method(NAMES, design(4, 40, seed=0), np.zeros(40))


def test_groups_that_were_always_shown_together_are_not_told_apart() -> None:
    inside = design(2, 40, seed=0)[:, [0, 0, 1]]
    with pytest.raises(BadValue, match="always shown together"):
        datamodel(("a", "b", "c"), inside, inside[:, 0] * 0.5)
