"""The Vendi score beside its plain formula."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from volant.core.errors import BadValue
from volant.vectors import diversity


@settings(max_examples=15, deadline=None)
@given(
    n=st.integers(1, 40), width=st.integers(1, 30), seed=st.integers(0, 999), scale=st.sampled_from([1e-3, 1.0, 1e6])
)
def test_vendi_is_the_plain_eigenvalue_formula(n: int, width: int, seed: int, scale: float) -> None:
    rows = (scale * np.random.default_rng(seed).standard_normal((n, width))).astype(np.float32)
    unit = rows.astype(np.float64) / np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    shares = np.linalg.eigvalsh(unit @ unit.T / n)
    shares = shares[shares > 1e-9]
    assert diversity.vendi(rows) == pytest.approx(np.exp(-(shares * np.log(shares)).sum()), rel=1e-3)


def test_rows_at_right_angles_count_each_and_equal_rows_as_one() -> None:
    assert diversity.vendi(np.eye(7)) == pytest.approx(7)
    assert diversity.vendi(np.ones((7, 3))) == pytest.approx(1)
    assert diversity.vendi(np.repeat(np.eye(4), 50, axis=0)) == pytest.approx(4)


def test_what_has_no_diversity_is_said_plainly() -> None:
    with pytest.raises(BadValue, match="1 rows are zeros"):
        diversity.vendi([[0.0, 0.0], [1.0, 0.0]])
    with pytest.raises(BadValue, match="0 rows are too few"):
        diversity.vendi(np.zeros((0, 2)))
