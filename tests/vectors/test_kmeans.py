"""Groups around centres, beside distances computed one by one."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volant.core.errors import BadValue
from volant.vectors import kmeans


@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 200), count=st.integers(1, 9), width=st.integers(1, 20), seed=st.integers(0, 99))
def test_every_row_goes_to_its_nearest_centre(n: int, count: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, middle = rng.standard_normal((n, width)), rng.standard_normal((count, width))
    place, distance = kmeans.assign(rows, middle)
    true = np.linalg.norm(rows[:, None] - middle[None], axis=2)
    assert np.allclose(distance, true.min(axis=1), atol=1e-5)
    assert np.allclose(true[np.arange(n), place], true.min(axis=1), atol=1e-5)
    assert place.dtype == np.int32
    assert distance.dtype == np.float32


def test_planted_groups_are_found() -> None:
    rng = np.random.default_rng(3)
    planted = 20 * rng.standard_normal((6, 8))
    rows = planted[np.arange(1200) % 6] + 0.1 * rng.standard_normal((1200, 8))
    found = min(
        (kmeans.centres(rows, 6, seed=seed) for seed in range(5)), key=lambda m: kmeans.assign(rows, m)[1].sum()
    )
    assert kmeans.assign(rows, found)[1].max() < 1
    assert len(set(kmeans.assign(planted, found)[0].tolist())) == 6


def test_the_same_seed_gives_the_same_centres_and_no_group_stays_empty() -> None:
    rows = np.random.default_rng(1).standard_normal((500, 4)).astype(np.float32)
    one, two = kmeans.centres(rows, 40, seed=7), kmeans.centres(rows, 40, seed=7)
    assert one.tobytes() == two.tobytes()
    assert len(np.unique(kmeans.assign(rows, one)[0])) == 40


def test_a_round_never_makes_groups_wider() -> None:
    rows = np.random.default_rng(2).standard_normal((800, 5)).astype(np.float32)
    spread = [(kmeans.assign(rows, kmeans.centres(rows, 12, rounds=r))[1] ** 2).sum() for r in range(6)]
    assert all(after <= before * (1 + 1e-5) for before, after in pairwise(spread))


@pytest.mark.parametrize(
    ("rows", "count", "words"),
    [
        (np.zeros((3, 2)), 4, "3 rows cannot have 4 centres"),
        (np.zeros(3), 1, "shape"),
        (np.array([[0.0, np.nan]]), 1, "1 of 1 rows hold NaN"),
        (np.array([["a"]]), 1, "not numbers"),
        ([[1.0], [1.0, 2.0]], 1, "not of one length"),
        (np.zeros((3, 2)), 0, "0 centres"),
    ],
)
def test_what_cannot_be_grouped_is_said_plainly(rows: np.ndarray, count: int, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        kmeans.centres(rows, count)


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(BadValue, match="centres are 3 wide, the others 2"):
        kmeans.assign(np.zeros((2, 2)), np.zeros((1, 3)))
