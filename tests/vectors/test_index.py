"""Nearest rows beside all distances, in one list and in many, built at once and grown."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volant.core.errors import BadValue
from volant.vectors import index


def brute(rows: np.ndarray, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    apart = np.linalg.norm(queries[:, None].astype(np.float64) - rows[None], axis=2)
    order = np.argsort(apart, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(apart, order, 1), order


@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 150), lists=st.integers(1, 12), width=st.integers(1, 20), seed=st.integers(0, 999))
def test_all_lists_give_what_brute_force_gives(n: int, lists: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, queries = (rng.standard_normal((m, width)).astype(np.float32) for m in (n, 7))
    k = int(rng.integers(1, n + 1))
    made = index.build(rows, lists=min(lists, n))
    far, near = made.nearest(queries, k, probes=lists)
    true, places = brute(rows, queries, k)
    assert np.allclose(far, true, atol=1e-5)
    assert near.tolist() == places.tolist()
    assert (far.dtype, near.dtype) == (np.float32, np.int64)


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 60), min_size=1, max_size=14), lists=st.integers(1, 5), seed=st.integers(0, 99))
def test_an_index_that_grew_answers_as_one_built_at_once(cuts: list[int], lists: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    start = rng.standard_normal((50, 6)).astype(np.float32)
    more = [rng.standard_normal((cut, 6)).astype(np.float32) for cut in cuts]
    grown = index.build(start, lists=lists)
    for rows in more:
        grown = grown.added(rows)
    whole = np.concatenate([start, *more])
    assert grown.count == len(whole)
    far, near = grown.nearest(whole[::3], 4, probes=lists)
    true, places = brute(whole, whole[::3], 4)
    assert np.allclose(far, true, atol=1e-5)
    assert near.tolist() == places.tolist()


def test_of_equal_rows_the_lower_place_comes_first() -> None:
    rows = np.tile(np.eye(3, dtype=np.float32), (40, 1))
    far, near = index.build(rows, lists=3).nearest(rows[:3], 4, probes=3)
    assert near.tolist() == [[i, i + 3, i + 6, i + 9] for i in range(3)]
    assert not far.any()


def test_few_probes_find_most_and_more_probes_more() -> None:
    rng = np.random.default_rng(4)
    rows = rng.standard_normal((12_000, 16)).astype(np.float32)
    made = index.build(rows)
    assert not made.exact
    true = brute(rows, rows[:40], 10)[1]
    share = [
        np.mean([np.isin(a, b).mean() for a, b in zip(made.nearest(rows[:40], 10, probes=p)[1], true, strict=True)])
        for p in (1, 8, 64, 1000)
    ]
    assert share == sorted(share)
    assert share[-1] == 1
    assert share[2] > 0.9


@settings(max_examples=15, deadline=None)
@given(n=st.integers(2, 300), probes=st.integers(1, 9), values=st.integers(1, 40), seed=st.integers(0, 99))
def test_the_nearest_lists_come_in_order_and_of_equals_the_lower(n: int, probes: int, values: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    centres, queries = (rng.integers(0, values, (m, 2)).astype(np.float32) for m in (n, 5))
    probes = min(probes, n)
    scores = queries @ centres.T - np.einsum("ij,ij->i", centres, centres) / 2
    wanted = np.argsort(-scores, axis=1, kind="stable")[:, :probes]
    assert index._lists(queries, centres, probes).tolist() == wanted.tolist()


def test_few_rows_are_exact() -> None:
    assert index.build(np.eye(4)).exact


def test_a_query_whose_lists_hold_too_few_looks_everywhere() -> None:
    rows = np.concatenate([np.zeros((1, 2)), 100 + np.arange(20).reshape(10, 2)]).astype(np.float32)
    made = index.build(rows, lists=5)
    assert (made.nearest(rows[:1], 11, probes=1)[1][0] == np.arange(11)).all()


def test_what_cannot_be_asked_is_said_plainly() -> None:
    made = index.build(np.eye(3))
    with pytest.raises(BadValue, match="4 nearest of 3 rows"):
        made.nearest(np.eye(3), 4)
    with pytest.raises(BadValue, match="queries are 2 wide, the others 3"):
        made.nearest(np.eye(2), 1)
    with pytest.raises(BadValue, match="0 rows are too few"):
        index.build(np.zeros((0, 3)))
    with pytest.raises(BadValue, match="hold NaN"):
        made.nearest(np.full((1, 3), np.nan), 1)
    with pytest.raises(BadValue, match="0 probes"):
        made.nearest(np.eye(3), 1, probes=0)
