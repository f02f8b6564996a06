"""Mutual information by neighbours, beside what is known in closed form and beside the plain way to reckon it."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy.spatial.distance import cdist
from scipy.special import digamma

from volant.core.errors import BadValue
from volant.vectors import information

Rows = npt.NDArray[np.float64]


def _pair(rho: float, n: int = 4096, seed: int = 0) -> tuple[Rows, Rows]:
    x, noise = np.random.default_rng(seed).standard_normal((2, n, 1))
    return x, rho * x + np.sqrt(1 - rho**2) * noise


def _plainly(one: Rows, two: Rows, ks: tuple[int, ...]) -> Rows:
    a, b = cdist(one, one), cdist(two, two)
    ordered = np.sort(np.maximum(a, b), axis=1)
    terms = [
        digamma(k) + digamma(len(one)) - digamma((a < reach).sum(axis=1)) - digamma((b < reach).sum(axis=1))
        for k in ks
        for reach in (ordered[:, k : k + 1],)
    ]
    return np.asarray(np.mean(terms, axis=0))


@pytest.mark.parametrize("rho", [0.0, 0.3, -0.6, 0.9, 0.99])
def test_correlated_gaussians_come_out_as_their_closed_form(rho: float) -> None:
    found = information.mutual(*_pair(rho), seed=1)
    assert found == pytest.approx(-0.5 * np.log(1 - rho**2), abs=0.03 if abs(rho) < 0.95 else 0.06)


def test_gaussians_of_several_dimensions_add_their_information() -> None:
    pairs = [_pair(rho, seed=place) for place, rho in enumerate((0.5, 0.8))]
    one, two = (np.concatenate([pair[side] for pair in pairs], axis=1) for side in (0, 1))
    true = -0.5 * (np.log(1 - 0.25) + np.log(1 - 0.64))
    assert information.mutual(one, two, seed=0) == pytest.approx(true, abs=0.08)


def test_independent_tables_of_many_dimensions_tell_nothing_of_each_other() -> None:
    rng = np.random.default_rng(4)
    one, two = rng.standard_normal((4096, 12)), rng.standard_normal((4096, 6))
    assert abs(information.mutual(one, two, seed=0)) < 0.03


def test_every_row_is_what_the_plain_way_says_of_it() -> None:
    rng = np.random.default_rng(5)
    one = rng.standard_normal((300, 5)).astype(np.float32)
    two = np.tanh(one[:, :2]) + 0.3 * rng.standard_normal((300, 2)).astype(np.float32)
    for ks in ((3,), (5, 6, 7)):
        found = information.contributions(one, two, seed=0, neighbours=ks, repeats=1)
        assert np.allclose(found, _plainly(one.astype(float), two.astype(float), ks), atol=1e-9)


def test_scaling_a_dimension_changes_nothing() -> None:
    rng = np.random.default_rng(6)
    one = rng.standard_normal((1500, 3))
    two = one[:, :2] * 0.7 + rng.standard_normal((1500, 2))
    usual = information.contributions(information.reduced(one), information.reduced(two), seed=2)
    scaled = information.contributions(
        information.reduced(one * [1e3, -0.01, 4.0] + [5, 0, -1]), information.reduced(two * [0.5, 60.0]), seed=2
    )
    assert np.abs(scaled - usual).mean() < 1e-3
    assert scaled.mean() == pytest.approx(usual.mean(), abs=1e-3)


def test_a_seed_says_all_and_another_seed_hardly_matters() -> None:
    one, two = _pair(0.8, 3000)
    first = information.contributions(one, two, seed=3)
    assert first.tobytes() == information.contributions(one, two, seed=3).tobytes()
    other = information.contributions(one, two, seed=4)
    assert first.tobytes() != other.tobytes()
    assert first.mean() == pytest.approx(other.mean(), abs=0.02)


def test_repeated_and_discrete_rows_give_finite_numbers() -> None:
    rng = np.random.default_rng(7)
    sign = rng.integers(0, 2, (2000, 1)).astype(float)
    assert information.mutual(sign, sign, seed=0) == pytest.approx(np.log(2), abs=0.02)
    assert abs(information.mutual(sign, rng.integers(0, 2, (2000, 1)), seed=0)) < 0.02


def test_many_dimensions_are_reduced_to_those_that_hold_most_of_the_spread() -> None:
    rng = np.random.default_rng(8)
    hidden = rng.standard_normal((500, 3))
    rows = hidden @ rng.standard_normal((3, 40)) + 0.01 * rng.standard_normal((500, 40))
    made = information.reduced(np.column_stack([rows, np.full(500, 7.0)]), 3)
    assert made.shape == (500, 3)
    assert (made**2).sum() == pytest.approx(500 * 40, rel=0.01)
    assert information.reduced(rows).shape == (500, 40)


def test_who_acts_at_random_scores_below_who_follows_what_is_seen() -> None:
    rng = np.random.default_rng(9)
    place = np.repeat(np.arange(60), 50)
    state = rng.standard_normal((3000, 3))
    noise = np.where(place % 3 == 0, 1.5, 0.2)[:, None]
    action = state[:, :2] + noise * rng.standard_normal((3000, 2))
    rows = information.contributions(information.reduced(state), information.reduced(action), seed=0)
    score = information.scored(rows, place, 61)
    assert np.isnan(score[60])
    assert score[:60].mean() == pytest.approx(0, abs=1e-9)
    assert score[:60].std() == pytest.approx(1)
    bad = np.arange(60) % 3 == 0
    assert score[:60][bad].max() < score[:60][~bad].min()


@pytest.mark.parametrize(
    ("one", "two", "how", "words"),
    [
        (np.ones((30, 1)), np.ones((30, 1)), {}, "30 first rows are too few"),
        (np.ones((99, 2)), np.eye(99), {}, "Nothing varies in the first table"),
        (np.eye(99), np.ones((99, 2)), {}, "Nothing varies in the second table"),
        (np.full((99, 1), np.nan), np.eye(99), {}, "99 of 99 first rows hold NaN"),
        (np.eye(99), np.eye(98), {}, "99 rows of the first table do not fit 98"),
        (np.eye(99), np.eye(99), {"batch": 20}, "Batches of 20 rows are too small"),
        (np.eye(99), np.eye(99), {"repeats": 0}, "at least one repeat"),
        (np.eye(99), np.eye(99), {"neighbours": ()}, "one neighbour"),
    ],
)
def test_what_cannot_be_told_is_refused(one: Rows, two: Rows, how: dict[str, int], words: str) -> None:
    with pytest.raises(BadValue, match=words):
        information.contributions(one, two, seed=0, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "place", "words"),
    [
        ([1.0, 1.0, 1.0], [0, 1, 2], "All 3 groups score the same"),
        ([1.0, np.nan], [0, 1], "1 of 2 contributions are not finite"),
        ([1.0, 2.0], [0, 0], "1 groups with rows are too few"),
        ([1.0, 2.0], [0], "do not fit"),
        ([1.0, 2.0], [0, 5], "none of 3 groups"),
    ],
)
def test_constant_scores_and_misfits_are_refused(rows: list[float], place: list[int], words: str) -> None:
    with pytest.raises(BadValue, match=words):
        information.scored(rows, place, 3)


def test_constant_rows_cannot_be_scaled() -> None:
    with pytest.raises(BadValue, match="Nothing varies in 5 states"):
        information.reduced(np.full((5, 2), 3.0), name="states")
