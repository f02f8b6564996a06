"""Shares of answers by nearest neighbours beside the definition over all subsets."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volant.core.errors import BadValue
from volant.vectors import shapley


def definition(votes: np.ndarray, order: np.ndarray, k: int) -> np.ndarray:
    n = len(votes)

    def worth(rows: tuple[int, ...]) -> float:
        return sum(votes[[row for row in order if row in rows][:k]]) / k

    values = np.zeros(n)
    for row in range(n):
        rest = [other for other in range(n) if other != row]
        for size in range(n):
            weight = factorial(size) * factorial(n - 1 - size) / factorial(n)
            values[row] += weight * sum(worth((*some, row)) - worth(some) for some in combinations(rest, size))
    return values


@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 6), k=st.integers(1, 8), seed=st.integers(0, 999))
def test_values_are_shapleys_by_definition(n: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    train, test = rng.standard_normal((n, 3)).astype(np.float32), rng.standard_normal((2, 3)).astype(np.float32)
    labels, numbers = rng.integers(0, 2, n + 2), rng.standard_normal(n + 2)
    kinds, figures = np.zeros(n), np.zeros(n)
    for t in range(2):
        order = np.argsort(np.linalg.norm(train - test[t], axis=1))
        kinds += definition((labels[:n] == labels[n + t]).astype(float), order, k) / 2
        figures += definition(1 - np.abs(numbers[:n] - numbers[n + t]) / np.ptp(numbers), order, k) / 2
    assert np.allclose(shapley.knn(train, labels[:n], test, labels[n:], k), kinds)
    assert np.allclose(shapley.knn_numbers(train, numbers[:n], test, numbers[n:], k), figures)


def test_values_add_up_to_what_all_rows_together_are_worth() -> None:
    rng = np.random.default_rng(0)
    train, test = rng.standard_normal((5000, 16)).astype(np.float32), rng.standard_normal((30, 16)).astype(np.float32)
    labels = np.array(["a", "b", "c"])[rng.integers(0, 3, 5030)]
    values = shapley.knn(train, labels[:5000], test, labels[5000:], 5)
    near = np.argsort(np.linalg.norm(test[:, None] - train[None], axis=2), axis=1)[:, :5]
    assert values.sum() == pytest.approx((labels[near] == labels[5000:, None]).mean())


def test_a_planted_contributor_of_wrong_labels_comes_last_and_a_useless_one_gets_nothing_more() -> None:
    rng = np.random.default_rng(1)
    middle = np.array([[3.0, 0.0], [-3.0, 0.0]])
    kind = np.arange(600) % 2
    rows = middle[kind] + rng.standard_normal((600, 2))
    said = kind.copy()
    said[:100] = 1 - said[:100]
    values = shapley.knn(rows[:500], said[:500], rows[500:], kind[500:], 5)
    assert values[:100].mean() < 0 < values[100:].mean()


def test_equal_rows_are_taken_in_their_order() -> None:
    values = shapley.knn(np.zeros((3, 1)), [1, 1, 0], np.zeros((1, 1)), [1], 1)
    assert values.tolist() == pytest.approx(definition(np.array([1.0, 1, 0]), np.arange(3), 1).tolist())


def test_what_cannot_be_shared_out_is_said_plainly() -> None:
    rows = np.eye(3)
    with pytest.raises(BadValue, match=r"3 training rows have labels of the shape \(2,\)"):
        shapley.knn(rows, [0, 1], rows, [0, 1, 2])
    with pytest.raises(BadValue, match="0 neighbours"):
        shapley.knn(rows, [0, 1, 1], rows, [0, 1, 1], 0)
    with pytest.raises(BadValue, match="0 test rows are too few"):
        shapley.knn(rows, [0, 1, 1], np.zeros((0, 3)), [])
    with pytest.raises(BadValue, match="numbers hold NaN"):
        shapley.knn_numbers(rows, [0, 1, np.nan], rows, [0, 1, 1])
