"""The nearest row, surely: the same as by looking at all rows, whether lists can be left out or not."""

from __future__ import annotations

import numpy as np
import pytest

from volant.vectors import index
from volant.vectors.bounds import bounded, nearest_row

WIDTH = 12


def rows(count: int, groups: int, seed: int) -> np.ndarray:
    """Groups with a spread of a tenth of their distance; as many groups as rows are noise."""
    rng = np.random.default_rng(seed)
    middle = rng.standard_normal((groups, WIDTH))
    return (middle[rng.integers(0, groups, count)] + 0.1 * rng.standard_normal((count, WIDTH))).astype(np.float32)


@pytest.mark.parametrize(("groups", "scale"), [(20, 1.0), (20, 1e4), (20, 1e-4), (3000, 1.0)])
def test_no_nearer_row_is_missed(groups: int, scale: float) -> None:
    known, asked = rows(3000, groups, 1) * np.float32(scale), rows(3100, groups, 1)[-200:] * np.float32(scale)
    apart = np.linalg.norm(asked[:, None].astype(np.float64) - known[None], axis=2)
    found = bounded(index.build(known, lists=40).added(known[:7] + np.float32(3 * scale)))
    assert found.count == 3007
    for place in (found.nearest(asked), nearest_row(asked, known)):
        assert apart[np.arange(200), place] == pytest.approx(apart.min(axis=1), rel=1e-4, abs=1e-3 * scale)
    assert found.nearest(known[:3] + np.float32(3 * scale)).tolist() == [3000, 3001, 3002]


def test_lists_that_cannot_hold_a_nearer_row_are_left_out() -> None:
    known = rows(3000, 20, 1)
    found, asked = bounded(index.build(known, lists=40)), rows(3000, 20, 1)[:50]
    assert found._open(asked, np.zeros(50)).mean() < 0.15
    assert found._open(asked, np.full(50, 100.0)).all(), "whatever is that near"
    assert found.nearest(np.zeros((0, WIDTH))).shape == (0,)


def test_rows_that_are_all_the_same_have_one_place() -> None:
    known = np.ones((50, WIDTH), np.float32)
    assert 0 <= bounded(index.build(known, lists=4)).nearest(known[:1] * 2)[0] < 50
