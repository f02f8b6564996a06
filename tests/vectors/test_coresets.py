"""Few rows for many, beside every choice there is and beside the greedy rule written plainly."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volant.core.errors import BadValue
from volant.vectors import coresets


def apart(rows: np.ndarray) -> np.ndarray:
    return np.linalg.norm(rows[:, None].astype(np.float64) - rows[None], axis=2)


@settings(max_examples=15, deadline=None)
@given(n=st.integers(3, 11), count=st.integers(1, 3), width=st.integers(1, 4), seed=st.integers(0, 999))
def test_k_centre_is_within_twice_the_best_radius(n: int, count: int, width: int, seed: int) -> None:
    rows = np.random.default_rng(seed).standard_normal((n, width)).astype(np.float32)
    far = apart(rows)
    best = min(far[list(picks)].min(axis=0).max() for picks in combinations(range(n), count))
    places, radius = coresets.k_centre(rows, count, seed=seed)
    assert radius[-1] <= 2 * best + 1e-5
    assert radius[-1] == pytest.approx(far[places].min(axis=0).max(), abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(n=st.integers(20, 400), groups=st.integers(1, 9), width=st.integers(1, 33), seed=st.integers(0, 999))
def test_skipping_by_the_triangle_inequality_changes_no_pick(n: int, groups: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = (
        5 * rng.standard_normal((groups, width))[rng.integers(0, groups, n)] + rng.standard_normal((n, width))
    ).astype(np.float32)
    start = rng.choice(n, 3, replace=False)
    left = apart(rows)[start].min(axis=0)
    places, radius = coresets.k_centre(rows, 12, start=start)
    for place, far in zip(places, radius, strict=True):
        assert left[place] == pytest.approx(left.max(), abs=1e-5)
        left = np.minimum(left, apart(rows)[place])
        assert far == pytest.approx(left.max(), abs=1e-5)
    assert len({*places.tolist(), *start.tolist()}) == 15


def test_k_centre_may_choose_every_row_of_equal_ones_once() -> None:
    places, radius = coresets.k_centre(np.ones((5, 2)), 5)
    assert sorted(places.tolist()) == [0, 1, 2, 3, 4]
    assert not radius.any()


@settings(max_examples=15, deadline=None)
@given(n=st.integers(2, 60), width=st.integers(1, 6), seed=st.integers(0, 999))
def test_facility_gains_are_those_of_the_plain_greedy_rule_and_diminish(n: int, width: int, seed: int) -> None:
    rows = np.random.default_rng(seed).standard_normal((n, width)).astype(np.float32)
    count = min(n, 7)
    places, gains = coresets.facility(rows, count)
    far, left = apart(rows), np.linalg.norm(rows - rows.mean(axis=0, dtype=np.float64), axis=1)
    assert len(set(places.tolist())) == count
    for place, gain in zip(places, gains, strict=True):
        all_gains = np.maximum(0, left[None] - far).sum(axis=1)
        assert gain == pytest.approx(all_gains[place], abs=1e-3)
        assert gain == pytest.approx(all_gains.max(), abs=1e-2)
        left = np.minimum(left, far[place])
    assert (np.diff(gains) <= 1e-2).all()
    assert (gains >= 0).all()


def test_facility_reaches_what_theory_promises_of_the_best_choice() -> None:
    rows = np.random.default_rng(8).standard_normal((14, 3)).astype(np.float32)
    far, left = apart(rows), np.linalg.norm(rows - rows.mean(axis=0), axis=1)
    best = max((left - np.minimum(left, far[list(picks)].min(axis=0))).sum() for picks in combinations(range(14), 3))
    assert coresets.facility(rows, 3)[1].sum() >= (1 - 1 / np.e) * best


def test_facility_takes_one_of_each_planted_group_from_a_sample_too() -> None:
    rng = np.random.default_rng(2)
    rows = (30 * rng.standard_normal((6, 8)))[np.arange(3000) % 6] + rng.standard_normal((3000, 8))
    places, gains = coresets.facility(rows, 6, sample=500)
    assert sorted(places % 6) == list(range(6))
    assert gains.sum() == pytest.approx(coresets.facility(rows, 6)[1].sum(), rel=0.05)


def test_what_cannot_be_chosen_is_said_plainly() -> None:
    with pytest.raises(BadValue, match="4 picks cannot be made of 3 rows"):
        coresets.k_centre(np.eye(3), 4)
    with pytest.raises(BadValue, match="3 picks cannot be made of 2 rows"):
        coresets.k_centre(np.eye(3), 3, start=[1])
    with pytest.raises(BadValue, match="beyond the 3 rows"):
        coresets.k_centre(np.eye(3), 1, start=[3])
    with pytest.raises(BadValue, match="0 picks"):
        coresets.facility(np.eye(3), 0)
    with pytest.raises(BadValue, match="hold NaN"):
        coresets.facility(np.full((2, 2), np.nan), 1)
