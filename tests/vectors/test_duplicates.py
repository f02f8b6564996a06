"""Repeats beside a brute-force search, planted at several strengths of noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volant.core.errors import BadValue
from volant.vectors import _groups, duplicates


def brute(rows: np.ndarray, eps: float) -> np.ndarray:
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    alike = unit @ unit.T > 1 - eps
    found = np.arange(len(rows))
    for j in range(len(rows)):
        before = np.flatnonzero(alike[:j, j] & (found[:j] == np.arange(j)))
        found[j] = before[0] if len(before) else j
    return found


@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 120), width=st.integers(1, 5), values=st.integers(1, 3), seed=st.integers(0, 999))
def test_equal_rows_name_their_first(n: int, width: int, values: int, seed: int) -> None:
    rows = np.random.default_rng(seed).integers(0, values, (n, width)).astype(np.float32)
    first: dict[bytes, int] = {}
    expected = [first.setdefault(row.tobytes(), i) for i, row in enumerate(rows)]
    assert duplicates.exact(rows).tolist() == expected


def test_minus_zero_equals_zero_and_the_last_bit_counts() -> None:
    rows = np.array([[0.0, 1.0], [-0.0, 1.0], [0.0, np.nextafter(np.float32(1), np.float32(2))]], np.float32)
    assert duplicates.exact(rows).tolist() == [0, 0, 2]


def test_rows_whose_hashes_collide_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).integers(0, 4, (200, 2)).astype(np.float32)
    good = duplicates._hashed
    weak = lambda table, left, salt: good(table, left, salt) % (3 + salt)  # noqa: E731
    plain = duplicates.exact(rows)
    monkeypatch.setattr(duplicates, "_hashed", weak)
    assert duplicates.exact(rows).tolist() == plain.tolist()


@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 150), width=st.integers(2, 40), eps=st.sampled_from([0.02, 0.1, 0.4]), seed=st.integers(0, 999))
def test_near_repeats_are_those_of_brute_force(n: int, width: int, eps: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((max(1, n // 4), width))[rng.integers(0, max(1, n // 4), n)]
    rows = (rows + 0.2 * rng.standard_normal((n, width))).astype(np.float32)
    assert duplicates.near(rows, eps).tolist() == brute(rows.astype(np.float64), eps).tolist()


@pytest.mark.parametrize("eps", [0.003, 0.05])
def test_groups_miss_no_pair_whatever_the_seed(eps: float) -> None:
    rng = np.random.default_rng(5)
    rows = rng.standard_normal((400, 24))[rng.integers(0, 400, 4000)] + 0.06 * rng.standard_normal((4000, 24))
    found = [duplicates.near(rows, eps, seed=seed) for seed in (0, 1)]
    assert found[0].tolist() == found[1].tolist() == brute(rows, eps).tolist()


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.03, 0.1, 0.3])
def test_planted_repeats_are_found_where_eps_reaches_their_noise(noise: float) -> None:
    rng = np.random.default_rng(9)
    rows = rng.standard_normal((3000, 32))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    copied = rng.choice(3000, 300, replace=False)
    aside = rng.standard_normal((300, 32))
    aside -= np.einsum("ij,ij->i", aside, rows[copied])[:, None] * rows[copied]
    aside *= noise / np.linalg.norm(aside, axis=1, keepdims=True)
    rows = np.concatenate([rows, 3 * (rows[copied] + aside)])
    angle = 1 - 1 / np.sqrt(1 + noise**2)
    found = duplicates.near(rows, 1.01 * angle + 1e-6)
    assert found.tolist() == [*range(3000), *copied.tolist()]
    if noise:
        assert duplicates.near(rows, 0.99 * angle).tolist() == list(range(3300))


def test_everything_removed_is_like_something_kept() -> None:
    turn = np.linspace(0, 1.5, 200)
    chain = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    found = duplicates.near(chain, 1e-4)
    assert (found[found] == found).all()
    assert (np.einsum("ij,ij->i", chain, chain[found]) > 1 - 1.01e-4).all()
    assert 1 < (found == np.arange(200)).sum() < 200


def test_thousands_of_rows_in_a_few_places_leave_groups_without_rows() -> None:
    assert not duplicates.near(np.ones((3000, 20)), 0.01).any()
    three = np.eye(20)[np.arange(3000) % 3]
    assert duplicates.near(three, 0.01).tolist() == (np.arange(3000) % 3).tolist()


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    rows = rng.standard_normal((300, 24))[rng.integers(0, 300, 2500)] + 0.06 * rng.standard_normal((2500, 24))
    whole = duplicates.near(rows, 0.02).tolist()
    assert whole == brute(rows, 0.02).tolist()
    monkeypatch.setattr(duplicates, "_BLOCK", 700)
    assert duplicates.near(rows, 0.02).tolist() == whole


@pytest.mark.parametrize("kind", ["groups", "noise", "few places"])
def test_looking_into_parts_of_groups_changes_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(7)
    rows = rng.standard_normal((1900, 20))
    if kind == "groups":
        rows = rng.standard_normal((60, 20))[rng.integers(0, 60, 1900)] + 0.2 * rows
    if kind == "few places":
        rows = np.round(rows[rng.integers(0, 9, 1900)], 1)
    rows[1700:] = rows[:200] + 0.05 * rng.standard_normal((200, 20))
    expected = brute(rows, 0.01).tolist()
    assert sum(at != here for here, at in enumerate(expected)) >= 200
    for worth in (0.0, 1.0):
        monkeypatch.setattr(_groups, "_WORTH", worth)
        assert duplicates.near(rows, 0.01).tolist() == expected


def test_rows_of_zeros_repeat_only_each_other() -> None:
    assert duplicates.near([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0], [2.0, 0.0]], 0.5).tolist() == [0, 1, 0, 1]


def test_no_rows_have_no_repeats() -> None:
    assert duplicates.exact(np.zeros((0, 3))).tolist() == []
    assert duplicates.near(np.zeros((0, 3)), 0.1).tolist() == []


def test_what_cannot_be_compared_is_said_plainly() -> None:
    with pytest.raises(BadValue, match="eps of 0"):
        duplicates.near(np.ones((2, 2)), 0)
    with pytest.raises(BadValue, match="2 of 3 rows hold NaN"):
        duplicates.exact(np.array([[1, 2], [np.nan, 1], [np.inf, 1]]))
