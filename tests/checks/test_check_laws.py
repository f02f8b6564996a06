"""The laws of a check, for every one installed here: one score per sample, read-only, cut-invariant, deterministic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.checks.kit import CHECKS, PAIRS, columns_of, signals_for, wander

from volant.core import LOOK, Check, Columns, Kind, PairCheck, Signal

QUIET = settings(
    max_examples=8, deadline=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
@QUIET
@given(seed=st.integers(0, 2**31), size=st.integers(1, 2500), where=st.floats(0.0, 1.0), slack=st.sampled_from([0, 7]))
def test_scores_are_the_same_wherever_a_run_is_cut(check: Check, seed: int, size: int, where: float, slack: int):
    for signal in signals_for(check):
        t, x = wander(np.random.default_rng(seed), size, signal)
        limits = np.tile([-0.5, 0.5], (signal.width, 1))
        whole = check.scores(columns_of(signal, t, x, limits))
        cut = int(where * size)
        start = max(0, cut - check.reach.samples - slack)
        part = check.scores(columns_of(signal, t[start:], x[start:], limits))
        np.testing.assert_array_equal(whole[cut:], part[cut - start :])
        for newest in {size - cut, min(size, 1 + seed % 20)} - {0}:
            asked = replace(columns_of(signal, t, x, limits), newest=newest)
            np.testing.assert_array_equal(whole[size - newest :], check.scores(asked)[size - newest :])


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
@QUIET
@given(seed=st.integers(0, 2**31), sizes=st.lists(st.integers(0, 300), min_size=1, max_size=6))
def test_runs_end_to_end_score_as_they_do_alone(check: Check, seed: int, sizes: list[int]):
    for signal in signals_for(check):
        rng = np.random.default_rng(seed)
        runs = [wander(rng, size, signal) for size in sizes]
        alone = [check.scores(columns_of(signal, t, x)) for t, x in runs]
        cuts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        many = Columns(signal, np.concatenate([t for t, _ in runs]), np.concatenate([x for _, x in runs]), cuts)
        before = many.x.copy()
        together = check.scores(many)
        assert together.dtype == np.float32
        assert together.shape == (sum(sizes),)
        np.testing.assert_array_equal(together, np.concatenate(alone))
        np.testing.assert_array_equal(check.scores(many), together)
        np.testing.assert_array_equal(many.x, before)
        assert np.isfinite(together).all()
        assert (together >= 0).all()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8", "float16"])
def test_every_sample_type_and_every_absurd_value_is_scored(check: Check, dtype: str):
    for signal in signals_for(check, dtype):
        for size in (0, 1, 2, 40):
            t = np.arange(size, dtype=np.int64) * 33_000_000
            x = np.zeros((size, signal.width), dtype=dtype)
            if dtype.startswith("float") and size > 4:
                x[2:5] = np.array([np.nan, np.inf, -np.inf])[:, None]
                x[7:9] = np.finfo(dtype).max
            scores = check.scores(columns_of(signal, t, x))
            assert scores.shape == (size,)
            assert not np.isnan(scores).any()


@pytest.mark.parametrize("check", PAIRS, ids=lambda check: check.name)
@QUIET
@given(seed=st.integers(0, 2**31), size=st.integers(1, 1500), where=st.floats(0.0, 1.0))
def test_pairs_are_the_same_wherever_they_are_cut(check: PairCheck, seed: int, size: int, where: float):
    rng = np.random.default_rng(seed)
    first, second = _two(check)
    t, x = wander(rng, size, first, broken=False)
    u, y = wander(rng, size, second, broken=False)
    whole = check.pair_scores(columns_of(first, t, x), columns_of(second, u, y))
    cut = int(where * (size - 1))
    start = max(0, cut - check.reach.samples)
    while start and t[cut] - t[start] < check.reach.span:
        start -= 1
    begin = int(np.searchsorted(u, t[start]))
    begin = min(begin, max(0, begin - check.reach.samples))
    part = check.pair_scores(columns_of(first, t[start:], x[start:]), columns_of(second, u[begin:], y[begin:]))
    assert whole.shape == (size,)
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(whole[cut:], part[cut - start :])


@pytest.mark.parametrize("check", PAIRS, ids=lambda check: check.name)
def test_pairs_of_nothing_and_of_nonsense_are_scored(check: PairCheck):
    first, second = _two(check)
    for size in (0, 1, 3, 90):
        t = np.arange(size, dtype=np.int64) * 33_000_000
        for fill in (0.0, np.nan, np.inf):
            x = np.full((size, first.width), fill)
            y = np.full((size // 2, second.width), fill)
            scores = check.pair_scores(columns_of(first, t, x), columns_of(second, t[: size // 2], y))
            assert scores.shape == (size,)
            assert not np.isnan(scores).any()


def _two(check: PairCheck) -> tuple[Signal, Signal]:
    state = Signal("state", Kind.STATE, (7,), "float64", hz=30)
    action = Signal("action", Kind.ACTION, (7,), "float64", hz=30)
    camera = Signal("front", Kind.LOOK, (len(LOOK),), "float64", hz=30, dims=LOOK)
    for one, other in check.pairs([state, action, camera]):
        known = {signal.name: signal for signal in (state, action, camera)}
        return known[one], known[other]
    pytest.skip(f"{check.name} pairs none of these signals")
