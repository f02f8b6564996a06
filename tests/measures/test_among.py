"""Novelty, redundancy and rarity: what repeats is worth less, what is alone stands out, and old scores stay."""

from __future__ import annotations

import numpy as np
import pytest

from volant import plug
from volant.measures._before import nearest_before
from volant.measures.novelty import Novelty
from volant.measures.rarity import Rarity
from volant.measures.redundancy import Redundancy


def planted(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points in the order they came and what they are: 0 of a crowd, 1 a repetition, 2 of a rare cluster."""
    rng = np.random.default_rng(seed)
    crowd = rng.normal(size=(300, 16))
    first = rng.normal(size=(1, 16))
    repeated = first * np.ones((1001, 1)) + 1e-3 * rng.normal(size=(1001, 16))
    strange = 12 + rng.normal(size=(6, 16)) * 0.3
    rows = np.concatenate([crowd, repeated, strange]).astype(np.float32)
    return rows, np.repeat([0, 1, 2], [300, 1001, 6])


def test_a_repeated_block_scores_lowest_and_the_rare_cluster_highest() -> None:
    rows, what = planted()
    every = np.ones(len(rows), np.bool_)
    novelty, rarity = (measure.scores(rows, {}, every) for measure in (Novelty(), Rarity()))
    redundancy = Redundancy().scores(rows, {}, every)
    assert np.isnan(novelty[0])
    assert np.nanmax(novelty[301:1301]) < np.nanmin(novelty[:301]), "all repetitions but the first add nothing"
    assert np.nanargmax(novelty) == 1301
    assert rarity[what == 2].min() > rarity[what == 0].max() > rarity[what == 1].max()
    assert redundancy[what == 1].tolist() == list(range(1001)), "the thousand-and-first repeats a thousand"
    assert redundancy[what != 1].max() <= 5


@pytest.mark.parametrize("count", [60, 9000])
def test_novelty_is_the_distance_to_the_nearest_before(count: int) -> None:
    rows = np.random.default_rng(1).normal(size=(count, 6)).astype(np.float32)
    fresh = np.zeros(count, np.bool_)
    fresh[[0, 1, count // 3, count // 2, count - 1]] = True
    some, every = nearest_before(rows, fresh), nearest_before(rows, np.ones(count, np.bool_))
    for place in np.flatnonzero(fresh)[1:]:
        true = np.linalg.norm(rows[:place].astype(float) - rows[place], axis=1).min()
        assert some[place] == pytest.approx(true, abs=1e-5) == pytest.approx(every[place], abs=1e-5)
    assert np.isnan(some[~fresh]).all() and np.isnan(every[0])


@pytest.mark.parametrize("name", ["novelty", "redundancy", "rarity"])
def test_too_few_points_have_no_score(name: str) -> None:
    measure = plug.measures()[name]
    for count in (0, 1):
        scores = measure.scores(np.ones((count, 4), np.float32), {}, np.ones(count, np.bool_))
        assert scores.shape == (count,) and (np.isnan(scores) | (scores == 0)).all()
